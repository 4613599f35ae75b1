#include "dmf/cli/export_samples.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "dmf/cli/records.h"
#include "dmf/cli/world_pixels.h"
#include "dmf/core/error.h"
#include "dmf/data/dataset.h"
#include "dmf/data/image.h"
#include "dmf/embed/attention.h"
#include "dmf/translate/transformer_text_encoder.h"
#include "dmf/world/studio.h"

namespace dmf::cli {
namespace {

constexpr int64_t kSyntheticImages = 48, kImagesEach = 4;
constexpr int64_t kRangeImages = 128;
constexpr int64_t kOwnBatch = 32;

/// Synthetic persons in the model's size; the first picture of each searches for the others.
struct SyntheticPersons {
  torch::Tensor pixels;  ///< [N, 3, H, W] uint8, queries first
  eval::Labels query, gallery;
  std::vector<std::string> captions;
};

SyntheticPersons synthetic_persons(const translate::ImageEncoderOptions& size) {
  world::WorldOptions options;
  options.identities = kSyntheticImages / kImagesEach;
  options.images = kImagesEach;
  options.height = static_cast<int>(size.height);
  options.width = static_cast<int>(size.width);
  const world::Studio studio(options);
  SyntheticPersons persons;
  std::vector<torch::Tensor> queries, gallery;
  for (int64_t number = 1; number <= options.identities; ++number) {
    bool is_first = true;
    studio.photograph(number, [&](const world::MadeImage& made) {
      (is_first ? queries : gallery).push_back(world_pixels(made.picture.image));
      (is_first ? persons.query : persons.gallery).identities.push_back(number);
      persons.captions.push_back(made.caption);
      is_first = false;
    });
  }
  queries.insert(queries.end(), gallery.begin(), gallery.end());
  persons.pixels = at::stack(queries);
  return persons;
}

torch::Tensor loaded(const std::vector<std::filesystem::path>& paths,
                     const translate::ImageEncoderOptions& size) {
  data::LoadOptions options;
  options.height = size.height;
  options.width = size.width;
  return data::load_images(paths, options).pixels;
}

std::map<std::string, torch::Tensor> inputs_of(const embed::Embedder& embedder, onnx::ImageInput input,
                                               const torch::Tensor& pixels) {
  if (input == onnx::ImageInput::kPixels) return {{"pixels", pixels.contiguous()}};
  return {{"normalised", embedder.model().image_encoder()->normalise(pixels).contiguous()}};
}

/// The model's own embeddings, [N, D] float32.
torch::Tensor own_embeddings(const embed::Embedder& embedder, const torch::Tensor& pixels) {
  const embed::AttentionMaps maps(embedder);
  std::vector<torch::Tensor> parts;
  for (const torch::Tensor& batch : pixels.split(kOwnBatch)) parts.push_back(maps.embeddings(batch));
  return at::cat(parts).contiguous();
}

}  // namespace

GateSamples image_samples(const embed::Embedder& embedder, onnx::ImageInput input,
                          const std::vector<std::string>& images, const std::string& test) {
  const translate::ImageEncoderOptions& size = embedder.model().image_encoder()->options();
  GateSamples samples;
  torch::Tensor pixels;
  if (!images.empty()) {
    pixels = loaded({images.begin(), images.end()}, size);
  } else if (!test.empty()) {
    data::Dataset dataset = data::open_dataset(test);
    complete_test_half(dataset);
    std::vector<std::filesystem::path> paths = paths_of(dataset.query), gallery = paths_of(dataset.gallery);
    paths.insert(paths.end(), gallery.begin(), gallery.end());
    pixels = loaded(paths, size);
    samples.query = labels_of(dataset.query, all_rows(dataset.query));
    samples.gallery = labels_of(dataset.gallery, all_rows(dataset.gallery));
  } else {
    SyntheticPersons persons = synthetic_persons(size);
    pixels = persons.pixels;
    samples.query = std::move(persons.query);
    samples.gallery = std::move(persons.gallery);
  }
  samples.inputs = inputs_of(embedder, input, pixels);
  samples.wanted = own_embeddings(embedder, pixels);
  return samples;
}

GateSamples range_samples(const embed::Embedder& embedder, onnx::ImageInput input, const std::string& spec) {
  const data::Dataset dataset = data::open_dataset(spec);
  const std::vector<data::Record>& records = dataset.train.empty() ? dataset.gallery : dataset.train;
  DMF_CHECK(!records.empty(), DataError, "{}: no images to find the ranges of int8 with", spec);
  const std::vector<std::filesystem::path> paths = paths_of(records);
  const auto all = static_cast<int64_t>(paths.size()), count = std::min(kRangeImages, all);
  std::vector<std::filesystem::path> drawn;
  for (int64_t i = 0; i < count; ++i) drawn.push_back(paths[static_cast<size_t>(i * all / count)]);
  return {inputs_of(embedder, input, loaded(drawn, embedder.model().image_encoder()->options())), {}, {}, {}};
}

GateSamples text_samples(const embed::Embedder& embedder) {
  DMF_CHECK(embedder.reads_sentences(), InvalidArgument,
            "[export] this model reads no sentences: it has no text path; hint: train it with texts");
  const auto* encoder = dynamic_cast<const translate::TransformerTextEncoder*>(embedder.text_encoder());
  DMF_CHECK(encoder != nullptr, InvalidArgument, "[export] the text encoder `{}` cannot be exported",
            embedder.text_encoder()->options().name);
  std::vector<std::string> texts = synthetic_persons(embedder.model().image_encoder()->options()).captions;
  for (std::string& text : texts) text = fmt::format("{}", fmt::join(embedder.pieces(text), " "));
  const translate::TextTokens ids = encoder->ids_of(texts);
  return {{{"ids", ids.tokens}, {"mask", ids.mask.to(torch::kInt64)}}, embedder.joined_pieces(texts), {}, {}};
}

}  // namespace dmf::cli
