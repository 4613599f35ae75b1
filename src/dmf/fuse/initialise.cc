#include "dmf/fuse/initialise.h"

#include <ATen/CPUGeneratorImpl.h>

#include <cmath>

#include "dmf/core/error.h"
#include "dmf/core/random.h"
#include "dmf/fuse/initial_checkpoint.h"

namespace dmf::fuse {
namespace {

constexpr double kDeviation = 0.02;             // timm's ViT
constexpr double kClassifierDeviation = 0.001;  // BoT, TransReID

// Each tensor has its own stream: a tensor more or less does not change the others.
torch::Tensor normal(const std::string& name, at::IntArrayRef sizes, double deviation, uint64_t seed) {
  at::Generator generator = at::make_generator<at::CPUGeneratorImpl>(RandomStream(seed, name).bits());
  return at::empty(sizes).normal_(0.0, deviation, generator);
}

torch::Tensor orthogonal(const std::string& name, int64_t outputs, int64_t inputs, uint64_t seed) {
  const int64_t longer = std::max(outputs, inputs), shorter = std::min(outputs, inputs);
  const auto [q, r] = at::linalg_qr(normal(name, {longer, shorter}, 1.0, seed));
  const torch::Tensor columns =
      q * r.diagonal().sign();  // [longer, shorter], uniform over the orthogonal matrices
  // Rows of unit length shrink what they read by sqrt(outputs / inputs): undone.
  return outputs < inputs ? columns.t().contiguous() * std::sqrt(static_cast<double>(inputs) / outputs)
                          : columns;
}

class Maker {
 public:
  Maker(const ModelOptions& options, uint64_t seed) : options_(options), seed_(seed) {}

  void linear(const std::string& name, int64_t outputs, int64_t inputs, double scale = 1.0) {
    made_[name + ".weight"] = normal(name + ".weight", {outputs, inputs}, kDeviation, seed_) * scale;
    made_[name + ".bias"] = at::zeros({outputs});
  }

  void norm(const std::string& name, int64_t width) {
    made_[name + ".weight"] = at::ones({width});
    made_[name + ".bias"] = at::zeros({width});
  }

  void batch_norm(const std::string& name, int64_t width) {
    norm(name, width);
    made_[name + ".running_mean"] = at::zeros({width});
    made_[name + ".running_var"] = at::ones({width});
  }

  void style(int64_t channels) {
    made_["image.style.mean"] = at::zeros({channels});
    made_["image.style.deviation"] = at::zeros({channels});
  }

  void translation(const std::string& modality, int64_t positions, int64_t inputs) {
    const int64_t D = options_.width;
    linear(modality + ".projection", D, inputs);
    const std::string weight = modality + ".projection.weight";
    if (options_.projection_init == "orthogonal") made_[weight] = orthogonal(weight, D, inputs, seed_);
    if (options_.normalise_tokens == "layer") norm(modality + ".token_norm", inputs);
    if (options_.normalise_tokens == "batch" && modality == "image")
      batch_norm(modality + ".token_norm", inputs);
    made_[modality + ".class_token"] = normal(modality + ".class_token", {D}, kDeviation, seed_);
    made_[modality + ".position"] =
        normal(modality + ".position", {1 + positions, D}, options_.position_init, seed_);
  }

  void transformer() {
    const int64_t D = options_.width;
    const auto hidden = static_cast<int64_t>(std::llround(options_.mlp_ratio * D));
    for (int64_t i = 0; i < options_.depth; ++i) {
      const std::string block = fmt::format("transformer.{}.", i);
      norm(block + "norm1", D);
      linear(block + "attn.qkv", 3 * D, D);
      linear(block + "attn.proj", D, D, options_.residual_init);
      norm(block + "norm2", D);
      linear(block + "mlp.fc1", hidden, D);
      linear(block + "mlp.fc2", D, hidden, options_.residual_init);
    }
    if (options_.final_norm == "layer") norm("transformer.norm", D);
  }

  weights::NamedTensors take() { return std::move(made_); }

 private:
  const ModelOptions& options_;
  uint64_t seed_;
  weights::NamedTensors made_;
};

}  // namespace

weights::NamedTensors initial_head(const ModelOptions& options, int64_t identities, uint64_t seed) {
  const int64_t D = options.width;
  return {{"neck.weight", at::ones({D})},
          {"neck.bias", at::zeros({D})},
          {"neck.running_mean", at::zeros({D})},
          {"neck.running_var", at::ones({D})},
          {"classifier.weight", normal("classifier.weight", {identities, D}, kClassifierDeviation, seed)}};
}

weights::NamedTensors initial_tensors(const ModelOptions& options, const ModelSizes& sizes, uint64_t seed) {
  Maker maker(options, seed);
  if (options.style_blend > 0) maker.style(sizes.stored_channels);
  maker.translation("image", sizes.image_tokens, sizes.image_width);
  if (sizes.text_width > 0) maker.translation("text", options.max_text_length, sizes.text_width);
  maker.transformer();
  weights::NamedTensors tensors = maker.take();
  if (!options.initial.empty()) {
    for (auto& [name, tensor] : pretrained_transformer(options)) tensors.at(name) = tensor;
  }
  tensors.merge(initial_head(options, sizes.identities, seed));
  return tensors;
}

}  // namespace dmf::fuse
