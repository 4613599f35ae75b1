#pragma once
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace dmf::cli {

/// How `dmf bench` measures.
struct BenchOptions {
  std::string precision = "auto";  ///< of the heavy products: auto, float32 or bfloat16
  double seconds = 5;              ///< that a row is measured for, at least
  int64_t steps = 3;               ///< training steps of a row, at least
  int64_t batch = 64;  ///< images of a training step or of a batch to translate or load; a multiple of 4
  int64_t embed_batch = 32;  ///< images that are embedded together
  std::string images;        ///< folder of JPEGs to load; empty: made ones of 128 x 64 pixels
};

/// What a row of the table measured.
struct BenchResult {
  std::string precision;  ///< of the heavy products; empty: there are none
  double rate = 0;        ///< images a second
  double seconds = 0;     ///< of a step or call, median
  double operations =
      0;  ///< of an image, as if all of it were computed: products, a multiplication and an addition are two
  double peak = 0;          ///< operations a second of this machine's products, measured in the same process
  int64_t peak_memory = 0;  ///< bytes, of the process, before the peak was measured

  double reached() const { return rate * operations; }  ///< operations a second
};

/// A row: its name, and what it is.
struct BenchRow {
  std::string name, title;
};
const std::vector<BenchRow>& bench_rows();

/// Measures a row in this process.
/// @throws InvalidArgument  no such row, naming all; DataError  an encoder's package is missing
BenchResult run_bench_row(const std::string& name, const BenchOptions& options);

/// The best that libtorch's matrix products reach at a vision transformer's shapes, operations a second.
double measure_product_peak(bool bfloat16, double seconds);

nlohmann::json to_json(const std::string& name, const BenchResult& result);

}  // namespace dmf::cli
