#include "dmf/core/shape.h"

#include <fmt/ranges.h>

#include "dmf/core/error.h"

namespace dmf {

std::string shape_text(at::IntArrayRef sizes) {
  std::vector<std::string> parts;
  for (int64_t size : sizes) parts.push_back(size == kAnySize ? "any" : std::to_string(size));
  return fmt::format("[{}]", fmt::join(parts, ", "));
}

void check_shape(const torch::Tensor& tensor, std::initializer_list<int64_t> sizes, const char* where,
                 const char* name) {
  const std::vector<int64_t> expected(sizes);
  bool matches = tensor.defined() && tensor.dim() == static_cast<int64_t>(expected.size());
  for (size_t i = 0; matches && i < expected.size(); ++i) {
    matches = expected[i] == kAnySize || expected[i] == tensor.size(static_cast<int64_t>(i));
  }
  if (!matches) {
    const std::string got = tensor.defined() ? shape_text(tensor.sizes()) : "an undefined tensor";
    throw InvalidArgument(
        Expectation{where, fmt::format("shape of `{}`", name), shape_text(expected), got, ""}.message());
  }
}

void check_type(const torch::Tensor& tensor, torch::Dtype type, const char* where, const char* name) {
  if (tensor.scalar_type() == type) return;
  throw InvalidArgument(Expectation{where, fmt::format("element type of `{}`", name), c10::toString(type),
                                    c10::toString(tensor.scalar_type()), ""}
                            .message());
}

}  // namespace dmf
