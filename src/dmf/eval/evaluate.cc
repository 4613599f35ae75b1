#include "dmf/eval/evaluate.h"

#include "dmf/core/error.h"
#include "dmf/core/shape.h"
#include "dmf/eval/metrics.h"

namespace dmf::eval {
namespace {

std::string protocol_text(const Labels& query, const Labels& gallery, const ProtocolOptions& protocol) {
  std::string text = "Market rules: ";
  const auto known = [](const Labels& labels) {
    return std::count_if(labels.cameras.begin(), labels.cameras.end(),
                         [](int64_t camera) { return camera != kUnknownCamera; });
  };
  if (!protocol.same_camera_removed) {
    text += "same-camera rule off";
  } else if (!query.has_cameras() || !gallery.has_cameras()) {
    text += "no cameras known, so the same-camera rule is off";
  } else {
    text += "same identity and camera removed";
    if (known(query) < query.count() || known(gallery) < gallery.count()) {
      text += fmt::format(" (camera known for {} of {} queries, {} of {} gallery images)", known(query),
                          query.count(), known(gallery), gallery.count());
    }
  }
  return text + fmt::format(", junk ignored; {} distance, ties in gallery order", protocol.metric);
}

class Average {
 public:
  void add(double value) {
    sum_ += value;
    ++count_;
  }
  double per_cent() const { return 100 * sum_ / static_cast<double>(count_); }
  int64_t count() const { return count_; }

 private:
  double sum_ = 0;
  int64_t count_ = 0;
};

void summarise(const std::vector<QueryRanking>& rankings, bool has_cameras, EvalResult& result) {
  Average map, minp, rank1, rank5, rank10, rank20, nearest_own, first_own;
  for (const QueryRanking& ranking : rankings) {
    result.queries_with_ties += ranking.has_tie;
    QueryResult& query = result.by_query.emplace_back();
    if (ranking.ranks.empty()) continue;
    query.average_precision = average_precision(ranking.ranks);
    query.first_hit_rank = ranking.ranks.front();
    query.right_answers = static_cast<int64_t>(ranking.ranks.size());
    map.add(query.average_precision);
    minp.add(inverse_negative_penalty(ranking.ranks));
    rank1.add(query.first_hit_rank <= 1);
    rank5.add(query.first_hit_rank <= 5);
    rank10.add(query.first_hit_rank <= 10);
    rank20.add(query.first_hit_rank <= 20);
    nearest_own.add(ranking.nearest_is_own_camera);
    first_own.add(ranking.first_is_own_camera);
  }
  result.queries = static_cast<int64_t>(rankings.size());
  result.queries_without_match = result.queries - map.count();
  DMF_CHECK(map.count() > 0, InvalidArgument,
            "[evaluate] none of the {} queries has a right answer in the gallery of {} images; hint: are "
            "both labelled "
            "with the same identities{}?",
            result.queries, result.gallery,
            has_cameras ? ", and is each identity on more than one camera" : "");
  result.map = map.per_cent();
  result.minp = minp.per_cent();
  result.rank1 = rank1.per_cent();
  result.rank5 = rank5.per_cent();
  result.rank10 = rank10.per_cent();
  result.rank20 = rank20.per_cent();
  if (!has_cameras) return;
  result.nearest_from_own_camera = nearest_own.per_cent();
  result.first_from_own_camera = first_own.per_cent();
}

torch::Tensor checked(const Vectors& vectors, const char* name) {
  check_shape(vectors.values, {vectors.labels.count(), kAnySize}, "evaluate", name);
  check_type(vectors.values, torch::kFloat32, "evaluate", name);
  return vectors.values.detach().to(torch::kCPU).contiguous();
}

VectorView view(const torch::Tensor& values) {
  return {
      {values.const_data_ptr<float>(), static_cast<size_t>(values.numel())}, values.size(0), values.size(1)};
}

}  // namespace

EvalResult evaluate(const Distances& distances, const Labels& query, const Labels& gallery,
                    const ProtocolOptions& protocol, const RankingOptions& work) {
  metric_by_name(protocol.metric);
  // The rule is off where cameras are unknown: hand on labels without them.
  const Labels query_rules{query.identities,
                           protocol.same_camera_removed ? query.cameras : std::vector<int64_t>{}};
  const std::vector<QueryRanking> rankings = rank_right_answers(distances, query_rules, gallery, work);
  EvalResult result;
  result.protocol = protocol_text(query, gallery, protocol);
  result.gallery = gallery.count();
  result.gallery_junk = std::count(gallery.identities.begin(), gallery.identities.end(), kJunk);
  summarise(rankings, query_rules.has_cameras() && gallery.has_cameras(), result);
  return result;
}

EvalResult evaluate(const Vectors& query, const Vectors& gallery, const ProtocolOptions& protocol,
                    const RankingOptions& work) {
  const torch::Tensor query_values = checked(query, "query"), gallery_values = checked(gallery, "gallery");
  const auto distances =
      vector_distances(view(query_values), view(gallery_values), metric_by_name(protocol.metric));
  return evaluate(*distances, query.labels, gallery.labels, protocol, work);
}

}  // namespace dmf::eval
