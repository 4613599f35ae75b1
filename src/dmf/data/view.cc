#include <algorithm>
#include <cmath>
#include <vector>

#include "dmf/core/error.h"
#include "dmf/core/shape.h"
#include "dmf/data/augment.h"

namespace dmf::data {
namespace {

// Everything below works on [3, H, W] float32 in 0 … 1.

/// Brightness as people see it, [1, H, W]. Source: ITU-R BT.601.
torch::Tensor luma(const torch::Tensor& image) {
  return (image[0] * 0.299 + image[1] * 0.587 + image[2] * 0.114).unsqueeze(0);
}

/// `part` of the image and the rest of `other`.
torch::Tensor blend(const torch::Tensor& image, const torch::Tensor& other, double part) {
  return (image * part + other * (1 - part)).clamp(0, 1);
}

/// Turns the colours around the grey axis by `turn` of a whole turn: a rotation in YIQ space, which keeps the
/// luma.
torch::Tensor turn_hue(const torch::Tensor& image, double turn) {
  const double angle = 2 * M_PI * turn;
  const auto options = torch::kFloat64;
  const torch::Tensor yiq_from_rgb =
      torch::tensor({0.299, 0.587, 0.114, 0.595716, -0.274453, -0.321263, 0.211456, -0.522591, 0.311135},
                    options)
          .reshape({3, 3});
  const torch::Tensor rotation = torch::tensor({1.0, 0.0, 0.0, 0.0, std::cos(angle), -std::sin(angle), 0.0,
                                                std::sin(angle), std::cos(angle)},
                                               options)
                                     .reshape({3, 3});
  const torch::Tensor turned =
      torch::linalg_inv(yiq_from_rgb).matmul(rotation).matmul(yiq_from_rgb).to(torch::kFloat32);
  return turned.matmul(image.reshape({3, -1})).reshape(image.sizes()).clamp(0, 1);
}

torch::Tensor jitter(const torch::Tensor& image, const ViewOptions& options, RandomStream& random) {
  const auto factor = [&random](double strength) { return random.uniform(1 - strength, 1 + strength); };
  const double brightness = factor(options.brightness), contrast = factor(options.contrast);
  const double saturation = factor(options.saturation), turn = random.uniform(-options.hue, options.hue);
  torch::Tensor result = (image * brightness).clamp(0, 1);
  result = blend(result, luma(result).mean(), contrast);
  result = blend(result, luma(result), saturation);
  return turn == 0 ? result : turn_hue(result, turn);
}

torch::Tensor gaussian_blur(const torch::Tensor& image, double sigma) {
  const int64_t reach = std::min<int64_t>(static_cast<int64_t>(std::ceil(3 * sigma)),
                                          std::min(image.size(1), image.size(2)) - 1);
  const torch::Tensor offsets = torch::arange(-reach, reach + 1, torch::kFloat32);
  torch::Tensor weights = torch::exp(offsets.square() / (-2 * sigma * sigma));
  weights = weights / weights.sum();
  const torch::Tensor padded =
      at::reflection_pad2d(image.unsqueeze(1), {reach, reach, reach, reach});  // channels as a batch
  const torch::Tensor rows = at::conv2d(padded, weights.reshape({1, 1, 1, -1}));
  return at::conv2d(rows, weights.reshape({1, 1, -1, 1})).squeeze(1);
}

/// A random part of at least `area_min` of the image, of about its own shape, stretched to the whole.
torch::Tensor resized_crop(const torch::Tensor& image, double area_min, RandomStream& random) {
  const auto H = image.size(1), W = image.size(2);
  const double side = std::sqrt(random.uniform(area_min, 1.0)), aspect = std::sqrt(random.uniform(0.8, 1.25));
  const auto cut = [](double length, int64_t whole) {
    return std::clamp<int64_t>(std::lround(length * static_cast<double>(whole)), 1, whole);
  };
  const int64_t height = cut(side * aspect, H), width = cut(side / aspect, W);
  const torch::Tensor part =
      image.narrow(1, random.integer(H - height + 1), height).narrow(2, random.integer(W - width + 1), width);
  return at::upsample_bilinear2d(part.unsqueeze(0), {H, W}, /*align_corners=*/false).squeeze(0);
}

}  // namespace

torch::Tensor make_view(const torch::Tensor& image, const ViewOptions& options, uint64_t seed,
                        int64_t image_index, int64_t view) {
  check_shape(image, {3, kAnySize, kAnySize}, "make_view", "image");
  const bool is_bytes = image.scalar_type() == torch::kUInt8;
  DMF_CHECK(is_bytes || image.scalar_type() == torch::kFloat32, InvalidArgument,
            "make_view: image must be uint8 or float32");
  DMF_CHECK(image_index >= 0 && view >= 0, InvalidArgument,
            "make_view: image {} and view {} must not be negative", image_index, view);
  if (view == 0) return image;
  RandomStream random(seed, "view", {static_cast<uint64_t>(image_index), static_cast<uint64_t>(view)});
  torch::Tensor result = is_bytes ? image.to(torch::kFloat32) / 255 : image;
  if (random.chance(options.crop)) result = resized_crop(result, options.crop_area_min, random);
  if (random.chance(options.flip)) result = result.flip(2);
  if (random.chance(options.jitter)) result = jitter(result, options, random);
  if (random.chance(options.grayscale)) result = luma(result).expand({3, -1, -1}).contiguous();
  if (random.chance(options.blur))
    result = gaussian_blur(result, random.uniform(0.1, std::max(0.1, options.blur_sigma)));
  return is_bytes ? (result * 255).round().clamp(0, 255).to(torch::kUInt8) : result.contiguous();
}

}  // namespace dmf::data
