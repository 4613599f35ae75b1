#pragma once
#include <torch/types.h>

#include <initializer_list>
#include <string>

namespace dmf {

/// Sizes as the project writes them: "[64, 129, 768]".
std::string shape_text(at::IntArrayRef sizes);

/// Any size along this axis.
inline constexpr int64_t kAnySize = -1;

/// Throws InvalidArgument unless `tensor` has exactly `sizes` (kAnySize matches all).
/// @param where  function that checks, for the message
/// @param name   argument's name, for the message
void check_shape(const torch::Tensor& tensor, std::initializer_list<int64_t> sizes, const char* where,
                 const char* name);

/// Throws InvalidArgument unless `tensor` holds elements of `type`.
void check_type(const torch::Tensor& tensor, torch::Dtype type, const char* where, const char* name);

}  // namespace dmf
