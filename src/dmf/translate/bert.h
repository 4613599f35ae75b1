#pragma once
#include <torch/types.h>

#include <filesystem>
#include <string>
#include <vector>

#include "dmf/translate/transformer.h"
#include "dmf/weights/name_map.h"
#include "dmf/weights/tensors.h"

namespace dmf::translate {

/// The numbers of a BERT encoder's config.json.
struct BertConfig {
  int64_t layers = 0, width = 0, intermediate = 0, vocabulary = 0, positions = 0, token_types = 0;
  TransformerShape shape;
};

/// @param json   content of config.json (Hugging Face)
/// @param where  its path, for the message
/// @throws DataError  not JSON, a number missing, another model type or activation
BertConfig parse_bert_config(const std::string& json, const std::string& where);

/// BERT's encoder (Devlin et al. 2019, arXiv:1810.04805), names as Hugging Face has them, without the pooler.
class Bert {
 public:
  /// @param tensors  all of bert_tensors(config); they are shared
  Bert(const BertConfig& config, const weights::NamedTensors& tensors);

  /// Last hidden states.
  /// @param ids   [B, T] int64, in [0, vocabulary); T <= positions
  /// @param mask  [B, T] bool, true = read, at least one a row
  /// @return      [B, T, D] of the type of the computation
  torch::Tensor operator()(const torch::Tensor& ids, const torch::Tensor& mask) const;

  const BertConfig& config() const { return config_; }

 private:
  BertConfig config_;
  torch::Tensor words_, positions_, types_;
  Affine norm_;
  std::vector<TransformerBlock> blocks_;
};

/// The tensors that Bert needs.
std::vector<weights::ExpectedTensor> bert_tensors(const BertConfig& config);

}  // namespace dmf::translate
