#include "dmf/cli/ranked_pictures.h"

#include <algorithm>
#include <map>

#include "dmf/core/error.h"
#include "dmf/core/random.h"
#include "dmf/data/dataset.h"
#include "dmf/report/ranked_lists.h"

namespace dmf::cli {
namespace {

bool is_known(int64_t camera) { return camera != data::kNoCamera; }

/// Whether an image of the gallery counts for a query: junk does not, nor what the query's own camera saw of
/// the person.
bool counts(const data::Record& query, const data::Record& image) {
  if (image.identity == data::kJunk) return false;
  return image.identity != query.identity || !is_known(query.camera) || query.camera != image.camera;
}

std::vector<data::Record> draw_queries(const data::Dataset& dataset, const RankedPicturesOptions& options) {
  std::vector<data::Record> order = dataset.query, drawn;
  RandomStream(options.seed, "ranked_pictures").shuffle(order);
  std::map<int64_t, std::vector<const data::Record*>> images;
  for (const data::Record& image : dataset.gallery) images[image.identity].push_back(&image);
  std::map<int64_t, int64_t> taken;
  for (int64_t round = 0; round < options.queries; ++round) {
    for (const data::Record& query : order) {
      const auto& own = images[query.identity];
      const bool has_answer =
          query.identity > 0 && std::any_of(own.begin(), own.end(),
                                            [&](const data::Record* image) { return counts(query, *image); });
      if (!has_answer || taken[query.identity] != round ||
          static_cast<int64_t>(drawn.size()) == options.queries)
        continue;
      drawn.push_back(query);
      ++taken[query.identity];
    }
  }
  DMF_CHECK(!drawn.empty(), DataError, "{}: no query has a right answer in the gallery", dataset.spec);
  return drawn;
}

std::vector<std::filesystem::path> paths_of(const std::vector<data::Record>& records) {
  std::vector<std::filesystem::path> paths;
  for (const data::Record& record : records) paths.push_back(record.path);
  return paths;
}

report::ListedImage listed(const data::Record& record, const report::RankedListsOptions& size,
                           const std::string& figure) {
  std::string label = is_known(record.camera) ? fmt::format("c{}", record.camera) : "";
  if (!figure.empty()) label += (label.empty() ? "" : "  ") + figure;
  return {data::decode_pixels(record.path, size.image_height, size.image_width), label};
}

}  // namespace

report::Canvas ranked_pictures(const embed::Embedder& embedder, const data::Dataset& dataset,
                               const RankedPicturesOptions& options, const std::string& title) {
  const std::vector<data::Record> queries = draw_queries(dataset, options);
  const torch::Tensor asked = embedder.images(paths_of(queries), "queries to show").vectors;
  const embed::ImageEmbeddings gallery = embedder.images(paths_of(dataset.gallery), "gallery");
  const torch::Tensor similarities = asked.mm(gallery.vectors.t());
  report::RankedListsOptions layout;
  layout.title = title;
  layout.note =
      "A query and its nearest images: green the same person, red another; camera and similarity below.";
  std::vector<report::RankedList> lists;
  for (size_t i = 0; i < queries.size(); ++i) {
    report::RankedList list{listed(queries[i], layout, ""), {}};
    const torch::Tensor row = similarities[static_cast<int64_t>(i)];
    const torch::Tensor order = row.argsort(/*stable=*/true, /*dim=*/0, /*descending=*/true);
    for (int64_t k = 0; k < order.size(0) && static_cast<int64_t>(list.answers.size()) < options.answers;
         ++k) {
      const auto place = order[k].item<int64_t>();
      const data::Record& image =
          dataset.gallery[static_cast<size_t>(gallery.rows[static_cast<size_t>(place)])];
      if (!counts(queries[i], image)) continue;
      list.answers.push_back({listed(image, layout, fmt::format("{:.2f}", row[place].item<double>())),
                              image.identity == queries[i].identity});
    }
    lists.push_back(std::move(list));
  }
  return report::draw(lists, layout);
}

}  // namespace dmf::cli
