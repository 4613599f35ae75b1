#pragma once
#include <cstdint>

/// The evaluation for other languages: numbers in, JSON out. The Python module dmf_eval stands on it.
extern "C" {

/// A set of vectors with its labels, all row after row.
struct dmf_eval_set {
  const float* vectors;       ///< count * width
  const int64_t* identities;  ///< count
  const int64_t* cameras;     ///< count; null: not known
  int64_t count, width;
};

/// Evaluates and gives the figures as a JSON object, or {"error": "…", "kind": "InvalidArgument" | "Error"}.
/// @param options  JSON object; all keys may be missing: metric ("cosine" | "euclidean"), same_camera_removed
/// (bool),
///   re_ranking ([k1, k2, lambda]), expansion ([images, alpha]), centre_cameras (bool), multi_query (bool), open_set (bool),
///   single_shot (repetitions), far (calibrate at this rate), threads (0 = all)
/// @return  to be given back to dmf_eval_free(); null when there is no memory left
char* dmf_eval_run(const dmf_eval_set* query, const dmf_eval_set* gallery, const char* options);

/// Compares two lists of per-query average precisions of the same queries: JSON as above.
/// @param identities  of the queries: whose queries are drawn together
char* dmf_eval_compare(const double* first, const double* second, const int64_t* identities, int64_t count);

void dmf_eval_free(char* text);
}
