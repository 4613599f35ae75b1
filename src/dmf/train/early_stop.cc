#include "dmf/train/early_stop.h"

namespace dmf::train {

bool EarlyStop::add(double score, int64_t step) {
  const bool is_best = !has_best() || score > best_score_;
  stale_ = is_best ? 0 : stale_ + 1;
  if (!is_best) return false;
  best_score_ = score;
  best_step_ = step;
  return true;
}

nlohmann::json EarlyStop::to_json() const {
  return {{"stale", stale_}, {"best_step", best_step_}, {"best_score", best_score_}};
}

void EarlyStop::load_json(const nlohmann::json& saved) {
  stale_ = saved.at("stale");
  best_step_ = saved.at("best_step");
  best_score_ = saved.at("best_score");
}

}  // namespace dmf::train
