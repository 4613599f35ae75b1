#include "dmf/cli/search_query.h"

#include <fmt/ranges.h>

#include "dmf/core/error.h"
#include "dmf/core/log.h"
#include "dmf/search/answer.h"
#include "dmf/text/keywords.h"

namespace dmf::cli {
namespace {

using Vector = std::vector<float>;

Vector mean_of(const std::vector<Query>& queries) {
  std::vector<std::pair<const Vector*, double>> parts;
  for (const Query& query : queries) parts.emplace_back(&query.vector, 1.0);
  return search::weighted_mean(parts);
}

/// What the model reads of a sentence; what it does not is said.
std::string told_reading(const std::string& sentence, const embed::Embedder& embedder) {
  const text::SentenceReading reading = text::read_sentence(sentence);
  if (!embedder.reads_keywords()) {
    if (!reading.negated.empty())
      spdlog::warn("'{}': this model reads whole sentences; it may find what you do not want: {}", sentence,
                   fmt::join(reading.negated, ", "));
    return "the whole sentence";
  }
  if (!reading.negated.empty())
    spdlog::warn("'{}': left out, not searched for its absence: {}", sentence,
                 fmt::join(reading.negated, ", "));
  if (!reading.unknown.empty())
    spdlog::warn("'{}': words that are not known and not read: {}", sentence,
                 fmt::join(reading.unknown, ", "));
  if (!reading.keywords.empty()) return fmt::format("{}", fmt::join(reading.keywords, ", "));
  spdlog::warn("'{}': no key word is known: the sentence is read as it stands", sentence);
  return "the sentence as it stands";
}

std::vector<Query> image_queries(const QueryInput& input, const embed::Embedder* embedder) {
  std::vector<Query> queries;
  if (input.images.empty()) return queries;
  const std::vector<std::filesystem::path> paths(input.images.begin(), input.images.end());
  const std::vector<Vector> vectors = rows_of(embedder->images(paths, /*what=*/"").vectors);
  for (size_t i = 0; i < vectors.size(); ++i)
    queries.push_back({.name = input.images[i], .image = input.images[i], .vector = vectors[i]});
  return queries;
}

std::vector<Query> crop_queries(const QueryInput& input, const search::GalleryView& gallery) {
  std::vector<Query> queries;
  for (const int64_t id : input.ids) {
    gallery.crop(id);
    std::vector<float> vector = gallery.vector(id);
    DMF_CHECK(!vector.empty(), InvalidArgument, "{}: the vector of crop {} is damaged", gallery.place(), id);
    queries.push_back({.name = fmt::format("crop {}", id), .own = {id}, .vector = std::move(vector)});
  }
  return queries;
}

std::vector<Query> text_queries(const QueryInput& input, const embed::Embedder* embedder) {
  std::vector<Query> queries;
  if (input.texts.empty()) return queries;
  const std::vector<Vector> vectors = rows_of(embedder->sentences(input.texts));
  for (size_t i = 0; i < vectors.size(); ++i) {
    queries.push_back({.name = input.texts[i],
                       .read_as = told_reading(input.texts[i], *embedder),
                       .words = input.texts[i],
                       .vector = vectors[i],
                       .is_judged = false});
  }
  return queries;
}

/// One query of several of a kind: the first, with the mean vector.
Query joined(const std::vector<Query>& queries) {
  Query all = queries[0];
  for (size_t i = 1; i < queries.size(); ++i) {
    all.name += " + " + queries[i].name;
    all.own.insert(all.own.end(), queries[i].own.begin(), queries[i].own.end());
    if (!queries[i].words.empty()) all.words += ". " + queries[i].words;
    if (!queries[i].read_as.empty()) all.read_as += ", " + queries[i].read_as;
  }
  all.vector = mean_of(queries);
  return all;
}

}  // namespace

std::vector<Query> make_queries(const QueryInput& input, const search::GalleryView& gallery,
                                const embed::Embedder* embedder) {
  std::vector<Query> pictures = image_queries(input, embedder);
  for (Query& query : crop_queries(input, gallery)) pictures.push_back(std::move(query));
  std::vector<Query> texts = text_queries(input, embedder);
  DMF_CHECK(!pictures.empty() || !texts.empty(), InvalidArgument,
            "nothing to search for: give pictures, --text \"…\" or --id N");
  if (input.is_together && !pictures.empty()) pictures = {joined(pictures)};
  if (texts.empty()) return pictures;
  if (pictures.empty()) return texts;
  const Query words = joined(texts);
  for (Query& query : pictures) {
    query.vector =
        search::weighted_mean({{&query.vector, 1 - input.text_weight}, {&words.vector, input.text_weight}});
    query.name += " + " + words.name;
    query.read_as = words.read_as;
    query.words = words.words;
    query.is_judged = false;
  }
  return pictures;
}

std::vector<std::vector<float>> rows_of(const torch::Tensor& vectors) {
  const torch::Tensor rows = vectors.contiguous();
  const auto* values = rows.const_data_ptr<float>();
  std::vector<Vector> result;
  for (int64_t i = 0; i < rows.size(0); ++i)
    result.emplace_back(values + i * rows.size(1), values + (i + 1) * rows.size(1));
  return result;
}

ShownQuery shown_query(const Query& query, const search::GalleryView& gallery) {
  ShownQuery shown{std::nullopt, query.words};
  if (!query.image.empty()) {
    shown.picture = data::decode_pixels(query.image);
  } else if (!query.own.empty()) {
    const std::string jpeg = gallery.thumbnail(query.own[0]);
    if (jpeg.empty()) {
      shown.words = query.name + " " + query.words;
    } else {
      shown.picture = data::decode_bytes(std::as_bytes(std::span(jpeg)), query.name).pixels;
    }
  }
  return shown;
}

}  // namespace dmf::cli
