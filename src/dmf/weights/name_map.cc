#include "dmf/weights/name_map.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "dmf/core/error.h"
#include "dmf/core/shape.h"

namespace dmf::weights {
namespace {

bool matches(const std::string& name, std::string_view pattern) {
  const bool any_start = pattern.starts_with('*');
  if (any_start) pattern.remove_prefix(1);
  const bool any_end = pattern.ends_with('*');
  if (any_end) pattern.remove_suffix(1);
  if (any_start && any_end) return name.find(pattern) != std::string::npos;
  if (any_start) return name.ends_with(pattern);
  if (any_end) return name.starts_with(pattern);
  return name == pattern;
}

bool is_ignored(const std::string& name, const NameRules& rules) {
  return std::any_of(rules.ignore.begin(), rules.ignore.end(),
                     [&](const std::string& pattern) { return matches(name, pattern); });
}

bool fits(const torch::Tensor& tensor, const std::vector<int64_t>& sizes) {
  if (tensor.dim() != static_cast<int64_t>(sizes.size())) return false;
  for (size_t i = 0; i < sizes.size(); ++i) {
    if (sizes[i] != kAnySize && sizes[i] != tensor.size(static_cast<int64_t>(i))) return false;
  }
  return true;
}

struct Candidate {
  std::string file_name;
  torch::Tensor tensor;
  bool is_used = false;
};

/// What is wrong between a file and a model, gathered so that the user sees all of it at once.
struct Problems {
  std::vector<std::string> missing, misfit, unused, doubled;

  size_t count() const { return missing.size() + misfit.size() + unused.size() + doubled.size(); }

  /// A prefix that all of the file's names carry is the commonest reason for missing names.
  std::string hint() const {
    for (const std::string& name : unused) {
      for (const std::string& wanted : missing) {
        if (name.size() > wanted.size() && name.ends_with("." + wanted)) {
          return fmt::format("; hint: the file's names begin with `{}`",
                             name.substr(0, name.size() - wanted.size()));
        }
      }
    }
    return "";
  }

  std::string message(const std::string& where, size_t in_file, size_t in_model) const {
    std::string text = fmt::format("[match_tensors] {}: its {} tensors do not fit the {} that are expected",
                                   where, in_file, in_model) +
                       hint();
    const auto list = [&](const char* title, const std::vector<std::string>& lines) {
      if (!lines.empty())
        text += fmt::format("\n  {} ({}):\n    {}", title, lines.size(), fmt::join(lines, "\n    "));
    };
    list("missing", missing);
    list("misshaped", misfit);
    list("unused", unused);
    list("twice", doubled);
    return text;
  }
};

}  // namespace

std::string mapped_name(const std::string& name, const NameRules& rules) {
  std::string mapped = name;
  for (const std::string& prefix : rules.strip) {
    if (!prefix.empty() && mapped.starts_with(prefix)) {
      mapped.erase(0, prefix.size());
      break;
    }
  }
  for (const auto& [from, to] : rules.renames) {
    DMF_CHECK(!from.empty(), InvalidArgument, "[mapped_name] a rename from the empty text to `{}`", to);
    for (size_t at = 0; (at = mapped.find(from, at)) != std::string::npos; at += to.size()) {
      mapped.replace(at, from.size(), to);
    }
  }
  return rules.add + mapped;
}

NamedTensors match_tensors(const NamedTensors& file, const std::vector<ExpectedTensor>& expected,
                           const NameRules& rules, const std::string& where) {
  Problems problems;
  std::map<std::string, Candidate> candidates;
  for (const auto& [name, tensor] : file) {
    const auto [found, is_new] = candidates.try_emplace(mapped_name(name, rules), Candidate{name, tensor});
    if (!is_new) {
      problems.doubled.push_back(
          fmt::format("{} and {} both become {}", found->second.file_name, name, found->first));
    }
  }
  NamedTensors result;
  for (const ExpectedTensor& wanted : expected) {
    const auto found = candidates.find(wanted.name);
    if (found == candidates.end()) {
      if (!wanted.optional) problems.missing.push_back(wanted.name);
      continue;
    }
    Candidate& candidate = found->second;
    candidate.is_used = true;
    const torch::Tensor& tensor = candidate.tensor;
    if (!fits(tensor, wanted.sizes)) {
      problems.misfit.push_back(fmt::format("{}: expected {}, got {}", wanted.name, shape_text(wanted.sizes),
                                            shape_text(tensor.sizes())));
    } else if (!tensor.is_floating_point()) {
      problems.misfit.push_back(fmt::format("{}: expected floating numbers, got {}", wanted.name,
                                            c10::toString(tensor.scalar_type())));
    } else {
      result[wanted.name] = tensor.to(torch::kFloat32);
    }
  }
  for (const auto& [name, candidate] : candidates) {
    if (!candidate.is_used && !is_ignored(candidate.file_name, rules))
      problems.unused.push_back(candidate.file_name);
  }
  if (problems.count() > 0) throw DataError(problems.message(where, file.size(), expected.size()));
  return result;
}

}  // namespace dmf::weights
