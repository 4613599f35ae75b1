#pragma once
#include <filesystem>
#include <memory>
#include <vector>

#include "dmf/core/file.h"
#include "dmf/eval/vectors.h"

namespace dmf::eval {

/// Vectors that lie in memory of their own or in a mapped file.
class VectorSet {
 public:
  VectorSet(std::vector<float> values, int64_t count, int64_t width)
      : values_(std::move(values)), view_{values_, count, width} {}
  VectorSet(std::unique_ptr<MappedFile> file, VectorView view) : file_(std::move(file)), view_(view) {}
  VectorSet(VectorSet&&) = default;
  VectorSet& operator=(VectorSet&&) = default;

  const VectorView& view() const { return view_; }

 private:
  std::vector<float> values_;
  std::unique_ptr<MappedFile> file_;
  VectorView view_;
};

/// Reads [N, D] vectors from a .npy of float16, float32 or float64, of either byte order, in C or Fortran
/// order. float32 as the machine has it, in C order, is not read but mapped. float64 is rounded to float32.
/// @throws DataError  not such a file
VectorSet read_npy_vectors(const std::filesystem::path& path);

}  // namespace dmf::eval
