#include "dmf/fuse/initial_checkpoint.h"

#include <fmt/ranges.h>

#include <cmath>
#include <vector>

#include "dmf/core/error.h"
#include "dmf/translate/recognise.h"
#include "dmf/translate/vision_names.h"
#include "dmf/weights/checkpoint.h"

namespace dmf::fuse {
namespace {

int64_t hidden_width(const ModelOptions& options) {
  return std::llround(options.mlp_ratio * static_cast<double>(options.width));
}

void check_sizes(const ModelOptions& options, const translate::VisionConfig& vit) {
  std::vector<std::string> wanted;
  if (options.width != vit.width)
    wanted.push_back(fmt::format("model.width = {} (is {})", vit.width, options.width));
  const int64_t heads = translate::published_heads(vit.width);
  if (heads != 0 && options.heads != heads)
    wanted.push_back(fmt::format("model.heads = {} (is {})", heads, options.heads));
  if (std::llround(options.mlp_ratio * static_cast<double>(vit.width)) != vit.intermediate) {
    wanted.push_back(fmt::format("model.mlp_ratio = {} (is {})",
                                 static_cast<double>(vit.intermediate) / static_cast<double>(vit.width),
                                 options.mlp_ratio));
  }
  if (options.depth > vit.layers)
    wanted.push_back(fmt::format("model.depth = {} or less (is {})", vit.layers, options.depth));
  if (options.final_norm == "layer" && !vit.has_final_norm)
    wanted.push_back("model.final_norm = \"none\": the checkpoint has no norm behind its last block");
  DMF_CHECK(wanted.empty(), InvalidArgument,
            "[model] initial: the shared transformer does not fit {}; hint: set {}", options.initial,
            fmt::join(wanted, ", "));
}

/// What the transformer calls its tensors, as the checkpoint calls them.
std::map<std::string, std::string> checkpoint_names(const ModelOptions& options) {
  std::map<std::string, std::string> names;
  for (int64_t i = 0; i < options.depth; ++i) {
    for (const char* layer : {"norm1", "attn.qkv", "attn.proj", "norm2", "mlp.fc1", "mlp.fc2"}) {
      for (const char* part : {"weight", "bias"})
        names[fmt::format("transformer.{}.{}.{}", i, layer, part)] =
            fmt::format("blocks.{}.{}.{}", i, layer, part);
    }
  }
  if (options.final_norm == "layer") {
    for (const std::string part : {"weight", "bias"}) names["transformer.norm." + part] = "norm." + part;
  }
  return names;
}

std::vector<int64_t> sizes_of(const std::string& name, const ModelOptions& options) {
  const int64_t D = options.width, hidden = hidden_width(options);
  const bool is_weight = name.ends_with(".weight");
  const auto linear = [&](int64_t outputs, int64_t inputs) {
    return is_weight ? std::vector<int64_t>{outputs, inputs} : std::vector<int64_t>{outputs};
  };
  if (name.find("attn.qkv.") != std::string::npos) return linear(3 * D, D);
  if (name.find("attn.proj.") != std::string::npos) return linear(D, D);
  if (name.find("mlp.fc1.") != std::string::npos) return linear(hidden, D);
  if (name.find("mlp.fc2.") != std::string::npos) return linear(D, hidden);
  return {D};
}

}  // namespace

weights::NamedTensors pretrained_transformer(const ModelOptions& options) {
  const weights::NamedTensors file = weights::read_checkpoint(options.initial);
  translate::check_kind(translate::recognise(nullptr, file), "vit", options.initial);
  weights::NamedTensors named;
  for (const auto& [name, tensor] : file)
    named[weights::mapped_name(name, translate::vision_name_rules())] = tensor;
  // The image's shape matters to the position table only, which is not read.
  const translate::VisionConfig vit =
      translate::vision_config_of_tensors(named, /*heads=*/1, {256, 128}, options.initial);
  DMF_CHECK(!vit.has_layer_scale, DataError,
            "{}: its blocks have a layer scale, which the shared transformer has not; hint: a ViT or DeiT "
            "without (not DeiT III, CaiT, DINOv2)",
            options.initial);
  check_sizes(options, vit);
  const std::map<std::string, std::string> names = checkpoint_names(options);
  std::vector<weights::ExpectedTensor> expected;
  for (const auto& [ours, theirs] : names) expected.push_back({theirs, sizes_of(theirs, options)});
  const weights::NamedTensors matched =
      weights::match_tensors(named, expected, {.ignore = {"*"}}, options.initial);
  weights::NamedTensors tensors;
  for (const auto& [ours, theirs] : names) tensors[ours] = matched.at(theirs).clone();
  return tensors;
}

}  // namespace dmf::fuse
