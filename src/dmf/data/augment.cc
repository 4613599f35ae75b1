#include "dmf/data/augment.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "dmf/core/error.h"
#include "dmf/core/shape.h"

namespace dmf::data {
namespace {

/// What padding and erasing leave in each sample: [B, C, 1, 1].
torch::Tensor fill_values(const torch::Tensor& batch, const std::string& fill) {
  DMF_CHECK(fill == "zero" || fill == "mean", InvalidArgument, "augment: fill is zero or mean, got '{}'",
            fill);
  const std::vector<int64_t> sizes{batch.size(0), batch.size(1), 1, 1};
  if (fill == "zero") return torch::zeros(sizes, batch.options());
  const torch::Tensor mean = batch.to(torch::kFloat32).mean({2, 3}, /*keepdim=*/true);
  return (torch::isIntegralType(batch.scalar_type(), /*includeBool=*/true) ? mean.round() : mean)
      .to(batch.scalar_type());
}

void check_batch(const torch::Tensor& batch, const char* where) {
  check_shape(batch, {kAnySize, kAnySize, kAnySize, kAnySize}, where, "batch");
}

struct Rectangle {
  int64_t top, left, height, width;
};

/// A rectangle inside H × W cells; of no cells where ten draws found none that fits.
Rectangle draw_rectangle(int64_t H, int64_t W, const AugmentOptions& options, RandomStream& random) {
  constexpr int kDraws = 10;
  for (int i = 0; i < kDraws; ++i) {
    const double area =
        random.uniform(options.erase_area_min, options.erase_area_max) * static_cast<double>(H * W);
    // Uniform in the logarithm: a tall rectangle is as likely as a flat one.
    const double aspect =
        std::exp(random.uniform(std::log(options.erase_aspect_min), std::log(options.erase_aspect_max)));
    const int64_t height = std::lround(std::sqrt(area * aspect)),
                  width = std::lround(std::sqrt(area / aspect));
    if (height >= 1 && width >= 1 && height < H && width < W) {
      return {random.integer(H - height + 1), random.integer(W - width + 1), height, width};
    }
  }
  return {0, 0, 0, 0};
}

}  // namespace

AugmentOptions grid_augment_options() {
  AugmentOptions options;
  options.pad = 1;
  return options;
}

torch::Tensor random_flip(const torch::Tensor& batch, double probability, RandomStream& random) {
  check_batch(batch, "random_flip");
  torch::Tensor result = batch.clone();
  for (int64_t i = 0; i < batch.size(0); ++i) {
    if (random.chance(probability)) result[i].copy_(batch[i].flip(2));
  }
  return result;
}

torch::Tensor pad_and_crop(const torch::Tensor& batch, int64_t pad, const std::string& fill,
                           RandomStream& random) {
  check_batch(batch, "pad_and_crop");
  const int64_t H = batch.size(2), W = batch.size(3);
  DMF_CHECK(pad >= 0 && pad < H && pad < W, InvalidArgument,
            "pad_and_crop: pad {} does not fit {} x {} cells", pad, H, W);
  if (pad == 0) return batch.clone();
  torch::Tensor result = torch::empty_like(batch);
  result.copy_(fill_values(batch, fill).expand_as(batch));
  for (int64_t i = 0; i < batch.size(0); ++i) {
    // The crop's corner in the picture's own cells, -pad … pad.
    const int64_t top = random.integer(2 * pad + 1) - pad, left = random.integer(2 * pad + 1) - pad;
    const int64_t height = H - std::abs(top), width = W - std::abs(left);
    const torch::Tensor from =
        batch[i].narrow(1, std::max<int64_t>(top, 0), height).narrow(2, std::max<int64_t>(left, 0), width);
    result[i]
        .narrow(1, std::max<int64_t>(-top, 0), height)
        .narrow(2, std::max<int64_t>(-left, 0), width)
        .copy_(from);
  }
  return result;
}

torch::Tensor random_erase(const torch::Tensor& batch, const AugmentOptions& options, RandomStream& random) {
  check_batch(batch, "random_erase");
  DMF_CHECK(options.erase_area_min <= options.erase_area_max, InvalidArgument,
            "random_erase: erase_area_min {} is larger than erase_area_max {}", options.erase_area_min,
            options.erase_area_max);
  torch::Tensor result = batch.clone();
  if (options.erase == 0) return result;
  const torch::Tensor values = fill_values(batch, options.fill);
  for (int64_t i = 0; i < batch.size(0); ++i) {
    if (!random.chance(options.erase)) continue;
    const Rectangle erased = draw_rectangle(batch.size(2), batch.size(3), options, random);
    if (erased.height == 0) continue;
    result[i]
        .narrow(1, erased.top, erased.height)
        .narrow(2, erased.left, erased.width)
        .copy_(values[i].expand({-1, erased.height, erased.width}));
  }
  return result;
}

std::vector<Change> draw_changes(int64_t count, int64_t height, int64_t width, const AugmentOptions& options,
                                 RandomStream& random) {
  std::vector<Change> changes(static_cast<size_t>(count));
  for (Change& change : changes) change.is_flipped = random.chance(options.flip);
  for (Change& change : changes) {
    if (options.pad == 0) break;
    change.top = random.integer(2 * options.pad + 1) - options.pad;
    change.left = random.integer(2 * options.pad + 1) - options.pad;
  }
  for (Change& change : changes) {
    if (options.erase == 0 || !random.chance(options.erase)) continue;
    const Rectangle erased = draw_rectangle(height, width, options, random);
    change.erased_top = erased.top;
    change.erased_left = erased.left;
    change.erased_height = erased.height;
    change.erased_width = erased.width;
  }
  return changes;
}

torch::Tensor augment(const torch::Tensor& batch, const AugmentOptions& options, RandomStream& random) {
  const torch::Tensor flipped = random_flip(batch, options.flip, random);
  return random_erase(pad_and_crop(flipped, options.pad, options.fill, random), options, random);
}

}  // namespace dmf::data
