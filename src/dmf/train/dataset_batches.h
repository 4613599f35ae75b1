#pragma once
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "dmf/data/record.h"
#include "dmf/data/sampler.h"
#include "dmf/train/batch.h"
#include "dmf/train/train_options.h"
#include "dmf/translate/image_encoder.h"
#include "dmf/translate/text_encoder.h"
#include "dmf/translate/text_store.h"
#include "dmf/translate/token_store.h"

namespace dmf::train {

/// What DatasetBatches draws from.
struct BatchInputs {
  std::shared_ptr<const translate::ImageEncoder> image_encoder;  ///< used where `store` is null
  std::shared_ptr<const translate::TokenStore>
      store;  ///< of dataset.train; null: images are decoded as they are drawn
  std::shared_ptr<const translate::TextEncoder>
      text_encoder;                ///< null: no texts, whatever the options ask for
  std::string precision = "auto";  ///< of the text encoder, see compute_type()
};

/// Batches of a dataset's train split: identities by data::IdentitySampler, stored maps of a random view,
/// changed on their grid; captions of a random wording. All texts are encoded once, when it is made.
///
/// Without a store (freeze point "none", or an online run) images are decoded, changed as pixels and pass
/// through the encoder's frozen part.
class DatasetBatches : public BatchSource {
 public:
  /// @param seed   of every draw; @param stage tells the stages' draws apart ("pretrain", "finetune")
  /// @throws InvalidArgument  what IdentitySampler refuses; a store of another number of images
  DatasetBatches(const data::Dataset& dataset, BatchInputs inputs, const BatchOptions& batch,
                 const TextOptions& text, const AugmentOptions& augment, uint64_t seed, std::string stage);

  Batch draw(int64_t step) const override;
  std::vector<std::string> sample_names(int64_t step) const override;
  torch::Tensor sample_maps(int64_t count) const override;
  int64_t steps_per_epoch() const override;
  int64_t identities() const override { return sampler_.classes(); }
  int64_t samples_per_step() const override;

  /// All that a text sample of record `index` may say.
  const std::vector<std::string>& wordings(int64_t index) const;
  /// Identities that have words.
  int64_t identities_with_text() const { return sampler_.classes_with_text(); }

 private:
  /// Samples of a step, those of each modality in their order.
  struct Drawn {
    std::vector<data::Sample> images, texts;
  };
  Drawn samples_of(int64_t step) const;
  std::vector<std::filesystem::path> paths_of(const std::vector<int64_t>& records) const;
  torch::Tensor decode(const std::vector<int64_t>& records) const;
  torch::Tensor load_augmented(const std::vector<int64_t>& records, RandomStream& random) const;
  int64_t extra_rows() const;  ///< of a stored map, that are no cells
  torch::Tensor draw_images(const std::vector<data::Sample>& samples, int64_t step) const;
  translate::TextTokens draw_texts(const std::vector<data::Sample>& samples, int64_t step) const;

  // As the text options let it be seen: captions hold what is read of them, attributes what may be composed.
  std::vector<data::Record> records_;
  std::map<int64_t, text::Attributes> attributes_;
  BatchInputs inputs_;
  BatchOptions batch_;
  AugmentOptions augment_;
  uint64_t seed_;
  std::string stage_;
  data::IdentitySampler sampler_;
  std::map<int64_t, std::vector<std::string>> composed_;  // by identity
  std::unique_ptr<translate::TextStore> texts_;
};

/// What is read of a caption: its key words, or all of it where it has none or the option says so.
std::string words_of(const std::string& caption, const TextOptions& options);

}  // namespace dmf::train
