#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "dmf/cli/result.h"
#include "dmf/cli/run_options.h"
#include "dmf/embed/embedder.h"

namespace dmf::cli {

/// A training as `train` and `quickstart` ask for it.
struct TrainingRequest {
  RunOptions options;
  std::filesystem::path folder;  ///< run folder; made where it is missing
  bool resume = false;           ///< go on from the folder's checkpoint
  bool texts_are_optional =
      false;  ///< without captions and attributes stage I takes images alone, with a warning
};

/// What a training left.
struct TrainingOutcome {
  std::filesystem::path folder;     ///< run folder
  nlohmann::json document;          ///< its result.json
  std::vector<TestResult> results;  ///< the tests of run.test
  bool is_first = true;  ///< false on the other ranks of a training by several processes: no figures
};

/// The main job: token stores → stage I → stage II (train/two_stage.h) → model file → tests → result.json.
/// Tells its plan with the time each part takes before it begins. Nothing goes to standard output.
/// @throws InvalidArgument  no training set; options that do not fit; a folder that holds another run
/// @throws DataError        broken data; a test set without the images to test on
/// @throws Interrupted      Ctrl-C: a checkpoint is there
TrainingOutcome run_training(TrainingRequest request);

/// How the tests of a run make vectors: tables [embed] and [run].
embed::EmbedOptions test_embedding(const RunOptions& options);

/// Prints the table of results and where they are.
/// @param json  where the result goes as JSON too: "" nowhere, "-" standard output (in place of the table)
void report_training(const TrainingOutcome& outcome, const std::string& json);

}  // namespace dmf::cli
