#pragma once
#include <torch/types.h>

#include <functional>
#include <string>

#include "dmf/weights/tensors.h"

namespace dmf::fuse {

/// Gets the name and the output of each part of a model ("transformer.3.attn") in the order they compute.
/// "transformer.3.attn.shares" is what each output position reads of each position: [B, heads, outputs, S].
using Observer = std::function<void(const std::string& part, const torch::Tensor& output)>;

/// While it lives, what this thread computes is shown to `observer`.
class ObserverScope {
 public:
  explicit ObserverScope(Observer observer);
  ~ObserverScope();
  ObserverScope(const ObserverScope&) = delete;
  ObserverScope& operator=(const ObserverScope&) = delete;

 private:
  Observer previous_;
};

/// Whether this thread has an observer.
bool is_observed();

/// Shows an output to this thread's observer; costs nothing where there is none.
void observe(const char* part, const torch::Tensor& output);
/// The same of a part below a scope: its prefix stands before the name.
void observe(const weights::Scope& scope, const char* part, const torch::Tensor& output);

}  // namespace dmf::fuse
