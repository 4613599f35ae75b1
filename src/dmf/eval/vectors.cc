#include "dmf/eval/vectors.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string_view>
#include <unordered_map>

#include "dmf/core/error.h"

namespace dmf::eval {

UnrankableVectors find_unrankable(VectorView vectors) {
  UnrankableVectors found;
  for (int64_t i = 0; i < vectors.count; ++i) {
    const std::span row(vectors.row(i), static_cast<size_t>(vectors.width));
    if (!std::all_of(row.begin(), row.end(), [](float value) { return std::isfinite(value); })) {
      found.not_finite.push_back(i);
    } else if (std::all_of(row.begin(), row.end(), [](float value) { return value == 0; })) {
      found.zero.push_back(i);
    }
  }
  return found;
}

void check_vectors(VectorView vectors, const char* name) {
  DMF_CHECK(vectors.count >= 0 && vectors.width > 0 &&
                static_cast<int64_t>(vectors.values.size()) == vectors.count * vectors.width,
            InvalidArgument, "[evaluate] {} vectors: expected {} x {} numbers, got {}", name, vectors.count,
            vectors.width, vectors.values.size());
  const UnrankableVectors bad = find_unrankable(vectors);
  if (bad.count() == 0) return;
  std::string what;
  const auto add = [&](const std::vector<int64_t>& rows, const char* kind) {
    if (!rows.empty())
      what += fmt::format("{}{} in {} (first: row {})", what.empty() ? "" : ", ", kind, rows.size(), rows[0]);
  };
  add(bad.not_finite, "NaN or infinity");
  add(bad.zero, "nothing but zeros");
  throw InvalidArgument(Expectation{"evaluate", fmt::format("{} vectors cannot be ranked", name),
                                    "finite vectors, not all zero",
                                    fmt::format("{}, of {}", what, vectors.count), ""}
                            .message());
}

std::vector<std::vector<int64_t>> find_duplicates(VectorView vectors) {
  const auto size = static_cast<size_t>(vectors.width) * sizeof(float);
  std::unordered_map<std::string_view, size_t> first_of;  // the row's bytes → its group
  std::vector<std::vector<int64_t>> groups;
  first_of.reserve(static_cast<size_t>(vectors.count));
  for (int64_t i = 0; i < vectors.count; ++i) {
    const std::string_view bytes(reinterpret_cast<const char*>(vectors.row(i)), size);
    const auto [at, is_new] = first_of.try_emplace(bytes, groups.size());
    if (is_new) {
      groups.push_back({i});
    } else {
      groups[at->second].push_back(i);
    }
  }
  std::erase_if(groups, [](const auto& group) { return group.size() < 2; });
  return groups;
}

}  // namespace dmf::eval
