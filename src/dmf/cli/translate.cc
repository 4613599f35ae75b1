#include <CLI/CLI.hpp>
#include <cstdio>

#include "dmf/cli/command.h"
#include "dmf/cli/flags.h"
#include "dmf/cli/result.h"
#include "dmf/core/error.h"
#include "dmf/core/interrupt.h"
#include "dmf/core/npy.h"
#include "dmf/core/progress.h"
#include "dmf/data/image.h"
#include "dmf/translate/image_encoder.h"
#include "dmf/translate/text_encoder.h"

namespace dmf::cli {
namespace {

constexpr size_t kBatch = 32;

struct TranslateArguments {
  std::string encoder, out, level = "32", size = "256x128", json;
  std::vector<std::string> images, texts;
};

/// What was translated, for the report.
struct Translated {
  torch::Tensor tokens;  ///< [n, N, D] float32
  std::string encoder, fingerprint;
  nlohmann::json details;
};

Translated translate_images(const TranslateArguments& arguments) {
  translate::ImageEncoderOptions options =
      translate::image_encoder_options(arguments.encoder.empty() ? "efficientnet-lite0" : arguments.encoder);
  const ImageSize size = parse_size(arguments.size);
  options.height = size.height;
  options.width = size.width;
  options.level = arguments.level;
  const auto encoder = translate::make_image_encoder(options);
  const std::vector<std::filesystem::path> paths(arguments.images.begin(), arguments.images.end());
  const torch::NoGradGuard no_gradients;
  std::vector<torch::Tensor> parts;
  Progress progress("translating", static_cast<int64_t>(paths.size()), "images");
  for (size_t first = 0; first < paths.size(); first += kBatch) {
    stop_if_interrupted("translating images");
    const size_t last = std::min(first + kBatch, paths.size());
    const std::vector<std::filesystem::path> batch(paths.begin() + static_cast<std::ptrdiff_t>(first),
                                                   paths.begin() + static_cast<std::ptrdiff_t>(last));
    const torch::Tensor pixels =
        data::load_images(batch, {.height = size.height, .width = size.width}).pixels;
    parts.push_back(encoder->trained(encoder->frozen(encoder->normalise(pixels)), false).contiguous());
    progress.advance(static_cast<int64_t>(batch.size()));
  }
  progress.finish();
  const translate::TokenGrid grid = encoder->grid();
  return {
      at::cat(parts),
      options.name,
      encoder->fingerprint(),
      {{"level", arguments.level}, {"size", {size.height, size.width}}, {"grid", {grid.rows, grid.columns}}}};
}

Translated translate_texts(const TranslateArguments& arguments) {
  translate::TextEncoderOptions options;
  if (!arguments.encoder.empty() && arguments.encoder != options.name) options.folder = arguments.encoder;
  const auto encoder = translate::make_text_encoder(options);
  const translate::TextTokens texts = encoder->encode(arguments.texts);
  const torch::Tensor counts = texts.mask.sum(1);
  const std::vector<int64_t> words(counts.const_data_ptr<int64_t>(),
                                   counts.const_data_ptr<int64_t>() + counts.numel());
  for (size_t i = 0; i < words.size(); ++i) {
    DMF_CHECK(words[i] > 0, InvalidArgument, "--text: sentence {} has no word: '{}'", i + 1,
              arguments.texts[i]);
  }
  return {texts.tokens,
          options.folder.empty() ? options.name : options.folder,
          encoder->fingerprint(),
          {{"words", words}}};
}

void translate_command_body(const TranslateArguments& arguments) {
  const Measurement measurement;
  DMF_CHECK(arguments.images.empty() != arguments.texts.empty(), InvalidArgument,
            "give either images or --text \"…\"");
  const Translated result =
      arguments.texts.empty() ? translate_images(arguments) : translate_texts(arguments);
  write_npy(arguments.out, result.tokens);
  if (arguments.json != "-") {
    std::printf("%s: [%ld, %ld, %ld] float32: tokens of %s (%s)\n", arguments.out.c_str(),
                static_cast<long>(result.tokens.size(0)), static_cast<long>(result.tokens.size(1)),
                static_cast<long>(result.tokens.size(2)), result.encoder.c_str(),
                duration_text(measurement.seconds()).c_str());
  }
  if (arguments.json.empty()) return;
  nlohmann::json document = measurement.document();
  document["encoder"] = {{"name", result.encoder}, {"fingerprint", result.fingerprint}};
  nlohmann::json entry = result.details;
  entry["tokens"] = arguments.out;
  entry["shape"] = result.tokens.sizes().vec();
  document["results"] = {entry};
  write_document(document, arguments.json);
}

std::function<void()> declare_translate(CLI::App& app) {
  auto arguments = std::make_shared<TranslateArguments>();
  app.add_option("image", arguments->images, "images; each is stretched to --size")->type_name("IMAGE");
  app.add_option("--text", arguments->texts, "sentences instead of images; may be repeated")
      ->allow_extra_args(false)
      ->type_name("TEXT");
  app.add_option(
         "--encoder", arguments->encoder,
         "of images: efficientnet-lite0 (standard), efficientnet-lite2, or a weights file or checkpoint "
         "folder of EfficientNet-Lite, ResNet-50, data2vec-vision, ViT, DeiT or DINOv2; of texts: "
         "minilm-l6 (standard) or a checkpoint folder of BERT, RoBERTa or data2vec-text")
      ->type_name("NAME|FILE|FOLDER");
  app.add_option("--size", arguments->size,
                 "pixels images are stretched to: multiples of 32 for convolutional encoders")
      ->type_name("HEIGHTxWIDTH")
      ->capture_default_str();
  app.add_option("--level", arguments->level,
                 "convolutional encoders: stride of the feature map whose cells are the tokens")
      ->check(CLI::IsMember({"16", "32", "16+32"}))
      ->capture_default_str();
  app.add_option("--out", arguments->out,
                 "tokens as NumPy's .npy: [images, N, D] float32, cells row by row; of texts [texts, T, D], "
                 "one token "
                 "a word piece, padded with zeros")
      ->required()
      ->type_name("FILE");
  add_json_flag(app, arguments->json, "to standard output");
  return [arguments] { translate_command_body(*arguments); };
}

}  // namespace

Command translate_command() {
  return {"translate", "Writes an encoder's raw tokens, to compare with other implementations of it",
          "dmf translate --encoder efficientnet-lite0 --size 256x128 --out tokens.npy crop.jpg\n"
          "dmf translate --encoder data2vec-vision-base/ --out tokens.npy crop.jpg\n"
          "dmf translate --text \"a woman in a red coat\" --out words.npy",
          declare_translate};
}

}  // namespace dmf::cli
