#include "dmf/core/precision.h"

#include <ATen/autocast_mode.h>
#include <torch/cuda.h>

#include "dmf/core/error.h"

namespace dmf {

bool has_fast_bfloat16() {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx512bf16");
#else
  return false;
#endif
}

torch::Dtype compute_type(const std::string& name, const torch::Device& device) {
  if (name == "float32") return torch::kFloat32;
  if (name == "bfloat16") return torch::kBFloat16;
  if (name == "auto") return device.is_cuda() || has_fast_bfloat16() ? torch::kBFloat16 : torch::kFloat32;
  throw InvalidArgument(Expectation{"precision", "name", "auto, float32 or bfloat16", name, ""}.message());
}

torch::Dtype current_precision(const torch::Device& device) {
  const bool is_mixed = at::autocast::is_autocast_enabled(device.type());
  return is_mixed ? at::autocast::get_autocast_dtype(device.type()) : torch::kFloat32;
}

PrecisionScope::PrecisionScope(torch::Dtype type, const torch::Device& device)
    : device_(device.type()),
      was_enabled_(at::autocast::is_autocast_enabled(device_)),
      previous_(at::autocast::get_autocast_dtype(device_)) {
  at::autocast::set_autocast_enabled(device_, type != torch::kFloat32);
  if (type != torch::kFloat32) at::autocast::set_autocast_dtype(device_, type);
  at::autocast::increment_nesting();
}

PrecisionScope::~PrecisionScope() {
  if (at::autocast::decrement_nesting() == 0) at::autocast::clear_cache();
  at::autocast::set_autocast_enabled(device_, was_enabled_);
  at::autocast::set_autocast_dtype(device_, previous_);
}

torch::Device device_by_name(const std::string& name) {
  if (name == "auto")
    return torch::cuda::is_available() ? torch::Device(torch::kCUDA, 0) : torch::Device(torch::kCPU);
  if (name == "cpu") return torch::Device(torch::kCPU);
  const bool has_index = name.starts_with("cuda:") && name.size() > 5 && name.size() < 8 &&
                         name.find_first_not_of("0123456789", 5) == std::string::npos;
  if (name == "cuda" || has_index) {
    if (!torch::cuda::is_available()) {
      throw DeviceError(Expectation{"device", fmt::format("`{}` cannot be used", name),
                                    "an NVIDIA GPU and its driver", "none that libtorch sees",
                                    "`dmf doctor` tells what was found; use --device cpu"}
                            .message());
    }
    const torch::Device device(torch::kCUDA,
                               static_cast<c10::DeviceIndex>(has_index ? std::stoi(name.substr(5)) : 0));
    const auto count = static_cast<int64_t>(torch::cuda::device_count());
    DMF_CHECK(device.index() < count, DeviceError, "[device] `{}`: there are only {} GPUs", name, count);
    return device;
  }
  throw InvalidArgument(Expectation{"device", "name", "auto, cpu, cuda or cuda:N", name, ""}.message());
}

}  // namespace dmf
