#pragma once
#include <optional>
#include <string>

#include "dmf/cli/result.h"
#include "dmf/cli/vector_input.h"
#include "dmf/eval/prepared.h"
#include "dmf/eval/protocol.h"

namespace dmf::cli {

/// A threshold that was found on another test.
struct KnownThreshold {
  double distance;
  double far;  ///< false-accept rate that it holds there
};

/// What else is asked of a test. Parts of it are worked out only when asked for: they cost further passes.
struct EvalRequest {
  eval::ProtocolOptions protocol;
  eval::Preparation preparation;
  bool text = false;  ///< queries are captions of the test's persons, not pictures
  bool open_set = false;
  bool by_camera = false;
  bool by_query = false;        ///< per-query figures in the result, for comparisons
  std::vector<std::string> by;  ///< parts the queries by "camera" or by what these columns say of them
  int64_t single_shot = 0;      ///< repetitions of CUHK03's single-gallery-shot protocol; 0 = none
  int64_t hardest = 0;          ///< hardest queries that are listed
  double calibrate_far = 0;     ///< > 0: finds the threshold at this false-accept rate
  std::optional<KnownThreshold> threshold;  ///< tells what it accepts here, if is_of_pairs()

  /// Whether distances are of two images alone: neither re-ranked nor of centred or averaged vectors or words.
  bool is_of_pairs() const { return preparation.is_none() && !text; }
};

/// @throws InvalidArgument  two things are asked for that do not go together
void check_request(const EvalRequest& request);

/// @param table  of the queries: its columns, and "camera" where a camera is known, part them
/// @throws DataError  a column that is none of them; tells which are, with `dataset` before the message
void check_columns(const std::vector<std::string>& columns, const LabelsTable& table,
                   const std::string& dataset);

/// "K1,K2,LAMBDA" with standards for what is missing; an empty text gives the standards.
/// @throws InvalidArgument  anything else
eval::ReRankingOptions parse_re_ranking(const std::string& text);

/// Evaluates vectors and writes figures, `more` and `more_text` of `result`.
/// @throws InvalidArgument  as check_request()
/// @throws DataError  labels or vectors that do not fit, with result.dataset before the message
void evaluate_into(TestResult& result, const LabelledSet& query, const LabelledSet& gallery,
                   const EvalRequest& request);

}  // namespace dmf::cli
