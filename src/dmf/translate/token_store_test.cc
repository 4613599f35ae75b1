#include "dmf/translate/token_store.h"

#include <gmock/gmock.h>

#include <chrono>
#include <condition_variable>
#include <fstream>
#include <future>
#include <iostream>
#include <mutex>
#include <numeric>
#include <utility>

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

/// Numbers of several threads, as processes would add them up.
class Meeting {
 public:
  explicit Meeting(int64_t size) : size_(size) {}
  int64_t sum(int64_t number) {
    std::unique_lock lock(mutex_);
    const int64_t round = round_;
    sum_ += number;
    if (++came_ == size_) {
      result_ = std::exchange(sum_, 0);
      came_ = 0;
      ++round_;
      all_.notify_all();
    } else {
      all_.wait(lock, [&] { return round_ != round; });
    }
    return result_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable all_;
  int64_t size_, came_ = 0, sum_ = 0, result_ = 0, round_ = 0;
};

/// Opens a store as so many builders, each with its own cache folder; which store each got.
std::vector<std::shared_ptr<TokenStore>> build_together(const TokenStoreImages& images,
                                                        const ImageEncoder& encoder,
                                                        const TokenStoreOptions& options,
                                                        const std::vector<fs::path>& folders) {
  const auto size = static_cast<int64_t>(folders.size());
  Meeting meeting(size);
  std::vector<std::future<std::shared_ptr<TokenStore>>> building;
  for (int64_t rank = 0; rank < size; ++rank) {
    building.push_back(std::async(std::launch::async, [&, rank] {
      TokenStoreOptions own = options;
      own.folder = folders[static_cast<size_t>(rank)];
      return TokenStore::open_or_build(images, encoder, own,
                                       {rank, size, [&](int64_t number) { return meeting.sum(number); }});
    }));
  }
  std::vector<std::shared_ptr<TokenStore>> stores;
  for (auto& store : building) stores.push_back(store.get());
  return stores;
}

std::vector<int64_t> all_images() {
  std::vector<int64_t> indices(kImages);
  std::iota(indices.begin(), indices.end(), 0);
  return indices;
}

TEST_F(TokenStoreTest, SeveralBuildItTogether) {
  const auto alone = TokenStore::open_or_build(images_, *encoder_, options_);
  const std::vector<int64_t> views(kImages, 0);
  const torch::Tensor expected = alone->gather(all_images(), views);
  for (const size_t size : {2, 3, 5}) {  // of three chunks: with five builders two have nothing to do
    const fs::path folder = folder_ / fmt::format("together{}", size);
    const auto stores = build_together(images_, *encoder_, options_, std::vector<fs::path>(size, folder));
    for (const auto& store : stores) EXPECT_TRUE(store->gather(all_images(), views).equal(expected));
    EXPECT_FALSE(fs::exists(stores[0]->path().string() + ".part"));
    const auto written = fs::last_write_time(stores[0]->path());
    build_together(images_, *encoder_, options_, std::vector<fs::path>(size, folder));
    EXPECT_EQ(fs::last_write_time(stores[0]->path()), written) << "it was there";
  }
}

TEST_F(TokenStoreTest, BuildersGoOnWithWhatIsThere) {
  const fs::path broken = images_.records[40].path;
  std::ofstream(broken, std::ios::trunc) << "no picture";
  EXPECT_THROW(TokenStore::open_or_build(images_, *encoder_, options_), DataError);
  write_image(broken, 40);
  fs::remove(images_.records[0].path);  // its chunk was done before: it is not read again
  const auto stores = build_together(images_, *encoder_, options_, std::vector<fs::path>(2, options_.folder));
  EXPECT_LT(test::relative_error(stores[1]->gather({40}, {0}, torch::kFloat32)[0], direct(40, 0)[0]), 5e-3);
}

TEST_F(TokenStoreTest, ABuilderThatSeesAnotherDiskBuildsItsOwn) {
  const std::vector<fs::path> folders = {folder_ / "host", folder_ / "host", folder_ / "other"};
  for (int run = 0; run < 2; ++run) {  // the second time one host has it
    const auto stores = build_together(images_, *encoder_, options_, folders);
    for (size_t i = 0; i < folders.size(); ++i) EXPECT_EQ(stores[i]->path().parent_path(), folders[i]);
    EXPECT_TRUE(stores[2]->gather({69}, {0}).equal(stores[0]->gather({69}, {0})));
    fs::remove_all(folders[2]);
  }
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
