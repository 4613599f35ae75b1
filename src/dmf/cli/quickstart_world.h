#pragma once
#include "dmf/cli/training_arguments.h"

namespace dmf::cli {

/// `quickstart` without a dataset: three synthetic worlds are made (a captioned one for stage I, one of
/// images for stage II, a third, unseen, for the test), DMF and its image-only ablation are trained, and what
/// came out is shown: a table, a contact sheet and ranked lists. Called again with the same --out it goes on
/// where it stopped.
/// @param people  persons of the first world, >= 6; the second has two thirds as many, the third one third
/// @throws what run_training() and world::write_world() throw
void quickstart_on_world(const TrainingArguments& arguments, int64_t people);

}  // namespace dmf::cli
