#pragma once
#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "dmf/search/crop.h"

namespace dmf::cli {

/// Which crops a command is about, as it is typed.
struct FilterFlags {
  std::vector<int64_t> ids;
  std::vector<std::string> sources, cameras, identities, tags;
  std::string from, before;

  /// Declares --camera, --identity, --tag, --from, --before.
  /// @param else_where  what the first three mean besides, for the help; may be empty
  void declare(CLI::App& app, const std::string& else_where = "");
  /// @throws InvalidArgument  a time that is none
  search::Filter filter() const;
};

}  // namespace dmf::cli
