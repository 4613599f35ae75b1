#include "dmf/data/pixels.h"

#include <turbojpeg.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <string_view>

#include "dmf/core/error.h"
#include "dmf/core/file.h"
#include "dmf/data/image_header.h"
#include "dmf/data/stored_size.h"

namespace dmf::data {
namespace {

using Bytes = std::span<const std::byte>;

[[noreturn]] void fail(const std::filesystem::path& path, const std::string& reason) {
  throw DataError(fmt::format("{}: cannot be decoded: {}", path.string(), reason));
}

void check_size(const std::filesystem::path& path, int64_t height, int64_t width) {
  if (height < 1 || width < 1) fail(path, fmt::format("its header says {} x {} pixels", width, height));
  if (height > kMaxPixels / width) {
    fail(path, fmt::format("{} x {} pixels are more than the {} million that are read", width, height,
                           kMaxPixels / 1'000'000));
  }
}

/// Stretches `source` to the size of `result`, into its memory.
void resize_into(const cv::Mat& source, cv::Mat result) {
  const cv::Size smaller(std::min(result.cols, source.cols), std::min(result.rows, source.rows));
  cv::Mat shrunk = source;
  if (smaller != source.size()) {
    shrunk = smaller == result.size() ? result : cv::Mat();
    cv::resize(source, shrunk, smaller, 0, 0, cv::INTER_AREA);
  }
  if (shrunk.size() != result.size()) {
    cv::resize(shrunk, result, result.size(), 0, 0, cv::INTER_LINEAR);
  } else if (shrunk.data != result.data) {
    shrunk.copyTo(result);
  }
}

cv::Mat resize_mat(const cv::Mat& source, int height, int width) {
  if (source.size() == cv::Size(width, height)) return source;
  cv::Mat result(height, width, source.type());
  resize_into(source, result);
  return result;
}

/// Turns a picture as EXIF's orientation says, so that its first row is the top.
cv::Mat apply_orientation(const cv::Mat& source, int orientation) {
  constexpr int kFirstTransposed = 5;
  constexpr int kAround[] = {0, 0, 1, -1, 0, 0, 1, -1, 0};  // cv::flip's code; not used for 1 and 5
  cv::Mat turned = source, result;
  if (orientation >= kFirstTransposed) cv::transpose(source, turned);
  constexpr bool kFlips[] = {false, false, true, true, true, false, true, true, true};
  if (!kFlips[orientation]) return turned;
  cv::flip(turned, result, kAround[orientation]);
  return result;
}

/// Smallest of 1, 1/2, 1/4, 1/8 of `size` at which both sides still reach what is wanted.
tjscalingfactor jpeg_scale(ImageSize size, int64_t height, int64_t width) {
  for (const int denominator : {8, 4, 2}) {
    const tjscalingfactor scale{1, denominator};
    if (TJSCALED(size.height, scale) >= height && TJSCALED(size.width, scale) >= width) return scale;
  }
  return {1, 1};
}

/// Four-colour JPEGs keep inverted inks (Adobe's way, as all programs write them): colour = ink × black /
/// 255.
cv::Mat rgb_from_cmyk(const cv::Mat& cmyk) {
  cv::Mat rgb(cmyk.rows, cmyk.cols, CV_8UC3);
  for (int y = 0; y < cmyk.rows; ++y) {
    const auto* from = cmyk.ptr<cv::Vec4b>(y);
    auto* to = rgb.ptr<cv::Vec3b>(y);
    for (int x = 0; x < cmyk.cols; ++x) {
      for (int channel = 0; channel < 3; ++channel) {
        to[x][channel] = static_cast<uint8_t>((from[x][channel] * from[x][3] + 127) / 255);
      }
    }
  }
  return rgb;
}

/// A JPEG of which the header has been read.
struct OpenJpeg {
  tjhandle decoder = nullptr;  ///< the thread's
  ImageSize size{};
  int colours = 0;
};

OpenJpeg open_jpeg(const std::filesystem::path& path, Bytes bytes) {
  // One a thread: to make it takes as long as to decode a small picture.
  thread_local const std::unique_ptr<void, int (*)(tjhandle)> decoder(tjInitDecompress(), tjDestroy);
  if (!decoder) fail(path, tjGetErrorStr2(nullptr));
  OpenJpeg jpeg{decoder.get()};
  int width = 0, height = 0, subsampling = 0;
  if (tjDecompressHeader3(jpeg.decoder, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(),
                          &width, &height, &subsampling, &jpeg.colours) != 0) {
    fail(path, tjGetErrorStr2(jpeg.decoder));
  }
  check_size(path, height, width);
  jpeg.size = {height, width};
  return jpeg;
}

cv::Mat decode_jpeg(const std::filesystem::path& path, Bytes bytes, int64_t height, int64_t width,
                    ImageSize& stored) {
  const OpenJpeg jpeg = open_jpeg(path, bytes);
  const auto* data = reinterpret_cast<const unsigned char*>(bytes.data());
  stored = jpeg.size;
  const auto stored_height = static_cast<int>(stored.height), stored_width = static_cast<int>(stored.width);
  const int orientation = exif_orientation(bytes);
  tjscalingfactor scale{1, 1};
  if (height != kNativeSize) {
    const bool is_on_its_side = orientation > 4;
    scale = jpeg_scale(stored, is_on_its_side ? width : height, is_on_its_side ? height : width);
  }
  const bool is_cmyk = jpeg.colours == TJCS_CMYK || jpeg.colours == TJCS_YCCK;
  cv::Mat picture(TJSCALED(stored_height, scale), TJSCALED(stored_width, scale), is_cmyk ? CV_8UC4 : CV_8UC3);
  // libjpeg goes on after a warning (a file cut off, a broken block) with grey in place of what is missing.
  // A progressive file of thousands of scans would take minutes.
  if (tjDecompress2(jpeg.decoder, data, bytes.size(), picture.data, picture.cols,
                    static_cast<int>(picture.step), picture.rows, is_cmyk ? TJPF_CMYK : TJPF_RGB,
                    TJFLAG_STOPONWARNING | TJFLAG_LIMITSCANS) != 0) {
    fail(path, tjGetErrorStr2(jpeg.decoder));
  }
  return apply_orientation(is_cmyk ? rgb_from_cmyk(picture) : picture, orientation);
}

ImageSize other_size(const std::filesystem::path& path, Bytes bytes, ImageFormat format) {
  const auto size = header_size(bytes, format);
  if (!size) fail(path, "its header is broken");
  check_size(path, size->height, size->width);
  return *size;
}

ImageFormat format_of(const std::filesystem::path& path, Bytes bytes) {
  if (bytes.empty()) fail(path, "the file is empty");
  const auto format = image_format(bytes);
  if (!format) fail(path, "not a JPEG, PNG, BMP, WebP, TIFF or PNM file");
  return *format;
}

/// OpenCV hands what none of its own decoders takes to GDCM where these letters are, and that ends the
/// process over a broken file instead of refusing it.
bool looks_like_dicom(Bytes bytes) {
  constexpr size_t kPreamble = 128;
  constexpr std::string_view kLetters = "DICM";
  return bytes.size() >= kPreamble + kLetters.size() &&
         std::memcmp(bytes.data() + kPreamble, kLetters.data(), kLetters.size()) == 0;
}

cv::Mat decode_other(const std::filesystem::path& path, Bytes bytes, ImageFormat format, ImageSize& stored) {
  if (looks_like_dicom(bytes)) fail(path, "it has the letters of a DICOM file, which are not read");
  stored = other_size(path, bytes, format);
  cv::Mat bgr, rgb;
  try {
    const cv::Mat file(1, static_cast<int>(bytes.size()), CV_8UC1, const_cast<std::byte*>(bytes.data()));
    bgr = cv::imdecode(file, cv::IMREAD_COLOR);
  } catch (const cv::Exception& error) {
    fail(path, error.err);
  }
  if (bgr.empty()) fail(path, "the picture is broken or cut off");
  cv::cvtColor(bgr, rgb, cv::COLOR_BGR2RGB);
  return rgb;
}

Pixels pixels_from_mat(const cv::Mat& rgb) {
  Pixels result{rgb.rows, rgb.cols, {}};
  result.rgb.reserve(static_cast<size_t>(rgb.rows) * static_cast<size_t>(rgb.cols) * 3);
  for (int y = 0; y < rgb.rows; ++y) {
    const uint8_t* row = rgb.ptr<uint8_t>(y);
    result.rgb.insert(result.rgb.end(), row, row + static_cast<size_t>(rgb.cols) * 3);
  }
  return result;
}

cv::Mat decode_mat(Bytes bytes, const std::filesystem::path& path, int64_t height, int64_t width,
                   ImageSize& stored) {
  DMF_CHECK(height >= 0 && width >= 0 && (height == 0) == (width == 0) && height <= 65535 && width <= 65535,
            InvalidArgument, "decode_pixels: size {} x {} is not possible", height, width);
  const ImageFormat format = format_of(path, bytes);
  return format == ImageFormat::kJpeg ? decode_jpeg(path, bytes, height, width, stored)
                                      : decode_other(path, bytes, format, stored);
}

}  // namespace

ImageSize stored_size(Bytes bytes, const std::filesystem::path& path) {
  const ImageFormat format = format_of(path, bytes);
  return format == ImageFormat::kJpeg ? open_jpeg(path, bytes).size : other_size(path, bytes, format);
}

DecodedFile decode_file(const MappedFile& file, int64_t height, int64_t width) {
  return decode_bytes(file.bytes(), file.path(), height, width);
}

DecodedFile decode_bytes(Bytes bytes, const std::filesystem::path& path, int64_t height, int64_t width) {
  ImageSize stored{};
  cv::Mat picture = decode_mat(bytes, path, height, width, stored);
  if (height != kNativeSize) picture = resize_mat(picture, static_cast<int>(height), static_cast<int>(width));
  return {pixels_from_mat(picture), stored.height, stored.width};
}

void decode_into(const std::filesystem::path& path, int64_t height, int64_t width, uint8_t* rgb) {
  if (std::filesystem::is_directory(path)) fail(path, "it is a folder");
  DMF_CHECK(height > 0 && width > 0, InvalidArgument, "decode_into: size {} x {} is not possible", height,
            width);
  const MappedFile file(path);
  ImageSize stored{};
  resize_into(decode_mat(file.bytes(), path, height, width, stored),
              cv::Mat(static_cast<int>(height), static_cast<int>(width), CV_8UC3, rgb));
}

Pixels decode_pixels(const std::filesystem::path& path, int64_t height, int64_t width) {
  if (std::filesystem::is_directory(path)) fail(path, "it is a folder");
  return decode_file(MappedFile(path), height, width).pixels;
}

Pixels resize_pixels(const Pixels& picture, int64_t height, int64_t width) {
  DMF_CHECK(picture.height > 0 && picture.width > 0 && height > 0 && width > 0, InvalidArgument,
            "resize_pixels: {} x {} cannot become {} x {}", picture.height, picture.width, height, width);
  DMF_CHECK(static_cast<int64_t>(picture.rgb.size()) == picture.height * picture.width * 3, InvalidArgument,
            "resize_pixels: {} bytes do not make {} x {} pixels", picture.rgb.size(), picture.height,
            picture.width);
  const cv::Mat source(static_cast<int>(picture.height), static_cast<int>(picture.width), CV_8UC3,
                       const_cast<uint8_t*>(picture.rgb.data()));
  return pixels_from_mat(resize_mat(source, static_cast<int>(height), static_cast<int>(width)));
}

}  // namespace dmf::data
