#include "dmf/eval/c_api.h"

#include <fmt/ranges.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "dmf/core/error.h"
#include "dmf/core/json_answer.h"
#include "dmf/eval/calibrate.h"
#include "dmf/eval/evaluate.h"
#include "dmf/eval/figures_json.h"
#include "dmf/eval/prepared.h"
#include "dmf/eval/single_shot.h"

namespace dmf::eval {
namespace {

using nlohmann::json;

LabelledVectors view_of(const dmf_eval_set& set) {
  const auto count = static_cast<size_t>(set.count);
  LabelledVectors view{{{set.vectors, count * static_cast<size_t>(set.width)}, set.count, set.width}, {}};
  view.labels.identities.assign(set.identities, set.identities + count);
  if (set.cameras != nullptr) view.labels.cameras.assign(set.cameras, set.cameras + count);
  return view;
}

// The options, each taken once: what is left at the end is nobody's.
class Options {
 public:
  explicit Options(const char* text) : left_(json::parse(text, nullptr, false)) {
    DMF_CHECK(left_.is_object(), InvalidArgument, "[dmf_eval] options: expected a JSON object, got '{}'",
              text);
  }
  template <class T>
  T take(const char* key, T standard) {
    if (!left_.contains(key)) return standard;
    try {
      T value = left_[key].get<T>();
      left_.erase(key);
      return value;
    } catch (const json::exception&) {
      throw InvalidArgument(fmt::format("[dmf_eval] option {}: got {}", key, left_[key].dump()));
    }
  }
  void finish() const {
    DMF_CHECK(left_.empty(), InvalidArgument, "[dmf_eval] no such option: '{}'", left_.begin().key());
  }

 private:
  json left_;
};

struct Request {
  ProtocolOptions protocol;
  Preparation preparation;
  bool open_set;
  int64_t single_shot;
  double far;
  WorkOptions work;

  explicit Request(const char* text) {
    Options options(text);
    protocol.metric = options.take<std::string>("metric", "cosine");
    protocol.same_camera_removed = options.take("same_camera_removed", true);
    const auto re_ranking = options.take<std::vector<double>>("re_ranking", {});
    const auto expansion = options.take<std::vector<double>>("expansion", {});
    preparation.multi_query = options.take("multi_query", false);
    preparation.centre_cameras = options.take("centre_cameras", false);
    open_set = options.take("open_set", false);
    single_shot = options.take<int64_t>("single_shot", 0);
    far = options.take("far", 0.0);
    work.threads = options.take<int64_t>("threads", 0);
    options.finish();
    check_work(work);
    DMF_CHECK(re_ranking.empty() || re_ranking.size() == 3, InvalidArgument,
              "[dmf_eval] re_ranking: expected k1, k2 and lambda, got {} numbers", re_ranking.size());
    if (!re_ranking.empty()) {
      preparation.re_ranking = {static_cast<int64_t>(re_ranking[0]), static_cast<int64_t>(re_ranking[1]),
                                re_ranking[2]};
    }
    DMF_CHECK(expansion.empty() || (expansion.size() == 2 && expansion[0] >= 1), InvalidArgument,
              "[dmf_eval] expansion: expected images (at least 1) and alpha, got [{}]",
              fmt::join(expansion, ", "));
    if (!expansion.empty()) {
      preparation.expansion = static_cast<int64_t>(expansion[0]);
      preparation.expansion_alpha = expansion[1];
    }
    DMF_CHECK(far == 0 || preparation.is_none(), InvalidArgument,
              "[dmf_eval] far: a threshold is one for pairs of images, not after re_ranking, expansion, "
              "centre_cameras or multi_query");
  }
};

json figures_of(const EvalResult& result) {
  json precision = json::array(), ranks = json::array();
  for (const QueryResult& query : result.by_query) {
    precision.push_back(query.has_match() ? json(query.average_precision) : json());
    ranks.push_back(query.has_match() ? json(query.first_hit_rank) : json());
  }
  const EvalIntervals found = intervals(result);
  return {{"map", result.map},
          {"minp", result.minp},
          {"cmc", result.cmc},
          {"rank1", result.rank1},
          {"queries", result.queries},
          {"queries_without_match", result.queries_without_match},
          {"queries_with_ties", result.queries_with_ties},
          {"gallery", result.gallery},
          {"gallery_junk", result.gallery_junk},
          {"gallery_distractors", result.gallery_distractors},
          {"protocol", result.protocol},
          {"intervals", found.identities < 2
                            ? json()
                            : json{{"map", found.map}, {"rank1", found.rank1}, {"minp", found.minp}}},
          {"average_precision", precision},
          {"first_hit_rank", ranks}};
}

void add_further(const Distances& distances, const Answers& answers,
                 const std::vector<QueryRanking>& rankings, const Request& request, json& figures) {
  if (request.open_set) figures["open_set"] = open_set(distances, answers, rankings, request.work);
  if (request.single_shot > 0) {
    figures["single_shot_cmc"] =
        single_gallery_shot(distances, answers, {request.single_shot}, request.work).cmc;
  }
  if (request.far > 0)
    figures["calibration"] = calibrate(distances, answers, rankings, request.far, {}, request.work);
}

json run(const dmf_eval_set& query, const dmf_eval_set& gallery, const Request& request) {
  const PreparedSearch search(view_of(query), view_of(gallery), request.protocol.metric, request.preparation,
                              request.work);
  const Labels &images = search.gallery().labels,
               rules = ranked_labels(search.query().labels, request.protocol);
  const auto rankings = rank_right_answers(search.distances(), rules, images, request.work);
  json figures = figures_of(summarise(rankings, search.query().labels, images, request.protocol,
                                      ranked_by(request.protocol.metric, request.preparation)));
  const Answers answers(rules, rules.count(), images, search.distances().gallery_count());
  add_further(search.distances(), answers, rankings, request, figures);
  return figures;
}

}  // namespace
}  // namespace dmf::eval

char* dmf_eval_run(const dmf_eval_set* query, const dmf_eval_set* gallery, const char* options) {
  return dmf::json_answer([&] { return dmf::eval::run(*query, *gallery, dmf::eval::Request(options)); });
}

char* dmf_eval_compare(const double* first, const double* second, const int64_t* identities, int64_t count) {
  return dmf::json_answer([&] {
    std::vector<dmf::eval::QueryResult> a(static_cast<size_t>(count)), b(a.size());
    for (size_t q = 0; q < a.size(); ++q) {
      a[q].identity = b[q].identity = identities[q];
      a[q].average_precision = first[q];
      b[q].average_precision = second[q];
      a[q].right_answers = b[q].right_answers = 1;
    }
    nlohmann::json found = dmf::eval::compare(a, b);
    found["p"] = found["map_p"];
    for (const char* key : {"map_p", "rank1_difference", "rank1_interval", "rank1_p"}) found.erase(key);
    return found;
  });
}

void dmf_eval_free(char* text) { std::free(text); }
