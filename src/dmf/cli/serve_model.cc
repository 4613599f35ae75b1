#include "dmf/cli/serve_model.h"

#include <limits>

#include "dmf/cli/report_attention.h"
#include "dmf/cli/search_query.h"
#include "dmf/cli/search_result.h"
#include "dmf/data/picture_batch.h"
#include "dmf/embed/attention.h"
#include "dmf/text/keywords.h"

namespace dmf::cli {
namespace {

serve::PatchValues values_of(const torch::Tensor& map) {
  report::PatchMap drawn = patch_map(map);
  return {drawn.rows, drawn.columns, {drawn.values.begin(), drawn.values.end()}};
}

}  // namespace

ServedModel::ServedModel(const std::string& file, const embed::EmbedOptions& options)
    : embedder_(file, options),
      threshold_(same_threshold(file)),
      thread_(1, std::numeric_limits<int64_t>::max()) {}

int64_t ServedModel::picture_height() const { return embedder_.model().image_encoder()->options().height; }
int64_t ServedModel::picture_width() const { return embedder_.model().image_encoder()->options().width; }

nlohmann::json ServedModel::card() const {
  return {{"setting", embedder_.setting()},
          {"reads", embedder_.reads_keywords() ? "key words" : "whole sentences"},
          {"training", embedder_.training()}};
}

std::vector<serve::Vector> ServedModel::pictures(const std::vector<data::Pixels>& pictures) const {
  return in_its_thread([&] { return rows_of(embedder_.pictures(data::batch_of(pictures))); });
}

std::vector<serve::Vector> ServedModel::sentences(const std::vector<std::string>& sentences) const {
  return in_its_thread([&] { return rows_of(embedder_.sentences(sentences)); });
}

serve::Reading ServedModel::read(const std::string& sentence) const {
  text::SentenceReading reading = text::read_sentence(sentence);
  if (!embedder_.reads_keywords()) return {};
  return {std::move(reading.keywords), std::move(reading.negated), std::move(reading.unknown)};
}

serve::Likeness ServedModel::compare(const data::Pixels& first, const data::Pixels& second) const {
  return in_its_thread([&] {
    const embed::PairMaps pair =
        embed::AttentionMaps(embedder_).pair(data::batch_of({first})[0], data::batch_of({second})[0]);
    return serve::Likeness{pair.similarity, values_of(pair.query), values_of(pair.gallery)};
  });
}

}  // namespace dmf::cli
