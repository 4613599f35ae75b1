#include "dmf/data/augment.h"

#include <gmock/gmock.h>

#include "dmf/core/error.h"
#include "dmf/core/shape.h"

namespace dmf::data {
namespace {

torch::Tensor counting(std::initializer_list<int64_t> sizes) {
  const torch::Tensor shape = torch::zeros(at::IntArrayRef(sizes.begin(), sizes.size()));
  return torch::arange(1, shape.numel() + 1, torch::kFloat32).reshape(shape.sizes());
}

TEST(RandomFlip, AlwaysNeverAndPerSample) {
  const torch::Tensor batch = counting({64, 2, 3, 4});
  RandomStream random(1, "test");
  EXPECT_TRUE(torch::equal(random_flip(batch, 1.0, random), batch.flip(3)));
  EXPECT_TRUE(torch::equal(random_flip(batch, 0.0, random), batch));
  const torch::Tensor half = random_flip(batch, 0.5, random);
  int64_t flipped = 0;
  for (int64_t i = 0; i < 64; ++i) {
    const bool is_flipped = torch::equal(half[i], batch[i].flip(2));
    EXPECT_TRUE(is_flipped || torch::equal(half[i], batch[i]));
    flipped += is_flipped;
  }
  EXPECT_NEAR(flipped, 32, 16);
}

TEST(PadAndCrop, MovesEachSampleByWholeCells) {
  const torch::Tensor batch = counting({200, 1, 4, 3});
  RandomStream random(1, "test");
  const torch::Tensor moved = pad_and_crop(batch, 1, "zero", random);
  const torch::Tensor padded = torch::constant_pad_nd(batch, {1, 1, 1, 1}, 0);
  std::map<std::pair<int64_t, int64_t>, int64_t> offsets;
  for (int64_t i = 0; i < 200; ++i) {
    for (int64_t y = 0; y < 3; ++y) {
      for (int64_t x = 0; x < 3; ++x) {
        if (torch::equal(moved[i], padded[i].narrow(1, y, 4).narrow(2, x, 3))) ++offsets[{y, x}];
      }
    }
  }
  int64_t found = 0;
  for (const auto& [offset, count] : offsets) {
    found += count;
    EXPECT_NEAR(count, 200.0 / 9, 19) << "four deviations";
  }
  EXPECT_EQ(found, 200) << "each is one of the nine crops";
  EXPECT_EQ(offsets.size(), 9U);
}

TEST(PadAndCrop, MayLeaveTheMean) {
  const torch::Tensor batch = torch::full({50, 2, 4, 4}, 7.0);
  RandomStream random(1, "test");
  EXPECT_TRUE(torch::equal(pad_and_crop(batch, 2, "mean", random), batch));
  const torch::Tensor bytes = torch::full({50, 3, 30, 30}, 7, torch::kUInt8);
  EXPECT_TRUE(torch::equal(pad_and_crop(bytes, 10, "mean", random), bytes));
}

TEST(PadAndCrop, RefusesWhatDoesNotFit) {
  RandomStream random(1, "test");
  EXPECT_THROW(pad_and_crop(torch::zeros({1, 1, 4, 2}), 2, "zero", random), InvalidArgument);
  EXPECT_THROW(pad_and_crop(torch::zeros({1, 4, 2}), 1, "zero", random), InvalidArgument);
  EXPECT_THROW(pad_and_crop(torch::zeros({1, 1, 4, 4}), 1, "pink", random), InvalidArgument);
}

TEST(RandomErase, ErasesOneRectangleWithinItsLimits) {
  const torch::Tensor batch = torch::ones({300, 2, 64, 32});
  AugmentOptions options;
  RandomStream random(1, "test");
  const torch::Tensor erased = random_erase(batch, options, random);
  int64_t touched = 0;
  for (int64_t i = 0; i < 300; ++i) {
    const torch::Tensor gone = erased[i][0] == 0;
    EXPECT_TRUE(torch::equal(gone, erased[i][1] == 0)) << "all channels";
    const int64_t count = gone.sum().item<int64_t>();
    if (count == 0) continue;
    ++touched;
    const int64_t rows = gone.any(1).sum().item<int64_t>(), columns = gone.any(0).sum().item<int64_t>();
    EXPECT_EQ(rows * columns, count) << "a rectangle";
    EXPECT_GT(count, 0.01 * 64 * 32);
    EXPECT_LT(count, 0.45 * 64 * 32);
    EXPECT_LT(static_cast<double>(rows) / static_cast<double>(columns), 4.2);
  }
  EXPECT_NEAR(touched, 150, 35);
}

TEST(RandomErase, LeavesTheMeanOfEachChannel) {
  const torch::Tensor batch =
      torch::stack({torch::full({8, 4}, 3.0), torch::full({8, 4}, 5.0)}).unsqueeze(0).repeat({20, 1, 1, 1});
  AugmentOptions options = grid_augment_options();
  options.erase = 1;
  options.fill = "mean";
  RandomStream random(1, "test");
  EXPECT_TRUE(torch::equal(random_erase(batch, options, random), batch));
  options.fill = "zero";
  EXPECT_FALSE(torch::equal(random_erase(batch, options, random), batch));
}

TEST(RandomErase, WorksOnASmallMapOfHalfPrecision) {
  AugmentOptions options = grid_augment_options();
  options.erase = 1;
  RandomStream random(1, "test");
  const torch::Tensor map =
      torch::ones({16, 8, 8, 4}, torch::kBFloat16).contiguous(at::MemoryFormat::ChannelsLast);
  const torch::Tensor result = augment(map, options, random);
  EXPECT_EQ(result.scalar_type(), torch::kBFloat16);
  EXPECT_TRUE(result.is_contiguous(at::MemoryFormat::ChannelsLast));
  EXPECT_LT(result.to(torch::kFloat32).mean().item<double>(), 1.0);
  EXPECT_TRUE((map == 1).all().item<bool>()) << "the batch itself stays as it is";
}

TEST(Augment, DependsOnTheStreamOnly) {
  const torch::Tensor batch = counting({8, 3, 32, 16});
  AugmentOptions options;
  RandomStream a(1, "test", {4}), b(1, "test", {4}), c(1, "test", {5});
  const torch::Tensor first = augment(batch, options, a);
  EXPECT_TRUE(torch::equal(first, augment(batch, options, b)));
  EXPECT_FALSE(torch::equal(first, augment(batch, options, c)));
}

torch::Tensor picture() { return (torch::rand({3, 32, 16}) * 255).to(torch::kUInt8); }

TEST(MakeView, ViewZeroIsTheImage) {
  const torch::Tensor image = picture();
  EXPECT_TRUE(torch::equal(make_view(image, {}, 1, 0, 0), image));
}

TEST(MakeView, DependsOnSeedImageAndView) {
  const torch::Tensor image = picture();
  const torch::Tensor view = make_view(image, {}, 1, 5, 1);
  EXPECT_EQ(view.scalar_type(), torch::kUInt8);
  EXPECT_EQ(view.sizes(), image.sizes());
  EXPECT_TRUE(torch::equal(view, make_view(image, {}, 1, 5, 1)));
  ViewOptions always;
  always.jitter = 1;
  EXPECT_FALSE(torch::equal(make_view(image, always, 1, 5, 1), make_view(image, always, 1, 5, 2)));
  EXPECT_FALSE(torch::equal(make_view(image, always, 1, 5, 1), make_view(image, always, 1, 6, 1)));
  EXPECT_FALSE(torch::equal(make_view(image, always, 1, 5, 1), make_view(image, always, 2, 5, 1)));
}

/// Options that do nothing.
ViewOptions plain() {
  ViewOptions options;
  options.flip = options.crop = options.jitter = options.grayscale = options.blur = 0;
  return options;
}

TEST(MakeView, EachChangeDoesWhatItSays) {
  const torch::Tensor image = picture(), floats = image.to(torch::kFloat32) / 255;
  EXPECT_TRUE(torch::equal(make_view(image, plain(), 1, 0, 1), image));
  ViewOptions options = plain();
  options.flip = 1;
  EXPECT_TRUE(torch::equal(make_view(image, options, 1, 0, 1), image.flip(2)));
  options = plain();
  options.grayscale = 1;
  const torch::Tensor grey = make_view(floats, options, 1, 0, 1);
  EXPECT_TRUE(torch::equal(grey[0], grey[2]));
  EXPECT_NEAR(grey[1][3][4].item<double>(),
              (floats[0][3][4] * 0.299 + floats[1][3][4] * 0.587 + floats[2][3][4] * 0.114).item<double>(),
              1e-6);
  options = plain();
  options.blur = 1;
  const torch::Tensor blurred = make_view(floats, options, 1, 0, 1);
  EXPECT_LT(blurred.std().item<double>(), floats.std().item<double>());
  const torch::Tensor even = torch::full({3, 32, 16}, 0.5);
  EXPECT_TRUE(torch::allclose(make_view(even, options, 1, 0, 1), even, 1e-5, 1e-5));
  options = plain();
  options.crop = 1;
  EXPECT_FALSE(torch::equal(make_view(image, options, 1, 0, 1), image));
  EXPECT_TRUE(torch::allclose(make_view(even, options, 1, 0, 1), even, 1e-5, 1e-5));
}

TEST(MakeView, HueTurnsAroundGrey) {
  ViewOptions options = plain();
  options.jitter = 1;
  options.brightness = options.contrast = options.saturation = 0;
  options.hue = 0.5;
  const torch::Tensor grey = torch::full({3, 4, 4}, 0.4);
  EXPECT_TRUE(torch::allclose(make_view(grey, options, 1, 0, 1), grey, 1e-4, 1e-4));
  const torch::Tensor colour =
      torch::tensor({0.5F, 0.4F, 0.45F}).reshape({3, 1, 1}).expand({3, 4, 4}).contiguous();
  const torch::Tensor turned = make_view(colour, options, 1, 0, 1);
  const auto luma = [](const torch::Tensor& t) {
    return (t[0] * 0.299 + t[1] * 0.587 + t[2] * 0.114).mean().item<double>();
  };
  EXPECT_NEAR(luma(turned), luma(colour), 1e-4);
  EXPECT_FALSE(torch::allclose(turned, colour, 1e-3, 1e-3));
}

TEST(MakeView, BrightnessScales) {
  ViewOptions options = plain();
  options.jitter = 1;
  options.contrast = options.saturation = options.hue = 0;
  options.brightness = 0.5;
  const torch::Tensor image = torch::rand({3, 8, 8}) * 0.5;
  const torch::Tensor ratio = make_view(image, options, 1, 0, 1) / image;
  EXPECT_NEAR(ratio.min().item<double>(), ratio.max().item<double>(), 1e-4);
  EXPECT_GE(ratio.min().item<double>(), 0.5 - 1e-4);
  EXPECT_LE(ratio.max().item<double>(), 1.5 + 1e-4);
}

TEST(MakeView, RefusesOtherTensors) {
  EXPECT_THROW(make_view(torch::zeros({1, 8, 8}), {}, 1, 0, 1), InvalidArgument);
  EXPECT_THROW(make_view(torch::zeros({3, 8, 8}, torch::kInt64), {}, 1, 0, 1), InvalidArgument);
  EXPECT_THROW(make_view(torch::zeros({3, 8, 8}), {}, 1, -1, 1), InvalidArgument);
}

}  // namespace
}  // namespace dmf::data
