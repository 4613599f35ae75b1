#include "dmf/data/augmented_images.h"

#include <gmock/gmock.h>

#include <opencv2/imgcodecs.hpp>

#include "dmf/core/error.h"
#include "dmf/core/file.h"
#include "dmf/data/image.h"
#include "support/temporary_folder.h"

namespace dmf::data {
namespace {

constexpr PixelScale kScale{{0.01F, 0.02F, 0.03F}, {-1.0F, 0.5F, 2.0F}};

/// Pictures of several sizes: smaller than wanted, larger, larger in one direction.
std::vector<std::filesystem::path> write_pictures(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> paths;
  cv::RNG random(1);
  for (const auto& [height, width] : {std::pair{32, 16}, {128, 64}, {40, 90}, {64, 32}, {300, 20}}) {
    cv::Mat picture(height, width, CV_8UC3);
    random.fill(picture, cv::RNG::UNIFORM, 0, 256);
    paths.push_back(folder / (std::to_string(paths.size()) + (paths.size() % 2 == 0 ? ".jpg" : ".png")));
    cv::imwrite(paths.back().string(), picture);
  }
  return paths;
}

TEST(LoadAugmented, IsLoadingAugmentingAndScaling) {
  const test::TemporaryFolder folder;
  const std::vector<std::filesystem::path> written = write_pictures(folder.path());
  std::vector<std::filesystem::path> paths;  // several times each: more draws
  for (int i = 0; i < 4; ++i) paths.insert(paths.end(), written.begin(), written.end());
  AugmentOptions options;
  options.pad = 6;
  for (const double erase : {0.0, 0.7}) {
    options.erase = erase;
    RandomStream random(3, "test"), same(3, "test");
    const torch::Tensor pixels =
        augment(load_images(paths, {.height = 64, .width = 32}).pixels, options, same);
    const auto row = [](const std::array<float, 3>& values) {
      return torch::tensor(at::ArrayRef<float>(values)).view({1, 3, 1, 1});
    };
    const torch::Tensor expected = pixels.to(torch::kFloat32).mul(row(kScale.scale)).add(row(kScale.shift));
    const torch::Tensor loaded = load_augmented(paths, 64, 32, options, kScale, random);
    EXPECT_TRUE(loaded.is_contiguous(at::MemoryFormat::ChannelsLast));
    EXPECT_TRUE(at::equal(loaded, expected));
    EXPECT_EQ(random.bits(), same.bits()) << "as many draws";
  }
}

TEST(LoadAugmented, NamesTheFirstBrokenFile) {
  const test::TemporaryFolder folder;
  std::vector<std::filesystem::path> paths = write_pictures(folder.path());
  for (const size_t i : {1U, 3U}) write_text(paths[i], "no picture");
  RandomStream random(3, "test");
  try {
    load_augmented(paths, 64, 32, {}, kScale, random);
    FAIL();
  } catch (const DataError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr(paths[1].string()));
  }
}

TEST(LoadAugmented, RefusesTheFillThatItDoesNotHave) {
  RandomStream random(3, "test");
  EXPECT_THROW(load_augmented({}, 64, 32, {.fill = "mean"}, kScale, random), InvalidArgument);
}

}  // namespace
}  // namespace dmf::data
