#include "dmf/translate/conv_encoder.h"

#include "dmf/core/error.h"
#include "dmf/core/file.h"
#include "dmf/core/precision.h"
#include "dmf/core/shape.h"
#include "dmf/translate/normalisation.h"
#include "dmf/translate/text_tensor.h"

namespace dmf::translate {
namespace {

/// [B, C, h, w] → [B, 4 C, h / 2, w / 2]: the four cells below each cell of the next stride.
torch::Tensor gather_cells(const torch::Tensor& map) { return at::pixel_unshuffle(map, 2); }

/// Changes when a tensor is replaced or written to.
size_t state_of(const weights::NamedTensors& tensors) {
  size_t state = 1;
  for (const auto& [name, tensor] : tensors) {
    state = state * 1000003 + reinterpret_cast<size_t>(tensor.unsafeGetTensorImpl());
    state = state * 1000003 + static_cast<size_t>(tensor._version());
  }
  return state;
}

}  // namespace

ConvEncoder::ConvEncoder(const ImageEncoderOptions& options, Architecture net,
                         const std::string& standard_freeze, weights::NamedTensors tensors)
    : ImageEncoder(options, std::move(tensors)), net_(std::move(net)) {
  for (const int64_t size : {options_.height, options_.width}) {
    DMF_CHECK(size > 0 && size % 32 == 0, InvalidArgument,
              "[image encoder] height and width must be multiples of 32, got {} x {}", options_.height,
              options_.width);
  }
  DMF_CHECK(options_.level == "16" || options_.level == "32" || needs16(), InvalidArgument,
            "[image encoder] level must be 16, 32 or 16+32, got `{}`", options_.level);
  if (options_.freeze.empty()) options_.freeze = standard_freeze;
  if (options_.freeze == "all") {
    first_trained_ = net_.stages.size();
  } else if (options_.freeze != "none") {
    first_trained_ = net_.stage_index(options_.freeze) + 1;
  }
  if (options_.level == "16") net_.stages.resize(net_.stage16 + 1);
  first_trained_ = std::min(first_trained_, net_.stages.size());
  for (const std::string& name : trained_names()) tensors_.at(name).requires_grad_(true);
}

torch::Tensor ConvEncoder::frozen(const torch::Tensor& normalised) const {
  check_shape(normalised, {kAnySize, 3, options_.height, options_.width}, "ImageEncoder::frozen",
              "normalised");
  const torch::NoGradGuard no_gradients;
  const torch::Dtype type = current_precision(normalised.device());
  const PrecisionScope weights_are_in_type(torch::kFloat32, normalised.device());
  const torch::Tensor input = normalised.to(type).contiguous(at::MemoryFormat::ChannelsLast);
  if (first_trained_ == 0) return input;
  const auto layers = folded(type);
  return in_batches(input, [&](const torch::Tensor& part) { return frozen_batch(*layers, part); });
}

torch::Tensor ConvEncoder::frozen_batch(const FoldedLayers& layers, const torch::Tensor& normalised) const {
  torch::Tensor map = normalised, cells;
  for (size_t i = 0; i < first_trained_; ++i) {
    map = run_stage(net_.stages[i], map, std::cref(layers));
    if (i == net_.stage16 && stores16()) cells = gather_cells(map);
  }
  return cells.defined() ? at::cat({cells, map}, 1) : map;
}

torch::Tensor ConvEncoder::trained(const torch::Tensor& stored, bool training) const {
  const std::vector<int64_t> sizes = stored_sizes();
  check_shape(stored, {kAnySize, sizes[0], sizes[1], sizes[2]}, "ImageEncoder::trained", "stored");
  const bool is_plain = current_precision(stored.device()) == torch::kFloat32;
  torch::Tensor map = is_plain ? stored.to(torch::kFloat32) : stored;
  map = map.contiguous(at::MemoryFormat::ChannelsLast);
  torch::Tensor cells;
  if (stores16()) {
    const int64_t count = 4 * net_.stages[net_.stage16].channels;
    cells = map.slice(1, 0, count);
    map = map.slice(1, count).contiguous(at::MemoryFormat::ChannelsLast);
  } else if (needs16() && first_trained_ == net_.stage16 + 1) {
    cells = gather_cells(map);
  }
  const bool uses_batch = training && options_.batch_norm == "batch";
  const LayerFunction layer = [&](const ConvLayer& each, const torch::Tensor& input) {
    return trained_layer(each, input, tensors_, net_, uses_batch);
  };
  for (size_t i = first_trained_; i < net_.stages.size(); ++i) {
    map = run_stage(net_.stages[i], map, layer);
    if (i == net_.stage16 && needs16()) cells = gather_cells(map);
  }
  if (cells.defined()) map = at::cat({cells.to(map.scalar_type()), map}, 1);
  return map.flatten(2).transpose(1, 2);  // [B, N, D_i]
}

std::vector<int64_t> ConvEncoder::stored_sizes() const {
  if (first_trained_ == 0) return {3, options_.height, options_.width};
  const Stage& last = net_.stages[first_trained_ - 1];
  const int64_t cells = stores16() ? 4 * net_.stages[net_.stage16].channels : 0;
  return {cells + last.channels, options_.height / last.stride, options_.width / last.stride};
}

TokenGrid ConvEncoder::grid() const {
  const int64_t stride = net_.stages.back().stride;
  return {options_.height / stride, options_.width / stride};
}

int64_t ConvEncoder::token_width() const {
  return net_.stages.back().channels + (needs16() ? 4 * net_.stages[net_.stage16].channels : 0);
}

std::vector<std::string> ConvEncoder::trained_names() const {
  std::vector<std::string> names;
  for (size_t i = first_trained_; i < net_.stages.size(); ++i) {
    for_each_layer(net_.stages[i], [&](const ConvLayer& layer) {
      for (const std::string& name : {layer.conv + ".weight", layer.norm + ".weight", layer.norm + ".bias"}) {
        names.push_back(name);
      }
    });
  }
  return names;
}

weights::NamedTensors ConvEncoder::frozen_tensors() const {
  weights::NamedTensors frozen;
  for (size_t i = 0; i < first_trained_; ++i) {
    for_each_layer(net_.stages[i], [&](const ConvLayer& layer) {
      std::vector<weights::ExpectedTensor> needed;
      add_expected(layer, needed);
      for (const auto& tensor : needed) frozen[tensor.name] = tensors_.at(tensor.name);
    });
  }
  return frozen;
}

std::shared_ptr<const FoldedLayers> ConvEncoder::folded(torch::Dtype type) const {
  const size_t state = state_of(frozen_tensors());
  const std::lock_guard lock(mutex_);
  Cache& cache = cache_[type];
  if (cache.state != state) {
    const std::vector<Stage> stages(net_.stages.begin(),
                                    net_.stages.begin() + static_cast<int64_t>(first_trained_));
    cache = {state, std::make_shared<const FoldedLayers>(stages, net_, tensors_, type)};
  }
  return cache.layers;
}

nlohmann::json ConvEncoder::description(const Architecture& net) {
  bool is_on_1x1 = false;
  for (const Stage& stage : net.stages) {
    for_each_layer(stage, [&](const ConvLayer& layer) {
      is_on_1x1 = is_on_1x1 || (layer.kernel == 1 && layer.stride == 2 && layer.conv.ends_with(".conv1"));
    });
  }
  return {{"architecture", net.name},
          {"stride_on_1x1", is_on_1x1},
          {"mean", net.mean},
          {"deviation", net.deviation},
          {"norm_epsilon", net.norm_epsilon}};
}

std::string ConvEncoder::fingerprint() const {
  nlohmann::json key = description(net_);
  key["stages"] = first_trained_;
  key["cells_of_stride_16"] = stores16();
  key["sizes"] = stored_sizes();
  key["image"] = {options_.height, options_.width};
  key["tensors"] = hash_of_tensors(frozen_tensors());
  return sha256(key.dump());
}

}  // namespace dmf::translate
