#include "dmf/onnx/text_path.h"

#include <fmt/format.h>

#include <limits>

#include "dmf/core/error.h"
#include "dmf/onnx/fusion.h"
#include "dmf/onnx/transformer.h"
#include "dmf/translate/transformer_text_encoder.h"

namespace dmf::onnx {
namespace {

constexpr int64_t kBehindTheEnd = std::numeric_limits<int64_t>::max();

/// [1, T, D] or [B, T, D]: TextTransformer's count of positions.
std::string positions(Operators& ops, const translate::TextConfig& config, const torch::Tensor& table,
                      const std::string& ids) {
  Graph& graph = ops.graph();
  if (config.model_type == "bert")
    return graph.node("Slice", {ops.constant(table), ops.numbers({0}), ops.size(ids, 1), ops.numbers({0})});
  // fairseq's: padding has its own id as position, the others go up from behind it.
  const std::string padding = ops.numbers({config.padding});
  const std::string is_read =
      ops.cast(graph.node("Not", {graph.node("Equal", {ids, padding})}), ElementType::kInt64);
  const std::string axis = graph.constant(std::vector<int64_t>{1}, {});
  const std::string numbers = ops.add(ops.multiply(graph.node("CumSum", {is_read, axis}), is_read), padding);
  return graph.node("Gather", {ops.constant(table), numbers});
}

/// Last hidden states [B, T, D]. @param mask  [B, T] float32
std::string hidden_states(Operators& ops, const translate::TransformerTextEncoder& encoder,
                          const std::string& ids, const std::string& mask) {
  const translate::TextTransformer network = encoder.network();
  const translate::TextConfig& config = network.config();
  const weights::Scope embeddings = weights::Scope(encoder.tensors()) / "embeddings";
  const std::string words =
      ops.graph().node("Gather", {ops.constant(embeddings["word_embeddings.weight"]), ids});
  const std::string placed =
      ops.add(words, positions(ops, config, embeddings["position_embeddings.weight"], ids));
  const std::string sum =
      ops.add(placed, ops.constant(embeddings["token_type_embeddings.weight"].select(0, 0)));
  std::string x = ops.layer_norm(sum, embeddings["LayerNorm.weight"], embeddings["LayerNorm.bias"],
                                 config.shape.norm_epsilon);
  const std::string bias = padding_bias(ops, mask);
  for (const translate::TransformerBlock& block : network.blocks())
    x = transformer_block(ops, x, block, config.shape, {.bias = bias});
  return x;
}

}  // namespace

std::string text_path_file(const fuse::DmfModel& model, const translate::TextEncoder& text_encoder,
                           const std::map<std::string, std::string>& metadata) {
  const auto* encoder = dynamic_cast<const translate::TransformerTextEncoder*>(&text_encoder);
  DMF_CHECK(encoder != nullptr, InvalidArgument, "[export] the text encoder `{}` cannot be exported",
            text_encoder.options().name);
  DMF_CHECK(model.has_text(), InvalidArgument, "[export] this model has no text branch");
  const torch::NoGradGuard no_grad;
  Operators ops("dmf text path");
  Graph& graph = ops.graph();
  const std::string ids = graph.input("ids", ElementType::kInt64, {"batch", "pieces"});
  std::string mask =
      ops.cast(graph.input("mask", ElementType::kInt64, {"batch", "pieces"}), ElementType::kFloat32);
  std::string tokens = hidden_states(ops, *encoder, ids, mask);
  if (!encoder->options().special_tokens) {
    // A row of L read tokens has its words at 1 … L - 2: as many as there are read tokens behind the second.
    tokens = ops.slice(tokens, 1, 1, -1);
    mask = ops.slice(mask, 1, 2, kBehindTheEnd);
  }
  const int64_t longest = model.options().max_text_length;
  graph.output("embedding",
               embedding_of_tokens(ops, model, "text", ops.slice(tokens, 1, 0, longest),
                                   ops.slice(mask, 1, 0, longest)),
               {"batch", model.options().width});
  return graph.bytes(metadata);
}

}  // namespace dmf::onnx
