#include "dmf/search/gallery_view.h"

#include <set>

#include "dmf/core/error.h"

namespace dmf::search {

Crop GalleryView::crop(int64_t id) const {
  std::optional<Crop> crop = find(id);
  DMF_CHECK(crop.has_value(), InvalidArgument, "{}: there is no crop {}", place(), id);
  return std::move(*crop);
}

void check_addition(const std::string& place, const GalleryKind& kind, eval::VectorView vectors,
                    std::span<const NewCrop> crops) {
  DMF_CHECK(vectors.width == kind.width, InvalidArgument, "{}: expected vectors of {} numbers, got {}", place,
            kind.width, vectors.width);
  DMF_CHECK(vectors.count == static_cast<int64_t>(crops.size()), InvalidArgument,
            "[gallery] {} vectors of {} crops", vectors.count, crops.size());
  eval::check_vectors(vectors, "gallery");
  std::set<std::string> seen;
  for (const NewCrop& each : crops) {
    const std::string& source = each.crop.source;
    DMF_CHECK(source.empty() || seen.insert(source).second, InvalidArgument,
              "[gallery] the source '{}' is to be added twice", source);
  }
}

void check_kind(const std::string& place, const GalleryKind& own, const GalleryKind& other) {
  DMF_CHECK(other.model == own.model && other.width == own.width, InvalidArgument,
            "{}: holds vectors of model {} with {} numbers, got some of model {} with {}; hint: index the "
            "pictures anew with the other model",
            place, own.model, own.width, other.model, other.width);
}

void re_rank(const GalleryView& gallery, const float* query, std::vector<Hit>& hits,
             const eval::ReRankingOptions& options) {
  std::vector<float> rows;
  std::vector<Hit> known;  // another process may have deleted some since
  for (const Hit& hit : hits) {
    const std::vector<float> row = gallery.vector(hit.id);
    if (row.empty()) continue;
    rows.insert(rows.end(), row.begin(), row.end());
    known.push_back(hit);
  }
  hits = std::move(known);
  re_rank(rows, gallery.kind().width, query, hits, options);
}

}  // namespace dmf::search
