#include "dmf/data/image.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <thread>

#include "dmf/core/error.h"
#include "dmf/core/system.h"
#include "dmf/data/over_images.h"
#include "dmf/data/picture_batch.h"
#include "dmf/data/pixels.h"

namespace dmf::data {
namespace {

/// Copies `area` pixels of red green blue into three planes of `to`, [3, H, W] uint8 contiguous.
void fill_planes(const uint8_t* from, int64_t area, uint8_t* to) {
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
  fill_planes(picture.rgb.data(), picture.height * picture.width, image.data_ptr<uint8_t>());
  return image;
}

std::vector<BrokenImage> over_images(int64_t count, int64_t threads, BrokenImages broken,
                                     const std::function<void(int64_t)>& work) {
  std::vector<std::exception_ptr> errors(static_cast<size_t>(count));
  std::atomic<int64_t> next = 0;
  const auto take = [&] {
    for (int64_t i = next++; i < count; i = next++) {
      try {
        work(i);
      } catch (...) {
        errors[static_cast<size_t>(i)] = std::current_exception();
        // Images are taken in order, so the first failure by order is among those already begun.
        if (broken == BrokenImages::kFail) next = count;
      }
    }
  };
  {
    const int64_t wanted = std::min(count, threads > 0 ? threads : available_processors());
    std::vector<std::jthread> helpers;
    for (int64_t i = 1; i < wanted; ++i) helpers.emplace_back(take);
    take();
  }
  std::vector<BrokenImage> failed;
  for (size_t i = 0; i < errors.size(); ++i) {
    if (!errors[i]) continue;
    if (broken == BrokenImages::kFail) std::rethrow_exception(errors[i]);
    try {
      std::rethrow_exception(errors[i]);
    } catch (const DataError& error) {
      failed.push_back({i, error.what()});
    }
  }
  return failed;
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
    fill_planes(picture.rgb.data(), height * width, to);
    to += 3 * height * width;
  }
  return batch;
}

LoadedImages load_images(const std::vector<std::filesystem::path>& paths, const LoadOptions& options) {
  DMF_CHECK(options.height > 0 && options.width > 0 && options.threads >= 0, InvalidArgument,
            "load_images: height, width and threads have to be positive");
  const auto count = static_cast<int64_t>(paths.size());
  LoadedImages loaded{torch::zeros({count, 3, options.height, options.width}, torch::kUInt8), {}};
  const int64_t area = options.height * options.width;
  uint8_t* const pixels = loaded.pixels.data_ptr<uint8_t>();
  loaded.broken = over_images(count, options.threads, options.broken, [&](int64_t i) {
    thread_local std::vector<uint8_t> picture;
    picture.resize(static_cast<size_t>(3 * area));
    decode_into(paths[static_cast<size_t>(i)], options.height, options.width, picture.data());
    fill_planes(picture.data(), area, pixels + i * 3 * area);
  });
  return loaded;
}

}  // namespace dmf::data
