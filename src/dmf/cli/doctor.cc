#include <ATen/Parallel.h>
#include <torch/types.h>
#include <torch/version.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "dmf/cli/command.h"
#include "dmf/core/error.h"
#include "dmf/core/precision.h"
#include "dmf/core/system.h"
#include "dmf/core/version.h"

namespace dmf::cli {
namespace {

/// What doctor found: a topic, its state, and whether it stops the main job.
struct Finding {
  std::string topic, state;
  bool is_problem = false;
};

double gibibytes(double bytes) { return bytes / (1024.0 * 1024.0 * 1024.0); }

/// A number of kibibytes of /proc/meminfo, in GiB; 0 where there is none.
double memory_gib(const std::string& name) {
  std::ifstream file("/proc/meminfo");
  std::string key;
  double kibibytes = 0;
  for (std::string unit; file >> key >> kibibytes && std::getline(file, unit);) {
    if (key == name + ":") return gibibytes(kibibytes * 1024);
  }
  return 0;
}

Finding cuda_finding() {
  // The error's text is the finding.
  try {
    return {"CUDA", device_by_name("cuda").str() + " is there: --set run.device=cuda uses it"};
  } catch (const DeviceError& error) {
    return {"CUDA", error.what()};
  }
}

std::vector<Finding> examine_machine() {
  const auto space = std::filesystem::space(".");
  return {
      {"dmf", fmt::format("{} ({})", version(), revision())},
      {"libtorch", fmt::format("{}, {} threads", TORCH_VERSION, at::get_num_threads())},
      {"processor", fmt::format("{}, {} cores for this process", processor_name(), available_processors())},
      {"bfloat16",
       has_fast_bfloat16() ? "in hardware: used for the heavy products" : "not in hardware: float32"},
      {"memory",
       fmt::format("{:.1f} GiB, {:.1f} GiB free", memory_gib("MemTotal"), memory_gib("MemAvailable"))},
      {"disk here", fmt::format("{:.1f} GiB free", gibibytes(static_cast<double>(space.available)))},
      cuda_finding(),
  };
}

struct DoctorArguments {
  std::vector<std::string> data;
  bool json = false;
};

void print(const std::vector<Finding>& findings, bool json) {
  if (json) {
    nlohmann::json document = nlohmann::json::array();
    for (const Finding& finding : findings) {
      document.push_back(
          {{"topic", finding.topic}, {"state", finding.state}, {"problem", finding.is_problem}});
    }
    std::printf("%s\n", nlohmann::json{{"findings", document}}.dump(2).c_str());
    return;
  }
  for (const Finding& finding : findings) {
    std::printf("%s %-22s %s\n", finding.is_problem ? "!!" : "  ", finding.topic.c_str(),
                finding.state.c_str());
  }
}

void doctor(const DoctorArguments& arguments) {
  const std::vector<Finding> findings = examine_machine();
  print(findings, arguments.json);
  const auto problems =
      std::count_if(findings.begin(), findings.end(), [](const Finding& f) { return f.is_problem; });
  DMF_CHECK(problems == 0, Error, "doctor found {} problem{}, marked !! above", problems,
            problems == 1 ? "" : "s");
}

}  // namespace

Command doctor_command() {
  return {"doctor", "Tells what this machine, its encoders and your data are good for",
          "dmf doctor --data market1501:Market-1501-v15.09.15", [](CLI::App& app) {
            auto arguments = std::make_shared<DoctorArguments>();
            app.add_option("--data", arguments->data, "dataset to look into; may be repeated")
                ->type_name("DATASET");
            app.add_flag("--json", arguments->json, "print one JSON document");
            return [arguments] { doctor(*arguments); };
          }};
}

}  // namespace dmf::cli
