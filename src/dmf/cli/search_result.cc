#include "dmf/cli/search_result.h"

#include <fmt/ranges.h>

#include "dmf/cli/calibration.h"
#include "dmf/core/error.h"
#include "dmf/core/log.h"
#include "dmf/core/table.h"

namespace dmf::cli {
namespace {

std::string time_of(const search::Crop& crop) { return crop.time ? search::time_text(*crop.time) : ""; }

}  // namespace

std::optional<search::SameThreshold> same_threshold(const std::filesystem::path& model) {
  const auto stored = load_calibration(model);
  if (!stored) return std::nullopt;
  if (stored->value("metric", "") != "cosine") {
    spdlog::warn("{}: its threshold is one of the {} distance: not used", model.string(),
                 stored->value("metric", "?"));
    return std::nullopt;
  }
  search::SameThreshold threshold;
  threshold.distance = (*stored)["threshold"].get<double>();
  threshold.far = stored->value("far", 0.0);
  threshold.dataset = stored->value("dataset", "");
  threshold.low = threshold.high = threshold.distance;
  const auto interval = stored->find("threshold_interval");
  if (interval != stored->end() && interval->is_array() && interval->size() == 2 &&
      (*interval)[0].is_number() && (*interval)[1].is_number()) {
    threshold.low = (*interval)[0].get<double>();
    threshold.high = (*interval)[1].get<double>();
  }
  return threshold;
}

std::string threshold_text(const std::optional<search::SameThreshold>& threshold) {
  if (!threshold) {
    return "no calibrated threshold in the model file: which similarity means the same person is not known "
           "(`dmf eval --calibrate` finds one)";
  }
  return fmt::format(
      "same: similarity above {:.4f}, different: below {:.4f}; between, unsure (threshold {:.4f}, which "
      "accepted {:g} of "
      "the wrong pairs of {}; on other cameras it may be far off)",
      1 - threshold->low, 1 - threshold->high, 1 - threshold->distance, threshold->far, threshold->dataset);
}

std::string hit_table(const Found& found, const search::GalleryView& gallery,
                      const std::optional<search::SameThreshold>& threshold) {
  const bool is_judged = found.is_judged && threshold.has_value();
  const bool is_re_ranked = !found.hits.empty() && found.hits[0].re_ranked.has_value();
  std::vector<std::string> header = {"", "crop", "similarity"};
  if (is_re_ranked) header.emplace_back("re-ranked");
  if (is_judged) header.emplace_back("person");
  for (const char* name : {"camera", "time", "identity", "source"}) header.emplace_back(name);
  std::vector<std::vector<std::string>> rows;
  for (const search::Hit& hit : found.hits) {
    const search::Crop crop = gallery.crop(hit.id);
    std::vector<std::string> row = {std::to_string(rows.size() + 1), std::to_string(hit.id),
                                    fmt::format("{:.4f}", hit.similarity)};
    if (is_re_ranked) row.push_back(fmt::format("{:.4f}", *hit.re_ranked));
    if (is_judged) row.emplace_back(search::decision(hit.similarity, *threshold));
    row.insert(row.end(), {crop.camera, time_of(crop), crop.identity, crop.source});
    rows.push_back(std::move(row));
  }
  const std::string read_as = found.read_as.empty() ? "" : fmt::format(" (read as: {})", found.read_as);
  const std::string answers = rows.empty() ? "nothing found\n" : text_table(header, rows);
  return fmt::format("{}{}\n{}", found.query, read_as, answers);
}

nlohmann::json to_json(const Found& found, const search::GalleryView& gallery,
                       const std::optional<search::SameThreshold>& threshold) {
  nlohmann::json hits = nlohmann::json::array();
  for (const search::Hit& hit : found.hits) {
    nlohmann::json entry = search::to_json(gallery.crop(hit.id));
    entry["similarity"] = hit.similarity;
    if (hit.re_ranked) entry["re_ranked_distance"] = *hit.re_ranked;
    if (found.is_judged && threshold) entry["person"] = search::decision(hit.similarity, *threshold);
    hits.push_back(std::move(entry));
  }
  nlohmann::json document = {{"query", found.query}, {"hits", hits}};
  if (!found.read_as.empty()) document["read_as"] = found.read_as;
  return document;
}

}  // namespace dmf::cli
