#pragma once
#include <memory>

#include "dmf/train/ranks.h"

namespace dmf::cli {

/// Meets the other processes where this one was launched as one of several (torchrun, mpirun, srun): then only the
/// first shows progress and tells more than warnings.
/// @return null: this process is alone
/// @throws what launch_from_environment() and Ranks throw
std::shared_ptr<const train::Ranks> join_ranks();

/// Whether this process writes and reports: it is alone, or the first.
inline bool is_first(const std::shared_ptr<const train::Ranks>& ranks) {
  return ranks == nullptr || ranks->is_first();
}

}  // namespace dmf::cli
