#pragma once
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "dmf/cli/named_set.h"
#include "dmf/cli/training.h"
#include "dmf/embed/embedder.h"
#include "dmf/eval/result.h"

namespace dmf::cli {

/// Trains a run of a table of runs (`matrix`, `ablate`), or goes on from its checkpoint; a run that is
/// finished is left as it is. Nothing is tested: ModelTests does that.
/// @param title  what messages call the run
/// @throws InvalidArgument  the folder holds a run whose options would give other weights
/// @throws what run_training() throws
void train_once(TrainingRequest request, const std::string& title);

/// A model's test on one set.
struct ModelTest {
  nlohmann::json result;                    ///< to_json(TestResult)
  std::vector<eval::QueryResult> by_query;  ///< in the queries' order
};

/// The tests of one finished run, each kept in its folder (tests/KEY.json) and measured once: again only
/// where the model, the test set or the protocol has changed.
class ModelTests {
 public:
  /// @param folder   the run's
  /// @param options  how to embed and to measure: tables [embed] and [eval]
  ModelTests(std::filesystem::path folder, const RunOptions& options);

  /// The model's test on `test`. @param title  what the message calls the measurement, where there is one
  ModelTest result(const NamedSet& test, const std::string& title);

 private:
  std::filesystem::path folder_;
  RunOptions options_;
  nlohmann::json made_by_;
  std::optional<embed::Embedder> embedder_;  ///< made when the first test has to be measured
};

}  // namespace dmf::cli
