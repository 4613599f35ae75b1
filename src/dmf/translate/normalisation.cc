#include "dmf/translate/normalisation.h"

#include <vector>

namespace dmf::translate {

torch::Tensor normalised_pixels(const torch::Tensor& pixels, const Normalisation& normalisation) {
  std::vector<float> scale, shift;
  for (size_t c = 0; c < 3; ++c) {
    scale.push_back(static_cast<float>(1 / (255 * normalisation.deviation[c])));
    shift.push_back(static_cast<float>(-normalisation.mean[c] / normalisation.deviation[c]));
  }
  const auto row = [&](const std::vector<float>& values) {
    return torch::tensor(values).view({1, 3, 1, 1}).to(pixels.device());
  };
  const torch::NoGradGuard no_gradients;
  return pixels.to(torch::kFloat32)
      .contiguous(at::MemoryFormat::ChannelsLast)
      .mul_(row(scale))
      .add_(row(shift));
}

}  // namespace dmf::translate
