#include "dmf/serve/store.h"

#include <gmock/gmock.h>

#include <thread>

#include "dmf/core/file.h"
#include "dmf/search/testing_gallery.h"
#include "dmf/serve/message.h"
#include "support/message_of.h"
#include "support/temporary_folder.h"

namespace dmf::serve {
namespace {

using search::testing_gallery::crop_of;
using search::testing_gallery::kKind;
using search::testing_gallery::kWidth;
using search::testing_gallery::numbers;
using search::testing_gallery::vector_of;
using Vector = std::vector<float>;

Vector unit_of(int64_t number) {
  const Vector vector = vector_of(number);
  return search::unit_rows({vector, 1, kWidth});
}

/// A gallery of the made-up crops 1 … `count`, and a store of it.
struct Filled {
  explicit Filled(int64_t count, const StoreOptions& options = {}) {
    {
      search::GalleryWriter writer(folder / "g", kKind);
      if (count > 0) search::testing_gallery::add(writer, numbers(1, count));
    }
    store = std::make_unique<FolderStore>(folder / "g", options);
  }
  test::TemporaryFolder folder;
  std::unique_ptr<Store> store;
};

std::vector<int64_t> ids_of(const Answered& answered) {
  std::vector<int64_t> ids;
  for (const search::Hit& hit : answered.hits) ids.push_back(hit.id);
  return ids;
}

TEST(Store, ManySearchesAreOnePassAndGiveTheSame) {
  const Filled filled(60, {.searches = {.most = 64, .window = std::chrono::milliseconds(300)}});
  std::vector<Wanted> wanted(24);
  for (size_t i = 0; i < wanted.size(); ++i) {
    wanted[i].vector = unit_of(1000 + static_cast<int64_t>(i));
    wanted[i].count = 1 + static_cast<int64_t>(i % 5);
    if (i % 3 == 0) wanted[i].filter.cameras = {"c1"};
    if (i % 4 == 0) wanted[i].head = 20;
  }
  std::vector<Answered> together(wanted.size());
  {
    std::vector<std::jthread> clients;
    for (size_t i = 0; i < wanted.size(); ++i)
      clients.emplace_back([&, i] { together[i] = filled.store->search(wanted[i]); });
  }
  EXPECT_LT(filled.store->search_batches(), 5);
  EXPECT_EQ(filled.store->searches(), 24);
  const search::Gallery gallery(filled.folder / "g");
  const auto snapshot = gallery.snapshot();
  for (size_t i = 0; i < wanted.size(); ++i) {
    const search::Selection selection =
        i % 3 == 0 ? snapshot->of(gallery.select(wanted[i].filter)) : snapshot->all();
    auto hits = search::search_exact(*snapshot, {wanted[i].vector, 1, kWidth},
                                     std::max(wanted[i].count, wanted[i].head.value_or(0)), selection)[0];
    if (wanted[i].head) search::re_rank(*snapshot, wanted[i].vector.data(), hits, {});
    hits.resize(static_cast<size_t>(wanted[i].count));
    EXPECT_EQ(ids_of(together[i]), ids_of({hits})) << i;
    EXPECT_EQ(together[i].searched, selection.count);
  }
}

TEST(Store, EveryCallSeesWhatWasDoneBefore) {
  const Filled filled(0);
  Store& store = *filled.store;
  for (int64_t number = 1; number <= 20; ++number) {
    const int64_t id = store.add(unit_of(number), crop_of(number));
    EXPECT_EQ(ids_of(store.search({.vector = unit_of(number), .count = 1})), std::vector<int64_t>{id});
    EXPECT_EQ(store.vector(id).size(), static_cast<size_t>(kWidth));
  }
  EXPECT_EQ(store.remove({.ids = {5}}, false), std::vector<int64_t>{5});
  EXPECT_NE(ids_of(store.search({.vector = unit_of(5), .count = 1}))[0], 5);
  EXPECT_TRUE(store.vector(5).empty());
  EXPECT_TRUE(store.update(6, {.camera = "gate"}));
  EXPECT_FALSE(store.update(5, {.camera = "gate"}));
  EXPECT_EQ(ids_of(store.search({.vector = unit_of(1), .filter = {.cameras = {"gate"}}})),
            std::vector<int64_t>{6});
}

TEST(Store, AdditionsOfManyAreWrittenTogetherAndEachHasItsOwn) {
  const Filled filled(0, {.adds = {.most = 64, .window = std::chrono::milliseconds(200)}});
  std::vector<int64_t> ids(30);
  {
    std::vector<std::jthread> clients;
    for (size_t i = 0; i < ids.size(); ++i) {
      clients.emplace_back([&, i] {
        search::NewCrop crop = crop_of(static_cast<int64_t>(i));
        if (i >= 28) crop.crop.source = "twice";
        ids[i] = filled.store->add(unit_of(static_cast<int64_t>(i)), crop);
      });
    }
  }
  const search::Gallery gallery(filled.folder / "g");
  for (size_t i = 0; i < 28; ++i)
    EXPECT_EQ(gallery.crop(ids[i]).source, crop_of(static_cast<int64_t>(i)).crop.source);
  EXPECT_EQ(gallery.count(), 29) << "the second of a source takes the first one's place";
  EXPECT_LT(gallery.statistics().blocks, 6);
}

TEST(Store, AnErrorIsItsOwnersAlone) {
  const Filled filled(0, {.adds = {.most = 64, .window = std::chrono::milliseconds(200)}});
  std::atomic<int> good{0}, bad{0};
  {
    std::vector<std::jthread> clients;
    for (int64_t i = 0; i < 8; ++i) {
      clients.emplace_back([&, i] {
        try {
          filled.store->add(i == 3 ? Vector(kWidth, 0) : unit_of(i), crop_of(i));
          ++good;
        } catch (const InvalidArgument&) {
          ++bad;
        }
      });
    }
  }
  EXPECT_EQ(good, 7);
  EXPECT_EQ(bad, 1);
}

std::string bytes_below(const std::filesystem::path& folder) {
  std::string all;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
    if (entry.is_regular_file()) all += read_text(entry.path());
  return all;
}

TEST(Store, WhatIsPurgedHasLeftTheDisk) {
  const Filled filled(400);
  write_text(search::approximate_file(filled.folder / "g"), "main directions");
  FolderStore store(filled.folder / "g", {.is_read_only = true});
  EXPECT_EQ(test::message_of<Refusal>([&] { store.remove({.ids = {7}}, true); }),
            "this server only reads its gallery");
  const Vector vector = unit_of(9);
  const std::string bytes(reinterpret_cast<const char*>(vector.data()), vector.size() * sizeof(float));
  ASSERT_NE(bytes_below(filled.folder / "g").find(bytes), std::string::npos);
  const std::string thumbnail = crop_of(9).thumbnail;
  ASSERT_NE(bytes_below(filled.folder / "g").find(thumbnail), std::string::npos);
  filled.store->remove({.ids = {9}}, true);
  EXPECT_EQ(bytes_below(filled.folder / "g").find(bytes), std::string::npos);
  EXPECT_EQ(bytes_below(filled.folder / "g").find(thumbnail), std::string::npos);
  EXPECT_EQ(filled.store->search({.vector = vector, .count = 400}).hits.size(), 399);
  EXPECT_FALSE(std::filesystem::exists(search::approximate_file(filled.folder / "g")))
      << "it was not read at the start, and held the vector's main directions";
}

}  // namespace
}  // namespace dmf::serve
