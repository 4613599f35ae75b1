#pragma once
#include <fmt/format.h>

#include <filesystem>
#include <string>
#include <vector>

#include "dmf/search/gallery_writer.h"
#include "support/random_values.h"

namespace dmf::search::testing_gallery {

inline constexpr int64_t kWidth = 5;
inline const GalleryKind kKind{"a model", kWidth};

/// A picture made up: its number tells its vector and its fields.
inline std::vector<float> vector_of(int64_t number, int64_t width = kWidth) {
  return test::random_values(width, static_cast<uint64_t>(number));
}

inline NewCrop crop_of(int64_t number) {
  NewCrop crop;
  crop.crop.source = fmt::format("pictures/{}.jpg", number);
  crop.crop.version = "1";
  crop.crop.camera = number % 4 == 3 ? "" : fmt::format("c{}", number % 4);
  if (number % 5 != 0) crop.crop.time = 1'000'000 + 1000 * number;
  crop.crop.identity = number % 3 == 0 ? "" : fmt::format("person {}", number / 3);
  crop.crop.tags = number % 2 == 0 ? std::vector<std::string>{"even"} : std::vector<std::string>{};
  if (number % 6 == 0) crop.crop.tags.push_back("six");
  if (number % 7 != 0) crop.thumbnail = fmt::format("JPEG {}", number) + std::string("\0 of no picture", 15);
  return crop;
}

/// Adds the pictures of these numbers. @return their ids
inline std::vector<int64_t> add(GalleryKeeper& writer, const std::vector<int64_t>& numbers) {
  const int64_t width = writer.view().kind().width;
  std::vector<float> values;
  std::vector<NewCrop> crops;
  for (const int64_t number : numbers) {
    const std::vector<float> own = vector_of(number, width);
    values.insert(values.end(), own.begin(), own.end());
    crops.push_back(crop_of(number));
  }
  return writer.add({values, static_cast<int64_t>(numbers.size()), width}, crops);
}

inline std::vector<int64_t> numbers(int64_t first, int64_t last) {
  std::vector<int64_t> result;
  for (int64_t i = first; i <= last; ++i) result.push_back(i);
  return result;
}

/// A crop's line: all that is known of it but its vector.
inline std::string line_of(const Crop& crop, const std::string& thumbnail) {
  std::string tags;
  for (const std::string& tag : crop.tags) tags += tag + ",";
  return fmt::format("{} {} v{} camera {} at {} is {} tags {} thumbnail {}", crop.id, crop.source,
                     crop.version, crop.camera, crop.time ? std::to_string(*crop.time) : "?", crop.identity,
                     tags, thumbnail);
}

/// A vector as it is kept, in a few digits.
inline std::string numbers_of(const float* vector, int64_t width) {
  std::string text;
  for (int64_t k = 0; k < width; ++k) text += fmt::format(" {:.5f}", vector[k]);
  return text;
}

/// All that a gallery holds, a line for each crop.
inline std::string describe(const GalleryView& gallery) {
  std::string text = fmt::format("{} {}\n", gallery.kind().model, gallery.kind().width);
  for (const int64_t id : gallery.select({})) {
    const std::vector<float> vector = gallery.vector(id);
    text += line_of(gallery.crop(id), gallery.thumbnail(id)) +
            (vector.empty() ? " no vector" : numbers_of(vector.data(), gallery.kind().width)) + "\n";
  }
  return text;
}

}  // namespace dmf::search::testing_gallery
