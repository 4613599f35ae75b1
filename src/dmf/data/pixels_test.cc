#include "dmf/data/pixels.h"

#include <gmock/gmock.h>
#include <turbojpeg.h>

#include <opencv2/imgcodecs.hpp>

#include "dmf/core/error.h"
#include "dmf/core/file.h"
#include "dmf/data/image.h"
#include "support/development_data.h"
#include "support/temporary_folder.h"

namespace dmf::data {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string encode(const std::string& extension, const cv::Mat& picture) {
  std::vector<uint8_t> bytes;
  cv::imencode(extension, picture, bytes);
  return {bytes.begin(), bytes.end()};
}

/// A smooth picture (blue, green, red) that JPEG keeps well: red grows downwards, green to the right.
cv::Mat slope(int height, int width) {
  cv::Mat picture(height, width, CV_8UC3);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      picture.at<cv::Vec3b>(y, x) = {40, static_cast<uint8_t>(255 * x / width),
                                     static_cast<uint8_t>(255 * y / height)};
    }
  }
  return picture;
}

/// Puts an EXIF segment with an orientation into a JPEG.
std::string with_orientation(const std::string& jpeg, char orientation) {
  std::string exif("Exif\0\0MM\0*\0\0\0\10\0\1\1\22\0\3\0\0\0\1\0", 25);
  exif += orientation;
  exif += std::string("\0\0\0\0\0\0", 6);
  const std::string segment = std::string("\xFF\xE1\0", 3) + static_cast<char>(exif.size() + 2) + exif;
  return jpeg.substr(0, 2) + segment + jpeg.substr(2);
}

class PixelsTest : public ::testing::Test {
 protected:
  std::filesystem::path file(const std::string& name, const std::string& bytes) const {
    write_text(folder_ / name, bytes);
    return folder_ / name;
  }

  std::string failure(const std::filesystem::path& path) const {
    try {
      decode_pixels(path, 8, 4);
    } catch (const DataError& error) {
      EXPECT_THAT(error.what(), HasSubstr(path.string()));
      return error.what();
    }
    return "";
  }

  test::TemporaryFolder folder_;
};

std::vector<int> pixel(const Pixels& picture, int64_t y, int64_t x) {
  const uint8_t* at = picture.rgb.data() + (y * picture.width + x) * 3;
  return {at[0], at[1], at[2]};
}

TEST_F(PixelsTest, KeepsColoursInTheirPlaces) {
  for (const char* extension : {".jpg", ".png", ".bmp", ".tiff", ".ppm", ".webp"}) {
    const Pixels picture = decode_pixels(
        file(std::string("a") + extension, encode(extension, cv::Mat(16, 8, CV_8UC3, {30, 100, 200}))));
    EXPECT_EQ(picture.height, 16) << extension;
    EXPECT_EQ(picture.width, 8) << extension;
    const std::vector<int> middle = pixel(picture, 8, 4);
    EXPECT_NEAR(middle[0], 200, 4) << extension;
    EXPECT_NEAR(middle[1], 100, 4) << extension;
    EXPECT_NEAR(middle[2], 30, 4) << extension;
  }
}

TEST_F(PixelsTest, GoesByContentNotByName) {
  const Pixels picture = decode_pixels(file("really.jpg", encode(".png", cv::Mat(2, 2, CV_8UC3, {1, 2, 3}))));
  EXPECT_THAT(pixel(picture, 1, 1), ElementsAre(3, 2, 1));
}

TEST_F(PixelsTest, MakesEightBitColoursOfOtherKinds) {
  EXPECT_THAT(pixel(decode_pixels(file("grey.jpg", encode(".jpg", cv::Mat(8, 8, CV_8UC1, 77)))), 3, 3),
              ElementsAre(77, 77, 77));
  EXPECT_THAT(pixel(decode_pixels(file("grey.png", encode(".png", cv::Mat(8, 8, CV_8UC1, 77)))), 3, 3),
              ElementsAre(77, 77, 77));
  EXPECT_THAT(pixel(decode_pixels(file("deep.png",
                                       encode(".png", cv::Mat(8, 8, CV_16UC3, {256 * 9, 256 * 8, 256 * 7})))),
                    3, 3),
              ElementsAre(7, 8, 9));
  EXPECT_THAT(
      pixel(decode_pixels(file("alpha.png", encode(".png", cv::Mat(8, 8, CV_8UC4, {9, 8, 7, 0})))), 3, 3),
      ElementsAre(7, 8, 9));
}

TEST_F(PixelsTest, ReadsFourColourJpegs) {
  const std::vector<uint8_t> inks = [] {
    std::vector<uint8_t> values;
    for (int i = 0; i < 64; ++i)
      values.insert(values.end(), {255, 128, 0, 200});  // inverted: cyan none, yellow full
    return values;
  }();
  tjhandle encoder = tjInitCompress();
  unsigned char* jpeg = nullptr;
  unsigned long size = 0;
  ASSERT_EQ(tjCompress2(encoder, inks.data(), 8, 0, 8, TJPF_CMYK, &jpeg, &size, TJSAMP_444, 100, 0), 0);
  const Pixels picture = decode_pixels(file("cmyk.jpg", std::string(reinterpret_cast<char*>(jpeg), size)));
  tjFree(jpeg);
  tjDestroy(encoder);
  const std::vector<int> rgb = pixel(picture, 4, 4);
  EXPECT_NEAR(rgb[0], 200, 3);
  EXPECT_NEAR(rgb[1], 100, 3);
  EXPECT_NEAR(rgb[2], 0, 3);
}

TEST_F(PixelsTest, TurnsAsExifSays) {
  // A picture of 32 x 16 whose upper left quarter is white, stored as is and told to be turned.
  cv::Mat stored(32, 16, CV_8UC3, {0, 0, 0});
  stored(cv::Rect(0, 0, 8, 16)) = cv::Scalar(255, 255, 255);
  const std::string jpeg = encode(".jpg", stored);
  struct Expected {
    char orientation;
    bool is_lower, is_right, is_on_its_side;
  };
  for (const Expected& e :
       {Expected{1, false, false, false}, Expected{2, false, true, false}, Expected{3, true, true, false},
        Expected{4, true, false, false}, Expected{5, false, false, true}, Expected{6, false, true, true},
        Expected{7, true, true, true}, Expected{8, true, false, true}}) {
    const auto path = file("turned.jpg", with_orientation(jpeg, e.orientation));
    const Pixels picture = decode_pixels(path);
    EXPECT_EQ(picture.height, e.is_on_its_side ? 16 : 32);
    const int64_t y = picture.height * (e.is_lower ? 3 : 1) / 4, x = picture.width * (e.is_right ? 3 : 1) / 4;
    EXPECT_GT(pixel(picture, y, x)[0], 250) << int(e.orientation);
    EXPECT_LT(pixel(picture, picture.height - 1 - y, picture.width - 1 - x)[0], 5) << int(e.orientation);
    // The same quarter stays white after scaling to another shape.
    const Pixels small = decode_pixels(path, 8, 4);
    EXPECT_GT(pixel(small, e.is_lower ? 6 : 1, e.is_right ? 3 : 0)[0], 200) << int(e.orientation);
  }
}

TEST_F(PixelsTest, ShrinksByAveraging) {
  const Pixels picture{2, 4, {0, 0, 0, 100, 0, 0, 8, 0, 0, 8, 0, 0, 40, 0, 0, 60, 0, 0, 8, 0, 0, 16, 0, 0}};
  const Pixels small = resize_pixels(picture, 1, 2);
  EXPECT_EQ(pixel(small, 0, 0)[0], 50) << "(0 + 100 + 40 + 60) / 4";
  EXPECT_EQ(pixel(small, 0, 1)[0], 10) << "(8 + 8 + 8 + 16) / 4";
  const Pixels three{1, 3, {30, 0, 0, 60, 0, 0, 120, 0, 0}};
  EXPECT_EQ(pixel(resize_pixels(three, 1, 2), 0, 0)[0], 40) << "(30 + 60 / 2) / 1.5";
}

TEST_F(PixelsTest, GrowsLinearlyBetweenCentres) {
  const Pixels picture{1, 2, {0, 0, 0, 100, 0, 0}};
  const Pixels large = resize_pixels(picture, 2, 4);
  EXPECT_EQ(pixel(large, 0, 0)[0], 0);
  EXPECT_EQ(pixel(large, 0, 1)[0], 25);
  EXPECT_EQ(pixel(large, 1, 2)[0], 75);
  EXPECT_EQ(pixel(large, 1, 3)[0], 100);
}

TEST_F(PixelsTest, ShrinksOneAxisAndGrowsTheOther) {
  const Pixels picture{2, 2, {0, 0, 0, 100, 0, 0, 40, 0, 0, 140, 0, 0}};
  const Pixels mixed = resize_pixels(picture, 1, 4);  // rows averaged: 20, 120; then 20, 45, 95, 120
  EXPECT_EQ(pixel(mixed, 0, 0)[0], 20);
  EXPECT_EQ(pixel(mixed, 0, 1)[0], 45);
  EXPECT_EQ(pixel(mixed, 0, 3)[0], 120);
}

TEST_F(PixelsTest, ScalingWhileDecodingStaysTrue) {
  const auto path = file("large.jpg", encode(".jpg", slope(1030, 515)));
  const Pixels scaled = decode_pixels(path, 256, 128);
  const Pixels whole = resize_pixels(decode_pixels(path), 256, 128);
  ASSERT_EQ(scaled.rgb.size(), whole.rgb.size());
  int largest = 0;
  for (size_t i = 0; i < whole.rgb.size(); ++i)
    largest = std::max(largest, std::abs(int(scaled.rgb[i]) - int(whole.rgb[i])));
  EXPECT_LE(largest, 4);
}

TEST_F(PixelsTest, BrokenFilesSayWhy) {
  const std::string jpeg = encode(".jpg", slope(64, 64)), png = encode(".png", slope(64, 64));
  EXPECT_THAT(failure(folder_ / "none.jpg"), HasSubstr("No such file"));
  EXPECT_THAT(failure(folder_.path()), HasSubstr("it is a folder"));
  EXPECT_THAT(failure(file("empty.jpg", "")), HasSubstr("the file is empty"));
  EXPECT_THAT(failure(file("text.jpg", "hello, this is a text")), HasSubstr("not a JPEG, PNG"));
  EXPECT_THAT(failure(file("cut.jpg", jpeg.substr(0, jpeg.size() / 2))), HasSubstr("remature end"));
  EXPECT_THAT(failure(file("end.jpg", jpeg.substr(0, jpeg.size() - 2))), HasSubstr("remature end"));
  EXPECT_NE(failure(file("header.jpg", jpeg.substr(0, 30))), "");
  EXPECT_THAT(failure(file("cut.png", png.substr(0, png.size() / 2))), HasSubstr("broken or cut off"));
  EXPECT_NE(failure(file("header.png", png.substr(0, 18))), "");
  std::string spoilt = jpeg;
  for (size_t i = spoilt.size() / 2; i < spoilt.size() / 2 + 40; ++i) spoilt[i] = '\x55';
  spoilt[spoilt.size() / 2] = '\xFF';
  spoilt[spoilt.size() / 2 + 1] = '\xC5';
  EXPECT_NE(failure(file("spoilt.jpg", spoilt)), "");
}

// OpenCV's reader of DICOM ends the process over these: it looks for its letters behind 128 bytes of anything.
TEST_F(PixelsTest, RefusesWhatOpenCvWouldTakeForDicom) {
  for (std::string start : {std::string("P6#\n1#\n1"), std::string("P6\n8 8\n255\n"),
                            std::string("RIFF\x20\0\0\0WEBPVP8X\x0A\0\0\0\0\0\0\0\7\0\0\7\0\0", 30)}) {
    start.resize(128, '\xFF');
    EXPECT_NE(failure(file("dicom", start + "DICM\xB8\xB9")), "");
  }
}

TEST_F(PixelsTest, HugePicturesAreRefusedFromTheirHeader) {
  std::string png = encode(".png", slope(8, 8));
  png.replace(16, 8, std::string("\0\1\0\0\0\1\0\0", 8));  // 65536 x 65536
  EXPECT_THAT(failure(file("huge.png", png)),
              HasSubstr("65536 x 65536 pixels are more than the 100 million"));
  EXPECT_THAT(failure(file("huge.ppm", "P6\n# c\n20000 20000\n255\n")),
              HasSubstr("20000 x 20000 pixels are more"));
  std::string jpeg = encode(".jpg", slope(8, 8));
  const size_t frame = jpeg.find("\xFF\xC0");
  ASSERT_NE(frame, std::string::npos);
  jpeg.replace(frame + 5, 4, "\x7F\xFF\x7F\xFF");
  EXPECT_THAT(failure(file("huge.jpg", jpeg)), HasSubstr("32767 x 32767 pixels are more"));
  std::string bmp = encode(".bmp", slope(8, 8));
  bmp.replace(18, 8, std::string("\0\0\1\0\0\0\1\0", 8));
  EXPECT_THAT(failure(file("huge.bmp", bmp)), HasSubstr("65536 x 65536 pixels are more"));
}

TEST_F(PixelsTest, RefusesImpossibleSizes) {
  const auto path = file("a.png", encode(".png", slope(8, 8)));
  EXPECT_THROW(decode_pixels(path, 8, 0), InvalidArgument);
  EXPECT_THROW(decode_pixels(path, -8, 8), InvalidArgument);
  EXPECT_THROW(resize_pixels({}, 2, 2), InvalidArgument);
}

TEST_F(PixelsTest, DecodesToPlanes) {
  const torch::Tensor image =
      decode_image(file("a.png", encode(".png", cv::Mat(2, 3, CV_8UC3, {1, 2, 3}))), 4, 6);
  EXPECT_THAT(image.sizes(), ElementsAre(3, 4, 6));
  EXPECT_EQ(image.scalar_type(), torch::kUInt8);
  EXPECT_EQ(image[0][0][0].item<int>(), 3);
  EXPECT_EQ(image[2][3][5].item<int>(), 1);
}

TEST_F(PixelsTest, LoadsManyInOrder) {
  std::vector<std::filesystem::path> paths;
  for (int i = 0; i < 40; ++i) {
    paths.push_back(
        file(std::to_string(i) + ".png", encode(".png", cv::Mat(4, 4, CV_8UC3, cv::Scalar::all(i)))));
  }
  LoadOptions options{8, 4, 3, BrokenImages::kFail};
  const torch::Tensor pixels = load_images(paths, options).pixels;
  for (int64_t i = 0; i < 40; ++i) EXPECT_TRUE((pixels[i] == i).all().item<bool>()) << i;
  EXPECT_EQ(load_images({}, options).pixels.size(0), 0);
}

TEST_F(PixelsTest, LoadingFailsOrCollects) {
  std::vector<std::filesystem::path> paths;
  for (int i = 0; i < 10; ++i)
    paths.push_back(file(std::to_string(i) + ".png", encode(".png", cv::Mat(4, 4, CV_8UC3, {9, 9, 9}))));
  write_text(paths[4], "x");
  write_text(paths[7], "");
  LoadOptions options{8, 4, 2, BrokenImages::kFail};
  try {
    load_images(paths, options);
    FAIL();
  } catch (const DataError& error) {
    EXPECT_THAT(error.what(), HasSubstr(paths[4].string())) << "the first by order";
  }
  options.broken = BrokenImages::kCollect;
  const LoadedImages loaded = load_images(paths, options);
  ASSERT_EQ(loaded.broken.size(), 2U);
  EXPECT_EQ(loaded.broken[0].index, 4U);
  EXPECT_THAT(loaded.broken[1].reason, AllOf(HasSubstr(paths[7].string()), HasSubstr("empty")));
  EXPECT_FALSE(loaded.pixels[4].any().item<bool>());
  EXPECT_TRUE(loaded.pixels[5].all().item<bool>());
}

TEST(DevelopmentData, RealPhotographsDecode) {
  DMF_NEEDS_DEVELOPMENT_DATA();
  std::vector<std::filesystem::path> paths;
  for (const char* folder : {"data/market1501s/query", "data/cuhk03p1-detected/query"}) {
    for (const auto& entry : std::filesystem::directory_iterator(test::development_data() / folder)) {
      paths.push_back(entry.path());
    }
  }
  const LoadedImages loaded = load_images(paths, {});
  EXPECT_THAT(loaded.pixels.sizes(), ElementsAre(1068, 3, 256, 128));
  const torch::Tensor means = loaded.pixels.to(torch::kFloat32).mean({1, 2, 3});
  EXPECT_GT(means.min().item<double>(), 10);
  EXPECT_LT(means.max().item<double>(), 245);
}

}  // namespace
}  // namespace dmf::data
