#include "dmf/train/dataset_batches.h"

#include "dmf/core/error.h"
#include "dmf/core/random.h"
#include "dmf/data/augmented_images.h"
#include "dmf/data/image.h"
#include "dmf/text/compose.h"
#include "dmf/text/keywords.h"
#include "dmf/train/mixstyle.h"

namespace dmf::train {
namespace {

/// The records as the text options let them be seen.
std::vector<data::Record> readable(std::vector<data::Record> records, const TextOptions& options) {
  for (data::Record& record : records) {
    if (options.source == "composed") record.captions.clear();
    for (std::string& caption : record.captions) caption = words_of(caption, options);
  }
  return records;
}

data::SamplerOptions sampler_options(data::SamplerOptions options, bool has_texts) {
  if (!has_texts) {
    options.text_fraction = 0;
    options.texts_beside = 0;
  }
  return options;
}

}  // namespace

std::string words_of(const std::string& caption, const TextOptions& options) {
  return options.words == "sentence" ? caption : text::keyword_text(caption);
}

DatasetBatches::DatasetBatches(const data::Dataset& dataset, BatchInputs inputs, const BatchOptions& batch,
                               const TextOptions& text, const AugmentOptions& augment, uint64_t seed,
                               std::string stage)
    : records_(readable(dataset.train, text)),
      attributes_(text.source == "human" ? decltype(dataset.attributes){} : dataset.attributes),
      inputs_(std::move(inputs)),
      batch_(batch),
      augment_(augment),
      seed_(seed),
      stage_(std::move(stage)),
      sampler_(records_, attributes_, sampler_options(batch.sampler, inputs_.text_encoder != nullptr),
               RandomStream(seed, stage_).bits(), dataset.parts) {
  DMF_CHECK(inputs_.store != nullptr || inputs_.image_encoder != nullptr, InvalidArgument,
            "[DatasetBatches] expected a token store or an image encoder, got neither");
  DMF_CHECK(inputs_.store == nullptr || inputs_.store->images() == static_cast<int64_t>(records_.size()),
            InvalidArgument, "[DatasetBatches] store: expected {} images as in `{}`, got {}", records_.size(),
            dataset.spec, inputs_.store->images());
  batch_.sampler = sampler_options(batch.sampler, inputs_.text_encoder != nullptr);
  if (batch_.sampler.text_fraction == 0 && batch_.sampler.texts_beside == 0) return;

  std::vector<std::string> all;
  for (const data::Record& record : records_)
    all.insert(all.end(), record.captions.begin(), record.captions.end());
  for (const int64_t identity : sampler_.identities()) {
    const auto attributes = attributes_.find(identity);
    if (attributes == attributes_.end()) continue;
    std::vector<std::string>& wordings = composed_[identity];
    for (int64_t i = 0; i < text.composed; ++i) {
      RandomStream random(seed_, "compose", {static_cast<uint64_t>(identity), static_cast<uint64_t>(i)});
      wordings.push_back(words_of(text::compose_caption(attributes->second, random), text));
    }
    all.insert(all.end(), wordings.begin(), wordings.end());
  }
  texts_ = std::make_unique<translate::TextStore>(*inputs_.text_encoder, all, inputs_.precision);
}

const std::vector<std::string>& DatasetBatches::wordings(int64_t index) const {
  const data::Record& record = records_.at(static_cast<size_t>(index));
  if (!record.captions.empty()) return record.captions;
  const auto composed = composed_.find(record.identity);
  DMF_ASSERT(composed != composed_.end() && !composed->second.empty());
  return composed->second;
}

int64_t DatasetBatches::steps_per_epoch() const { return sampler_.batches(0); }

int64_t DatasetBatches::samples_per_step() const {
  return batch_.sampler.identities * (batch_.sampler.samples + batch_.sampler.texts_beside);
}

DatasetBatches::Drawn DatasetBatches::samples_of(int64_t step) const {
  Drawn drawn;
  for (const data::Sample& sample : sampler_.batch(step / steps_per_epoch(), step % steps_per_epoch())) {
    (sample.modality == data::Modality::kImage ? drawn.images : drawn.texts).push_back(sample);
  }
  return drawn;
}

std::vector<std::string> DatasetBatches::sample_names(int64_t step) const {
  const auto [images, texts] = samples_of(step);
  std::vector<std::string> names;
  const auto path = [this](const data::Sample& sample) {
    return records_.at(static_cast<size_t>(sample.record)).path.string();
  };
  for (const data::Sample& sample : images) names.push_back(path(sample));
  for (const data::Sample& sample : texts) names.push_back("words for " + path(sample));
  return names;
}

Batch DatasetBatches::draw(int64_t step) const {
  const auto [images, texts] = samples_of(step);
  std::vector<int64_t> labels;
  for (const data::Sample& sample : images) labels.push_back(sample.label);
  for (const data::Sample& sample : texts) labels.push_back(sample.label);

  Batch batch;
  batch.labels = torch::tensor(labels, torch::kInt64);
  if (!images.empty()) batch.images = draw_images(images, step);
  if (!texts.empty()) batch.texts = draw_texts(texts, step);
  if (!texts.empty() && batch_.text_weight != 1.0) {
    batch.weights = at::ones({batch.samples()});
    batch.weights.narrow(0, static_cast<int64_t>(images.size()), static_cast<int64_t>(texts.size()))
        .fill_(batch_.text_weight);
  }
  return batch;
}

std::vector<std::filesystem::path> DatasetBatches::paths_of(const std::vector<int64_t>& records) const {
  std::vector<std::filesystem::path> paths;
  for (const int64_t record : records) paths.push_back(records_.at(static_cast<size_t>(record)).path);
  return paths;
}

torch::Tensor DatasetBatches::decode(const std::vector<int64_t>& records) const {
  const translate::ImageEncoderOptions& size = inputs_.image_encoder->options();
  return data::load_images(paths_of(records), {.height = size.height, .width = size.width}).pixels;
}

/// Images as the encoder reads them, changed.
torch::Tensor DatasetBatches::load_augmented(const std::vector<int64_t>& records,
                                             RandomStream& random) const {
  const translate::ImageEncoder& encoder = *inputs_.image_encoder;
  if (augment_.grid.fill != "zero")
    return encoder.normalise(data::augment(decode(records), augment_.grid, random));
  return data::load_augmented(paths_of(records), encoder.options().height, encoder.options().width,
                              augment_.grid, encoder.normalisation().scale(), random);
}

torch::Tensor DatasetBatches::sample_maps(int64_t count) const {
  const auto all = static_cast<int64_t>(records_.size());
  count = std::min(count, all);
  std::vector<int64_t> records;
  for (int64_t i = 0; i < count; ++i) records.push_back(i * all / count);
  if (inputs_.store != nullptr)
    return inputs_.store->gather(records, std::vector<int64_t>(records.size(), 0));
  return inputs_.image_encoder->frozen(inputs_.image_encoder->normalise(decode(records)));
}

int64_t DatasetBatches::extra_rows() const {
  return inputs_.store != nullptr ? inputs_.store->extra_rows() : inputs_.image_encoder->extra_rows();
}

torch::Tensor DatasetBatches::draw_images(const std::vector<data::Sample>& samples, int64_t step) const {
  const auto place = static_cast<uint64_t>(step);
  RandomStream viewing(seed_, stage_ + ".view", {place});
  RandomStream augmenting(seed_, stage_ + ".augment", {place});
  std::vector<int64_t> records, views;
  for (const data::Sample& sample : samples) {
    records.push_back(sample.record);
    views.push_back(inputs_.store != nullptr ? viewing.integer(inputs_.store->views()) : 0);
  }
  torch::Tensor maps;
  if (inputs_.store != nullptr) {
    maps = translate::change_cells(
        inputs_.store->gather(records, views), extra_rows(),
        [&](const torch::Tensor& cells) { return data::augment(cells, augment_.grid, augmenting); });
  } else {
    maps = inputs_.image_encoder->frozen(load_augmented(records, augmenting));
  }
  if (augment_.mixstyle == 0) return maps;
  RandomStream mixing(seed_, stage_ + ".mixstyle", {place});
  return translate::change_cells(maps, extra_rows(), [&](const torch::Tensor& cells) {
    return mixstyle(cells, augment_.mixstyle, augment_.mixstyle_alpha, mixing);
  });
}

translate::TextTokens DatasetBatches::draw_texts(const std::vector<data::Sample>& samples,
                                                 int64_t step) const {
  RandomStream random(seed_, stage_ + ".wording", {static_cast<uint64_t>(step)});
  std::vector<std::string> texts;
  for (const data::Sample& sample : samples) {
    const std::vector<std::string>& choice = wordings(sample.record);
    texts.push_back(choice[static_cast<size_t>(random.integer(static_cast<int64_t>(choice.size())))]);
  }
  return texts_->gather(texts);
}

}  // namespace dmf::train
