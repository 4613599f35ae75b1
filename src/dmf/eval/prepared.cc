#include "dmf/eval/prepared.h"

#include "dmf/core/error.h"
#include "dmf/eval/camera_means.h"

namespace dmf::eval {

std::string ranked_by(const std::string& metric, const Preparation& preparation) {
  std::string text = metric + " distance";
  if (preparation.re_ranking) {
    text =
        fmt::format("k-reciprocal re-ranking of the {} (k1 {}, k2 {}, lambda {:g})", text,
                    preparation.re_ranking->k1, preparation.re_ranking->k2, preparation.re_ranking->lambda);
  }
  if (preparation.centre_cameras) text += " without the cameras' means";
  if (preparation.expansion > 0) {
    text += fmt::format(" after query expansion over {} images (alpha {:g})", preparation.expansion,
                        preparation.expansion_alpha);
  }
  if (preparation.multi_query) text += ", queries of one identity and camera pooled";
  return text;
}

PreparedSearch::PreparedSearch(LabelledVectors query, LabelledVectors gallery, const std::string& metric_name,
                               const Preparation& preparation, const WorkOptions& work)
    : query_(std::move(query)), gallery_(std::move(gallery)) {
  DMF_CHECK(query_.vectors.count > 0, InvalidArgument, "[evaluate] there is no query");
  DMF_CHECK(gallery_.vectors.count > 0, InvalidArgument, "[evaluate] the gallery is empty");
  const Metric metric = metric_by_name(metric_name);
  if (preparation.multi_query) {
    pooled_ = pool_queries(query_);
    query_ = {pooled_.vectors.view(), pooled_.labels};
  }
  if (preparation.centre_cameras) take(without_camera_means(query_, gallery_, metric));
  if (preparation.expansion > 0) {
    take(
        expand(query_.vectors, gallery_.vectors, {preparation.expansion, preparation.expansion_alpha}, work));
  }
  distances_ = preparation.re_ranking ? re_ranked_distances(query_.vectors, gallery_.vectors, metric,
                                                            *preparation.re_ranking, work)
                                      : vector_distances(query_.vectors, gallery_.vectors, metric);
}

void PreparedSearch::take(ExpandedVectors vectors) {
  made_ = std::move(vectors);
  query_.vectors = made_.query.view();
  gallery_.vectors = made_.gallery.view();
}

}  // namespace dmf::eval
