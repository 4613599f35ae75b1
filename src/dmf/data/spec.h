#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "dmf/core/option_table.h"

namespace dmf::data {

/// A dataset's name in its parts: `format:path?key=value&key=value`.
struct Spec {
  std::string text;    ///< as given
  std::string format;  ///< empty for a bare path
  std::filesystem::path path;
  std::vector<std::string> assignments;  ///< "key=value", in their order
};

/// Splits a dataset's name. A path that is there is taken as it stands, whatever characters it holds.
/// @throws InvalidArgument  an unknown format (names the nearest), `?` without key=value
Spec parse_spec(const std::string& text);

/// Sets what stands behind `?` in a table that has the format's name.
void set_options(OptionTable& table, const Spec& spec);

/// A format's options, filled from the spec.
/// @throws InvalidArgument  an unknown key (names the nearest), a value out of range
template <class Options>
Options parse_options(const Spec& spec) {
  Options options;
  OptionTable table;
  table.add(spec.format, options);
  set_options(table, spec);
  return options;
}

}  // namespace dmf::data
