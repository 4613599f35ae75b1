#pragma once
#include <torch/types.h>

#include <map>
#include <string>

namespace dmf::weights {

/// Tensors by the names their checkpoint gives them ("layer1.0.conv1.weight"), sorted by name.
using NamedTensors = std::map<std::string, torch::Tensor>;

/// A view of named tensors below a prefix, so that a layer's function needs not know where the layer stands:
///
///   const Scope block = Scope(tensors) / "encoder" / "layer" / std::to_string(i);
///   at::linear(x, block["dense.weight"], block["dense.bias"]);   // encoder.layer.3.dense.weight …
///
/// The tensors must outlive it.
class Scope {
 public:
  /// @param prefix  as it stands before the names, with its last dot ("encoder."); empty for all
  explicit Scope(const NamedTensors& tensors, std::string prefix = "")
      : tensors_(&tensors), prefix_(std::move(prefix)) {}

  /// The tensor `prefix + name`.
  /// @throws InvalidArgument  there is none; the message has the full name
  const torch::Tensor& operator[](const std::string& name) const;
  bool has(const std::string& name) const { return tensors_->contains(prefix_ + name); }
  /// The scope below: its prefix is `prefix + sub + "."`.
  Scope operator/(const std::string& sub) const { return Scope(*tensors_, prefix_ + sub + "."); }
  const std::string& prefix() const { return prefix_; }

 private:
  const NamedTensors* tensors_;
  std::string prefix_;
};

}  // namespace dmf::weights
