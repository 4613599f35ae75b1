// Galleries whose files are damaged: found, named, and the rest served.
#include <gmock/gmock.h>

#include <filesystem>

#include "dmf/core/error.h"
#include "dmf/core/file.h"
#include "dmf/search/exact.h"
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
using testing::Not;

class DamagedGallery : public testing::Test {
 protected:
  void SetUp() override {
    GalleryWriter writer(path(), kKind, {.segment_bytes = 300});
    for (int64_t first = 1; first <= 29; first += 4) add(writer, numbers(first, first + 3));
    ASSERT_EQ(writer.gallery().statistics().segments, 2);
  }
  std::filesystem::path path() const { return folder_ / "gallery"; }
  std::filesystem::path segment(int64_t number) const { return path() / "segments" / segment_name(number); }

  test::TemporaryFolder folder_;
};

TEST_F(DamagedGallery, EachByteOfASegmentCountsAndTheRestIsServed) {
  const std::string whole = read_text(segment(1));
  const std::string expected = describe(Gallery(path()));
  for (size_t at = 0; at < whole.size(); at += 7) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ (1 << (at % 8)));
    write_text(segment(1), damaged);
    const Gallery gallery(path());
    const auto snapshot = gallery.snapshot();
    ASSERT_EQ(snapshot->damage().size(), 1) << "byte " << at;
    EXPECT_THAT(snapshot->damage()[0].message(), HasSubstr(segment(1).string()));
    const bool is_header = at < static_cast<size_t>(kSegmentHeader);
    EXPECT_EQ(snapshot->count(), is_header ? 16 : 28) << "the rest";
    EXPECT_THAT(gallery.verify(), ElementsAre(HasSubstr(segment(1).string())));
    const std::vector<float> query = vector_of(31);
    const auto hits = search_exact(*snapshot, {query, 1, kWidth}, 1, snapshot->all());
    EXPECT_EQ(hits[0][0].id, 31) << "in the segment that is whole";
  }
  write_text(segment(1), whole);
  EXPECT_EQ(describe(Gallery(path())), expected);
}

TEST_F(DamagedGallery, ASegmentThatWasCutShortServesWhatIsLeft) {
  const std::string whole = read_text(segment(1));
  for (size_t size = 0; size < whole.size(); size += 11) {
    write_text(segment(1), whole.substr(0, size));
    const Gallery gallery(path());
    const auto snapshot = gallery.snapshot();
    const size_t row = kWidth * sizeof(float);
    const size_t blocks = size < kSegmentHeader ? 0 : (size - kSegmentHeader) / (4 * row);
    EXPECT_EQ(snapshot->count(), 16 + 4 * static_cast<int64_t>(blocks)) << size << " bytes";
    EXPECT_THAT(snapshot->damage(), Not(IsEmpty()));
  }
  std::filesystem::remove(segment(1));
  const Gallery gallery(path());
  ASSERT_EQ(gallery.snapshot()->damage().size(), 1);
  EXPECT_THAT(gallery.snapshot()->damage()[0].message(),
              AllOf(HasSubstr(segment(1).string()), HasSubstr("No such file")));
  EXPECT_EQ(gallery.snapshot()->count(), 16);
  std::filesystem::remove(segment(2));
  EXPECT_EQ(Gallery(path()).snapshot()->count(), 0);
}

TEST_F(DamagedGallery, NothingIsWrittenBehindWhatIsTorn) {
  std::filesystem::resize_file(segment(2), 100);
  {
    GalleryWriter writer(path(), kKind);
    const int64_t before = writer.gallery().snapshot()->count();
    add(writer, {100});
    EXPECT_EQ(writer.gallery().snapshot()->count(), before + 1);
  }
  EXPECT_TRUE(std::filesystem::exists(segment(3)));
}

TEST_F(DamagedGallery, CompactionAsksBeforeItDropsCrops) {
  std::filesystem::resize_file(segment(1), std::filesystem::file_size(segment(1)) - 1);
  GalleryWriter writer(path(), kKind);
  const std::string before = describe(writer.gallery());
  EXPECT_THAT(test::message_of<DataError>([&] { writer.compact(); }),
              AllOf(HasSubstr(segment(1).string()), HasSubstr("cut short"), HasSubstr("hint")));
  EXPECT_EQ(describe(writer.gallery()), before);
  const CompactionResult result = writer.compact(/*drop_damaged=*/true);
  EXPECT_EQ(result.dropped_crops, 4);
  EXPECT_THAT(writer.gallery().verify(), IsEmpty());
  EXPECT_EQ(writer.gallery().count(), 28);
}

TEST_F(DamagedGallery, ADatabaseThatWasChangedIsNoticedOrHarmless) {
  const std::filesystem::path database = path() / "gallery.sqlite";
  const std::string whole = read_text(database), expected = describe(Gallery(path()));
  int noticed = 0, harmless = 0;
  for (size_t at = 0; at < whole.size(); at += 131) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ (1 << (at % 8)));
    if (damaged[at] == whole[at]) continue;
    write_text(database, damaged);
    bool is_noticed = false;
    std::string content;
    try {
      const Gallery gallery(path());
      is_noticed = !gallery.verify().empty();
      if (!is_noticed) content = describe(gallery);
    } catch (const DataError& error) {
      is_noticed = true;
      EXPECT_THAT(error.what(), HasSubstr(database.string())) << "byte " << at;
    }
    (is_noticed ? noticed : harmless) += 1;
    if (is_noticed) continue;
    ASSERT_EQ(content, expected) << "byte " << at << " was changed and nobody noticed";
  }
  EXPECT_GT(noticed, 30);
  EXPECT_GT(harmless, 30) << "unused space";
  write_text(database, whole);
  EXPECT_EQ(describe(Gallery(path())), expected);
}

TEST_F(DamagedGallery, ADatabaseThatWasCutShortIsAnError) {
  const std::filesystem::path database = path() / "gallery.sqlite";
  const std::string whole = read_text(database);
  for (size_t part = 0; part < 13; ++part) {
    write_text(database, whole.substr(0, whole.size() * part / 13));
    std::string message;
    try {
      const Gallery gallery(path());
      const auto faults = gallery.verify();
      if (!faults.empty()) message = faults.front();
    } catch (const DataError& error) {
      message = error.what();
    }
    EXPECT_THAT(message, HasSubstr(database.string())) << part << " of 13";
  }
}

}  // namespace
}  // namespace dmf::search
