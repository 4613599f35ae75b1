#include <ATen/Parallel.h>
#include <torch/cuda.h>
#include <torch/version.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>

#include "dmf/cli/machine_report.h"

#include "dmf/core/error.h"
#include "dmf/core/precision.h"
#include "dmf/core/system.h"
#include "dmf/core/version.h"
#include "dmf/translate/image_encoder.h"
#include "dmf/translate/text_encoder.h"

namespace dmf::cli {
namespace {

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
  if (torch::cuda::is_available()) {
    return {"CUDA", fmt::format("{} GPU: --set run.device=cuda uses it", torch::cuda::device_count())};
  }
  const bool has_driver = std::filesystem::exists("/proc/driver/nvidia/version");
  return {"CUDA",
          has_driver ? "an NVIDIA driver is there, but libtorch sees no GPU: is this the cuda preset's build?"
                     : "no NVIDIA driver: the CPU does the work"};
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

/// Loads an encoder's package: what it has, or why it cannot be used.
Finding encoder_finding(const std::string& topic, const std::function<std::string()>& load) {
  try {
    return {topic, load()};
  } catch (const Error& error) {
    return {topic, error.what(), true};
  }
}

std::vector<Finding> examine_encoders() {
  std::vector<Finding> findings;
  for (const char* name : {"efficientnet-lite0", "efficientnet-lite2"}) {
    findings.push_back(encoder_finding(name, [name] {
      translate::ImageEncoderOptions options;
      options.name = name;
      const auto encoder = translate::make_image_encoder(options);
      return fmt::format("loads; {} tokens of {} numbers, fingerprint {}", encoder->token_count(),
                         encoder->token_width(), encoder->fingerprint().substr(0, 16));
    }));
  }
  findings.push_back(encoder_finding("minilm-l6", [] {
    const auto encoder = translate::make_text_encoder({});
    return fmt::format("loads; words of {} numbers, fingerprint {}", encoder->width(),
                       encoder->fingerprint().substr(0, 16));
  }));
  return findings;
}

Finding development_data_finding() {
  const char* given = std::getenv("DMF_DEV_DATA");
  const std::filesystem::path folder = given != nullptr ? given : "../shared";
  const bool is_there = std::filesystem::is_directory(folder / "data");
  return {"development data",
          is_there ? folder.string() : "none (DMF_DEV_DATA): tests on photographs are skipped"};
}

void print(const std::vector<Finding>& findings) {
  for (const Finding& finding : findings) {
    std::printf("%s %-18s %s\n", finding.is_problem ? "!!" : "  ", finding.topic.c_str(),
                finding.state.c_str());
  }
}

}  // namespace

std::vector<Finding> examine() {
  std::vector<Finding> findings = examine_machine();
  for (Finding& finding : examine_encoders()) findings.push_back(std::move(finding));
  findings.push_back(development_data_finding());
  return findings;
}

void print_machine(const std::vector<Finding>& findings, bool json) {
  if (!json) return print(findings);
  nlohmann::json document = nlohmann::json::array();
  for (const Finding& finding : findings)
    document.push_back({{"topic", finding.topic}, {"state", finding.state}, {"problem", finding.is_problem}});
  std::printf("%s\n", nlohmann::json{{"findings", document}}.dump(2).c_str());
}

}  // namespace dmf::cli
