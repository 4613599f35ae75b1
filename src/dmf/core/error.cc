#include "dmf/core/error.h"

namespace dmf {

std::string Expectation::message() const {
  std::string text = where.empty() ? what : fmt::format("[{}] {}", where, what);
  if (!expected.empty()) text += fmt::format(": expected {}", expected);
  if (!got.empty()) text += fmt::format("{} got {}", expected.empty() ? ":" : ",", got);
  if (!hint.empty()) text += fmt::format("; hint: {}", hint);
  return text;
}

}  // namespace dmf
