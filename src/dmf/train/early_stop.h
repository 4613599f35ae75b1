#pragma once
#include <cstdint>
#include <nlohmann/json.hpp>

namespace dmf::train {

/// Remembers the best of a stage's validations, and tells when the stage has stopped to get better.
class EarlyStop {
 public:
  /// @param patience  validations without a new best after which the stage is over; 0 = never
  explicit EarlyStop(int64_t patience) : patience_(patience) {}

  /// Takes the score of a validation after `step` steps; higher is better.
  /// @return whether it is higher than every one before
  bool add(double score, int64_t step);
  /// Whether the last `patience` validations were no better than one before them.
  bool is_over() const { return patience_ > 0 && stale_ >= patience_; }

  /// Whether there was a validation yet.
  bool has_best() const { return best_step_ >= 0; }
  double best_score() const { return best_score_; }
  int64_t best_step() const { return best_step_; }

  /// For a checkpoint, and back from it.
  nlohmann::json to_json() const;
  void load_json(const nlohmann::json& saved);

 private:
  int64_t patience_;
  int64_t stale_ = 0, best_step_ = -1;
  double best_score_ = 0;
};

}  // namespace dmf::train
