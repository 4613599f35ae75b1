#include "dmf/onnx/fusion.h"

#include <fmt/format.h>

#include "dmf/onnx/transformer.h"

namespace dmf::onnx {
namespace {

constexpr double kEpsilon = 1e-5;           // of the model's batch norms and styles
constexpr double kLayerNormEpsilon = 1e-6;  // ViT's

translate::TransformerBlock shared_block(const weights::Scope& t, int64_t width) {
  const auto affine = [&](const std::string& name) {
    return translate::Affine{t[name + ".weight"], t[name + ".bias"]};
  };
  translate::TransformerBlock block;
  block.fused = affine("attn.qkv");
  const auto part = [&](int64_t i) {
    return translate::Affine{block.fused.weight.narrow(0, i * width, width),
                             block.fused.bias.narrow(0, i * width, width)};
  };
  block.query = part(0);
  block.key = part(1);
  block.value = part(2);
  block.attention_output = affine("attn.proj");
  block.attention_norm = affine("norm1");
  block.up = affine("mlp.fc1");
  block.down = affine("mlp.fc2");
  block.mlp_norm = affine("norm2");
  return block;
}

/// F(v_j), L(t_k): the tokens' norm and their projection into the shared space.
std::string projected(Operators& ops, const weights::Scope& own, std::string tokens) {
  const weights::Scope norm = own / "token_norm";
  if (norm.has("running_mean")) {
    tokens = ops.batch_norm(tokens, norm, kEpsilon);
  } else if (norm.has("weight")) {
    tokens = ops.layer_norm(tokens, norm["weight"], norm["bias"], kLayerNormEpsilon);
  }
  return ops.linear(tokens, own["projection.weight"], own["projection.bias"]);
}

/// v_cls or t_cls, [B, 1, D].
std::string class_token(Operators& ops, const fuse::ModelOptions& options, const weights::Scope& own,
                        const std::string& projected, const std::string& mask) {
  const torch::Tensor learned = own["class_token"].view({1, 1, options.width});
  if (options.class_token == "learned") return ops.for_each_sample(learned, projected);
  if (mask.empty()) return ops.add(ops.mean(projected, {1}), ops.constant(learned));
  const std::string words = ops.reshape(mask, {0, -1, 1});
  const std::string count = ops.graph().node("Max", {ops.sum(words, {1}), ops.scalar(1)});
  const std::string mean = ops.graph().node("Div", {ops.sum(ops.multiply(projected, words), {1}), count});
  return ops.add(mean, ops.constant(learned));
}

}  // namespace

std::string style_blended(Operators& ops, const fuse::DmfModel& model, const std::string& map,
                          int64_t cells) {
  const double share = model.options().style_blend;
  if (share == 0) return map;
  const weights::NamedTensors tensors = model.tensors();
  const std::vector<int64_t> axes{2, 3};
  const std::string average = ops.mean(map, axes), centred = ops.graph().node("Sub", {map, average});
  const double unbiased = static_cast<double>(cells) / static_cast<double>(cells - 1);
  const std::string variance =
      ops.multiply(ops.mean(ops.multiply(centred, centred), axes), ops.scalar(unbiased));
  const std::string deviation = ops.graph().node("Sqrt", {ops.add(variance, ops.scalar(kEpsilon))});
  const auto towards = [&](const std::string& own, const char* name) {
    return ops.add(ops.multiply(own, ops.scalar(1 - share)),
                   ops.constant(tensors.at(name).view({1, -1, 1, 1}) * share));
  };
  const std::string ratio = ops.graph().node("Div", {towards(deviation, "image.style.deviation"), deviation});
  return ops.add(ops.multiply(centred, ratio), towards(average, "image.style.mean"));
}

std::string embedding_of_tokens(Operators& ops, const fuse::DmfModel& model, const std::string& modality,
                                const std::string& tokens, const std::string& mask) {
  const weights::NamedTensors tensors = model.tensors();
  const weights::Scope all(tensors), own = all / modality;
  const fuse::ModelOptions& options = model.options();
  const std::string read = projected(ops, own, tokens);
  std::string x = ops.concat({class_token(ops, options, own, read, mask), read}, 1);
  const torch::Tensor& positions = own["position"];
  if (mask.empty()) {
    x = ops.add(x, ops.constant(positions.narrow(0, 0, model.image_encoder()->token_count() + 1)));
  } else {
    x = ops.add(x, ops.graph().node("Slice", {ops.constant(positions), ops.numbers({0}), ops.size(x, 1),
                                              ops.numbers({0})}));
  }
  std::string bias;
  if (!mask.empty())  // the class token is read, too
    bias = padding_bias(ops, ops.concat({ops.for_each_sample(at::ones({1, 1}), mask), mask}, 1));
  const translate::TransformerShape shape{options.heads, kLayerNormEpsilon, translate::NormPlace::kBefore};
  for (int64_t i = 0; i < options.depth; ++i) {
    const weights::Scope block = all / fmt::format("transformer.{}", i);
    // Of the last block only the class token's output is wanted.
    x = transformer_block(ops, x, shared_block(block, options.width), shape,
                          {.bias = bias, .is_first_alone = i + 1 == options.depth});
  }
  if (options.final_norm == "layer")
    x = ops.layer_norm(x, all["transformer.norm.weight"], all["transformer.norm.bias"], kLayerNormEpsilon);
  const std::string feature = ops.reshape(x, {0, options.width});
  return ops.unit_rows(options.feature == "after" ? ops.batch_norm(feature, all / "neck", kEpsilon)
                                                  : feature);
}

}  // namespace dmf::onnx
