#include <ATen/Parallel.h>
#include <torch/cuda.h>
#include <torch/version.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <nlohmann/json.hpp>

#include "dmf/cli/command.h"
#include "dmf/core/error.h"
#include "dmf/core/interrupt.h"
#include "dmf/core/precision.h"
#include "dmf/core/progress.h"
#include "dmf/core/system.h"
#include "dmf/core/version.h"
#include "dmf/data/dataset.h"
#include "dmf/data/image.h"
#include "dmf/translate/image_encoder.h"
#include "dmf/translate/text_encoder.h"

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

/// Decodes every image of `records`. @return the reasons of those that cannot be
std::vector<std::string> broken_images(const std::vector<data::Record>& records, Progress& progress) {
  constexpr size_t kAtOnce = 256;
  std::vector<std::string> reasons;
  for (size_t first = 0; first < records.size(); first += kAtOnce) {
    stop_if_interrupted("doctor");
    std::vector<std::filesystem::path> paths;
    for (size_t i = first; i < std::min(records.size(), first + kAtOnce); ++i)
      paths.push_back(records[i].path);
    data::LoadOptions options;
    options.broken = data::BrokenImages::kCollect;
    for (const data::BrokenImage& image : data::load_images(paths, options).broken)
      reasons.push_back(image.reason);
    progress.advance(static_cast<int64_t>(paths.size()));
  }
  return reasons;
}

std::vector<Finding> examine_images(const data::Dataset& dataset) {
  const size_t count = dataset.train.size() + dataset.query.size() + dataset.gallery.size();
  Progress progress("decoding", static_cast<int64_t>(count), "images");
  std::vector<Finding> findings;
  for (const auto* records : {&dataset.train, &dataset.query, &dataset.gallery}) {
    for (const std::string& reason : broken_images(*records, progress))
      findings.push_back({"image", reason, true});
  }
  progress.finish();
  if (findings.empty()) findings.push_back({"images", fmt::format("all {} can be decoded", count)});
  return findings;
}

std::vector<Finding> examine_data(const std::string& spec, bool decodes) {
  const data::Dataset dataset = data::open_dataset(spec);
  std::vector<Finding> findings = {{spec, fmt::format("{}, fingerprint {}\n{}", dataset.name,
                                                      dataset.fingerprint, data::describe(dataset))}};
  for (const auto& [kind, count] : dataset.warnings)
    findings.push_back({"warning", fmt::format("{}: {}", kind, count)});
  if (decodes) {
    for (Finding& finding : examine_images(dataset)) findings.push_back(std::move(finding));
  }
  return findings;
}

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
    std::printf("%s %-18s %s\n", finding.is_problem ? "!!" : "  ", finding.topic.c_str(),
                finding.state.c_str());
  }
}

struct DoctorArguments {
  std::vector<std::string> data;
  bool json = false, decodes = false;
};

void doctor(const DoctorArguments& arguments) {
  std::vector<Finding> findings = examine_machine();
  const auto append = [&findings](std::vector<Finding> more) {
    std::move(more.begin(), more.end(), std::back_inserter(findings));
  };
  append(examine_encoders());
  append({development_data_finding()});
  for (const std::string& spec : arguments.data) append(examine_data(spec, arguments.decodes));
  print(findings, arguments.json);
  const auto problems =
      std::count_if(findings.begin(), findings.end(), [](const Finding& f) { return f.is_problem; });
  DMF_CHECK(problems == 0, DataError, "doctor found {} problem{}, marked !! above", problems,
            problems == 1 ? "" : "s");
}

}  // namespace

Command doctor_command() {
  return {"doctor", "Tells what this machine, its encoders and your data are good for",
          "dmf doctor --data market1501:Market-1501-v15.09.15", [](CLI::App& app) {
            auto arguments = std::make_shared<DoctorArguments>();
            app.add_option("--data", arguments->data, "dataset to look into; may be repeated")
                ->type_name("DATASET");
            app.add_flag("--images", arguments->decodes,
                         "decode every image of --data and name the broken ones");
            app.add_flag("--json", arguments->json, "print one JSON document");
            return [arguments] { doctor(*arguments); };
          }};
}

}  // namespace dmf::cli
