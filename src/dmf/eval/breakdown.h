#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "dmf/eval/evaluate.h"

namespace dmf::eval {

/// Figures of some of the queries, in per cent of those with a match.
struct Part {
  std::string name;
  int64_t queries = 0, queries_without_match = 0;
  double map = 0, rank1 = 0;  ///< 0 where no query has a match
};

/// Parts a test's queries by a word each (viewpoint, weather, light, …), in the words' order.
/// @param words  one a query; an empty word is the part "(not known)"
/// @throws InvalidArgument  not one word a query
std::vector<Part> parts_by_word(const EvalResult& result, const std::vector<std::string>& words);

/// Parts a test's queries by their camera; empty without cameras.
std::vector<Part> parts_by_camera(const EvalResult& result);

/// A query camera searching in the images of one gallery camera.
struct CameraPair {
  int64_t query_camera, gallery_camera;
  Part part;
};

/// The test once more for each gallery camera alone, by the queries' camera: which pairs of cameras are hard.
/// Pairs of one camera are left out while the same-camera rule holds, and pairs where no query has a match.
/// Costs as much as the test and, for a while, the memory of the largest camera's vectors.
/// @throws as evaluate(); InvalidArgument where cameras are unknown
std::vector<CameraPair> by_camera_pair(const LabelledVectors& query, const LabelledVectors& gallery,
                                       const ProtocolOptions& protocol = {}, const WorkOptions& work = {});

/// The queries with the lowest average precision, worst first; those without a match are left out. At the
/// same precision the later first hit is the harder, then the order of the queries decides.
std::vector<int64_t> hardest_queries(const EvalResult& result, int64_t count);

}  // namespace dmf::eval
