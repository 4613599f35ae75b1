#include "dmf/fuse/model_file.h"

#include "dmf/core/error.h"
#include "dmf/core/precision.h"
#include "dmf/core/system.h"
#include "dmf/core/version.h"
#include "dmf/weights/name_map.h"
#include "dmf/weights/tensor_file.h"

namespace dmf::fuse {
namespace {

constexpr const char* kFormat = "dmf model";
constexpr int kFormatVersion = 1;
constexpr const char* kCanaryImages = "canary.images";
constexpr const char* kCanaryTexts = "canary.texts";
constexpr const char* kCanarySentence = "A woman in a red coat and blue jeans carries a black bag.";
constexpr int64_t kCanaryCount = 2;
constexpr double kCanaryCosine = 0.999;

/// The options that a model cannot be rebuilt without, bound to one table.
struct SavedOptions {
  ModelOptions model;
  translate::ImageEncoderOptions image;
  translate::TextEncoderOptions text;

  OptionTable table() {
    OptionTable table;
    table.add("model", model);
    table.add("image", image);
    table.add("text_encoder", text);
    return table;
  }
};

/// Two patterns of slanted stripes, by integers alone: the same pixels on every machine.
torch::Tensor canary_pixels(const translate::ImageEncoderOptions& options) {
  const torch::Tensor pixels = at::empty({kCanaryCount, 3, options.height, options.width}, torch::kUInt8);
  auto* pixel = pixels.data_ptr<uint8_t>();
  for (int64_t k = 0; k < kCanaryCount; ++k) {
    for (int64_t c = 0; c < 3; ++c) {
      for (int64_t y = 0; y < options.height; ++y) {
        for (int64_t x = 0; x < options.width; ++x) {
          *pixel++ = static_cast<uint8_t>((y * (1 + 2 * k) + x * (3 - k) * (c + 1) + 70 * c) % 256);
        }
      }
    }
  }
  return pixels;
}

weights::NamedTensors canary_embeddings(const DmfModel& model, const translate::TextEncoder* text_encoder) {
  const PrecisionScope full(torch::kFloat32, model.device());
  const torch::NoGradGuard no_grad;
  weights::NamedTensors canary;
  canary[kCanaryImages] = model.embed_images(canary_pixels(model.image_encoder()->options())).cpu();
  if (text_encoder != nullptr && model.has_text()) {
    canary[kCanaryTexts] = model.embed_texts(text_encoder->frozen({kCanarySentence})).cpu();
  }
  return canary;
}

/// The tensors below `prefix`, without it.
weights::NamedTensors below(const weights::NamedTensors& all, const std::string& prefix) {
  weights::NamedTensors part;
  for (const auto& [name, tensor] : all) {
    if (name.starts_with(prefix)) part[name.substr(prefix.size())] = tensor;
  }
  return part;
}

void check_canary(const weights::NamedTensors& stored, const DmfModel& model,
                  const translate::TextEncoder* text_encoder, const std::string& where) {
  for (const auto& [name, now] : canary_embeddings(model, text_encoder)) {
    const auto found = stored.find(name);
    DMF_CHECK(found != stored.end() && found->second.sizes() == now.sizes(), DataError,
              "{}: the canary `{}` is missing or has another shape", where, name);
    const double cosine = (found->second * now).sum(1).min().item<double>();
    if (!(cosine >= kCanaryCosine)) {
      throw DataError(Expectation{where, fmt::format("the model does not reproduce its canary `{}`", name),
                                  fmt::format("a cosine of at least {}", kCanaryCosine),
                                  fmt::format("{:.4f}", cosine),
                                  "the file is damaged, or was written by a version that computes otherwise"}
                          .message());
    }
  }
}

const std::string& entry(const std::map<std::string, std::string>& metadata, const std::string& key,
                         const std::string& where) {
  const auto found = metadata.find(key);
  DMF_CHECK(found != metadata.end(), DataError, "{}: not a model file: metadata `{}` is missing", where, key);
  return found->second;
}

nlohmann::json json_entry(const std::map<std::string, std::string>& metadata, const std::string& key,
                          const std::string& where) {
  const nlohmann::json value = nlohmann::json::parse(entry(metadata, key, where), nullptr, false);
  DMF_CHECK(!value.is_discarded(), DataError, "{}: metadata `{}` is not JSON", where, key);
  return value;
}

void check_format(const std::map<std::string, std::string>& metadata, const std::string& where) {
  const std::string format = entry(metadata, "format", where);
  DMF_CHECK(format == kFormat, DataError, "{}: not a model file: expected format `{}`, got `{}`", where,
            kFormat, format);
  const nlohmann::json version = json_entry(metadata, "format_version", where);
  DMF_CHECK(version.is_number_integer() && version <= kFormatVersion, DataError,
            "{}: expected format version {} or older, got {}; hint: written by a newer dmf", where,
            kFormatVersion, version.dump());
}

/// Values for DmfModel::assign: the file's, and the encoders' tensors as they are: made of the file's.
weights::NamedTensors own_tensors(const weights::NamedTensors& file, const DmfModel& model,
                                  const std::string& where) {
  std::vector<weights::ExpectedTensor> expected;
  weights::NamedTensors values;
  for (const auto& [name, tensor] : model.tensors()) {
    if (name.starts_with(kImageEncoderPrefix) || name.starts_with(kTextEncoderPrefix)) {
      values[name] = tensor;
    } else {
      expected.push_back({name, tensor.sizes().vec()});
    }
  }
  const weights::NameRules rules{
      .ignore = {std::string(kImageEncoderPrefix) + "*", std::string(kTextEncoderPrefix) + "*", "canary.*"}};
  values.merge(weights::match_tensors(file, expected, rules, where));
  return values;
}

/// Options and sizes out of the metadata. Their values were checked when the file was written: one that is
/// refused now is the file's fault, not the user's.
SavedOptions saved_options(const std::map<std::string, std::string>& metadata, const std::string& where) {
  SavedOptions options;
  try {
    options.table().load_json(json_entry(metadata, "options", where));
  } catch (const InvalidArgument& error) {
    throw DataError(fmt::format("{}: {}", where, error.what()));
  } catch (const nlohmann::json::exception& error) {
    throw DataError(fmt::format("{}: metadata `options`: {}", where, error.what()));
  }
  return options;
}

int64_t positive_entry(const std::map<std::string, std::string>& metadata, const std::string& key,
                       int64_t low, const std::string& where) {
  const nlohmann::json value = json_entry(metadata, key, where);
  DMF_CHECK(value.is_number_integer() && value >= low, DataError,
            "{}: metadata `{}`: expected at least {}, got {}", where, key, low, value.dump());
  return value.get<int64_t>();
}

}  // namespace

void save_model(const std::filesystem::path& path, const DmfModel& model,
                const std::shared_ptr<translate::TextEncoder>& text_encoder,
                const ModelDescription& description) {
  SavedOptions options{model.options(), model.image_encoder()->options(), {}};
  if (text_encoder != nullptr) options.text = text_encoder->options();
  options.image.weights.clear();  // the weights are in this file
  options.model.initial.clear();
  options.text.folder.clear();
  weights::NamedTensors tensors = canary_embeddings(model, text_encoder.get());
  for (const auto& [name, tensor] : model.tensors()) tensors[name] = tensor.detach().cpu();
  if (text_encoder != nullptr) {
    for (const auto& [name, tensor] : text_encoder->tensors())
      tensors[kTextEncoderPrefix + name] = tensor.detach().cpu();
  }
  weights::write_safetensors(path, tensors,
                             {{"format", kFormat},
                              {"format_version", std::to_string(kFormatVersion)},
                              {"dmf_version", version()},
                              {"created", timestamp()},
                              {"identities", std::to_string(model.identities())},
                              {"text_width", std::to_string(model.text_width())},
                              {"options", options.table().to_json().dump()},
                              {"configuration", description.configuration.dump()},
                              {"training", description.training.dump()}});
}

LoadedModel load_model(const std::filesystem::path& path) {
  const std::string where = path.string();
  const auto [tensors, metadata] = weights::read_safetensors(path);
  check_format(metadata, where);
  const SavedOptions options = saved_options(metadata, where);
  const weights::NamedTensors image_tensors = below(tensors, kImageEncoderPrefix);
  const weights::NamedTensors text_tensors = below(tensors, kTextEncoderPrefix);
  const auto text_encoder =
      text_tensors.empty() ? nullptr : translate::make_text_encoder(options.text, &text_tensors);
  const TextBranch text_branch = text_encoder != nullptr
                                     ? TextBranch(text_encoder)
                                     : TextBranch(positive_entry(metadata, "text_width", 0, where));
  LoadedModel loaded{
      .model = DmfModel(options.model, translate::make_image_encoder(options.image, &image_tensors),
                        text_branch, positive_entry(metadata, "identities", 1, where), /*seed=*/0),
      .text_encoder = text_encoder,
      .description = {json_entry(metadata, "configuration", where), json_entry(metadata, "training", where)},
      .created = entry(metadata, "created", where)};
  loaded.model.assign(own_tensors(tensors, loaded.model, where));
  check_canary(tensors, loaded.model, loaded.text_encoder.get(), where);
  return loaded;
}

}  // namespace dmf::fuse
