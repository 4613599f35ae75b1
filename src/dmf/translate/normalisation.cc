#include "dmf/translate/normalisation.h"

namespace dmf::translate {

data::PixelScale Normalisation::scale() const {
  data::PixelScale result{};
  for (size_t c = 0; c < 3; ++c) {
    result.scale[c] = static_cast<float>(1 / (255 * deviation[c]));
    result.shift[c] = static_cast<float>(-mean[c] / deviation[c]);
  }
  return result;
}

torch::Tensor normalised_pixels(const torch::Tensor& pixels, const Normalisation& normalisation) {
  const auto [scale, shift] = normalisation.scale();
  const auto row = [&](const std::array<float, 3>& values) {
    return torch::tensor(at::ArrayRef<float>(values)).view({1, 3, 1, 1}).to(pixels.device());
  };
  const torch::NoGradGuard no_gradients;
  return pixels.to(torch::kFloat32)
      .contiguous(at::MemoryFormat::ChannelsLast)
      .mul_(row(scale))
      .add_(row(shift));
}

}  // namespace dmf::translate
