#include "dmf/cli/launched.h"

#include "dmf/core/log.h"
#include "dmf/core/progress.h"

namespace dmf::cli {

std::shared_ptr<const train::Ranks> join_ranks() {
  const train::Launch launch = train::launch_from_environment();
  if (launch.is_alone()) return nullptr;
  spdlog::info("rank {} of {}, meeting at {}:{}", launch.rank, launch.size, launch.host, launch.port);
  auto ranks = std::make_shared<const train::Ranks>(launch);
  if (!ranks->is_first()) {
    Progress::set_enabled(false);  // one bar is enough
    spdlog::set_level(spdlog::level::warn);
  }
  return ranks;
}

}  // namespace dmf::cli
