#include "dmf/cli/training.h"

#include <algorithm>
#include <cstdio>
#include <optional>
#include <set>
#include <utility>

#include "dmf/cli/measure.h"
#include "dmf/cli/run_space.h"
#include "dmf/cli/training_plan.h"
#include "dmf/core/error.h"
#include "dmf/core/file.h"
#include "dmf/core/log.h"
#include "dmf/core/precision.h"
#include "dmf/core/progress.h"
#include "dmf/core/system.h"
#include "dmf/core/version.h"
#include "dmf/data/dataset.h"
#include "dmf/embed/embedder.h"
#include "dmf/fuse/model_file.h"
#include "dmf/train/dataset_batches.h"
#include "dmf/train/two_stage.h"
#include "dmf/translate/token_store.h"

namespace dmf::cli {
namespace {

constexpr const char* kDataHint =
    "name a dataset, e.g. --train market1501:FOLDER, --train folder:FOLDER (a folder for each identity) or "
    "--train "
    "csv:FILE (path,identity[,camera[,split[,caption]]]); README.md, \"Your own data\", has the layouts";

/// What messages call a dataset: the folder it is in.
std::string title(const data::Dataset& dataset) {
  const std::filesystem::path root = dataset.root.has_filename() ? dataset.root : dataset.root.parent_path();
  return root.filename().string();
}

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

/// One run from options to result, part by part in the order of run().
class TrainingRun {
 public:
  explicit TrainingRun(TrainingRequest request)
      : request_(std::move(request)),
        options_(request_.options),
        device_(device_by_name(options_.run.device)),
        type_(compute_type(options_.run.precision, device_)) {}

  TrainingOutcome run() {
    open_data();
    make_model();
    open_folder();
    announce();
    build_stores();
    train();
    save();
    test();
    return outcome();
  }

 private:
  void open_data();
  void leave_out_texts_if_there_are_none();
  void make_model();
  void open_folder() const;
  void announce();
  void build_stores();
  void train();
  void save() const;
  void test();
  TrainingOutcome outcome() const;
  std::vector<TestResult> measure_all(const embed::Embedder& embedder) const;

  const data::Dataset& stage_one_data() const { return pretrain_ ? *pretrain_ : train_; }
  bool has_texts() const {
    const data::SamplerOptions& sampler = options_.train.batch.sampler;
    return has_stage(options_.train.pretrain) && (sampler.text_fraction > 0 || sampler.texts_beside > 0);
  }
  bool has_store() const { return options_.store.enabled && image_encoder_->options().freeze != "none"; }
  /// What stage I learns from.
  StageOne stage_one() const {
    if (!has_stage(options_.train.pretrain)) return StageOne::kNone;
    if (!has_texts()) return StageOne::kImages;
    const data::SamplerOptions& sampler = options_.train.batch.sampler;
    return sampler.text_fraction == 1 ? StageOne::kTexts : StageOne::kImagesAndTexts;
  }
  static bool has_stage(const train::StageOptions& stage) { return stage.epochs > 0 || stage.steps > 0; }

  translate::TokenStoreImages store_images(const data::Dataset& dataset) const {
    return {dataset.name + "-train", dataset.fingerprint, dataset.train};
  }
  translate::TokenStoreOptions store_options() const;
  PlannedPart planned_texts() const;
  PlannedPart planned_store(const data::Dataset& dataset, const Rates& rates) const;
  PlannedPart planned_stage(const std::string& title, const data::Dataset& dataset,
                            const train::StageOptions& stage, bool reads_texts, const Rates& rates) const;
  std::shared_ptr<const train::BatchSource> batches(const data::Dataset& dataset,
                                                    const std::shared_ptr<const translate::TokenStore>& store,
                                                    bool reads_texts, const std::string& stage) const;
  nlohmann::json training_record() const;

  TrainingRequest request_;
  RunOptions& options_;
  torch::Device device_;
  torch::Dtype type_;
  Measurement measurement_;

  data::Dataset train_;
  std::optional<data::Dataset> pretrain_;  // where stage I has another dataset
  std::vector<data::Dataset> tests_;
  std::shared_ptr<translate::ImageEncoder> image_encoder_;
  std::shared_ptr<translate::TextEncoder> text_encoder_;  // null without texts
  std::optional<fuse::DmfModel> model_;
  std::shared_ptr<const translate::TokenStore> train_store_, pretrain_store_;
  train::TwoStageResult trained_;
  std::vector<TestResult> results_;
  std::map<std::string, double> seconds_;  // by part
};

/// Opens a set that is to be tested on, whose queries and gallery must not be what is trained on.
data::Dataset open_test_set(const std::string& spec, const std::string& train) {
  data::Dataset dataset = data::open_dataset(spec);
  if (dataset.query.empty() && dataset.gallery.empty()) {
    DMF_CHECK(
        spec != train, DataError,
        "{}: has no query and gallery split, so that testing on it would be testing on what was trained on; "
        "hint: split it (folders train/, query/, gallery/, or the column `split` of a CSV)",
        spec);
    data::split_queries(dataset, 0);
  }
  data::require_split(dataset, data::Split::kQuery);
  data::require_split(dataset, data::Split::kGallery);
  return dataset;
}

void TrainingRun::open_data() {
  const GeneralOptions& run = options_.run;
  DMF_CHECK(!run.train.empty(), InvalidArgument, "no training set given; {}", kDataHint);
  train_ = data::open_dataset(run.train);
  data::require_split(train_, data::Split::kTrain);
  if (!run.pretrain.empty() && run.pretrain != run.train) {
    pretrain_ = data::open_dataset(run.pretrain);
    data::require_split(*pretrain_, data::Split::kTrain);
  }
  // Test sets are opened before anything is computed: a mistake in their names must not cost a training.
  for (const std::string& spec : run.test) tests_.push_back(open_test_set(spec, run.train));
  spdlog::info("{}: training set\n{}", run.train, data::describe(train_));
  if (pretrain_) spdlog::info("{}: stage I\n{}", run.pretrain, data::describe(*pretrain_));
  for (const data::Dataset& test : tests_) spdlog::info("{}: test\n{}", test.spec, data::describe(test));
  if (request_.texts_are_optional) leave_out_texts_if_there_are_none();
}

void TrainingRun::leave_out_texts_if_there_are_none() {
  const data::Dataset& dataset = stage_one_data();
  const bool has_captions = std::any_of(dataset.train.begin(), dataset.train.end(),
                                        [](const data::Record& record) { return !record.captions.empty(); });
  if (!has_texts() || has_captions || !dataset.attributes.empty()) return;
  spdlog::warn("{} has neither captions nor attributes: stage I learns from images alone", dataset.spec);
  options_.train.batch.sampler.text_fraction = 0;
  options_.train.batch.sampler.texts_beside = 0;
}

void TrainingRun::make_model() {
  image_encoder_ = translate::make_image_encoder(options_.image);
  if (has_texts()) text_encoder_ = translate::make_text_encoder(options_.text_encoder);
  const data::IdentitySampler sampler(stage_one_data().train, stage_one_data().attributes,
                                      options_.train.batch.sampler, static_cast<uint64_t>(options_.run.seed));
  model_.emplace(options_.model, image_encoder_, text_encoder_, sampler.classes(),
                 static_cast<uint64_t>(options_.run.seed));
  model_->to(device_);
}

void TrainingRun::open_folder() const {
  const std::filesystem::path config = request_.folder / "config.toml";
  const bool has_run = std::filesystem::exists(request_.folder / "checkpoint") ||
                       std::filesystem::exists(request_.folder / "result.json");
  DMF_CHECK(request_.resume || !has_run, InvalidArgument,
            "{} holds a run; go on with it by --resume, or name another folder by --out",
            request_.folder.string());
  write_text(config, fmt::format("# dmf {} ({}): {}\n{}", version(), revision(), command_line(),
                                 options_.table().to_toml()));
  require_space(request_.folder, run_bytes(*model_, text_encoder_.get()));
}

translate::TokenStoreOptions TrainingRun::store_options() const {
  translate::TokenStoreOptions store;
  store.folder = options_.run.cache;
  store.views = options_.store.views;
  store.view_options = options_.view;
  store.seed = static_cast<uint64_t>(options_.run.seed);
  store.precision = options_.run.precision;
  return store;
}

PlannedPart TrainingRun::planned_texts() const {
  // Distinct wordings: at most what people wrote and what is composed.
  const data::Dataset& dataset = stage_one_data();
  size_t texts = dataset.attributes.size() * static_cast<size_t>(options_.train.text.composed);
  for (const data::Record& record : dataset.train) texts += record.captions.size();
  return {"words " + title(dataset), fmt::format("<= {} wordings", texts),
          static_cast<double>(texts) / measure_text_rate(*text_encoder_)};
}

PlannedPart TrainingRun::planned_store(const data::Dataset& dataset, const Rates& rates) const {
  const auto images = static_cast<int64_t>(dataset.train.size());
  const std::filesystem::path path =
      translate::TokenStore::path_of(store_images(dataset), *image_encoder_, store_options());
  const bool is_there = std::filesystem::exists(path);
  return {"token store " + title(dataset),
          is_there ? "is there" : fmt::format("{} images x {} views", images, options_.store.views),
          is_there ? 0 : static_cast<double>(images * options_.store.views) / rates.frozen};
}

PlannedPart TrainingRun::planned_stage(const std::string& title, const data::Dataset& dataset,
                                       const train::StageOptions& stage, bool reads_texts,
                                       const Rates& rates) const {
  data::SamplerOptions sampler_options = options_.train.batch.sampler;
  if (!reads_texts) sampler_options.text_fraction = 0;
  if (!reads_texts) sampler_options.texts_beside = 0;
  const data::IdentitySampler sampler(dataset.train, dataset.attributes, sampler_options, 0);
  const int64_t steps = stage.steps > 0 ? stage.steps : stage.epochs * sampler.batches(0);
  const int64_t samples =
      sampler_options.identities * (sampler_options.samples + sampler_options.texts_beside);
  // A text costs next to nothing beside an image: only the transformer reads it.
  const double images = static_cast<double>(sampler_options.identities * sampler_options.samples) *
                        (1 - sampler_options.text_fraction);
  constexpr double kUpdate =
      1.25;  // batch statistics, losses and the optimiser, in forward and backward passes
  return {title, fmt::format("{} steps of {} samples", steps, samples),
          kUpdate * static_cast<double>(steps) * images / rates.training};
}

void TrainingRun::announce() {
  const data::SamplerOptions& sampler = options_.train.batch.sampler;
  const Rates rates = measure_rates(*model_, type_, sampler.identities * sampler.samples);
  std::vector<PlannedPart> parts;
  if (has_store()) parts.push_back(planned_store(train_, rates));
  if (has_store() && pretrain_) parts.push_back(planned_store(*pretrain_, rates));
  if (text_encoder_ != nullptr) parts.push_back(planned_texts());
  const train::TrainOptions& train = options_.train;
  if (has_stage(train.pretrain)) {
    parts.push_back(
        planned_stage("stage I, pre-training", stage_one_data(), train.pretrain, has_texts(), rates));
  }
  if (has_stage(train.finetune)) {
    parts.push_back(planned_stage("stage II, fine-tuning", train_, train.finetune, false, rates));
  }
  for (const data::Dataset& test : tests_) {
    const size_t images = test.query.size() + test.gallery.size();
    parts.push_back({"test " + title(test), fmt::format("{} images", images),
                     static_cast<double>(images) / rates.embedding});
  }
  spdlog::info(
      "run folder {}; {} on {}\n{}Ctrl-C stops at a clean point; `dmf train --out {} --resume` goes on",
      request_.folder.string(), torch::toString(type_), device_.str(), plan_text(parts),
      request_.folder.string());
}

void TrainingRun::build_stores() {
  if (!has_store()) return;
  const double start = wall_seconds();
  train_store_ = translate::TokenStore::open_or_build(store_images(train_), *image_encoder_, store_options());
  pretrain_store_ = !pretrain_ ? train_store_
                               : translate::TokenStore::open_or_build(store_images(*pretrain_),
                                                                      *image_encoder_, store_options());
  seconds_["stores"] = wall_seconds() - start;
}

std::shared_ptr<const train::BatchSource> TrainingRun::batches(
    const data::Dataset& dataset, const std::shared_ptr<const translate::TokenStore>& store, bool reads_texts,
    const std::string& stage) const {
  train::BatchInputs inputs;
  inputs.image_encoder = image_encoder_;
  inputs.store = store;
  if (reads_texts) inputs.text_encoder = text_encoder_;
  inputs.precision = options_.run.precision;
  return std::make_shared<train::DatasetBatches>(dataset, std::move(inputs), options_.train.batch,
                                                 options_.train.text, options_.train.augment,
                                                 static_cast<uint64_t>(options_.run.seed), stage);
}

void TrainingRun::train() {
  const data::Dataset& first = stage_one_data();
  train::StageData pretrain{nullptr, title(first), first.fingerprint};
  train::StageData finetune{nullptr, title(train_), train_.fingerprint};
  if (has_stage(options_.train.pretrain))
    pretrain.batches = batches(first, pretrain_store_, has_texts(), "pretrain");
  if (has_stage(options_.train.finetune)) finetune.batches = batches(train_, train_store_, false, "finetune");

  train::TwoStageRun run;
  run.options = options_.train;
  run.folder = request_.folder;
  run.configuration = options_.values();
  run.precision = type_;
  run.seed = static_cast<uint64_t>(options_.run.seed);
  run.resume = request_.resume;
  if (options_.train.progress.validate_every > 0) {
    run.validate = [this](const fuse::DmfModel& model, const std::string&, int64_t) {
      const embed::Embedder embedder(model, {text_encoder_, options_.train.text.words == "keywords"},
                                     test_embedding(options_));
      return to_json(measure_all(embedder));
    };
  }
  trained_ = train::train_two_stages(*model_, pretrain, finetune, run);
  seconds_["pretrain"] = trained_.pretrain.seconds;
  seconds_["finetune"] = trained_.finetune.seconds;
}

nlohmann::json TrainingRun::training_record() const {
  nlohmann::json datasets = {{"train", dataset_record(train_)}};
  if (pretrain_) datasets["pretrain"] = dataset_record(*pretrain_);
  const auto stage = [](const train::StageResult& result) {
    return nlohmann::json{{"steps", result.steps},
                          {"seconds", result.seconds},
                          {"loss", result.loss},
                          {"accuracy", result.accuracy}};
  };
  return {{"datasets", datasets},
          {"stage_one", stage_one_name(stage_one())},
          {"seed", options_.run.seed},
          {"revision", revision()},
          {"version", version()},
          {"device", device_.str()},
          {"precision", torch::toString(type_)},
          {"pretrain", stage(trained_.pretrain)},
          {"finetune", stage(trained_.finetune)}};
}

void TrainingRun::save() const {
  fuse::ModelDescription description;
  description.configuration = options_.values();
  description.training = training_record();
  fuse::save_model(request_.folder / "model.safetensors", *model_, text_encoder_, description);
}

std::vector<TestResult> TrainingRun::measure_all(const embed::Embedder& embedder) const {
  std::vector<TestResult> results;
  for (const data::Dataset& test : tests_) results.push_back(measure(embedder, test.spec, options_.eval));
  return results;
}

void TrainingRun::test() {
  const double start = wall_seconds();
  // The file is tested, not the model in memory: what the figures are of is what is deployed.
  const embed::Embedder embedder(request_.folder / "model.safetensors", test_embedding(options_));
  results_ = measure_all(embedder);
  seconds_["test"] = wall_seconds() - start;
}

TrainingOutcome TrainingRun::outcome() const {
  nlohmann::json document = measurement_.document();
  document["run"] = request_.folder.string();
  document["training"] = training_record();
  document["options"] = options_.values();
  document["seconds_by_part"] = seconds_;
  document["results"] = to_json(results_);
  write_document(document, (request_.folder / "result.json").string());
  return {request_.folder, document, results_};
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
