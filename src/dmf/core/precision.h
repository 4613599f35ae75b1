#pragma once
#include <torch/types.h>

#include <string>

namespace dmf {

/// Whether this processor multiplies bfloat16 in hardware (AVX512-BF16 or AMX).
bool has_fast_bfloat16();

/// Type of the heavy products on `device`.
/// @param name  "float32", "bfloat16" or "auto" (bfloat16 where the hardware has it)
/// @throws InvalidArgument on another name
torch::Dtype compute_type(const std::string& name, const torch::Device& device);

/// Type of the heavy products on `device` as the caller's PrecisionScope says; float32 outside one.
torch::Dtype current_precision(const torch::Device& device);

/// While it lives, matrix products and convolutions on `device` run in `type` (libtorch's autocast); float32
/// switches autocast off. Weights and optimiser state stay float32. One thread's setting; restored at the
/// end.
class PrecisionScope {
 public:
  PrecisionScope(torch::Dtype type, const torch::Device& device);
  ~PrecisionScope();
  PrecisionScope(const PrecisionScope&) = delete;
  PrecisionScope& operator=(const PrecisionScope&) = delete;

 private:
  c10::DeviceType device_;
  bool was_enabled_;
  torch::Dtype previous_;
};

/// Device by name: "cpu", "cuda", "cuda:1" or "auto" (a GPU where there is one).
/// @throws DeviceError  where the device is not there, saying what is missing
torch::Device device_by_name(const std::string& name);

}  // namespace dmf
