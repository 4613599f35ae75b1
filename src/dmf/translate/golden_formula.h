#pragma once
#include <torch/types.h>

#include <cmath>
#include <numeric>
#include <string>
#include <string_view>
#include <vector>

#include "dmf/weights/name_map.h"
#include "dmf/weights/tensors.h"

/// For the tests: numbers that tools/make_translate_golden.py computes too, so that golden files hold outputs
/// only.
namespace dmf::translate::golden {

inline uint64_t mix(uint64_t value) {
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9ULL;
  value = (value ^ (value >> 27)) * 0x94d049bb133111ebULL;
  return value ^ (value >> 31);
}

/// Number `index` of the stream called `name`.
class Bits {
 public:
  explicit Bits(std::string_view name) {
    for (const char letter : name) seed_ = (seed_ ^ static_cast<unsigned char>(letter)) * 0x100000001b3ULL;
  }
  uint64_t operator()(int64_t index) const {
    return mix(seed_ + static_cast<uint64_t>(index + 1) * 0x9e3779b97f4a7c15ULL);
  }

 private:
  uint64_t seed_ = 0xcbf29ce484222325ULL;
};

/// Uniform in [-1, 1).
inline torch::Tensor values(const std::string& name, const std::vector<int64_t>& sizes) {
  const Bits bits(name);
  torch::Tensor tensor = torch::empty(sizes);
  auto* to = tensor.mutable_data_ptr<float>();
  for (int64_t i = 0; i < tensor.numel(); ++i) to[i] = static_cast<float>(bits(i) >> 40) / 8388608.0F - 1.0F;
  return tensor;
}

/// A network's tensor, scaled so that activations stay near 1.
inline torch::Tensor weight(const std::string& name, const std::vector<int64_t>& sizes) {
  const torch::Tensor uniform = values(name, sizes);
  if (name.ends_with("running_var")) return 1 + 0.3 * uniform;
  if (sizes.size() == 1) return name.ends_with("weight") ? 1 + 0.1 * uniform : 0.1 * uniform;
  const int64_t fan_in = uniform.numel() / sizes[0];
  return uniform * static_cast<float>(std::sqrt(6.0 / static_cast<double>(fan_in)));
}

inline weights::NamedTensors weights_of(const std::vector<weights::ExpectedTensor>& expected) {
  weights::NamedTensors tensors;
  for (const auto& each : expected) tensors[each.name] = weight(each.name, each.sizes);
  return tensors;
}

/// [count, 3, height, width] uint8
inline torch::Tensor image(const std::string& name, int64_t count, int64_t height, int64_t width) {
  const Bits bits(name);
  torch::Tensor pixels = torch::empty({count, 3, height, width}, torch::kUInt8);
  auto* to = pixels.mutable_data_ptr<uint8_t>();
  for (int64_t i = 0; i < pixels.numel(); ++i) to[i] = static_cast<uint8_t>(bits(i) >> 56);
  return pixels;
}

/// Two gradients and a wave: [1, 3, height, width] uint8.
inline torch::Tensor synthetic_image(int64_t height, int64_t width) {
  const torch::Tensor y = torch::arange(height).view({height, 1}).expand({height, width});
  const torch::Tensor x = torch::arange(width).view({1, width}).expand({height, width});
  const torch::Tensor red = at::floor_divide(x * 255, width - 1),
                      green = at::floor_divide(y * 255, height - 1);
  return at::stack({red, green, (x * x + 3 * y * x).remainder(256)}).to(torch::kUInt8).unsqueeze(0);
}

/// The numbers of an output that golden files keep.
inline torch::Tensor sample(const torch::Tensor& tensor) {
  constexpr int64_t kKept = 256;
  const torch::Tensor flat = tensor.detach().contiguous().flatten().to(torch::kFloat32);
  return flat.slice(0, 0, flat.numel(), std::max<int64_t>(1, flat.numel() / kKept))
      .slice(0, 0, kKept)
      .contiguous();
}

}  // namespace dmf::translate::golden
