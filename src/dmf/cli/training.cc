#include "dmf/cli/training.h"

#include <cstdio>
#include <set>
#include <utility>

#include "dmf/cli/launched.h"
#include "dmf/cli/measure.h"
#include "dmf/cli/run_space.h"
#include "dmf/cli/training_plan.h"
#include "dmf/cli/training_setup.h"
#include "dmf/core/error.h"
#include "dmf/core/file.h"
#include "dmf/core/folder_lock.h"
#include "dmf/core/log.h"
#include "dmf/core/progress.h"
#include "dmf/core/system.h"
#include "dmf/core/version.h"
#include "dmf/embed/embedder.h"
#include "dmf/fuse/model_file.h"
#include "dmf/train/two_stage.h"

namespace dmf::cli {
namespace {

/// What result.json and the model file keep of a training set.
nlohmann::json dataset_record(const data::Dataset& dataset) {
  std::set<int64_t> identities;
  for (const data::Record& record : dataset.train) identities.insert(record.identity);
  return {{"spec", dataset.spec},
          {"fingerprint", dataset.fingerprint},
          {"format", dataset.name},
          {"images", dataset.train.size()},
          {"identities", identities.size()}};
}

nlohmann::json to_json(const std::vector<TestResult>& results) {
  nlohmann::json list = nlohmann::json::array();
  for (const TestResult& result : results) list.push_back(to_json(result));
  return list;
}

/// Mean of a figure over results that to_json() gave.
double mean_of(const nlohmann::json& results, const std::string& figure) {
  double sum = 0;
  for (const nlohmann::json& result : results) sum += result.at(figure).get<double>();
  return sum / static_cast<double>(results.size());
}

/// One run from options to result, part by part in the order of run().
class TrainingRun {
 public:
  explicit TrainingRun(TrainingRequest request) : setup_(std::move(request)) {}

  TrainingOutcome run() {
    ranks_ = join_ranks();
    if (is_first()) open_folder();
    if (is_first()) announce();
    build_stores();
    train();
    if (!is_first()) return {setup_.request.folder, nlohmann::json::object(), {}, false};
    save();
    test();
    return outcome();
  }

 private:
  bool is_first() const { return cli::is_first(ranks_); }
  void open_folder();
  void announce();
  void build_stores();
  void train();
  void save() const;
  void test();
  TrainingOutcome outcome() const;
  std::vector<TestResult> measure_all(const embed::Embedder& embedder,
                                      const std::vector<data::Dataset>& sets) const;
  nlohmann::json training_record() const;

  Measurement measurement_;
  TrainingSetup setup_;
  std::shared_ptr<const train::Ranks> ranks_;  // null: this process trains alone
  std::optional<FolderLock> lock_;             // of the run folder, until the run is over
  std::shared_ptr<const translate::TokenStore> train_store_, pretrain_store_;
  train::TwoStageResult trained_;
  std::vector<TestResult> results_;
  std::map<std::string, double> seconds_;  // by part
};

void TrainingRun::open_folder() {
  lock_.emplace(setup_.request.folder);
  const std::filesystem::path config = setup_.request.folder / "config.toml";
  const bool has_run = std::filesystem::exists(setup_.request.folder / "checkpoint") ||
                       std::filesystem::exists(setup_.request.folder / "result.json");
  DMF_CHECK(setup_.request.resume || !has_run, InvalidArgument,
            "{} holds a run; go on with it by --resume, or name another folder by --out",
            setup_.request.folder.string());
  RunOptions options = setup_.options();
  write_text(config, fmt::format("# dmf {} ({}): {}\n{}", version(), revision(), command_line(),
                                 options.table().to_toml()));
  require_space(setup_.request.folder, run_bytes(*setup_.model, setup_.text_encoder.get()));
}

void TrainingRun::announce() {
  const std::string folder = setup_.request.folder.string();
  spdlog::info(
      "run folder {}; {} on {}\n{}Ctrl-C stops at a clean point; `dmf train --out {} --resume` goes on",
      folder, torch::toString(setup_.type), setup_.device.str(), plan_text(plan_training(setup_)), folder);
}

void TrainingRun::build_stores() {
  if (!setup_.has_store()) return;
  const double start = wall_seconds();
  translate::StoreBuilders builders;
  if (ranks_ != nullptr) {
    builders = {ranks_->rank(), ranks_->size(), [this](int64_t number) { return ranks_->sum(number); }};
  }
  const auto store_of = [&](const data::Dataset& dataset) {
    return translate::TokenStore::open_or_build(setup_.store_images(dataset), *setup_.image_encoder,
                                                setup_.store_options(), builders);
  };
  train_store_ = store_of(setup_.train);
  pretrain_store_ = setup_.pretrain ? store_of(*setup_.pretrain) : train_store_;
  seconds_["stores"] = wall_seconds() - start;
}

void TrainingRun::train() {
  const data::Dataset& first = setup_.stage_one_data();
  train::StageData pretrain{nullptr, folder_title(first), first.fingerprint};
  train::StageData finetune{nullptr, folder_title(setup_.train), setup_.train.fingerprint};
  if (has_stage(setup_.options().train.pretrain))
    pretrain.batches = setup_.batches(first, pretrain_store_, setup_.has_texts(), "pretrain");
  if (has_stage(setup_.options().train.finetune))
    finetune.batches = setup_.batches(setup_.train, train_store_, setup_.finetune_has_texts(), "finetune");

  train::TwoStageRun run;
  run.options = setup_.options().train;
  run.folder = setup_.request.folder;
  run.configuration = setup_.options().values();
  run.precision = setup_.type;
  run.seed = static_cast<uint64_t>(setup_.options().run.seed);
  run.resume = setup_.request.resume;
  run.ranks = ranks_;
  const train::ProgressOptions& progress = setup_.options().train.progress;
  if (progress.validate_every > 0) {
    run.validate = [this](const fuse::DmfModel& model, const std::string&, int64_t) {
      const embed::Embedder embedder(model,
                                     {setup_.text_encoder, setup_.options().train.text.words == "keywords"},
                                     test_embedding(setup_.options()));
      return to_json(measure_all(embedder, setup_.validation_sets()));
    };
    run.score = [metric = progress.metric](const nlohmann::json& results) {
      return mean_of(results, metric);
    };
  }
  trained_ = train::train_two_stages(*setup_.model, pretrain, finetune, run);
  seconds_["pretrain"] = trained_.pretrain.seconds;
  seconds_["finetune"] = trained_.finetune.seconds;
}

nlohmann::json TrainingRun::training_record() const {
  nlohmann::json datasets = {{"train", dataset_record(setup_.train)}};
  if (setup_.pretrain) datasets["pretrain"] = dataset_record(*setup_.pretrain);
  const auto stage = [](const train::StageResult& result) {
    return nlohmann::json{{"steps", result.steps},
                          {"seconds", result.seconds},
                          {"loss", result.loss},
                          {"accuracy", result.accuracy}};
  };
  return {{"datasets", datasets},
          {"stage_one", stage_one_name(setup_.stage_one())},
          {"seed", setup_.options().run.seed},
          {"revision", revision()},
          {"version", version()},
          {"device", setup_.device.str()},
          {"precision", torch::toString(setup_.type)},
          {"pretrain", stage(trained_.pretrain)},
          {"finetune", stage(trained_.finetune)}};
}

void TrainingRun::save() const {
  fuse::ModelDescription description;
  description.configuration = setup_.options().values();
  description.training = training_record();
  fuse::save_model(setup_.request.folder / "model.safetensors", *setup_.model, setup_.text_encoder,
                   description);
}

std::vector<TestResult> TrainingRun::measure_all(const embed::Embedder& embedder,
                                                 const std::vector<data::Dataset>& sets) const {
  std::vector<TestResult> results;
  for (const data::Dataset& test : sets)
    results.push_back(measure(embedder, test.spec, setup_.options().eval));
  return results;
}

void TrainingRun::test() {
  const double start = wall_seconds();
  // The file is tested, not the model in memory: what the figures are of is what is deployed.
  const embed::Embedder embedder(setup_.request.folder / "model.safetensors",
                                 test_embedding(setup_.options()));
  results_ = measure_all(embedder, setup_.tests);
  seconds_["test"] = wall_seconds() - start;
}

TrainingOutcome TrainingRun::outcome() const {
  nlohmann::json document = measurement_.document();
  document["run"] = setup_.request.folder.string();
  document["training"] = training_record();
  document["options"] = setup_.options().values();
  document["seconds_by_part"] = seconds_;
  document["results"] = to_json(results_);
  write_document(document, (setup_.request.folder / "result.json").string());
  return {setup_.request.folder, document, results_};
}

}  // namespace

embed::EmbedOptions test_embedding(const RunOptions& options) {
  embed::EmbedOptions embedding;
  embedding.device = options.run.device;
  embedding.precision = options.run.precision;
  embedding.batch = options.embed.batch;
  embedding.flip = options.embed.flip;
  return embedding;
}

TrainingOutcome run_training(TrainingRequest request) { return TrainingRun(std::move(request)).run(); }

void report_training(const TrainingOutcome& outcome, const std::string& json) {
  if (!outcome.is_first) return;
  if (json != "-") {
    std::string text = outcome.results.empty() ? "" : test_table(outcome.results);
    text += fmt::format("model: {}\nresult: {} (in {}, at most {:.1f} GiB of memory)\n",
                        (outcome.folder / "model.safetensors").string(),
                        (outcome.folder / "result.json").string(),
                        duration_text(outcome.document.at("seconds").get<double>()),
                        outcome.document.at("peak_memory_bytes").get<double>() / (1024.0 * 1024.0 * 1024.0));
    std::fputs(text.c_str(), stdout);
  }
  if (!json.empty()) write_document(outcome.document, json);
}

}  // namespace dmf::cli
