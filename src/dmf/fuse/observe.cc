#include "dmf/fuse/observe.h"

#include <utility>

namespace dmf::fuse {
namespace {

thread_local Observer g_observer;

}  // namespace

ObserverScope::ObserverScope(Observer observer) : previous_(std::exchange(g_observer, std::move(observer))) {}

ObserverScope::~ObserverScope() { g_observer = std::move(previous_); }

bool is_observed() { return static_cast<bool>(g_observer); }

void observe(const char* part, const torch::Tensor& output) {
  if (g_observer) g_observer(part, output);
}

void observe(const weights::Scope& scope, const char* part, const torch::Tensor& output) {
  if (g_observer) g_observer(scope.prefix() + part, output);
}

}  // namespace dmf::fuse
