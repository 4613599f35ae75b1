// GalleryWriter::merge().
#include <algorithm>

#include "dmf/core/error.h"
#include "dmf/core/interrupt.h"
#include "dmf/search/gallery_writer.h"

namespace dmf::search {
namespace {

constexpr int64_t kBatch = 1024;

/// Crops that go over together.
struct Batch {
  std::vector<float> values;
  std::vector<NewCrop> crops;
};

}  // namespace

MergeResult GalleryWriter::merge(const Gallery& other, const std::function<void(int64_t)>& advance) {
  const GalleryKind &own = gallery_.kind(), &theirs = other.kind();
  DMF_CHECK(own.model == theirs.model && own.width == theirs.width, InvalidArgument,
            "{}: holds vectors of model {} with {} numbers, {} of model {} with {}: they cannot be merged",
            gallery_.folder().string(), own.model, own.width, other.folder().string(), theirs.model,
            theirs.width);
  DMF_CHECK(gallery_.name() != other.name(), InvalidArgument, "{}: a gallery cannot be merged with itself",
            other.folder().string());
  const std::string merged = "merged " + other.name();  // up to which of its ids
  const std::string before = gallery_.property(merged);
  int64_t last = before.empty() ? 0 : std::stoll(before);
  std::vector<int64_t> ids = other.select({});
  ids.erase(ids.begin(), std::upper_bound(ids.begin(), ids.end(), last));
  const auto snapshot = other.snapshot();  // after the ids: each has its vector in it, or is deleted since
  MergeResult result;
  for (size_t first = 0; first < ids.size(); first += kBatch) {
    stop_if_interrupted("merging");
    const size_t end = std::min(first + kBatch, ids.size());
    Batch batch;
    for (size_t i = first; i < end; ++i) {
      const std::optional<Crop> crop = other.find(ids[i]);
      if (!crop) continue;
      const float* vector = snapshot->vector(ids[i]);
      const bool is_known = !crop->source.empty() && gallery_.find_source(crop->source).has_value();
      result.damaged += vector == nullptr;
      result.known += vector != nullptr && is_known;
      if (vector == nullptr || is_known) continue;
      batch.values.insert(batch.values.end(), vector, vector + own.width);
      batch.crops.push_back({*crop, other.thumbnail(ids[i])});
    }
    const auto count = static_cast<int64_t>(batch.crops.size());
    last = ids[end - 1];
    write_batch({batch.values, count, own.width}, batch.crops,
                [&] { set_property(merged, std::to_string(last)); });
    result.added += count;
    if (advance) advance(static_cast<int64_t>(end - first));
  }
  return result;
}

}  // namespace dmf::search
