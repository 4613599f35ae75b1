#include "dmf/data/mat_file.h"

#include <gmock/gmock.h>

#include "dmf/core/error.h"
#include "dmf/core/file.h"
#include "dmf/data/dataset.h"
#include "dmf/data/pixels.h"
#include "support/miniature_datasets.h"
#include "support/miniature_figure.h"
#include "support/temporary_folder.h"

namespace dmf::data {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

/// CUHK03's own files, read in the test's folder: pictures are unpacked into .cache below it.
class Cuhk03Test : public ::testing::Test {
 protected:
  Cuhk03Test() : start_(fs::current_path()), root_(test::make_miniature("cuhk03-raw", folder_.path())) {
    fs::current_path(folder_.path());
  }
  ~Cuhk03Test() override { fs::current_path(start_); }

  Dataset open(const std::string& options = "") const {
    return open_dataset("cuhk03:" + root_.string() + options);
  }

  std::string failure(const std::string& options = "") const {
    try {
      open(options);
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  }

  fs::path start_;
  test::TemporaryFolder folder_;
  fs::path root_;
};

TEST_F(Cuhk03Test, ReadsBothVersionsOfMatlabsFiles) {
  const MatFile pictures(root_ / "cuhk-03.mat"), split(root_ / "cuhk03_new_protocol_config_detected.mat");
  EXPECT_THAT(pictures.find("detected").sizes(), ElementsAre(2, 1));
  const MatArray persons = pictures.find("detected").cell(1);
  EXPECT_THAT(persons.sizes(), ElementsAre(6, 10));
  EXPECT_THAT(persons.cell(0).sizes(), ElementsAre(60, 28, 3));
  EXPECT_THAT(persons.cell(0).bytes(), SizeIs(60 * 28 * 3));
  EXPECT_FALSE(persons.cell(2 * 6).is_bytes()) << "place 3 of the first person is empty";
  EXPECT_EQ(split.find("filelist").cell(1).text(), "1_001_1_02.png");
  EXPECT_EQ(split.find("labels").numbers().back(), 12);
  EXPECT_TRUE(split.has("train_idx"));
  EXPECT_FALSE(split.has("test_idx"));
}

TEST_F(Cuhk03Test, ErrorsNameFileAndVariable) {
  EXPECT_THROW(MatFile(root_ / "none.mat"), DataError);
  write_text(root_ / "text.mat", "not MATLAB's");
  EXPECT_THROW(MatFile(root_ / "text.mat"), DataError);
  const MatFile file(root_ / "cuhk03_new_protocol_config_detected.mat");
  EXPECT_THROW(static_cast<void>(file.find("none")), DataError);
  try {
    static_cast<void>(file.find("labels").text());
    FAIL();
  } catch (const DataError& error) {
    EXPECT_THAT(error.what(), HasSubstr("cuhk03_new_protocol_config_detected.mat: labels"));
  }
  EXPECT_THROW(static_cast<void>(file.find("labels").cell(0)), DataError);
  EXPECT_THROW(static_cast<void>(file.find("filelist").cell(1000)), DataError);
}

TEST_F(Cuhk03Test, NewProtocol) {
  const Dataset dataset = open();
  EXPECT_EQ(dataset.variant, "detected boxes, new protocol");
  EXPECT_THAT(dataset.train, SizeIs(32));
  EXPECT_THAT(dataset.query, SizeIs(8));
  EXPECT_THAT(dataset.gallery, SizeIs(8));
  EXPECT_EQ(dataset.train[0].identity, 1);
  EXPECT_EQ(dataset.query.back().identity, 12);
  EXPECT_EQ(dataset.query.back().camera, 2);
  EXPECT_EQ(open("?boxes=labeled").variant, "labeled boxes, new protocol");
}

TEST_F(Cuhk03Test, PicturesAreUnpackedAsTheyAre) {
  const Dataset dataset = open();
  const Pixels picture = decode_pixels(dataset.train[0].path);
  const cv::Mat drawn = test::draw_figure({0, 0, 0, 60, 28});
  ASSERT_EQ(picture.height, 60);
  ASSERT_EQ(picture.width, 28);
  for (int y = 0; y < 60; ++y) {
    for (int x = 0; x < 28; ++x) {
      for (int channel = 0; channel < 3; ++channel)
        ASSERT_EQ(picture.rgb[static_cast<size_t>((y * 28 + x) * 3 + channel)],
                  drawn.at<cv::Vec3b>(y, x)[2 - channel]);
    }
  }
  const auto time = fs::last_write_time(fs::path(dataset.train[0].path));
  EXPECT_EQ(fs::last_write_time(fs::path(open().train[0].path)), time) << "unpacked once";
}

TEST_F(Cuhk03Test, ClassicProtocolTestsAcrossCameras) {
  const Dataset dataset = open("?protocol=classic&split=1");
  EXPECT_EQ(dataset.variant, "detected boxes, classic split 1");
  EXPECT_THAT(dataset.train, SizeIs(40));
  EXPECT_THAT(dataset.query, SizeIs(8));
  EXPECT_THAT(dataset.gallery, SizeIs(8))
      << "the same images: those of the query's camera are left out in ranking";
  EXPECT_EQ(identity_name(dataset, dataset.query[0].identity), "1_002");
  EXPECT_NE(open("?protocol=classic&split=0").fingerprint, dataset.fingerprint);
  EXPECT_THAT(failure("?protocol=classic&split=7"), HasSubstr("split 7 of 2"));
}

TEST_F(Cuhk03Test, TheNewProtocolsFileIsAskedFor) {
  fs::remove(root_ / "cuhk03_new_protocol_config_labeled.mat");
  EXPECT_THAT(failure("?boxes=labeled"), HasSubstr("cuhk03_new_protocol_config_labeled.mat"));
  EXPECT_THAT(failure("?boxes=labeled"), HasSubstr("?protocol=classic"));
}

}  // namespace
}  // namespace dmf::data
