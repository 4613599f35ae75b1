#pragma once
#include <torch/types.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "dmf/train/launch.h"

namespace dmf::train {

/// The processes that train together, seen from one of them: sums and collections over all of them by
/// libtorch's c10d with gloo. Every process must make the same calls in the same order.
///
/// A process that is gone (killed, crashed, its host down) is noticed by the others' next call, or by a call
/// under way; they end with an Error that names it within seconds.
class Ranks {
 public:
  /// Meets the other processes.
  /// @param patience  for processes that are late to come
  /// @throws Error  not all came; the message says how many and what was expected
  explicit Ranks(const Launch& launch, std::chrono::seconds patience = std::chrono::seconds(300));
  ~Ranks();
  Ranks(const Ranks&) = delete;
  Ranks& operator=(const Ranks&) = delete;

  int64_t rank() const { return launch_.rank; }
  int64_t size() const { return launch_.size; }
  bool is_first() const { return launch_.rank == 0; }

  /// Every process' tensor becomes the sum of all. CPU tensors of one shape and type.
  void sum(torch::Tensor& values) const;
  /// Of every process' number.
  int64_t sum(int64_t number) const;
  /// The rows of all processes, those of rank 0 first: [n0 + n1 + …, …] of [ni, …].
  torch::Tensor gather(const torch::Tensor& rows) const;
  /// Every process' tensors become those of rank 0.
  void take_from_first(const std::vector<torch::Tensor>& tensors) const;
  /// Returns when all processes have come here.
  void wait_for_all() const;

 private:
  class Connection;

  Launch launch_;
  std::unique_ptr<Connection> connection_;
};

}  // namespace dmf::train
