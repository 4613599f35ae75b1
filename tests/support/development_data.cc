#include "support/development_data.h"

#include <cstdlib>

namespace dmf::test {
namespace {

std::filesystem::path if_there(const std::filesystem::path& path) {
  return std::filesystem::is_directory(path) ? path : std::filesystem::path();
}

}  // namespace

std::filesystem::path development_data() {
  const char* given = std::getenv("DMF_DEV_DATA");
  const std::filesystem::path folder = given != nullptr ? given : "../shared";
  return if_there(folder / "data").empty() ? std::filesystem::path()
                                           : folder;  // any folder may be called shared
}

std::filesystem::path packages() { return if_there(".deps/site"); }

std::filesystem::path golden() { return "tests/golden"; }

}  // namespace dmf::test
