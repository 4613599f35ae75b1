#include "dmf/data/augmented_images.h"

#include "dmf/core/error.h"
#include "dmf/data/over_images.h"
#include "dmf/data/pixels.h"

namespace dmf::data {

torch::Tensor load_augmented(const std::vector<std::filesystem::path>& paths, int64_t height, int64_t width,
                             const AugmentOptions& options, const PixelScale& scale, RandomStream& random) {
  DMF_CHECK(height > 0 && width > 0 && options.pad < height && options.pad < width, InvalidArgument,
            "load_augmented: {} x {} pixels, padded by {}", height, width, options.pad);
  DMF_CHECK(options.fill == "zero", InvalidArgument, "load_augmented: fill is zero, got '{}'", options.fill);
  const auto count = static_cast<int64_t>(paths.size());
  const std::vector<Change> changes = draw_changes(count, height, width, options, random);
  const torch::Tensor result =
      torch::empty({count, 3, height, width},
                   at::TensorOptions(torch::kFloat32).memory_format(at::MemoryFormat::ChannelsLast));
  auto* const values = result.mutable_data_ptr<float>();
  const ChangeWriter writer(height, width, scale);
  over_images(count, 0, BrokenImages::kFail, [&](int64_t i) {
    thread_local std::vector<uint8_t> picture, row;
    picture.resize(static_cast<size_t>(height * width * 3));
    row.resize(static_cast<size_t>(width * 3));
    decode_into(paths[static_cast<size_t>(i)], height, width, picture.data());
    writer.write(picture.data(), changes[static_cast<size_t>(i)], row.data(),
                 values + i * height * width * 3);
  });
  return result;
}

}  // namespace dmf::data
