#include "dmf/core/nearest.h"

#include <algorithm>

namespace dmf {
namespace {

size_t edit_distance(const std::string& a, const std::string& b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t substituted = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({substituted, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

}  // namespace

std::string nearest(const std::string& text, const std::vector<std::string>& names) {
  const auto begins = std::find_if(names.begin(), names.end(),
                                   [&](const auto& name) { return !text.empty() && name.starts_with(text); });
  if (begins != names.end()) return *begins;
  const auto best = std::min_element(names.begin(), names.end(), [&](const auto& a, const auto& b) {
    return edit_distance(text, a) < edit_distance(text, b);
  });
  return best == names.end() ? "" : *best;
}

}  // namespace dmf
