#pragma once
#include <memory>
#include <optional>
#include <string>

#include "dmf/eval/distance.h"
#include "dmf/eval/evaluate.h"
#include "dmf/eval/expansion.h"
#include "dmf/eval/re_ranking.h"

namespace dmf::eval {

/// What is done to the vectors before they are compared, in this order; by default nothing.
struct Preparation {
  bool multi_query = false;     ///< queries of one identity and camera become one (pool_queries())
  bool centre_cameras = false;  ///< vectors lose their camera's mean (without_camera_means())
  int64_t expansion = 0;        ///< images averaged by query expansion (expand()); 0 = none
  double expansion_alpha = 3;
  std::optional<ReRankingOptions> re_ranking;

  bool is_none() const { return !multi_query && !centre_cameras && expansion == 0 && !re_ranking; }
};

/// What images are ranked by, for people: "cosine distance without the cameras' means …".
std::string ranked_by(const std::string& metric, const Preparation& preparation);

/// Queries and gallery as they are compared: those given, or made from them.
class PreparedSearch {
 public:
  /// @param query, gallery  must outlive this
  /// @throws InvalidArgument  no query or no gallery; as the functions that Preparation names
  PreparedSearch(LabelledVectors query, LabelledVectors gallery, const std::string& metric,
                 const Preparation& preparation, const WorkOptions& work = {});
  // What is compared lies in members.
  PreparedSearch(const PreparedSearch&) = delete;
  PreparedSearch& operator=(const PreparedSearch&) = delete;

  const LabelledVectors& query() const { return query_; }
  const LabelledVectors& gallery() const { return gallery_; }
  const Distances& distances() const { return *distances_; }

 private:
  void take(ExpandedVectors vectors);

  PooledQueries pooled_;
  ExpandedVectors made_;
  LabelledVectors query_, gallery_;
  std::unique_ptr<Distances> distances_;
};

}  // namespace dmf::eval
