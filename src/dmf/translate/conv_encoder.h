#pragma once
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "dmf/translate/architecture.h"
#include "dmf/translate/conv_network.h"
#include "dmf/translate/image_encoder.h"

namespace dmf::translate {

/// ImageEncoder of an Architecture.
class ConvEncoder : public ImageEncoder {
 public:
  /// @param tensors  all that the stages need, float32, by the checkpoint's names
  /// @param options  `freeze` may be empty: `standard_freeze` then
  ConvEncoder(const ImageEncoderOptions& options, Architecture net, const std::string& standard_freeze,
              weights::NamedTensors tensors);

  Normalisation normalisation() const override { return {net_.mean, net_.deviation}; }
  torch::Tensor frozen(const torch::Tensor& normalised) const override;
  torch::Tensor trained(const torch::Tensor& stored, bool training) const override;
  std::vector<int64_t> stored_sizes() const override;
  TokenGrid grid() const override;
  int64_t token_width() const override;
  std::vector<std::string> trained_names() const override;
  std::string fingerprint() const override;

  /// Its stages, without those that the level does not need.
  const Architecture& architecture() const { return net_; }
  /// How many of them are frozen, the first ones.
  size_t first_trained() const { return first_trained_; }

  /// What encoder.json holds: all of the architecture that the tensors do not tell.
  static nlohmann::json description(const Architecture& net);

 private:
  torch::Tensor frozen_batch(const FoldedLayers& layers, const torch::Tensor& normalised) const;
  std::shared_ptr<const FoldedLayers> folded(torch::Dtype type) const;
  weights::NamedTensors frozen_tensors() const;
  bool needs16() const { return options_.level == "16+32"; }
  /// Whether the stored map carries the gathered stride-16 cells beside the map at the freeze point.
  bool stores16() const { return needs16() && first_trained_ > net_.stage16 + 1; }

  Architecture net_;          ///< without stages that the level does not need
  size_t first_trained_ = 0;  ///< stages before it are frozen

  /// The folded weights of one type, and of which frozen tensors they were made.
  struct Cache {
    size_t state = 0;
    std::shared_ptr<const FoldedLayers> layers;
  };
  mutable std::mutex mutex_;
  mutable std::map<torch::Dtype, Cache> cache_;
};

}  // namespace dmf::translate
