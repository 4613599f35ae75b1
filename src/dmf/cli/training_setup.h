#pragma once
#include <torch/types.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "dmf/cli/paper.h"
#include "dmf/cli/training.h"
#include "dmf/data/record.h"
#include "dmf/fuse/model.h"
#include "dmf/train/batch.h"
#include "dmf/translate/token_store.h"

namespace dmf::cli {

/// Whether stage I is to learn from texts.
bool asks_for_texts(const train::TrainOptions& options);

/// What a training is made of: its options, its datasets, its encoders and its model. A run, its plan and a
/// dry run use the same.
struct TrainingSetup {
  /// Opens all datasets, those to test on too, and makes the model: a mistake in a name must not cost a
  /// training.
  /// @throws as run_training()
  explicit TrainingSetup(TrainingRequest request);

  const RunOptions& options() const { return request.options; }
  const data::Dataset& stage_one_data() const { return pretrain ? *pretrain : train; }
  /// Whether stage I reads texts. Stage II does only where stage I did before it.
  bool has_texts() const { return asks_for_texts(options().train); }
  bool finetune_has_texts() const { return has_texts() && options().run.finetune_texts; }
  /// What is measured while training.
  const std::vector<data::Dataset>& validation_sets() const {
    return validations.empty() ? tests : validations;
  }
  bool has_store() const { return options().store.enabled && image_encoder->options().freeze != "none"; }
  /// What stage I learns from.
  StageOne stage_one() const;

  translate::TokenStoreImages store_images(const data::Dataset& dataset) const {
    return {dataset.name + "-train", dataset.fingerprint, dataset.train};
  }
  translate::TokenStoreOptions store_options() const;
  /// Batches of a stage, "pretrain" or "finetune". @param store  null: images are decoded as they are drawn
  std::shared_ptr<const train::BatchSource> batches(const data::Dataset& dataset,
                                                    const std::shared_ptr<const translate::TokenStore>& store,
                                                    bool reads_texts, const std::string& stage) const;

  TrainingRequest request;
  torch::Device device;
  torch::Dtype type;
  data::Dataset train;
  std::optional<data::Dataset> pretrain;  ///< where stage I has another dataset
  std::vector<data::Dataset> tests;
  std::vector<data::Dataset> validations;  ///< sets to validate on that are not those to test on
  std::shared_ptr<translate::ImageEncoder> image_encoder;
  std::shared_ptr<translate::TextEncoder> text_encoder;  ///< null without texts
  std::optional<fuse::DmfModel> model;

 private:
  void open_data();
  void leave_out_texts_if_there_are_none();
  void make_model();
};

/// Whether a stage has anything to do.
inline bool has_stage(const train::StageOptions& stage) { return stage.epochs > 0 || stage.steps > 0; }

/// Whether there is anything to make texts of: captions or attributes.
bool has_words(const data::Dataset& dataset);

/// The same samples without texts.
data::SamplerOptions without_texts(data::SamplerOptions options);

/// What messages call a dataset: the folder it is in.
std::string folder_title(const data::Dataset& dataset);

}  // namespace dmf::cli
