#pragma once
#include <cstdint>
#include <vector>

namespace dmf::eval {

/// Average precision of one query: mean over its right answers of (right answers so far / rank).
///
/// Source: Zheng et al. 2015; the area under the precision-recall curve as a sum of steps at each hit, as in
/// fast-reid and torchreid (Market's Matlab code joins the points by trapezoids, which gives a little less).
/// @param ranks  of the right answers, ascending, first place 1; not empty
double average_precision(const std::vector<int64_t>& ranks);

/// Inverse negative penalty: right answers / rank of the last one. Source: Ye et al. 2021, arXiv:2001.04193,
/// mINP.
/// @param ranks  as above
double inverse_negative_penalty(const std::vector<int64_t>& ranks);

}  // namespace dmf::eval
