#include "dmf/train/launch.h"

#include <array>
#include <charconv>
#include <cstdlib>

#include "dmf/core/error.h"

namespace dmf::train {
namespace {

using Variables = std::function<std::string(const char*)>;

int64_t number_of(const Variables& variable, const char* name, int64_t low, int64_t high) {
  const std::string text = variable(name);
  int64_t value = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool is_number = failed == std::errc() && end == text.data() + text.size();
  DMF_CHECK(is_number && value >= low && value <= high, InvalidArgument,
            "environment variable {}: expected a number {} … {}, got `{}`", name, low, high, text);
  return value;
}

/// Names that a launcher gives to what we need to know.
struct Names {
  const char *rank, *size, *local_size;
};
constexpr std::array<Names, 4> kLaunchers{
    {{"RANK", "WORLD_SIZE", "LOCAL_WORLD_SIZE"},
     {"OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_LOCAL_SIZE"},
     {"PMI_RANK", "PMI_SIZE", "MPI_LOCALNRANKS"},
     {"SLURM_PROCID", "SLURM_STEP_NUM_TASKS", "SLURM_STEP_TASKS_PER_NODE"}}};

/// The host of rank 0, where anything tells it.
std::string host_of(const Variables& variable, const Names& names, int64_t size) {
  const std::string given = variable("MASTER_ADDR"), nodes = variable("SLURM_STEP_NODELIST");
  if (!given.empty()) return given;
  if (!nodes.empty()) return first_host(nodes);
  DMF_CHECK(
      variable(names.local_size) == std::to_string(size), InvalidArgument,
      "{} processes are to train together, and nothing tells the host of the first; hint: set MASTER_ADDR "
      "(and MASTER_PORT), `mpirun -x MASTER_ADDR=HOST …`",
      size);
  return "127.0.0.1";
}

}  // namespace

std::string first_host(const std::string& list) {
  const size_t bracket = list.find('['), comma = list.find(',');
  if (bracket == std::string::npos || comma < bracket) return list.substr(0, comma);
  const size_t end = list.find_first_of(",-]", bracket);
  return list.substr(0, bracket) + list.substr(bracket + 1, end - bracket - 1);
}

Launch launch_from(const Variables& variable) {
  for (const Names& names : kLaunchers) {
    if (variable(names.rank).empty() || variable(names.size).empty()) continue;
    Launch launch;
    launch.size = number_of(variable, names.size, 1, 1 << 20);
    launch.rank = number_of(variable, names.rank, 0, launch.size - 1);
    if (launch.is_alone()) return launch;
    launch.host = host_of(variable, names, launch.size);
    if (!variable("MASTER_PORT").empty()) {
      launch.port = number_of(variable, "MASTER_PORT", 1, 65535);
    } else if (!variable("SLURM_JOB_ID").empty()) {
      launch.port = 20000 + number_of(variable, "SLURM_JOB_ID", 0, INT64_MAX) % 10000;
    }
    return launch;
  }
  return {};
}

Launch launch_from_environment() {
  return launch_from([](const char* name) {
    const char* value = std::getenv(name);
    return std::string(value == nullptr ? "" : value);
  });
}

}  // namespace dmf::train
