#include "dmf/cli/ranked_pictures.h"

#include <algorithm>
#include <map>

#include "dmf/cli/records.h"
#include "dmf/core/error.h"
#include "dmf/core/random.h"
#include "dmf/data/dataset.h"
#include "dmf/eval/answers.h"
#include "dmf/report/ranked_lists.h"

namespace dmf::cli {
namespace {

// Queries that have a right answer, by chance, each of another person while there are any.
std::vector<data::Record> draw_queries(const data::Dataset& dataset, const RankedPicturesOptions& options) {
  std::vector<data::Record> order = dataset.query, drawn;
  std::erase_if(order, [](const data::Record& query) { return query.identity <= data::kDistractor; });
  RandomStream(options.seed, "ranked_pictures").shuffle(order);
  const eval::Labels query = labels_of(order, all_rows(order)),
                     gallery = labels_of(dataset.gallery, all_rows(dataset.gallery));
  const eval::Answers answers(query, query.count(), gallery, gallery.count());
  std::map<int64_t, int64_t> taken;
  for (int64_t round = 0; round < options.queries; ++round) {
    for (int64_t q = 0; q < query.count(); ++q) {
      const auto& own = answers.own_images(q);
      const bool has_answer =
          std::any_of(own.begin(), own.end(), [&](int64_t image) { return answers.counts(q, image); });
      int64_t& times = taken[query.identities[static_cast<size_t>(q)]];
      if (!has_answer || times != round || static_cast<int64_t>(drawn.size()) == options.queries) continue;
      drawn.push_back(order[static_cast<size_t>(q)]);
      ++times;
    }
  }
  DMF_CHECK(!drawn.empty(), DataError, "{}: no query has a right answer in the gallery", dataset.spec);
  return drawn;
}

report::ListedImage listed(const data::Record& record, const report::RankedListsOptions& size,
                           const std::string& figure) {
  std::string label = record.camera != data::kNoCamera ? fmt::format("c{}", record.camera) : "";
  if (!figure.empty()) label += (label.empty() ? "" : "  ") + figure;
  return {data::decode_pixels(record.path, size.image_height, size.image_width), label};
}

}  // namespace

report::Canvas ranked_pictures(const embed::Embedder& embedder, const data::Dataset& dataset,
                               const RankedPicturesOptions& options, const std::string& title) {
  const std::vector<data::Record> queries = draw_queries(dataset, options);
  // Drawn ones that cannot be decoded are left out where the embedder leaves them out.
  const embed::ImageEmbeddings asked = embedder.images(paths_of(queries), "queries to show");
  const embed::ImageEmbeddings gallery = embedder.images(paths_of(dataset.gallery), "gallery");
  const torch::Tensor similarities = asked.vectors.mm(gallery.vectors.t());
  const eval::Labels query_labels = labels_of(queries, asked.rows),
                     gallery_labels = labels_of(dataset.gallery, gallery.rows);
  const eval::Answers answers(query_labels, query_labels.count(), gallery_labels, gallery_labels.count());
  report::RankedListsOptions layout;
  layout.title = title;
  layout.note =
      "A query and its nearest images: green the same person, red another; camera and similarity below.";
  std::vector<report::RankedList> lists;
  for (int64_t q = 0; q < query_labels.count(); ++q) {
    const data::Record& query = queries[static_cast<size_t>(asked.rows[static_cast<size_t>(q)])];
    report::RankedList list{listed(query, layout, ""), {}};
    const torch::Tensor row = similarities[q];
    const torch::Tensor order = row.argsort(/*stable=*/true, /*dim=*/0, /*descending=*/true);
    for (int64_t k = 0; k < order.size(0) && static_cast<int64_t>(list.answers.size()) < options.answers;
         ++k) {
      const auto place = order[k].item<int64_t>();
      if (!answers.counts(q, place)) continue;
      const data::Record& image =
          dataset.gallery[static_cast<size_t>(gallery.rows[static_cast<size_t>(place)])];
      list.answers.push_back({listed(image, layout, fmt::format("{:.2f}", row[place].item<double>())),
                              image.identity == query.identity});
    }
    lists.push_back(std::move(list));
  }
  return report::draw(lists, layout);
}

}  // namespace dmf::cli
