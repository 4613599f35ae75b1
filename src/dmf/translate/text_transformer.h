#pragma once
#include <torch/types.h>

#include <string>
#include <vector>

#include "dmf/translate/transformer.h"
#include "dmf/weights/name_map.h"
#include "dmf/weights/tensors.h"

namespace dmf::translate {

/// The numbers of a text transformer's config.json (Hugging Face).
struct TextConfig {
  std::string model_type{};  ///< "bert", "roberta" or "data2vec-text"
  int64_t layers = 0, width = 0, intermediate = 0, vocabulary = 0, positions = 0, token_types = 0;
  int64_t padding = 0;  ///< id of the padding token
  TransformerShape shape{};

  /// BERT counts positions from 0; RoBERTa and data2vec from behind the padding token's id.
  int64_t first_position() const { return model_type == "bert" ? 0 : padding + 1; }
  /// Ids of the longest text, start and end tokens included.
  int64_t longest() const { return positions - first_position(); }
};

/// @param json   content of config.json
/// @param where  its path, for the message
/// @throws DataError  not JSON, a number missing, another model type or activation
TextConfig parse_text_config(const std::string& json, const std::string& where);

/// The encoder of BERT (Devlin et al. 2019, arXiv:1810.04805), RoBERTa (Liu et al. 2019, arXiv:1907.11692)
/// and data2vec-text (Baevski et al. 2022, arXiv:2202.03555): one architecture, which differs in how
/// positions are counted. Names as Hugging Face has them, without the pooler.
class TextTransformer {
 public:
  /// @param tensors  all of text_tensors(config); they are shared
  TextTransformer(const TextConfig& config, const weights::NamedTensors& tensors);

  /// Last hidden states: embed, then all blocks.
  /// @param ids   [B, T] int64, in [0, vocabulary); T <= longest()
  /// @param mask  [B, T] bool, true = read, at least one a row
  /// @return      [B, T, D] of the type of the computation
  torch::Tensor operator()(const torch::Tensor& ids, const torch::Tensor& mask) const;

  /// Sum of word, position and type embeddings, normalised: what the first block reads, [B, T, D].
  torch::Tensor embed(const torch::Tensor& ids) const;

  /// Blocks first … last - 1 (counted from 0).
  /// @param sequence  [B, T, D]
  torch::Tensor run(torch::Tensor sequence, const torch::Tensor& mask, int64_t first, int64_t last) const;

  const TextConfig& config() const { return config_; }
  const std::vector<TransformerBlock>& blocks() const { return blocks_; }

 private:
  torch::Tensor position_numbers(const torch::Tensor& ids) const;

  TextConfig config_;
  torch::Tensor words_, positions_, types_;
  Affine norm_;
  std::vector<TransformerBlock> blocks_;
};

/// The tensors that TextTransformer needs.
std::vector<weights::ExpectedTensor> text_tensors(const TextConfig& config);

/// The part of a tensor's name that tells where it stands: -1 the embeddings, 0 … the blocks.
int64_t block_of_text_tensor(const std::string& name);

}  // namespace dmf::translate
