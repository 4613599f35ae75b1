#include "dmf/embed/embedder.h"

#include <fmt/format.h>

#include <algorithm>
#include <future>
#include <optional>
#include <sstream>
#include <utility>

#include "dmf/core/error.h"
#include "dmf/core/interrupt.h"
#include "dmf/core/precision.h"
#include "dmf/core/progress.h"
#include "dmf/fuse/model_file.h"
#include "dmf/text/keywords.h"
#include "dmf/translate/text_encoder.h"

namespace dmf::embed {
namespace {

torch::Tensor unit_rows(const torch::Tensor& vectors) {
  return vectors / vectors.norm(2, 1, /*keepdim=*/true);
}

// Rows of `count` that are not in `broken` (ascending).
std::vector<int64_t> whole_rows(int64_t count, const std::vector<data::BrokenImage>& broken) {
  std::vector<int64_t> rows;
  auto next = broken.begin();
  for (int64_t i = 0; i < count; ++i) {
    if (next != broken.end() && static_cast<int64_t>(next->index) == i) {
      ++next;
    } else {
      rows.push_back(i);
    }
  }
  return rows;
}

// What training read of its captions ([text] words); key words where the file does not say.
bool learned_keywords(const nlohmann::json& configuration) {
  return configuration.value(nlohmann::json::json_pointer("/text/words"), "keywords") == "keywords";
}

}  // namespace

Embedder::Embedder(const std::filesystem::path& model_file, const EmbedOptions& options)
    : Embedder(fuse::load_model(model_file), options) {}

Embedder::Embedder(fuse::LoadedModel loaded, const EmbedOptions& options)
    : Embedder(std::move(loaded.model),
               {std::move(loaded.text_encoder), learned_keywords(loaded.description.configuration)},
               options) {
  training_ = std::move(loaded.description.training);
}

Embedder::Embedder(fuse::DmfModel model, SentenceReader reader, const EmbedOptions& options)
    : model_(std::move(model)),
      reader_(std::move(reader)),
      options_(options),
      device_(device_by_name(options.device)),
      type_(compute_type(options.precision, device_)) {
  DMF_CHECK(options.batch > 0, InvalidArgument, "[embed] batch: expected at least 1, got {}", options.batch);
  model_.to(device_);
}

torch::Tensor Embedder::embed_batch(const torch::Tensor& pixels) const {
  const PrecisionScope precision(type_, device_);
  torch::Tensor vectors = model_.embed_images(pixels).to(torch::kFloat32);
  if (options_.flip) vectors = unit_rows(vectors + model_.embed_images(pixels.flip({3})).to(torch::kFloat32));
  return vectors.to(torch::kCPU);
}

ImageEmbeddings Embedder::images(const std::vector<std::filesystem::path>& paths,
                                 const std::string& what) const {
  return in_batches(paths, what, width(),
                    [this](const torch::Tensor& pixels) { return embed_batch(pixels); });
}

torch::Tensor Embedder::pictures(const torch::Tensor& pixels) const {
  const torch::NoGradGuard no_grad;
  torch::Tensor vectors = torch::empty({pixels.size(0), width()});
  for (int64_t first = 0; first < pixels.size(0); first += options_.batch) {
    stop_if_interrupted("embedding");
    const int64_t count = std::min(options_.batch, pixels.size(0) - first);
    vectors.narrow(0, first, count).copy_(embed_batch(pixels.narrow(0, first, count)));
  }
  return vectors;
}

ImageEmbeddings Embedder::encoded_images(const std::vector<std::filesystem::path>& paths,
                                         const std::string& what) const {
  const translate::ImageEncoder& encoder = *model_.image_encoder();
  return in_batches(paths, what, encoder.token_width(), [&](const torch::Tensor& pixels) {
    const PrecisionScope precision(type_, device_);
    const torch::Tensor stored = encoder.frozen(encoder.normalise(pixels.to(device_)));
    return encoder.trained(stored, /*training=*/false).to(torch::kFloat32).mean(1).to(torch::kCPU);
  });
}

ImageEmbeddings Embedder::in_batches(const std::vector<std::filesystem::path>& paths, const std::string& what,
                                     int64_t width, const Batch& vectors_of) const {
  const torch::NoGradGuard no_grad;
  const auto count = static_cast<int64_t>(paths.size());
  ImageEmbeddings result{torch::zeros({count, width}), {}, {}};
  if (count == 0) return result;
  const auto load = [&](int64_t first) {
    const auto begin = paths.begin() + first, end = paths.begin() + std::min(first + options_.batch, count);
    const translate::ImageEncoderOptions& size = model_.image_encoder()->options();
    data::LoadOptions options;
    options.height = size.height;
    options.width = size.width;
    options.broken = options_.skip_broken ? data::BrokenImages::kCollect : data::BrokenImages::kFail;
    return data::load_images({begin, end}, options);
  };
  std::optional<Progress> progress;
  if (!what.empty()) progress.emplace("embedding " + what, count, "images");
  std::future<data::LoadedImages> next = std::async(std::launch::async, load, 0);
  for (int64_t first = 0; first < count; first += options_.batch) {
    stop_if_interrupted("embedding");
    const data::LoadedImages batch = next.get();
    if (first + options_.batch < count) next = std::async(std::launch::async, load, first + options_.batch);
    result.vectors.narrow(0, first, batch.pixels.size(0)).copy_(vectors_of(batch.pixels));
    for (const data::BrokenImage& image : batch.broken) {
      result.broken.push_back({static_cast<size_t>(first) + image.index, image.reason});
    }
    if (progress) progress->advance(batch.pixels.size(0));
  }
  if (progress) progress->finish();
  result.rows = whole_rows(count, result.broken);
  if (!result.broken.empty())
    result.vectors = result.vectors.index_select(0, torch::tensor(result.rows, torch::kInt64));
  return result;
}

std::vector<std::string> Embedder::read_of(const std::vector<std::string>& sentences) const {
  std::vector<std::string> read = sentences;
  if (!reader_.keywords_only) return read;
  for (std::string& text : read) text = text::keyword_text(text);
  return read;
}

std::vector<std::string> Embedder::pieces(const std::string& sentence) const {
  std::vector<std::string> pieces;
  if (reader_.keywords_only) pieces = text::extract_keywords(sentence);
  if (!pieces.empty()) return pieces;
  std::istringstream words(sentence);
  for (std::string word; words >> word;) pieces.push_back(word);
  return pieces;
}

torch::Tensor Embedder::sentences(const std::vector<std::string>& texts) const {
  return joined_pieces(read_of(texts));
}

torch::Tensor Embedder::joined_pieces(const std::vector<std::string>& texts) const {
  return in_batches(texts, width(),
                    [this](const translate::TextTokens& stored) { return model_.embed_texts(stored); });
}

torch::Tensor Embedder::encoded_sentences(const std::vector<std::string>& texts) const {
  return in_batches(read_of(texts), model_.text_width(), [this](const translate::TextTokens& stored) {
    const translate::TextTokens words = reader_.encoder->trained(stored);
    const torch::Tensor read = words.mask.unsqueeze(2).to(torch::kFloat32);
    return (words.tokens.to(torch::kFloat32) * read).sum(1) / read.sum(1);
  });
}

torch::Tensor Embedder::in_batches(const std::vector<std::string>& texts, int64_t width,
                                   const TextBatch& vectors_of) const {
  const torch::NoGradGuard no_grad;
  DMF_CHECK(reads_sentences(), InvalidArgument,
            "[embed] this model has no text branch: it cannot embed sentences; hint: "
            "train it with texts");
  const auto count = static_cast<int64_t>(texts.size());
  torch::Tensor vectors = torch::empty({count, width});
  for (int64_t first = 0; first < count; first += options_.batch) {
    stop_if_interrupted("embedding");
    const int64_t last = std::min(first + options_.batch, count);
    const PrecisionScope precision(type_, device_);
    const translate::TextTokens words =
        reader_.encoder->frozen({texts.begin() + first, texts.begin() + last});
    const torch::Tensor has_word = words.mask.to(torch::kCPU).sum(1) > reader_.encoder->stored_specials();
    for (int64_t i = first; i < last; ++i) {
      DMF_CHECK(has_word[i - first].item<bool>(), InvalidArgument,
                "[embed] sentence {} of {} has no word: '{}'", i + 1, count, texts[static_cast<size_t>(i)]);
    }
    vectors.narrow(0, first, last - first).copy_(vectors_of(words));
  }
  return vectors;
}

int64_t Embedder::width() const { return model_.options().width; }

std::string Embedder::setting() const {
  return fmt::format("{}, {}", device_.str(), type_ == torch::kBFloat16 ? "bfloat16" : "float32");
}

}  // namespace dmf::embed
