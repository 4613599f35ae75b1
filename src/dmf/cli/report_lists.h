#pragma once
#include <cstdint>
#include <vector>

#include "dmf/cli/report_parts.h"

namespace dmf::cli {

/// A gallery image as an answer to a query.
struct NearAnswer {
  int64_t vector = 0;     ///< row of the gallery's vectors
  double similarity = 0;  ///< cosine
  bool is_right = false;
};

/// The nearest gallery images of a query that count as answers, nearest first; at the same similarity the one
/// that stands first in the gallery comes first.
/// @param query  row of the queries' vectors
std::vector<NearAnswer> nearest_answers(const ReportedTest& test, int64_t query, int64_t count);

/// Queries with a right answer, drawn by chance (seed), each of another person while there are any.
/// @return  rows of the queries' vectors
std::vector<int64_t> draw_shown_queries(const ReportedTest& test, int64_t count, uint64_t seed);

struct ReportListsOptions {
  int64_t queries = 6;   ///< ranked lists of each test
  int64_t answers = 15;  ///< of each: Fig. 4 of the paper
  int64_t hardest = 5;   ///< queries of lowest average precision that are shown
  uint64_t seed = 0;     ///< of the drawing
};

/// Fig. 4 of the paper: queries and their nearest images.
report::PagePart ranked_part(const ReportSource& source, const std::vector<ReportedTest>& tests,
                             const ReportFolder& folder, const ReportListsOptions& options);

/// The queries of lowest average precision, with their nearest images and their first right answer.
report::PagePart hardest_part(const ReportSource& source, const std::vector<ReportedTest>& tests,
                              const ReportFolder& folder, const ReportListsOptions& options);

}  // namespace dmf::cli
