#pragma once
#include <filesystem>

#include "dmf/cli/run_options.h"

namespace dmf::cli {

/// A training as `train` and `quickstart` ask for it.
struct TrainingRequest {
  RunOptions options;
  std::filesystem::path folder;  ///< run folder; made where it is missing
  bool resume = false;           ///< go on from the folder's checkpoint
  bool texts_are_optional =
      false;  ///< without captions and attributes stage I takes images alone, with a warning
};

/// The main job: token stores → stage I → stage II (train/two_stage.h) → model file → tests → result.json.
/// Tells its plan with the time each part takes before it begins, and prints the table of results at the end.
///
/// @param json  where the result goes as JSON: "" prints the table, "-" is standard output (in place of the
/// table)
/// @throws InvalidArgument  no training set; options that do not fit; a folder that holds another run
/// @throws DataError        broken data; a test set without the images to test on
/// @throws Interrupted      Ctrl-C: a checkpoint is there
void run_training(TrainingRequest request, const std::string& json);

}  // namespace dmf::cli
