#include "dmf/cli/training_setup.h"

#include <algorithm>
#include <utility>

#include "dmf/cli/records.h"
#include "dmf/core/error.h"
#include "dmf/core/log.h"
#include "dmf/core/precision.h"
#include "dmf/data/dataset.h"
#include "dmf/train/dataset_batches.h"

namespace dmf::cli {
namespace {

constexpr const char* kDataHint =
    "name a dataset, e.g. --train market1501:FOLDER, --train folder:FOLDER (a folder for each identity) or "
    "--train "
    "csv:FILE (path,identity[,camera[,split[,caption]]]); README.md, \"Your own data\", has the layouts";

/// Opens a set that is to be tested on, whose queries and gallery must not be what is trained on.
data::Dataset open_test_half(const std::string& spec, const std::string& train) {
  data::Dataset dataset = data::open_dataset(spec);
  DMF_CHECK(
      spec != train || !dataset.query.empty() || !dataset.gallery.empty(), DataError,
      "{}: has no query and gallery split, so that testing on it would be testing on what was trained on; "
      "hint: split it (folders train/, query/, gallery/, or the column `split` of a CSV)",
      spec);
  complete_test_half(dataset);
  return dataset;
}

}  // namespace

TrainingSetup::TrainingSetup(TrainingRequest given)
    : request(std::move(given)),
      device(device_by_name(options().run.device)),
      type(compute_type(options().run.precision, device)) {
  open_data();
  make_model();
}

bool asks_for_texts(const train::TrainOptions& options) {
  const data::SamplerOptions& sampler = options.batch.sampler;
  return has_stage(options.pretrain) && (sampler.text_fraction > 0 || sampler.texts_beside > 0);
}

bool has_words(const data::Dataset& dataset) {
  return !dataset.attributes.empty() ||
         std::any_of(dataset.train.begin(), dataset.train.end(),
                     [](const data::Record& record) { return !record.captions.empty(); });
}

data::SamplerOptions without_texts(data::SamplerOptions options) {
  options.text_fraction = 0;
  options.texts_beside = 0;
  return options;
}

StageOne TrainingSetup::stage_one() const {
  if (!has_stage(options().train.pretrain)) return StageOne::kNone;
  if (!has_texts()) return StageOne::kImages;
  return options().train.batch.sampler.text_fraction == 1 ? StageOne::kTexts : StageOne::kImagesAndTexts;
}

void TrainingSetup::open_data() {
  const GeneralOptions& run = options().run;
  DMF_CHECK(!run.train.empty(), InvalidArgument, "no training set given; {}", kDataHint);
  train = data::open_dataset(run.train);
  data::require_split(train, data::Split::kTrain);
  if (!run.pretrain.empty() && run.pretrain != run.train) {
    pretrain = data::open_dataset(run.pretrain);
    data::require_split(*pretrain, data::Split::kTrain);
  }
  // Test sets are opened before anything is computed: a mistake in their names must not cost a training.
  for (const std::string& spec : run.test) tests.push_back(open_test_half(spec, run.train));
  for (const std::string& spec : run.validation) validations.push_back(open_test_half(spec, run.train));
  const train::ProgressOptions& progress = options().train.progress;
  DMF_CHECK(progress.patience == 0 || (progress.validate_every > 0 && !run.validation.empty()),
            InvalidArgument,
            "train.patience {} chooses weights by validations: set train.validate_every above 0 and name "
            "datasets for it by run.validation, other ones than those to test on",
            progress.patience);
  spdlog::info("{}: training set\n{}", run.train, data::describe(train));
  if (pretrain) spdlog::info("{}: stage I\n{}", run.pretrain, data::describe(*pretrain));
  for (const data::Dataset& test : tests) spdlog::info("{}: test\n{}", test.spec, data::describe(test));
  if (request.texts_are_optional) leave_out_texts_if_there_are_none();
  DMF_CHECK(!options().run.finetune_texts || has_texts(), InvalidArgument,
            "run.finetune_texts: stage I reads no texts that stage II could go on with");
  DMF_CHECK(!finetune_has_texts() || has_words(train), InvalidArgument,
            "run.finetune_texts: {} has neither captions nor attributes", train.spec);
}

void TrainingSetup::leave_out_texts_if_there_are_none() {
  const data::Dataset& dataset = stage_one_data();
  if (!has_texts() || has_words(dataset)) return;
  spdlog::warn("{} has neither captions nor attributes: stage I learns from images alone", dataset.spec);
  data::SamplerOptions& sampler = request.options.train.batch.sampler;
  sampler = without_texts(sampler);
}

void TrainingSetup::make_model() {
  image_encoder = translate::make_image_encoder(options().image);
  if (has_texts()) text_encoder = translate::make_text_encoder(options().text_encoder);
  // Without a stage I nothing reads texts, whatever a batch may hold.
  const data::SamplerOptions& given = options().train.batch.sampler;
  const data::SamplerOptions sampling = has_texts() ? given : without_texts(given);
  const data::IdentitySampler sampler(stage_one_data().train, stage_one_data().attributes, sampling,
                                      static_cast<uint64_t>(options().run.seed), stage_one_data().parts);
  model.emplace(options().model, image_encoder, text_encoder, sampler.classes(),
                static_cast<uint64_t>(options().run.seed));
  model->to(device);
}

translate::TokenStoreOptions TrainingSetup::store_options() const {
  translate::TokenStoreOptions store;
  store.folder = options().run.cache;
  store.views = options().store.views;
  store.view_options = options().view;
  store.seed = static_cast<uint64_t>(options().run.seed);
  store.precision = options().run.precision;
  return store;
}

std::shared_ptr<const train::BatchSource> TrainingSetup::batches(
    const data::Dataset& dataset, const std::shared_ptr<const translate::TokenStore>& store, bool reads_texts,
    const std::string& stage) const {
  train::BatchInputs inputs;
  inputs.image_encoder = image_encoder;
  inputs.store = store;
  if (reads_texts) inputs.text_encoder = text_encoder;
  inputs.precision = options().run.precision;
  return std::make_shared<train::DatasetBatches>(dataset, std::move(inputs), options().train.batch,
                                                 options().train.text, options().train.augment,
                                                 static_cast<uint64_t>(options().run.seed), stage);
}

std::string folder_title(const data::Dataset& dataset) {
  if (!dataset.parts.empty()) return dataset.title;
  const std::filesystem::path root = dataset.root.has_filename() ? dataset.root : dataset.root.parent_path();
  return root.filename().string();
}

}  // namespace dmf::cli
