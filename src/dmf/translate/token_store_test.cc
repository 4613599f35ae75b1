#include "dmf/translate/token_store.h"

#include <gmock/gmock.h>

#include <chrono>
#include <fstream>
#include <iostream>

#include "dmf/core/error.h"
#include "dmf/core/precision.h"
#include "dmf/core/progress.h"
#include "dmf/data/image.h"
#include "dmf/translate/conv_encoder.h"
#include "dmf/translate/golden_formula.h"
#include "dmf/translate/text_tensor.h"
#include "support/closeness.h"
#include "support/development_data.h"
#include "support/temporary_folder.h"

namespace dmf::translate {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

constexpr int64_t kImages = 70;  // three chunks, the last one short

void write_image(const fs::path& path, int64_t number) {
  const torch::Tensor pixels = golden::image("image " + std::to_string(number), 1, 64, 32);
  std::ofstream file(path, std::ios::binary);
  file << "P6\n32 64\n255\n";
  const torch::Tensor rows = pixels[0].permute({1, 2, 0}).contiguous();
  file.write(static_cast<const char*>(rows.const_data_ptr()), rows.numel());
}

class TokenStoreTest : public ::testing::Test {
 protected:
  void SetUp() override {
    Progress::set_enabled(false);
    const Architecture net = efficientnet_lite(0, true);
    std::vector<weights::ExpectedTensor> expected;
    for (const Stage& stage : net.stages) {
      for_each_layer(stage, [&](const ConvLayer& layer) { add_expected(layer, expected); });
    }
    weights::NamedTensors tensors = golden::weights_of(expected);
    tensors["encoder.json"] = tensor_of_text(ConvEncoder::description(net).dump());
    encoder_ = make_image_encoder({.freeze = "stage3", .height = 64, .width = 32}, &tensors);
    images_ = {"set-train", "0123", {}};
    for (int64_t i = 0; i < kImages; ++i) {
      images_.records.push_back({.path = folder_ / fmt::format("{}.ppm", i), .captions = {}});
      write_image(images_.records.back().path, i);
    }
    options_.folder = folder_ / "cache";
    options_.precision = "float32";
  }

  torch::Tensor direct(int64_t image, int64_t view) const {
    const torch::Tensor pixels = data::decode_image(images_.records[static_cast<size_t>(image)].path, 64, 32);
    const torch::Tensor changed = data::make_view(pixels, options_.view_options, options_.seed, image, view);
    return encoder_->frozen(encoder_->normalise(changed.unsqueeze(0)));
  }

  test::TemporaryFolder folder_;
  std::shared_ptr<ImageEncoder> encoder_;
  TokenStoreImages images_;
  TokenStoreOptions options_;
};

TEST_F(TokenStoreTest, HoldsWhatTheEncoderGives) {
  options_.views = 2;
  const auto store = TokenStore::open_or_build(images_, *encoder_, options_);
  EXPECT_EQ(store->images(), kImages);
  EXPECT_EQ(store->views(), 2);
  EXPECT_EQ(store->sizes(), (std::vector<int64_t>{40, 8, 4}));
  const torch::Tensor maps = store->gather({0, 69, 33, 33}, {0, 1, 1, 0}, torch::kFloat32);
  EXPECT_EQ(maps.sizes().vec(), (std::vector<int64_t>{4, 40, 8, 4}));
  EXPECT_LT(test::relative_error(maps[0], direct(0, 0)[0]), 5e-3);
  EXPECT_LT(test::relative_error(maps[1], direct(69, 1)[0]), 5e-3);
  EXPECT_LT(test::relative_error(maps[2], direct(33, 1)[0]), 5e-3);
  EXPECT_GT(test::relative_error(maps[3], maps[2]), 5e-2) << "another view is another map";
  EXPECT_TRUE(store->gather({0, 69, 33, 33}, {0, 1, 1, 0}).to(torch::kFloat32).equal(maps));
  EXPECT_EQ(store->gather({}, {}).size(0), 0);
}

TEST_F(TokenStoreTest, IsBuiltOnce) {
  const auto first = TokenStore::open_or_build(images_, *encoder_, options_);
  const auto written = fs::last_write_time(first->path());
  fs::remove(images_.records[5].path);
  const auto second = TokenStore::open_or_build(images_, *encoder_, options_);
  EXPECT_EQ(second->path(), first->path());
  EXPECT_EQ(fs::last_write_time(second->path()), written);
  EXPECT_TRUE(second->gather({5}, {0}).equal(first->gather({5}, {0})));
}

TEST_F(TokenStoreTest, AnotherSourceIsAnotherStore) {
  const fs::path path = TokenStore::path_of(images_, *encoder_, options_);
  TokenStoreOptions views = options_;
  views.views = 2;
  EXPECT_NE(TokenStore::path_of(images_, *encoder_, views), path);
  TokenStoreOptions seed = options_;
  seed.seed = 1;
  EXPECT_EQ(TokenStore::path_of(images_, *encoder_, seed), path) << "without views nothing is random";
  TokenStoreImages changed = images_;
  changed.fingerprint = "0124";
  EXPECT_NE(TokenStore::path_of(changed, *encoder_, options_), path);
  changed = images_;
  std::swap(changed.records[0], changed.records[1]);
  EXPECT_NE(TokenStore::path_of(changed, *encoder_, options_), path);
  encoder_->tensors().at("_conv_stem.weight").mul_(2);
  EXPECT_NE(TokenStore::path_of(images_, *encoder_, options_), path);
}

TEST_F(TokenStoreTest, ABrokenImageIsNamedAndTheRestIsKept) {
  const fs::path broken = images_.records[40].path;
  std::ofstream(broken, std::ios::trunc) << "no picture";
  EXPECT_THAT([&] { TokenStore::open_or_build(images_, *encoder_, options_); },
              ThrowsMessage<DataError>(HasSubstr("40.ppm")));
  const fs::path path = TokenStore::path_of(images_, *encoder_, options_);
  EXPECT_FALSE(fs::exists(path));
  write_image(broken, 40);
  fs::remove(images_.records[0].path);  // its chunk was done before: it is not read again
  const auto store = TokenStore::open_or_build(images_, *encoder_, options_);
  EXPECT_LT(test::relative_error(store->gather({40}, {0}, torch::kFloat32)[0], direct(40, 0)[0]), 5e-3);
}

TEST_F(TokenStoreTest, SaysWhatIsWrong) {
  const auto store = TokenStore::open_or_build(images_, *encoder_, options_);
  EXPECT_THAT([&] { store->gather({70}, {0}); },
              ThrowsMessage<InvalidArgument>(HasSubstr("image 70 view 0")));
  EXPECT_THAT([&] { store->gather({0}, {1}); }, ThrowsMessage<InvalidArgument>(HasSubstr("1 views")));
  EXPECT_THAT(
      [&] {
        store->gather({0, 1}, {0});
      },
      ThrowsMessage<InvalidArgument>(HasSubstr("2 indices but 1 views")));
  EXPECT_THAT(
      [&] {
        TokenStore::open_or_build({"none", "", {}}, *encoder_, options_);
      },
      ThrowsMessage<InvalidArgument>(HasSubstr("no images")));
}

TEST_F(TokenStoreTest, Throughput) {
  options_.views = 4;
  options_.precision = "auto";
  const auto store = TokenStore::open_or_build(images_, *encoder_, options_);
  std::vector<int64_t> indices, views;
  for (int64_t i = 0; i < 64; ++i) {
    indices.push_back((i * 37) % kImages);
    views.push_back(i % 4);
  }
  const auto start = std::chrono::steady_clock::now();
  constexpr int kRounds = 50;
  for (int i = 0; i < kRounds; ++i) store->gather(indices, views);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  const double bytes = 64.0 * kRounds * 40 * 8 * 4 * 2;
  std::cout << "gather: " << bytes / seconds * 1e-9 << " GB/s, " << 64 * kRounds / seconds << " maps/s\n";
}

}  // namespace
}  // namespace dmf::translate
