#include "dmf/data/image.h"

#include <algorithm>
#include <atomic>
#include <optional>
#include <thread>

#include "dmf/core/error.h"
#include "dmf/core/system.h"
#include "dmf/data/picture_batch.h"
#include "dmf/data/pixels.h"

namespace dmf::data {
namespace {

/// Copies rows of red green blue into three planes of `to`, [3, H, W] uint8 contiguous.
void fill_planes(const Pixels& picture, uint8_t* to) {
  const int64_t area = picture.height * picture.width;
  const uint8_t* from = picture.rgb.data();
  for (int64_t i = 0; i < area; ++i, from += 3) {
    to[i] = from[0];
    to[area + i] = from[1];
    to[2 * area + i] = from[2];
  }
}

}  // namespace

torch::Tensor decode_image(const std::filesystem::path& path, int64_t height, int64_t width) {
  const Pixels picture = decode_pixels(path, height, width);
  torch::Tensor image = torch::empty({3, picture.height, picture.width}, torch::kUInt8);
  fill_planes(picture, image.data_ptr<uint8_t>());
  return image;
}

torch::Tensor batch_of(const std::vector<Pixels>& pictures) {
  DMF_CHECK(!pictures.empty(), InvalidArgument, "a batch of no pictures");
  const int64_t height = pictures[0].height, width = pictures[0].width;
  torch::Tensor batch =
      torch::empty({static_cast<int64_t>(pictures.size()), 3, height, width}, torch::kUInt8);
  auto* to = batch.data_ptr<uint8_t>();
  for (const Pixels& picture : pictures) {
    DMF_CHECK(picture.height == height && picture.width == width, InvalidArgument,
              "a batch of pictures of {} x {} and {} x {}", height, width, picture.height, picture.width);
    fill_planes(picture, to);
    to += 3 * height * width;
  }
  return batch;
}

LoadedImages load_images(const std::vector<std::filesystem::path>& paths, const LoadOptions& options) {
  DMF_CHECK(options.height > 0 && options.width > 0 && options.threads >= 0, InvalidArgument,
            "load_images: height, width and threads have to be positive");
  const auto count = static_cast<int64_t>(paths.size());
  LoadedImages loaded{torch::zeros({count, 3, options.height, options.width}, torch::kUInt8), {}};
  const int64_t image_size = 3 * options.height * options.width;
  uint8_t* const pixels = loaded.pixels.data_ptr<uint8_t>();
  std::vector<std::exception_ptr> errors(paths.size());
  std::atomic<int64_t> next = 0;
  const auto work = [&] {
    for (int64_t i = next++; i < count; i = next++) {
      try {
        fill_planes(decode_pixels(paths[static_cast<size_t>(i)], options.height, options.width),
                    pixels + i * image_size);
      } catch (...) {
        errors[static_cast<size_t>(i)] = std::current_exception();
        // Images are taken in order, so the first failure by order is among those already begun.
        if (options.broken == BrokenImages::kFail) next = count;
      }
    }
  };
  {
    const int64_t threads = std::min(count, options.threads > 0 ? options.threads : available_processors());
    std::vector<std::jthread> helpers;
    for (int64_t i = 1; i < threads; ++i) helpers.emplace_back(work);
    work();
  }
  for (size_t i = 0; i < errors.size(); ++i) {
    if (!errors[i]) continue;
    if (options.broken == BrokenImages::kFail) std::rethrow_exception(errors[i]);
    try {
      std::rethrow_exception(errors[i]);
    } catch (const DataError& error) {
      loaded.broken.push_back({i, error.what()});
    }
  }
  return loaded;
}

}  // namespace dmf::data
