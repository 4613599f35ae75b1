#include "dmf/data/spec.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>

#include "dmf/core/error.h"
#include "dmf/core/nearest.h"
#include "dmf/data/format.h"

namespace dmf::data {
namespace {

namespace fs = std::filesystem;

/// Cuts `?key=value&…` off a path.
void take_assignments(Spec& spec, std::string& path) {
  const size_t mark = path.find('?');
  if (mark == std::string::npos || fs::exists(path)) return;
  std::string rest = path.substr(mark + 1);
  path.resize(mark);
  for (size_t start = 0; start <= rest.size();) {
    const size_t end = std::min(rest.find('&', start), rest.size());
    const std::string assignment = rest.substr(start, end - start);
    DMF_CHECK(assignment.find('=') != std::string::npos, InvalidArgument,
              "[dataset] {}: expected ?key=value&key=value behind the path, got '{}'", spec.text, assignment);
    spec.assignments.push_back(assignment);
    start = end + 1;
  }
}

std::vector<std::string> format_names() {
  std::vector<std::string> names;
  for (const Format& format : formats()) names.emplace_back(format.name);
  return names;
}

}  // namespace

Spec parse_spec(const std::string& text) {
  Spec spec{text, "", {}, {}};
  const size_t colon = text.find(':');
  const std::string prefix = text.substr(0, colon);
  const bool has_format = colon != std::string::npos && find_format(prefix) != nullptr;
  const bool is_unknown =
      colon != std::string::npos && !has_format && !fs::exists(text) && prefix.find('/') == std::string::npos;
  if (text.empty() || is_unknown) {
    const auto names = format_names();
    const std::string expected = fmt::format(
        "NAME:PATH or a path, with NAME one of {}, e.g. market1501:FOLDER, csv:FILE", fmt::join(names, ", "));
    const std::string hint = text.empty() ? "" : fmt::format("did you mean `{}:`?", nearest(prefix, names));
    throw InvalidArgument(Expectation{"dataset", "unknown format", expected, text, hint}.message());
  }
  if (has_format) spec.format = prefix;
  std::string path = has_format ? text.substr(colon + 1) : text;
  take_assignments(spec, path);
  spec.path = path;
  return spec;
}

void set_options(OptionTable& table, const Spec& spec) {
  DMF_CHECK(spec.assignments.empty() || !table.options().empty(), InvalidArgument,
            "[dataset] {}: the format {} takes no options behind `?`", spec.text, spec.format);
  for (const std::string& assignment : spec.assignments) {
    try {
      table.set(spec.format + "." + assignment, "?" + assignment);
    } catch (const InvalidArgument& error) {
      throw InvalidArgument(fmt::format("dataset {}: {}", spec.text, error.what()));
    }
  }
}

}  // namespace dmf::data
