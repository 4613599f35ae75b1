#include "dmf/search/gallery.h"

#include <gmock/gmock.h>

#include <cmath>
#include <fstream>
#include <map>

#include "dmf/core/error.h"
#include "dmf/core/file.h"
#include "dmf/core/random.h"
#include "dmf/search/testing_gallery.h"
#include "support/message_of.h"
#include "support/temporary_folder.h"

namespace dmf::search {
namespace {

using namespace testing_gallery;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class GalleryTest : public testing::Test {
 protected:
  std::filesystem::path path() const { return folder_ / "gallery"; }
  std::filesystem::path segment(int64_t number) const { return path() / "segments" / segment_name(number); }

  test::TemporaryFolder folder_;
};

TEST_F(GalleryTest, KeepsWhatItIsGiven) {
  {
    GalleryWriter writer(path(), kKind);
    EXPECT_THAT(add(writer, numbers(1, 3)), ElementsAre(1, 2, 3));
    EXPECT_THAT(add(writer, {7}), ElementsAre(4));
  }
  const Gallery gallery(path());
  EXPECT_EQ(gallery.count(), 4);
  EXPECT_EQ(gallery.kind().model, "a model");
  const Crop crop = gallery.crop(2);
  EXPECT_EQ(line_of(crop, gallery.thumbnail(2)), line_of(
                                                     [] {
                                                       Crop expected = crop_of(2).crop;
                                                       expected.id = 2;
                                                       return expected;
                                                     }(),
                                                     crop_of(2).thumbnail));
  EXPECT_EQ(gallery.thumbnail(4), "") << "it has none";
  const auto snapshot = gallery.snapshot();
  ASSERT_THAT(snapshot->ids(), ElementsAre(1, 2, 3, 4));
  const std::vector<float> given = vector_of(7);
  double square = 0, product = 0;
  for (size_t k = 0; k < given.size(); ++k) {
    square += static_cast<double>(given[k] * given[k]);
    product += static_cast<double>(given[k] * snapshot->vector(4)[k]);
  }
  EXPECT_NEAR(product, std::sqrt(square), 1e-5) << "the same direction, length 1";
  EXPECT_THAT(gallery.verify(), IsEmpty());
  EXPECT_EQ(gallery.find_source("pictures/7.jpg")->id, 4);
  EXPECT_FALSE(gallery.find_source("pictures/8.jpg").has_value());
}

TEST_F(GalleryTest, ASnapshotStaysWhatItWas) {
  GalleryWriter writer(path(), kKind);
  add(writer, numbers(1, 5));
  const Gallery gallery(path());
  const auto before = gallery.snapshot();
  EXPECT_EQ(gallery.snapshot(), before) << "nothing has changed";
  const std::string vector = numbers_of(before->vector(5), kWidth);
  writer.remove({1, 5});
  add(writer, {9});
  writer.compact();
  EXPECT_EQ(numbers_of(before->vector(5), kWidth), vector);
  EXPECT_THAT(gallery.snapshot()->ids(), ElementsAre(2, 3, 4, 6));
  EXPECT_EQ(writer.gallery().snapshot()->ids(), gallery.snapshot()->ids());
}

TEST_F(GalleryTest, FiltersByWhatIsKnown) {
  GalleryWriter writer(path(), kKind);
  add(writer, numbers(1, 12));
  const Gallery& gallery = writer.gallery();
  EXPECT_THAT(gallery.select({.cameras = {"c1"}}), ElementsAre(1, 5, 9));
  EXPECT_THAT(gallery.select({.cameras = {"c0", ""}}), ElementsAre(3, 4, 7, 8, 11, 12));
  EXPECT_THAT(gallery.select({.identities = {"person 1", "person 3"}}), ElementsAre(4, 5, 10, 11));
  EXPECT_THAT(gallery.select({.tags = {"even", "six"}}), ElementsAre(6, 12));
  EXPECT_THAT(gallery.select({.from = 1'008'000, .before = 1'011'000}), ElementsAre(8, 9));
  EXPECT_THAT(gallery.select({.before = 1'004'000}), ElementsAre(1, 2, 3)) << "5 and 10 have no time";
  EXPECT_THAT(gallery.select({.ids = {4, 3, 99}, .tags = {"even"}}), ElementsAre(4));
  EXPECT_THAT(gallery.select({.sources = {"pictures/6.jpg"}}), ElementsAre(6));
  EXPECT_THAT(gallery.select({.cameras = {"c1' OR '1'='1"}}), IsEmpty());
  EXPECT_EQ(gallery.select({}).size(), 12);
  const GalleryStatistics statistics = gallery.statistics();
  EXPECT_EQ(statistics.cameras, (Counts{{"", 3}, {"c0", 3}, {"c1", 3}, {"c2", 3}}));
  EXPECT_EQ(statistics.tags, (Counts{{"even", 6}, {"six", 2}}));
  EXPECT_EQ(statistics.first_time, 1'001'000);
  EXPECT_EQ(statistics.thumbnails, 11);
  EXPECT_EQ(statistics.identities, 4);
}

TEST_F(GalleryTest, ASourceThatComesAgainTakesItsOldPlace) {
  GalleryWriter writer(path(), kKind);
  add(writer, numbers(1, 3));
  EXPECT_THAT(add(writer, {2, 4}), ElementsAre(4, 5));
  EXPECT_THAT(writer.gallery().select({}), ElementsAre(1, 3, 4, 5));
  EXPECT_EQ(writer.gallery().find_source("pictures/2.jpg")->id, 4);
  EXPECT_EQ(writer.gallery().statistics().deleted_rows, 1);
  EXPECT_THAT(test::message_of<InvalidArgument>([&] { add(writer, {8, 8}); }), HasSubstr("pictures/8.jpg"));
  std::vector<NewCrop> nowhere(2);
  const std::vector<float> values = test::random_values(2 * kWidth, 1);
  EXPECT_EQ(writer.add({values, 2, kWidth}, nowhere).size(), 2) << "without a source there may be many";
}

TEST_F(GalleryTest, WhatIsDeletedIsGoneFromTheFiles) {
  GalleryWriter writer(path(), kKind);
  const std::vector<int64_t> ids = add(writer, numbers(1, 6));
  const std::vector<float> vector(writer.gallery().snapshot()->vector(2),
                                  writer.gallery().snapshot()->vector(2) + kWidth);
  const std::string bytes(reinterpret_cast<const char*>(vector.data()), kWidth * sizeof(float));
  ASSERT_THAT(read_text(segment(1)), HasSubstr(bytes));
  EXPECT_EQ(writer.remove({2, 4, 99}), 2);
  EXPECT_THAT(test::message_of<InvalidArgument>([&] { writer.gallery().crop(2); }),
              HasSubstr("there is no crop 2"));
  EXPECT_EQ(writer.gallery().snapshot()->vector(2), nullptr);
  const CompactionResult result = writer.compact();
  EXPECT_EQ(result.rows, 2);
  EXPECT_FALSE(std::filesystem::exists(segment(1)));
  for (const auto& entry : std::filesystem::recursive_directory_iterator(path())) {
    if (!entry.is_regular_file()) continue;
    const std::string text = read_text(entry.path());
    EXPECT_EQ(text.find(bytes), std::string::npos) << entry.path();
    EXPECT_EQ(text.find("pictures/2.jpg"), std::string::npos) << entry.path();
    EXPECT_EQ(text.find("JPEG 4"), std::string::npos) << entry.path();
  }
  EXPECT_THAT(add(writer, {20}), ElementsAre(7)) << "a number is not given again";
  EXPECT_THAT(writer.gallery().verify(), IsEmpty());
}

TEST_F(GalleryTest, CompactionKeepsAllElse) {
  GalleryWriter writer(path(), kKind, {.segment_bytes = 100, .block_rows = 4});
  for (int64_t i = 1; i <= 20; ++i) add(writer, {i});
  EXPECT_GT(writer.gallery().statistics().segments, 2);
  const std::string before = describe(writer.gallery());
  EXPECT_EQ(writer.gallery().statistics().blocks, 20);
  writer.compact();
  EXPECT_EQ(writer.gallery().statistics().blocks, 5) << "many small blocks become few";
  EXPECT_EQ(describe(writer.gallery()), before);
  EXPECT_THAT(writer.gallery().verify(), IsEmpty());
  const auto files = [&] {
    return std::distance(std::filesystem::directory_iterator(path() / "segments"), {});
  };
  EXPECT_EQ(files(), writer.gallery().statistics().segments);
}

TEST_F(GalleryTest, UpdatesAllOrNone) {
  GalleryWriter writer(path(), kKind);
  add(writer, numbers(1, 4));
  writer.update({1, 2}, {.camera = "gate", .add_tags = {"seen"}});
  EXPECT_THAT(writer.gallery().select({.cameras = {"gate"}, .tags = {"seen"}}), ElementsAre(1, 2));
  EXPECT_EQ(writer.gallery().crop(2).tags, (std::vector<std::string>{"even", "seen"}));
  EXPECT_THAT(test::message_of<InvalidArgument>([&] {
                writer.update({3, 50}, {.camera = "yard"});
              }),
              HasSubstr("there is no crop 50"));
  EXPECT_THAT(writer.gallery().select({.cameras = {"yard"}}), IsEmpty());
  EXPECT_THAT(writer.gallery().verify(), IsEmpty());
}

TEST_F(GalleryTest, MergesWhatIsNewOnce) {
  GalleryWriter writer(path(), kKind);
  add(writer, numbers(1, 3));
  GalleryWriter other(folder_ / "other", kKind);
  add(other, numbers(3, 8));
  other.remove({2});  // number 4
  const MergeResult result = writer.merge(other.gallery());
  EXPECT_EQ(result.added, 4);
  EXPECT_EQ(result.known, 1);
  EXPECT_EQ(writer.gallery().count(), 7);
  const Crop merged = *writer.gallery().find_source("pictures/6.jpg");
  EXPECT_EQ(merged.tags, (std::vector<std::string>{"even", "six"}));
  EXPECT_EQ(numbers_of(writer.gallery().snapshot()->vector(merged.id), kWidth),
            numbers_of(other.gallery().snapshot()->vector(4), kWidth));
  EXPECT_EQ(writer.gallery().thumbnail(merged.id), crop_of(6).thumbnail);
  writer.remove({merged.id});
  add(other, {30});
  EXPECT_EQ(writer.merge(other.gallery()).added, 1) << "what was deleted here does not come back";
  EXPECT_THAT(test::message_of<InvalidArgument>([&] { writer.merge(Gallery(path())); }),
              HasSubstr("with itself"));
  GalleryWriter third(folder_ / "third", {"another model", kWidth});
  EXPECT_THAT(test::message_of<InvalidArgument>([&] { writer.merge(third.gallery()); }),
              AllOf(HasSubstr("a model"), HasSubstr("another model")));
}

TEST_F(GalleryTest, RefusesVectorsOfAnotherKind) {
  { GalleryWriter writer(path(), kKind); }
  for (const GalleryKind& kind : {GalleryKind{"another model", kWidth}, GalleryKind{"a model", 6}}) {
    EXPECT_THAT(test::message_of<InvalidArgument>([&] { GalleryWriter writer(path(), kind); }),
                AllOf(HasSubstr(path().string()), HasSubstr("holds vectors of model a model with 5")));
  }
  GalleryWriter writer(path(), kKind);
  std::vector<float> values(kWidth, 1.F);
  const std::vector<NewCrop> one(1), two(2);
  EXPECT_THAT(test::message_of<InvalidArgument>([&] {
                writer.add({values, 1, kWidth}, two);
              }),
              HasSubstr("1 vectors of 2 crops"));
  EXPECT_THAT(test::message_of<InvalidArgument>([&] {
                writer.add({std::span(values).first(4), 1, 4}, one);
              }),
              HasSubstr("expected vectors of 5 numbers, got 4"));
  values[2] = NAN;
  EXPECT_THAT(test::message_of<InvalidArgument>([&] {
                writer.add({values, 1, kWidth}, one);
              }),
              HasSubstr("NaN"));
  EXPECT_EQ(writer.gallery().count(), 0);
}

TEST_F(GalleryTest, OneWritesAndOthersRead) {
  GalleryWriter writer(path(), kKind);
  const Gallery reader(path());
  EXPECT_THAT(test::message_of<InvalidArgument>([&] { GalleryWriter second(path(), kKind); }),
              HasSubstr("works in this folder"));
  add(writer, numbers(1, 2));
  EXPECT_EQ(reader.count(), 2);
  EXPECT_THAT(reader.snapshot()->ids(), ElementsAre(1, 2));
}

TEST_F(GalleryTest, WhatIsNoGalleryIsNamed) {
  EXPECT_THAT(test::message_of<DataError>([&] { Gallery gallery(path()); }),
              AllOf(HasSubstr(path().string()), HasSubstr("no gallery")));
  EXPECT_THAT(test::message_of<DataError>([&] { GalleryWriter writer(path()); }), HasSubstr("no gallery"));
  EXPECT_FALSE(std::filesystem::exists(path())) << "looking for it leaves nothing behind";
  write_text(path() / "gallery.sqlite", "this is no database, but long enough to look like a header of one");
  EXPECT_THAT(test::message_of<DataError>([&] { Gallery gallery(path()); }),
              AllOf(HasSubstr("gallery.sqlite"), HasSubstr("not a database")));
}

TEST_F(GalleryTest, LeftoversOfAKilledProcessAreRemoved) {
  { GalleryWriter writer(path(), kKind); }
  write_text(segment(7), "a segment that never became part of it");
  write_text(path() / "segments/notes.txt", "somebody's");
  GalleryWriter writer(path(), kKind);
  EXPECT_FALSE(std::filesystem::exists(segment(7)));
  EXPECT_TRUE(std::filesystem::exists(path() / "segments/notes.txt"));
}

/// A gallery as a table in memory, which does what the files should.
class Twin {
 public:
  void add(int64_t number, const std::vector<float>& vector) {
    NewCrop crop = crop_of(number);
    std::erase_if(crops_, [&](const auto& one) { return one.second.crop.crop.source == crop.crop.source; });
    crop.crop.id = ++last_;
    crops_[last_] = {crop, vector};
  }
  bool remove(int64_t id) { return crops_.erase(id) > 0; }
  void update(int64_t id, const CropUpdate& change) {
    crops_.at(id).crop.crop = updated(crops_.at(id).crop.crop, change);
  }
  std::vector<int64_t> ids() const {
    std::vector<int64_t> ids;
    for (const auto& one : crops_) ids.push_back(one.first);
    return ids;
  }
  std::string describe() const {
    std::string text = "a model 5\n";
    for (const auto& [id, one] : crops_) {
      Crop crop = one.crop.crop;
      crop.tags = sorted_tags(crop.tags);
      double square = 0;
      for (const float value : one.vector) square += static_cast<double>(value) * static_cast<double>(value);
      std::vector<float> unit;
      for (const float value : one.vector)
        unit.push_back(static_cast<float>(static_cast<double>(value) / std::sqrt(square)));
      text += line_of(crop, one.crop.thumbnail) + numbers_of(unit.data(), kWidth) + "\n";
    }
    return text;
  }

 private:
  struct One {
    NewCrop crop;
    std::vector<float> vector;
  };
  std::map<int64_t, One> crops_;
  int64_t last_ = 0;
};

TEST_F(GalleryTest, DoesWhatATableInMemoryDoes) {
  RandomStream random(3, "operations");
  Twin twin;
  auto writer = std::make_unique<GalleryWriter>(path(), kKind, WriterOptions{200, 3});
  const Gallery reader(path());
  const auto any = [&](const std::vector<int64_t>& ids) {
    return ids[static_cast<size_t>(random.integer(static_cast<int64_t>(ids.size())))];
  };
  for (int step = 0; step < 150; ++step) {
    const int64_t kind = random.integer(10);
    const std::vector<int64_t> ids = twin.ids();
    if (kind < 4 || ids.empty()) {
      const int64_t first = random.integer(60);
      const std::vector<int64_t> some = numbers(first, first + random.integer(6));
      add(*writer, some);
      for (const int64_t number : some) twin.add(number, vector_of(number));
    } else if (kind < 6) {
      const int64_t id = any(ids);
      EXPECT_EQ(writer->remove({id, id + 1000}), 1);
      twin.remove(id);
    } else if (kind < 8) {
      const CropUpdate change{.camera = fmt::format("new {}", step), .add_tags = {"changed"}};
      const int64_t id = any(ids);
      writer->update({id}, change);
      twin.update(id, change);
    } else if (kind == 8) {
      writer->compact();
    } else {
      writer.reset();
      writer = std::make_unique<GalleryWriter>(path(), kKind, WriterOptions{200, 3});
    }
    ASSERT_EQ(describe(writer->gallery()), twin.describe()) << "step " << step;
    if (step % 10 == 0) {
      ASSERT_EQ(describe(reader), twin.describe()) << "step " << step;
    }
  }
  EXPECT_THAT(reader.verify(), IsEmpty());
}

}  // namespace
}  // namespace dmf::search
