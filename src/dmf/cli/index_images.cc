#include "dmf/cli/index_images.h"

#include <algorithm>

#include "dmf/core/error.h"
#include "dmf/core/log.h"
#include "dmf/core/progress.h"
#include "dmf/data/thumbnail.h"
#include "dmf/eval/parallel.h"
#include "dmf/fuse/model_identity.h"

namespace dmf::cli {
namespace {

/// The pictures' thumbnails; none of what cannot be decoded.
std::vector<std::string> thumbnails_of(std::span<const CropInput> inputs, int64_t height) {
  std::vector<std::string> thumbnails(inputs.size());
  if (height == 0) return thumbnails;
  eval::run_in_parallel(static_cast<int64_t>(inputs.size()), 8, 0, [&](eval::Rows some, int64_t) {
    for (auto i = static_cast<size_t>(some.first); i < static_cast<size_t>(some.last); ++i) {
      try {
        thumbnails[i] = data::thumbnail_jpeg(data::decode_pixels(inputs[i].path), height);
      } catch (const DataError&) {
        // The embedder says what is wrong with it.
      }
    }
  });
  return thumbnails;
}

int64_t add_part(search::GalleryKeeper& writer, const embed::Embedder& embedder,
                 std::span<const CropInput> inputs, int64_t thumbnail_height, WarningCounter& warnings) {
  std::vector<std::filesystem::path> paths;
  for (const CropInput& input : inputs) paths.push_back(input.path);
  const embed::ImageEmbeddings images = embedder.images(paths, /*what=*/"");
  for (const data::BrokenImage& broken : images.broken)
    warnings.add("image cannot be decoded", broken.reason);
  const std::vector<std::string> thumbnails = thumbnails_of(inputs, thumbnail_height);
  std::vector<search::NewCrop> crops;
  for (const int64_t row : images.rows)
    crops.push_back({inputs[static_cast<size_t>(row)].crop, thumbnails[static_cast<size_t>(row)]});
  const torch::Tensor vectors = images.vectors.contiguous();
  const auto count = static_cast<int64_t>(crops.size());
  writer.add(
      {{vectors.const_data_ptr<float>(), static_cast<size_t>(vectors.numel())}, count, embedder.width()},
      crops);
  return count;
}

}  // namespace

search::GalleryKind kind_of(const embed::Embedder& embedder, const std::string& model_file) {
  return {fuse::model_identity(model_file), embedder.width()};
}

IndexingResult index_images(search::GalleryKeeper& writer, const embed::Embedder& embedder,
                            std::vector<CropInput> inputs, const IndexingOptions& options) {
  IndexingResult result;
  const auto total = static_cast<int64_t>(inputs.size());
  const auto known = writer.view().sources();
  std::erase_if(inputs, [&](const CropInput& input) {
    const auto found = known.find(input.crop.source);
    return found != known.end() && found->second == input.crop.version;
  });
  result.known = total - static_cast<int64_t>(inputs.size());
  if (inputs.empty()) return result;
  WarningCounter warnings;
  Progress progress("indexing", total, "images");
  progress.skip(result.known);
  try {
    for (size_t first = 0; first < inputs.size(); first += static_cast<size_t>(options.together)) {
      const size_t count = std::min(static_cast<size_t>(options.together), inputs.size() - first);
      result.added +=
          add_part(writer, embedder, std::span(inputs).subspan(first, count), options.thumbnail, warnings);
      progress.advance(static_cast<int64_t>(count));
    }
  } catch (const Interrupted&) {
    throw Interrupted(fmt::format("stopped; {} images were added; hint: the same command goes on from there",
                                  result.added));
  }
  progress.finish();
  warnings.report();
  result.broken = warnings.total();
  return result;
}

}  // namespace dmf::cli
