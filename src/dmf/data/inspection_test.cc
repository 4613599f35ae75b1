#include "dmf/data/inspection.h"

#include <gmock/gmock.h>

#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "dmf/core/error.h"
#include "dmf/core/file.h"
#include "dmf/data/picture_hash.h"
#include "dmf/data/published.h"
#include "support/development_data.h"
#include "support/miniature_datasets.h"
#include "support/temporary_folder.h"

namespace dmf::data {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;

/// A picture that is unlike every other: smooth noise.
cv::Mat noise(int seed, int height = 128, int width = 64) {
  cv::Mat small(16, 9, CV_8UC3), large;
  cv::RNG random(static_cast<uint64_t>(seed) * 7919 + 1);
  random.fill(small, cv::RNG::UNIFORM, 0, 256);
  cv::resize(small, large, cv::Size(width, height), 0, 0, cv::INTER_LINEAR);
  return large;
}

class InspectionTest : public ::testing::Test {
 protected:
  void write(const std::string& name, const cv::Mat& picture, int quality = 90) const {
    fs::create_directories((folder_ / name).parent_path());
    ASSERT_TRUE(cv::imwrite((folder_ / name).string(), picture, {cv::IMWRITE_JPEG_QUALITY, quality}));
  }

  /// Market's layout: two persons to train, one to test, no picture like another.
  void make_clean() const {
    int seed = 0;
    for (const char* name :
         {"bounding_box_train/0002_c1s1_000001_01.jpg", "bounding_box_train/0002_c2s1_000002_01.jpg",
          "bounding_box_train/0007_c1s1_000003_01.jpg", "bounding_box_train/0007_c2s1_000004_01.jpg",
          "query/0011_c1s1_000005_01.jpg", "bounding_box_test/0011_c2s1_000006_01.jpg"}) {
      write(name, noise(++seed));
    }
  }

  Dataset open() const { return open_dataset("market1501:" + folder_.path().string()); }

  Inspection inspect() const { return inspect_dataset(open(), {.threads = 2}); }

  std::vector<std::string> found_problems() const {
    const Dataset dataset = open();
    return problems(dataset, inspect_dataset(dataset));
  }

  std::string in(const std::string& name) const { return (folder_ / name).string(); }

  test::TemporaryFolder folder_;
};

TEST_F(InspectionTest, ACleanDatasetHasNoProblems) {
  make_clean();
  const Dataset dataset = open();
  const Inspection inspection = inspect_dataset(dataset);
  EXPECT_EQ(inspection.splits[0].images, 4);
  EXPECT_EQ(inspection.splits[0].identities, 2);
  EXPECT_EQ(inspection.splits[0].cameras, 2);
  EXPECT_EQ(inspection.splits[1].identities, 1);
  EXPECT_EQ(inspection.splits[1].of_one_image, 1);
  EXPECT_THAT(inspection.cameras, ElementsAre(1, 2));
  EXPECT_FALSE(inspection.has_published_counts);
  EXPECT_EQ(inspection.published->train.images, 12936);
  ASSERT_TRUE(inspection.images);
  EXPECT_EQ(inspection.images->images, 6);
  EXPECT_EQ(inspection.images->height_median, 128);
  EXPECT_EQ(inspection.images->width_max, 64);
  EXPECT_EQ(inspection.images->near_pairs, 0);
  EXPECT_THAT(inspection.images->odd_sizes, IsEmpty());
  EXPECT_THAT(problems(dataset, inspection), IsEmpty());
}

TEST_F(InspectionTest, EmptyAndBrokenFilesAreProblems) {
  make_clean();
  write_text(folder_ / "bounding_box_train/0002_c1s1_000009_01.jpg", "");
  write_text(folder_ / "query/0011_c2s1_000009_01.jpg", "not a picture");
  const std::string whole = read_text(folder_ / "bounding_box_test/0011_c2s1_000006_01.jpg");
  write_text(folder_ / "bounding_box_test/0011_c2s1_000006_01.jpg", whole.substr(0, whole.size() / 2));
  const Inspection inspection = inspect();
  ASSERT_THAT(inspection.images->empty, SizeIs(1));
  EXPECT_EQ(inspection.images->empty[0].path, in("bounding_box_train/0002_c1s1_000009_01.jpg"));
  EXPECT_THAT(inspection.images->unreadable, SizeIs(2));
  EXPECT_THAT(found_problems(),
              ElementsAre(HasSubstr("empty files: 1: "), HasSubstr("unreadable files: 2: ")));
}

TEST_F(InspectionTest, SameFilesAreProblemsWhereTheyMislead) {
  make_clean();
  const auto copy = [&](const char* from, const char* to) { fs::copy_file(folder_ / from, folder_ / to); };
  copy("bounding_box_train/0002_c1s1_000001_01.jpg", "bounding_box_train/0002_c1s1_000091_01.jpg");
  const Inspection harmless = inspect();
  EXPECT_EQ(harmless.images->duplicates, 1);
  ASSERT_THAT(harmless.images->same, SizeIs(1));
  EXPECT_FALSE(harmless.images->same[0].is_of_several_identities);
  EXPECT_FALSE(harmless.images->same[0].crosses_splits);
  EXPECT_THAT(found_problems(), IsEmpty());
  copy("bounding_box_train/0002_c2s1_000002_01.jpg", "bounding_box_train/0007_c2s1_000092_01.jpg");
  copy("bounding_box_train/0007_c1s1_000003_01.jpg", "bounding_box_test/-1_c1s1_000093_01.jpg");
  EXPECT_THAT(
      found_problems(),
      ElementsAre("the same file under several identities: 1, e.g. "
                  "bounding_box_train/0002_c2s1_000002_01.jpg, bounding_box_train/0007_c2s1_000092_01.jpg",
                  "the same file in both train and test: 1, e.g. "
                  "bounding_box_train/0007_c1s1_000003_01.jpg, bounding_box_test/-1_c1s1_000093_01.jpg"));
}

TEST_F(InspectionTest, PicturesThatLookAlikeAreFound) {
  make_clean();
  write("bounding_box_train/0002_c1s1_000081_01.jpg", noise(1), 60);             // compressed again
  write("bounding_box_test/0012_c2s1_000082_01.jpg", noise(3, 256, 128) * 0.9);  // larger and darker
  const Inspection inspection = inspect();
  EXPECT_EQ(inspection.images->duplicates, 0);
  EXPECT_EQ(inspection.images->near_pairs, 1);
  ASSERT_THAT(inspection.images->near_wrong, SizeIs(1));
  EXPECT_TRUE(inspection.images->near_wrong[0].crosses_splits);
  EXPECT_TRUE(inspection.images->near_wrong[0].is_of_several_identities);
  EXPECT_THAT(found_problems(), IsEmpty()) << "likeness is told, not judged";
}

TEST_F(InspectionTest, IdentitiesInTrainAndTestAreAProblem) {
  make_clean();
  write("query/0007_c3s1_000099_01.jpg", noise(50));
  write("bounding_box_train/0002_c5s1_000099_01.jpg", noise(51));
  const Inspection inspection = inspect();
  EXPECT_THAT(inspection.leaking, ElementsAre("0007"));
  EXPECT_THAT(inspection.absent, ElementsAre("0007"));
  EXPECT_THAT(inspection.missing_cameras, ElementsAre(4));
  EXPECT_THAT(found_problems(), ElementsAre(HasSubstr("identities in both train and test: 1: 0007")));
}

TEST_F(InspectionTest, OddSizesAndMissingCaptionsAreCounted) {
  make_clean();
  write("query/0011_c1s1_000071_01.jpg", noise(60, 32, 64));
  write("query/0011_c1s1_000072_01.jpg", noise(61, 80, 12));
  write_text(folder_ / "captions.jsonl",
             "{\"image\": \"bounding_box_train/0002_c1s1_000001_01.jpg\", \"captions\": [\"A coat.\"]}\n"
             "{\"image\": \"bounding_box_train/none.jpg\", \"captions\": [\"A coat.\"]}\n");
  const Inspection inspection = inspect();
  EXPECT_THAT(inspection.images->odd_sizes,
              ElementsAre(Pair("less than 16 pixels on a side", 1),
                          Pair("more than 6 times as high as wide", 1), Pair("wider than high", 1)));
  EXPECT_EQ(inspection.without_caption, 3);
  EXPECT_EQ(inspection.captions_without_image, 1);
}

TEST_F(InspectionTest, ReadsNoImageWhereToldSo) {
  make_clean();
  write_text(folder_ / "query/0011_c2s1_000009_01.jpg", "not a picture");
  const Dataset dataset = open();
  const Inspection inspection = inspect_dataset(dataset, {.reads_images = false});
  EXPECT_FALSE(inspection.images);
  EXPECT_THAT(problems(dataset, inspection), IsEmpty());
  EXPECT_THROW(inspect_dataset(dataset, {.near_bits = 8}), InvalidArgument);
}

TEST_F(InspectionTest, AQueryThatIsInTheGalleryTooIsNoDuplicate) {
  const fs::path root = test::make_miniature("cuhk03-raw", folder_.path());
  const fs::path start = fs::current_path();
  fs::current_path(folder_.path());
  const Dataset dataset = open_dataset("cuhk03:" + root.string() + "?protocol=classic");
  const Inspection inspection = inspect_dataset(dataset);
  fs::current_path(start);
  for (const SameImages& same : inspection.images->same) EXPECT_GT(same.images.size(), 1U);
  EXPECT_EQ(inspection.published->train.identities, 1367);
}

TEST_F(InspectionTest, ThreadsChangeNothing) {
  make_clean();
  write("bounding_box_train/0002_c1s1_000081_01.jpg", noise(1), 60);
  write_text(folder_ / "query/0011_c2s1_000009_01.jpg", "x");
  const Dataset dataset = open();
  const Inspection one = inspect_dataset(dataset, {.threads = 1}),
                   three = inspect_dataset(dataset, {.threads = 3});
  EXPECT_EQ(one.images->near_pairs, three.images->near_pairs);
  EXPECT_EQ(problems(dataset, one), problems(dataset, three));
}

TEST(Published, TheFormToCompareWithIsToldOrTheNearest) {
  Dataset dataset;
  const auto form = [&](const char* name, const char* variant, size_t train) {
    dataset.name = name;
    dataset.variant = variant;
    dataset.train.resize(train);
    return std::string(nearest_form(dataset)->what);
  };
  EXPECT_EQ(form("msmt17", "V2", 30248), "") << "val is in, so that images are missing";
  EXPECT_EQ(form("msmt17", "V2, without val", 100), "without val");
  EXPECT_EQ(form("cuhk03", "labeled boxes, classic split 3", 100), "classic");
  EXPECT_EQ(form("cuhk03", "detected boxes, new protocol", 7368), "detected boxes, new protocol");
  EXPECT_EQ(form("cuhk03", "new protocol", 7368), "labeled boxes, new protocol") << "the nearest counts";
  EXPECT_EQ(form("finegpr", "", 4000), "subset");
  EXPECT_EQ(form("finegpr", "11 images an identity, seed 7", 12650), "11 images an identity");
  EXPECT_TRUE(matching_form(dataset)) << "12,650 images of FineGPR";
  EXPECT_EQ(form("cuhkpedes", "all parts, without Market", 100), "all");
  dataset.name = "folder";
  EXPECT_FALSE(nearest_form(dataset));
  EXPECT_TRUE(published_forms("csv").empty());
}

TEST(PictureHash, CountsDifferentBits) {
  PictureHash a, b;
  a.bits = {0b1011, 0};
  b.bits = {0b0001, uint64_t{1} << 63};
  EXPECT_EQ(different_bits(a, b), 3);
  EXPECT_EQ(different_bits(a, a), 0);
}

TEST(PictureHash, AStepUpIsAOne) {
  test::TemporaryFolder folder;
  cv::Mat ramp(32, 90, CV_8UC3);
  for (int y = 0; y < 32; ++y)
    for (int x = 0; x < 90; ++x)
      ramp.at<cv::Vec3b>(y, x) = cv::Vec3b::all(static_cast<uint8_t>(y < 16 ? 2 * x : 255 - 2 * x));
  cv::imwrite((folder / "ramp.png").string(), ramp);
  const ImageFacts facts = read_image_facts(folder / "ramp.png");
  EXPECT_EQ(facts.hash.bits[0], ~uint64_t{0}) << "the upper half grows lighter to the right";
  EXPECT_EQ(facts.hash.bits[1], 0U);
  EXPECT_EQ(facts.height, 32);
  EXPECT_EQ(facts.width, 90);
}

TEST(Inspection, RealCropsAreClean) {
  DMF_NEEDS_DEVELOPMENT_DATA();
  const Dataset dataset = open_dataset((test::development_data() / "data/market1501s").string());
  const Inspection inspection = inspect_dataset(dataset);
  EXPECT_THAT(problems(dataset, inspection), IsEmpty());
  EXPECT_EQ(inspection.images->images, 12936);
  EXPECT_THAT(inspection.images->near_wrong, IsEmpty());
  EXPECT_EQ(inspection.splits[0].identities, 551);
}

}  // namespace
}  // namespace dmf::data
