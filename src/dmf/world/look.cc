#include "dmf/world/look.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "dmf/core/error.h"
#include "dmf/world/colour.h"

namespace dmf::world {
namespace {

constexpr float kDesignRows = 256;  // pixels that blur and motion are measured in

/// Linear light to 8-bit values, with a shoulder where film and cameras have one instead of a hard white.
class Tone {
 public:
  explicit Tone(float contrast) {
    for (size_t i = 0; i < table_.size(); ++i) {
      const float light = static_cast<float>(i) / kSteps;
      constexpr float kShoulder = .75F;
      const float soft = light < kShoulder
                             ? light
                             : kShoulder + (1 - kShoulder) * std::tanh((light - kShoulder) / (1 - kShoulder));
      const float value = srgb_from_linear(soft);
      table_[i] = 255 * std::clamp(.46F + contrast * (value - .46F), 0.F, 1.F);
    }
  }
  float operator()(float light) const {
    return table_[static_cast<size_t>(std::clamp(light, 0.F, kMost) * kSteps)];
  }

 private:
  static constexpr float kSteps = 2048, kMost = 2;
  std::array<float, static_cast<size_t>(kSteps* kMost) + 1> table_;
};

void blur(cv::Mat& image, const LookOf<float>& look, RandomStream& random) {
  const float scale = static_cast<float>(image.rows) / kDesignRows;
  if (const float sigma = look.blur * scale; sigma > .25F) cv::GaussianBlur(image, image, {0, 0}, sigma);
  const float length = look.motion * scale;
  if (length < 1) return;
  const int size = 2 * static_cast<int>(std::ceil(length / 2)) + 1;
  cv::Mat kernel = cv::Mat::zeros(size, size, CV_32F);
  // People and cameras move sideways more than up and down.
  const double angle = .35 * random.normal();
  for (float t = -length / 2; t <= length / 2; t += .1F) {
    const int x = cvRound(size / 2 + t * std::cos(angle)), y = cvRound(size / 2 + t * std::sin(angle));
    kernel.at<float>(std::clamp(y, 0, size - 1), std::clamp(x, 0, size - 1)) += 1;
  }
  kernel /= cv::sum(kernel)[0];
  cv::filter2D(image, image, -1, kernel);
}

/// White balance, exposure, vignette, tone and saturation: to 0 … 255.
void expose(cv::Mat& image, const LookOf<float>& look, float gain, RandomStream& random) {
  const float level = gain * std::exp2(look.exposure);
  const Vec3 balance{level * (1 + .32F * look.temperature) * (1 + .12F * look.tint),
                     level * (1 - .12F * look.tint),
                     level * (1 - .36F * look.temperature) * (1 + .12F * look.tint)};
  const Tone tone(look.contrast);
  // The person's box lies anywhere in the camera's image, so the corner that darkens is any.
  const auto lean_x = static_cast<float>(random.uniform(-1, 1)),
             lean_y = static_cast<float>(random.uniform(-1, 1));
  for (int y = 0; y < image.rows; ++y) {
    auto* row = image.ptr<Vec3>(y);
    const float down = static_cast<float>(y) / static_cast<float>(image.rows) - .5F;
    for (int x = 0; x < image.cols; ++x) {
      const float right = static_cast<float>(x) / static_cast<float>(image.cols) - .5F;
      const float light = 1 - look.vignette * std::clamp(.5F + right * lean_x + down * lean_y, 0.F, 1.F);
      const Vec3 lit = row[x] * balance * light;
      const Vec3 value{tone(lit.x), tone(lit.y), tone(lit.z)};
      const float gray = .299F * value.x + .587F * value.y + .114F * value.z;
      row[x] = mix(Vec3{gray, gray, gray}, value, look.saturation);
    }
  }
}

/// Noise of the sensor (each colour by itself) and of the amplifier (all alike), rounded to 8 bits.
cv::Mat quantise(const cv::Mat& image, float noise, RandomStream& random) {
  cv::Mat result(image.size(), CV_8UC3);
  // The sum of two uniform numbers in [-1, 1): deviation sqrt(2 / 3).
  const float scale = noise / (65536 * .8165F);
  const auto pair = [](uint64_t bits) {
    return static_cast<float>(static_cast<int>(bits & 0xFFFF) + static_cast<int>(bits >> 16 & 0xFFFF) -
                              65536) *
           2;
  };
  for (int y = 0; y < image.rows; ++y) {
    const auto* from = image.ptr<Vec3>(y);
    auto* to = result.ptr<cv::Vec3b>(y);
    for (int x = 0; x < image.cols; ++x) {
      const uint64_t first = random.bits(), second = random.bits();
      const float common = .7F * pair(first);
      const Vec3 n = Vec3{common + .6F * pair(first >> 32), common + .5F * pair(second),
                          common + .7F * pair(second >> 32)} *
                     scale;
      to[x] = {cv::saturate_cast<uchar>(from[x].z + n.z), cv::saturate_cast<uchar>(from[x].y + n.y),
               cv::saturate_cast<uchar>(from[x].x + n.x)};
    }
  }
  return result;
}

std::vector<uchar> jpeg_of(const cv::Mat& bgr, int quality) {
  std::vector<uchar> bytes;
  DMF_CHECK(cv::imencode(".jpg", bgr, bytes, {cv::IMWRITE_JPEG_QUALITY, quality}), Error,
            "an image cannot be encoded as JPEG");
  return bytes;
}

/// A disc or streak from (x, y), `length` long, half as wide as `radius` says, over what is farther than
/// `far`.
struct Mark {
  float x, y, radius, length, tilt, far, strength;
};

void draw_mark(std::vector<Vec3>& light, const std::vector<float>& depth, int height, int width,
               const Mark& mark, Vec3 colour) {
  const float reach = mark.radius + 1;
  const int top = std::max(0, static_cast<int>(mark.y - reach)),
            bottom = std::min(height - 1, static_cast<int>(mark.y + mark.length + reach));
  for (int y = top; y <= bottom; ++y) {
    const float along = std::clamp(static_cast<float>(y) + .5F - mark.y, 0.F, mark.length);
    const float middle = mark.x + mark.tilt * along, off = static_cast<float>(y) + .5F - mark.y - along;
    const int left = std::max(0, static_cast<int>(middle - reach)),
              right = std::min(width - 1, static_cast<int>(middle + reach));
    for (int x = left; x <= right; ++x) {
      const auto i = static_cast<size_t>(y) * static_cast<size_t>(width) + static_cast<size_t>(x);
      if (depth[i] < mark.far) continue;
      const float gap = std::hypot(static_cast<float>(x) + .5F - middle, off);
      const float cover = mark.strength * std::clamp(mark.radius + .5F - gap, 0.F, 1.F);
      light[i] = mix(light[i], colour, cover);
    }
  }
}

}  // namespace

Image8 develop(const std::vector<Vec3>& light, int height, int width, const LookOf<float>& look, float gain,
               RandomStream& random) {
  cv::Mat image(height, width, CV_32FC3);
  std::copy(light.begin(), light.end(), image.ptr<Vec3>());
  blur(image, look, random);
  expose(image, look, gain, random);
  const int rows = std::clamp(static_cast<int>(look.rows), 24, height);
  const bool is_small = rows < height;
  if (is_small) cv::resize(image, image, {std::max(12, width * rows / height), rows}, 0, 0, cv::INTER_AREA);
  cv::Mat small = quantise(image, look.noise, random);
  constexpr int kFine = 88;  // above it a camera's JPEG cannot be told from none
  if (look.quality < kFine)
    small = cv::imdecode(jpeg_of(small, static_cast<int>(look.quality)), cv::IMREAD_COLOR);
  if (is_small) cv::resize(small, small, {width, height}, 0, 0, cv::INTER_LINEAR);
  Image8 result{height, width,
                std::vector<uint8_t>(static_cast<size_t>(height) * static_cast<size_t>(width) * 3)};
  cv::Mat rgb(height, width, CV_8UC3, result.rgb.data());
  cv::cvtColor(small, rgb, cv::COLOR_BGR2RGB);
  return result;
}

std::vector<std::byte> encode_jpeg(const Image8& image, int quality) {
  cv::Mat bgr;
  // OpenCV takes no pointer to constants; it only reads.
  cv::cvtColor(cv::Mat(image.height, image.width, CV_8UC3, const_cast<uint8_t*>(image.rgb.data())), bgr,
               cv::COLOR_RGB2BGR);
  const std::vector<uchar> bytes = jpeg_of(bgr, quality);
  std::vector<std::byte> result(bytes.size());
  std::transform(bytes.begin(), bytes.end(), result.begin(), [](uchar byte) { return std::byte{byte}; });
  return result;
}

void add_precipitation(std::vector<Vec3>& light, const std::vector<float>& depth, int height, int width,
                       const Daylight& daylight, float focal, RandomStream& random) {
  const auto draw = [&](double low, double high) { return static_cast<float>(random.uniform(low, high)); };
  const Vec3 colour = daylight.lighting.sky * 1.05F + daylight.lighting.sun * .25F;
  const float scale = static_cast<float>(height) / kDesignRows;
  const auto wide = static_cast<float>(width), high = static_cast<float>(height);
  // Near ones are few and large, far ones many and small.
  const auto distance = [&] { return .8F + 11 * std::sqrt(draw(0, 1)); };
  const float wind = draw(-.25, .25);
  for (int i = 0; i < static_cast<int>(380 * daylight.snowfall); ++i) {
    const float far = distance(), radius = std::clamp(focal * draw(.002, .0045) / far, .3F, 4.F * scale);
    draw_mark(light, depth, height, width,
              {draw(0, wide), draw(0, high), radius, 0, 0, far, std::min(.9F, 1.3F * scale / (radius + .6F))},
              colour);
  }
  for (int i = 0; i < static_cast<int>(240 * daylight.rain); ++i) {
    const float far = distance();
    draw_mark(light, depth, height, width,
              {draw(-10, wide), draw(-30, high), .35F * scale, std::min(focal * .12F / far, 40 * scale), wind,
               far, draw(.1, .3)},
              colour);
  }
}

}  // namespace dmf::world
