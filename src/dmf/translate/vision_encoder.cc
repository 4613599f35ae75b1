#include "dmf/translate/vision_encoder.h"

#include <charconv>

#include "dmf/core/error.h"
#include "dmf/core/file.h"
#include "dmf/core/precision.h"
#include "dmf/core/shape.h"
#include "dmf/translate/text_tensor.h"
#include "dmf/translate/vision_names.h"

namespace dmf::translate {
namespace {

TokenGrid whole_patches(const ImageEncoderOptions& options, int64_t patch) {
  const TokenGrid grid{options.height / patch, options.width / patch};
  DMF_CHECK(grid.rows > 0 && grid.columns > 0, InvalidArgument,
            "[image encoder] {} x {} pixels hold no whole patch of {} x {}", options.height, options.width,
            patch, patch);
  return grid;
}

}  // namespace

VisionEncoder::VisionEncoder(const ImageEncoderOptions& options, const VisionConfig& config,
                             weights::NamedTensors tensors)
    : ImageEncoder(options, std::move(tensors)), net_(config, whole_patches(options, config.patch)) {
  if (options_.freeze.empty()) options_.freeze = "all";
  read_freeze_point();
  for (const std::string& name : trained_names()) tensors_.at(name).requires_grad_(true);
}

void VisionEncoder::read_freeze_point() {
  const std::string& freeze = options_.freeze;
  const int64_t layers = net_.config().layers;
  frozen_blocks_ = 0;
  if (freeze == "none") {
    cut_ = Cut::kNothing;
  } else if (freeze == "embeddings") {
    cut_ = Cut::kProjection;
  } else if (freeze == "all") {
    cut_ = Cut::kAll;
    frozen_blocks_ = layers;
  } else {
    cut_ = Cut::kBlocks;
    constexpr std::string_view kBlock = "block";
    const char* end = freeze.data() + freeze.size();
    const bool is_block = freeze.starts_with(kBlock);
    const auto parsed = is_block ? std::from_chars(freeze.data() + kBlock.size(), end, frozen_blocks_)
                                 : std::from_chars_result{nullptr, std::errc::invalid_argument};
    DMF_CHECK(
        parsed.ec == std::errc() && parsed.ptr == end && frozen_blocks_ >= 1 && frozen_blocks_ <= layers,
        InvalidArgument,
        "[image encoder] freeze: {} has no freeze point `{}`; it has all, none, embeddings, block1 … "
        "block{}",
        net_.config().name, freeze, layers);
  }
}

torch::Tensor VisionEncoder::frozen(const torch::Tensor& normalised) const {
  check_shape(normalised, {kAnySize, 3, options_.height, options_.width}, "ImageEncoder::frozen",
              "normalised");
  const torch::NoGradGuard no_gradients;
  const torch::Tensor input = normalised.to(current_precision(normalised.device()));
  if (cut_ == Cut::kNothing) return input;
  return in_batches(input, [&](const torch::Tensor& part) { return frozen_batch(part); });
}

torch::Tensor VisionEncoder::frozen_batch(const torch::Tensor& normalised) const {
  const torch::Tensor projected = net_.project(tensors_, normalised);
  if (cut_ == Cut::kProjection) return projected.contiguous();
  const torch::Tensor sequence =
      net_.run_blocks(tensors_, net_.embed(tensors_, projected), 0, frozen_blocks_);
  const torch::Tensor map = to_map(cut_ == Cut::kAll ? net_.finish(tensors_, sequence) : sequence);
  return map.to(normalised.scalar_type()).contiguous();
}

/// [B, P + N, D] → [B, D, rows + extra_rows(), columns]: cells, then the other tokens, then zeros.
torch::Tensor VisionEncoder::to_map(const torch::Tensor& sequence) const {
  const TokenGrid cells = grid();
  const int64_t apart = sequence.size(1) - cells.cells();
  torch::Tensor tokens = at::cat({sequence.slice(1, apart), sequence.slice(1, 0, apart)}, 1);
  const int64_t rows = cells.rows + extra_rows();
  tokens = at::constant_pad_nd(tokens, {0, 0, 0, rows * cells.columns - tokens.size(1)});
  return tokens.transpose(1, 2).unflatten(2, {rows, cells.columns});
}

torch::Tensor VisionEncoder::to_sequence(const torch::Tensor& map) const {
  const int64_t N = grid().cells(), apart = cut_ == Cut::kBlocks ? net_.config().tokens_apart() : 0;
  const torch::Tensor tokens = map.flatten(2).transpose(1, 2);  // [B, N + padded, D]
  return at::cat({tokens.slice(1, N, N + apart), tokens.slice(1, 0, N)}, 1);
}

torch::Tensor VisionEncoder::trained(const torch::Tensor& stored, bool) const {
  const std::vector<int64_t> sizes = stored_sizes();
  check_shape(stored, {kAnySize, sizes[0], sizes[1], sizes[2]}, "ImageEncoder::trained", "stored");
  const torch::Dtype type = current_precision(stored.device());
  const torch::Tensor map = stored.to(type);
  if (cut_ == Cut::kAll) return to_sequence(map);
  torch::Tensor sequence;
  if (cut_ == Cut::kBlocks) {
    sequence = to_sequence(map);
  } else {
    sequence = net_.embed(tensors_, cut_ == Cut::kNothing ? net_.project(tensors_, map) : map);
  }
  sequence = net_.run_blocks(tensors_, sequence, frozen_blocks_, net_.config().layers);
  return net_.finish(tensors_, sequence).to(type);
}

std::vector<int64_t> VisionEncoder::stored_sizes() const {
  if (cut_ == Cut::kNothing) return {3, options_.height, options_.width};
  return {token_width(), grid().rows + extra_rows(), grid().columns};
}

int64_t VisionEncoder::extra_rows() const {
  if (cut_ != Cut::kBlocks) return 0;
  const int64_t columns = grid().columns;
  return (net_.config().tokens_apart() + columns - 1) / columns;
}

bool VisionEncoder::is_trained(const std::string& name) const {
  if (cut_ == Cut::kNothing) return true;
  if (cut_ == Cut::kAll) return false;
  const VisionNames& names = vision_names(net_.config().names);
  if (name.starts_with(names.final_norm + ".")) return true;
  if (net_.config().has_shared_bias && name == names.shared_bias) return frozen_blocks_ == 0;
  if (!name.starts_with(names.block)) return false;
  return std::stoll(name.substr(names.block.size())) >= frozen_blocks_;
}

std::vector<std::string> VisionEncoder::trained_names() const {
  std::vector<std::string> trained;
  for (const weights::ExpectedTensor& tensor : vision_tensors(net_.config())) {
    if (is_trained(tensor.name)) trained.push_back(tensor.name);
  }
  return trained;
}

std::string VisionEncoder::fingerprint() const {
  weights::NamedTensors below;
  const std::string patches = vision_names(net_.config().names).patches + ".";
  for (const weights::ExpectedTensor& tensor : vision_tensors(net_.config())) {
    const bool is_read =
        cut_ == Cut::kProjection ? tensor.name.starts_with(patches) : !is_trained(tensor.name);
    if (is_read) below[tensor.name] = tensors_.at(tensor.name);
  }
  nlohmann::json key = to_json(net_.config());
  key["freeze"] = options_.freeze;
  key["sizes"] = stored_sizes();
  key["image"] = {options_.height, options_.width};
  key["tensors"] = hash_of_tensors(below);
  return sha256(key.dump());
}

}  // namespace dmf::translate
