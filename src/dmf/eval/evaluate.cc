#include "dmf/eval/evaluate.h"

#include <algorithm>

#include "dmf/core/error.h"
#include "dmf/eval/metrics.h"

namespace dmf::eval {
namespace {

std::string camera_rule(const Labels& query, const Labels& gallery, const ProtocolOptions& protocol) {
  if (!protocol.same_camera_removed) return "same-camera rule off";
  if (!query.has_cameras() || !gallery.has_cameras())
    return "no cameras known, so the same-camera rule is off";
  const auto known = [](const Labels& labels) {
    return std::count_if(labels.cameras.begin(), labels.cameras.end(),
                         [](int64_t camera) { return camera != kUnknownCamera; });
  };
  std::string text = "same identity and camera removed";
  if (known(query) < query.count() || known(gallery) < gallery.count()) {
    text += fmt::format(" (camera known for {} of {} queries, {} of {} gallery images)", known(query),
                        query.count(), known(gallery), gallery.count());
  }
  return text;
}

class Average {
 public:
  void add(double value) {
    sum_ += value;
    ++count_;
  }
  double per_cent() const { return 100 * sum_ / static_cast<double>(count_); }

 private:
  double sum_ = 0;
  int64_t count_ = 0;
};

void average(EvalResult& result) {
  Average map, minp;
  std::vector<int64_t> hits(kCmcPlaces + 1, 0);  // first hits at each rank
  for (const QueryResult& query : result.by_query) {
    if (!query.has_match()) continue;
    map.add(query.average_precision);
    minp.add(query.inverse_negative_penalty);
    if (query.first_hit_rank <= kCmcPlaces) ++hits[static_cast<size_t>(query.first_hit_rank)];
  }
  const auto matched = static_cast<double>(result.queries - result.queries_without_match);
  result.map = map.per_cent();
  result.minp = minp.per_cent();
  int64_t found = 0;
  for (size_t rank = 1; rank <= kCmcPlaces; ++rank) {
    found += hits[rank];
    result.cmc.push_back(100 * static_cast<double>(found) / matched);
  }
  result.rank1 = result.cmc[0];
  result.rank5 = result.cmc[4];
  result.rank10 = result.cmc[9];
  result.rank20 = result.cmc[19];
}

void compare_cameras(const std::vector<QueryRanking>& rankings, EvalResult& result) {
  Average nearest_own, first_own;
  for (const QueryRanking& ranking : rankings) {
    if (ranking.ranks.empty()) continue;
    nearest_own.add(ranking.nearest_is_own_camera);
    first_own.add(ranking.first_is_own_camera);
  }
  result.nearest_from_own_camera = nearest_own.per_cent();
  result.first_from_own_camera = first_own.per_cent();
}

void check_matches(const EvalResult& result, const Labels& query, const Labels& gallery, bool has_cameras) {
  if (result.queries_without_match < result.queries) return;
  std::string hint = "are both labelled with the same identities?";
  if (has_cameras) {
    std::vector<int64_t> all = query.cameras;
    all.insert(all.end(), gallery.cameras.begin(), gallery.cameras.end());
    const bool is_one = std::all_of(all.begin(), all.end(), [&](int64_t camera) { return camera == all[0]; });
    hint = is_one
               ? fmt::format(
                     "all images are from camera {}, and images of the query's identity and camera are "
                     "removed; --keep-same-camera (in Python same_camera_removed=False) ranks them",
                     all[0])
               : "are both labelled with the same identities, and is each identity on more than one camera?";
  }
  throw InvalidArgument(fmt::format(
      "[evaluate] none of the {} queries has a right answer in the gallery of {} images; hint: {}",
      result.queries, result.gallery, hint));
}

void count_images(const Labels& query, const Labels& gallery, EvalResult& result) {
  const auto images = [&](int64_t identity) {
    return std::count(gallery.identities.begin(), gallery.identities.end(), identity);
  };
  result.queries = query.count();
  result.gallery = gallery.count();
  result.gallery_junk = images(kJunk);
  // Zero-based labels have a person 0: a distractor it is only where nobody asks for it.
  if (std::find(query.identities.begin(), query.identities.end(), kDistractor) == query.identities.end())
    result.gallery_distractors = images(kDistractor);
}

}  // namespace

QueryResult query_result(const QueryRanking& ranking, int64_t identity, int64_t camera) {
  QueryResult query{identity, camera};
  query.nearest_wrong = ranking.nearest_wrong;
  if (ranking.ranks.empty()) return query;
  query.average_precision = average_precision(ranking.ranks);
  query.inverse_negative_penalty = inverse_negative_penalty(ranking.ranks);
  query.first_hit_rank = ranking.ranks.front();
  query.right_answers = static_cast<int64_t>(ranking.ranks.size());
  query.nearest_right = ranking.right.front();
  return query;
}

Labels ranked_labels(const Labels& query, const ProtocolOptions& protocol) {
  return {query.identities, protocol.same_camera_removed ? query.cameras : std::vector<int64_t>{}};
}

EvalResult summarise(const std::vector<QueryRanking>& rankings, const Labels& query, const Labels& gallery,
                     const ProtocolOptions& protocol, const std::string& ranked_by) {
  const Labels rules = ranked_labels(query, protocol);
  const bool has_cameras = rules.has_cameras() && gallery.has_cameras();
  EvalResult result;
  result.protocol = fmt::format("Market rules: {}, junk ignored; {}, ties in gallery order",
                                camera_rule(query, gallery, protocol),
                                ranked_by.empty() ? protocol.metric + " distance" : ranked_by);
  count_images(query, gallery, result);
  for (int64_t q = 0; q < query.count(); ++q) {
    const QueryRanking& ranking = rankings[static_cast<size_t>(q)];
    result.by_query.push_back(
        query_result(ranking, query.identities[static_cast<size_t>(q)], query.camera(q)));
    result.queries_with_ties += ranking.has_tie;
    result.queries_without_match += ranking.ranks.empty();
  }
  check_matches(result, rules, gallery, has_cameras);
  average(result);
  if (has_cameras) compare_cameras(rankings, result);
  return result;
}

EvalResult evaluate(const Distances& distances, const Labels& query, const Labels& gallery,
                    const ProtocolOptions& protocol, const WorkOptions& work, const std::string& ranked_by) {
  metric_by_name(protocol.metric);
  DMF_CHECK(query.count() > 0, InvalidArgument, "[evaluate] there is no query");
  DMF_CHECK(gallery.count() > 0, InvalidArgument, "[evaluate] the gallery is empty");
  return summarise(rank_right_answers(distances, ranked_labels(query, protocol), gallery, work), query,
                   gallery, protocol, ranked_by);
}

EvalResult evaluate(const LabelledVectors& query, const LabelledVectors& gallery,
                    const ProtocolOptions& protocol, const WorkOptions& work) {
  check_labels(query.labels, query.vectors.count, "query");
  check_labels(gallery.labels, gallery.vectors.count, "gallery");
  DMF_CHECK(gallery.vectors.count > 0, InvalidArgument, "[evaluate] the gallery is empty");
  DMF_CHECK(query.vectors.count > 0, InvalidArgument, "[evaluate] there is no query");
  const auto distances = vector_distances(query.vectors, gallery.vectors, metric_by_name(protocol.metric));
  return evaluate(*distances, query.labels, gallery.labels, protocol, work);
}

}  // namespace dmf::eval
