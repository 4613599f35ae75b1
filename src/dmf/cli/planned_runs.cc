#include "dmf/cli/planned_runs.h"

#include "dmf/cli/measure.h"
#include "dmf/cli/query_results.h"
#include "dmf/core/error.h"
#include "dmf/core/file.h"
#include "dmf/core/log.h"
#include "dmf/train/launch.h"

namespace dmf::cli {
namespace {

/// Options of a run that make its weights what they are.
nlohmann::json weight_options(const RunOptions& options) {
  nlohmann::json values = options.values();
  for (const char* key : {"test", "cache", "device"}) values["run"].erase(key);
  values.erase("embed");
  values.erase("eval");
  return values;
}

}  // namespace

void train_once(TrainingRequest request, const std::string& title) {
  DMF_CHECK(
      train::launch_from_environment().is_alone(), InvalidArgument,
      "several trainings in a row run as one process; hint: only `train` and `quickstart` can be launched as "
      "several (torchrun, mpirun, srun)");
  request.options.run.test.clear();
  if (std::filesystem::exists(request.folder / "config.toml")) {
    RunOptions there;
    there.table().load_toml(request.folder / "config.toml");
    DMF_CHECK(
        weight_options(there) == weight_options(request.options), InvalidArgument,
        "{} holds a run with other options (compare its config.toml); hint: name another folder by --out, "
        "or delete it",
        request.folder.string());
  }
  if (std::filesystem::exists(request.folder / "result.json")) {
    spdlog::info("{}: is trained", title);
    return;
  }
  request.resume = std::filesystem::exists(request.folder / "checkpoint");
  spdlog::info("{}: training{}", title, request.resume ? ", from its checkpoint" : "");
  run_training(std::move(request));
}

ModelTests::ModelTests(std::filesystem::path folder, const RunOptions& options)
    : folder_(std::move(folder)), options_(options) {
  made_by_ = {{"model", fingerprint(MappedFile(folder_ / "model.safetensors").text())},
              {"embed", options_.values().at("embed")},
              {"eval", options_.values().at("eval")}};
}

ModelTest ModelTests::result(const NamedSet& test, const std::string& title) {
  const std::filesystem::path file = folder_ / "tests" / (test.key + ".json");
  if (std::filesystem::exists(file)) {
    const nlohmann::json there = nlohmann::json::parse(read_text(file), nullptr, false);
    if (there.is_object() && there.value("made_by", nlohmann::json()) == made_by_ &&
        there.at("result").value("fingerprint", "") == test.fingerprint)
      return {there.at("result"), query_results(there.at("by_query"), file.string())};
  }
  if (!embedder_) embedder_.emplace(folder_ / "model.safetensors", test_embedding(options_));
  spdlog::info("{}: testing", title);
  const TestResult tested = measure(*embedder_, test.spec, options_.eval);
  ModelTest model_test{to_json(tested), tested.figures.by_query};
  write_document({{"made_by", made_by_},
                  {"result", model_test.result},
                  {"by_query", query_columns(model_test.by_query)}},
                 file.string());
  return model_test;
}

}  // namespace dmf::cli
