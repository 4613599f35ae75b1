#include "dmf/cli/eval_run.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>

#include "dmf/cli/query_results.h"
#include "dmf/core/error.h"
#include "dmf/core/file.h"
#include "dmf/core/log.h"
#include "dmf/core/table.h"
#include "dmf/eval/breakdown.h"
#include "dmf/eval/calibrate.h"
#include "dmf/eval/figures_json.h"
#include "dmf/eval/open_set.h"
#include "dmf/eval/single_shot.h"

namespace dmf::cli {
namespace {

// Same queries and gallery, whatever the vectors: what two results must share to be compared.
std::string labels_fingerprint(const eval::Labels& query, const eval::Labels& gallery) {
  Sha256 digest;
  for (const std::vector<int64_t>* numbers :
       {&query.identities, &query.cameras, &gallery.identities, &gallery.cameras}) {
    digest.add(fmt::format("{}:", numbers->size()));
    digest.add(std::as_bytes(std::span(*numbers)));
  }
  return digest.hex().substr(0, 16);
}

class Report {
 public:
  Report(TestResult& result, const std::string& metric) : result_(result), metric_(metric) {}

  void intervals() {
    const eval::EvalIntervals found = eval::intervals(result_.figures, bootstrap_);
    if (found.identities < 2) return line("no interval: all queries with a right answer are of one identity");
    result_.more["intervals"] = {{"confidence", bootstrap_.confidence},
                                 {"resamples", bootstrap_.resamples},
                                 {"identities", found.identities},
                                 {"map", found.map},
                                 {"rank1", found.rank1},
                                 {"minp", found.minp}};
    line("{:g} % intervals over {} identities: mAP {:.2f} - {:.2f}, Rank-1 {:.2f} - {:.2f}",
         100 * bootstrap_.confidence, found.identities, found.map.low, found.map.high, found.rank1.low,
         found.rank1.high);
  }

  void duplicates(eval::VectorView vectors, const char* name) {
    const auto groups = eval::find_duplicates(vectors);
    if (groups.empty()) return;
    size_t images = 0;
    for (const auto& group : groups) images += group.size();
    result_.more["duplicate_vectors"][name] = {
        {"images", images}, {"groups", groups.size()}, {"first", groups.front()}};
    line("{}: {} of {} vectors are equal to another, in {} groups (first: rows {} and {})", name, images,
         vectors.count, groups.size(), groups.front()[0], groups.front()[1]);
  }

  void open_set(const eval::OpenSetResult& found) {
    result_.more["open_set"] = found;
    std::string rates;
    for (const double far : eval::kReportedFar) {
      for (const auto& point : found.roc) {
        if (point.far == far) rates += fmt::format(", TPR@FAR {:g} {:.2f}", far, point.rate);
      }
    }
    line("open set ({} right, {} wrong pairs): EER {:.2f}{}", found.genuine_pairs, found.impostor_pairs,
         found.eer, rates);
    for (const auto& point : found.dir) {
      if (point.far == 0.01 || point.far == 0.1)
        line("DIR at FAR {:g}: {:.2f} (searches for others: {}, {})", point.far, point.rate,
             found.nonmated_searches, found.nonmated);
    }
  }

  void single_shot(const eval::SingleShotResult& found) {
    result_.more["single_shot"] = {{"cmc", found.cmc}, {"rank1_each", found.rank1_each}};
    line("single gallery shot (CUHK03), {} repetitions: Rank-1 {:.2f}, Rank-5 {:.2f}, Rank-10 {:.2f}",
         found.rank1_each.size(), found.cmc[0], found.cmc[4], found.cmc[9]);
  }

  void parts(const std::string& key, const std::string& title, const std::vector<eval::Part>& parts) {
    nlohmann::json list = nlohmann::json::array();
    std::vector<std::vector<std::string>> rows;
    for (const eval::Part& part : parts) {
      list.push_back({{"name", part.name},
                      {"queries", part.queries},
                      {"queries_without_match", part.queries_without_match},
                      {"map", part.map},
                      {"rank1", part.rank1}});
      rows.push_back({part.name, fmt::format("{:.2f}", part.map), fmt::format("{:.2f}", part.rank1),
                      std::to_string(part.queries - part.queries_without_match)});
    }
    result_.more[key] = list;
    result_.more_text += text_table({title, "mAP", "Rank-1", "queries"}, rows);
  }

  void hardest(const std::vector<int64_t>& queries) {
    nlohmann::json list = nlohmann::json::array();
    std::vector<std::vector<std::string>> rows;
    for (const int64_t q : queries) {
      const eval::QueryResult& query = result_.figures.by_query[static_cast<size_t>(q)];
      list.push_back({{"query", q},
                      {"identity", identity_json(query.identity)},
                      {"camera", query.camera},
                      {"average_precision", query.average_precision},
                      {"first_hit_rank", query.first_hit_rank}});
      if (query.nearest_wrong.exists()) list.back()["nearest_wrong"] = query.nearest_wrong.image;
      rows.push_back({std::to_string(q), identity_json(query.identity).dump(), std::to_string(query.camera),
                      fmt::format("{:.4f}", query.average_precision), std::to_string(query.first_hit_rank),
                      query.nearest_wrong.exists() ? std::to_string(query.nearest_wrong.image) : "-"});
    }
    result_.more["hardest_queries"] = list;
    result_.more_text += text_table(
        {"hardest query (row)", "identity", "camera", "AP", "first hit", "nearest wrong (row)"}, rows);
  }

  void calibration(const eval::Calibration& found) {
    result_.more["calibration"] = found;
    result_.more["calibration"]["metric"] = metric_;
    const double a = shown(found.threshold_interval.low), b = shown(found.threshold_interval.high);
    line("threshold for a false-accept rate of {:g}: {} ({:g} % between {:.4f} and {:.4f})", found.far,
         threshold_text(found.threshold), 100 * bootstrap_.confidence, std::min(a, b), std::max(a, b));
    line("  of the right answers it accepts {:.2f} %", found.true_positive_rate);
  }

  void transfer(const eval::Transfer& found, double wanted_far) {
    result_.more["transfer"] = found;
    result_.more["transfer"]["wanted_far"] = wanted_far;
    line("at the calibrated threshold, {}: false-accept rate {:.3g} ({:g} % between {:.3g} and {:.3g})",
         threshold_text(found.threshold), found.far, 100 * bootstrap_.confidence, found.far_interval.low,
         found.far_interval.high);
    line("  {:g} was wanted, and of the right answers it accepts {:.2f} %", wanted_far,
         found.true_positive_rate);
  }

 private:
  template <class... Arguments>
  void line(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
    result_.more_text += "  " + fmt::format(format, std::forward<Arguments>(arguments)...) + "\n";
  }

  // Of cosines people think as similarities.
  double shown(double distance) const { return metric_ == "cosine" ? 1 - distance : distance; }
  std::string threshold_text(double distance) const {
    return fmt::format("{} {:.4f}", metric_ == "cosine" ? "similarity above" : "distance below",
                       shown(distance));
  }

  TestResult& result_;
  std::string metric_;
  eval::BootstrapOptions bootstrap_;
};

// The queries in parts by a column that check_columns() has seen.
std::vector<eval::Part> parts_by(const std::string& column, const eval::EvalResult& figures,
                                 const Words& words) {
  const auto found = words.find(column);
  return found == words.end() ? eval::parts_by_camera(figures) : eval::parts_by_word(figures, found->second);
}

void report_further(const eval::PreparedSearch& search, const eval::Labels& rules,
                    const std::vector<eval::QueryRanking>& rankings, const EvalRequest& request,
                    TestResult& result, Report& report) {
  const eval::Distances& distances = search.distances();
  const eval::Answers answers(rules, rules.count(), search.gallery().labels, distances.gallery_count());
  if (request.open_set) report.open_set(eval::open_set(distances, answers, rankings));
  if (request.single_shot > 0)
    report.single_shot(eval::single_gallery_shot(distances, answers, {request.single_shot}));
  if (request.calibrate_far > 0)
    report.calibration(eval::calibrate(distances, answers, rankings, request.calibrate_far));
  if (request.threshold && request.is_of_pairs())
    report.transfer(eval::transfer(distances, answers, rankings, request.threshold->distance),
                    request.threshold->far);
  if (request.by_camera) {
    std::vector<eval::Part> parts;
    for (const auto& pair : eval::by_camera_pair(search.query(), search.gallery(), request.protocol))
      parts.push_back(pair.part);
    report.parts("by_camera_pair", "query camera -> gallery camera", parts);
  }
  if (request.hardest > 0) report.hardest(eval::hardest_queries(result.figures, request.hardest));
}

void evaluate_prepared(TestResult& result, const LabelledSet& query, const LabelledSet& gallery,
                       const EvalRequest& request) {
  check_columns(request.by, query.table, result.dataset);
  // Before they are prepared: what cannot be ranked is named by the rows of the files.
  eval::check_vectors(query.vectors.view(), "query");
  eval::check_vectors(gallery.vectors.view(), "gallery");
  const eval::PreparedSearch search(query.all(), gallery.all(), request.protocol.metric, request.preparation);
  const eval::Labels &queries = search.query().labels, &images = search.gallery().labels;
  const eval::Labels rules = eval::ranked_labels(queries, request.protocol);
  const auto rankings = eval::rank_right_answers(search.distances(), rules, images);
  result.figures = eval::summarise(rankings, queries, images, request.protocol,
                                   eval::ranked_by(request.protocol.metric, request.preparation));
  result.more["labels_fingerprint"] = labels_fingerprint(queries, images);
  Report report(result, request.protocol.metric);
  report.intervals();
  report.duplicates(query.vectors.view(), "query");
  report.duplicates(gallery.vectors.view(), "gallery");
  report_further(search, rules, rankings, request, result, report);
  for (const std::string& column : request.by)
    report.parts("by_" + column, column, parts_by(column, result.figures, query.table.words));
  if (request.by_query) result.more["by_query"] = query_columns(result.figures.by_query);
}

}  // namespace

// Re-ranked distances depend on the whole gallery: a number of one gallery means nothing in another.
void check_request(const EvalRequest& request) {
  DMF_CHECK(
      request.is_of_pairs() || request.calibrate_far == 0, InvalidArgument,
      "--calibrate finds a threshold for pairs of images: not after --re-rank, --expand, --centre-cameras or "
      "--multi-query");
  DMF_CHECK(!request.preparation.multi_query ||
                std::all_of(request.by.begin(), request.by.end(),
                            [](const std::string& column) { return column == "camera"; }),
            InvalidArgument,
            "--by COLUMN parts queries one by one: not after --multi-query, which pools them");
  DMF_CHECK(!request.preparation.re_ranking || !request.by_camera, InvalidArgument,
            "--by-camera searches in parts of the gallery: not after --re-rank");
}

void check_columns(const std::vector<std::string>& columns, const LabelsTable& table,
                   const std::string& dataset) {
  std::vector<std::string> known;
  if (table.labels.has_cameras()) known.emplace_back("camera");
  for (const auto& [name, words] : table.words) known.push_back(name);
  for (const std::string& column : columns) {
    DMF_CHECK(std::find(known.begin(), known.end(), column) != known.end(), DataError,
              "{}: --by {}: nothing of the kind is known of the queries{}", dataset, column,
              known.empty() ? "" : fmt::format("; known: {}", fmt::join(known, ", ")));
  }
}

eval::ReRankingOptions parse_re_ranking(const std::string& text) {
  eval::ReRankingOptions options;
  const char *at = text.data(), *end = at + text.size();
  const auto number = [&](auto& value) {
    if (at == end) return;
    const auto [next, error] = std::from_chars(at, end, value);
    DMF_CHECK(error == std::errc() && (next == end || (*next == ',' && next + 1 != end)), InvalidArgument,
              "--re-rank: expected K1,K2,LAMBDA, got '{}'", text);
    at = next == end ? end : next + 1;
  };
  number(options.k1);
  number(options.k2);
  number(options.lambda);
  DMF_CHECK(at == end, InvalidArgument, "--re-rank: expected K1,K2,LAMBDA, got '{}'", text);
  return options;
}

void evaluate_into(TestResult& result, const LabelledSet& query, const LabelledSet& gallery,
                   const EvalRequest& request) {
  check_request(request);
  try {
    evaluate_prepared(result, query, gallery, request);
  } catch (const InvalidArgument& error) {
    throw DataError(fmt::format("{}: {}", result.dataset, error.what()));
  }
}

}  // namespace dmf::cli
