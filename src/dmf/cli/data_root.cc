#include "dmf/cli/data_root.h"

#include <cstdlib>
#include <map>
#include <vector>

#include "dmf/core/error.h"

namespace dmf::cli {
namespace {

/// Names of the folders as their publishers' archives and the common toolboxes have them.
const std::map<std::string, std::vector<std::string>>& usual_folders() {
  static const std::map<std::string, std::vector<std::string>> folders = {
      {"market1501",
       {"Market-1501-v15.09.15", "market1501/Market-1501-v15.09.15", "Market-1501", "market1501"}},
      {"dukemtmc", {"DukeMTMC-reID", "dukemtmc-reid/DukeMTMC-reID", "dukemtmc-reid", "dukemtmc"}},
      {"cuhk03",
       {"cuhk03-np/detected", "CUHK03-NP/detected", "cuhk03_release", "cuhk03/cuhk03_release", "cuhk03"}},
      {"msmt17", {"MSMT17_V1", "msmt17/MSMT17_V1", "MSMT17_V2", "msmt17/MSMT17_V2", "MSMT17", "msmt17"}},
      {"msmt17_all", {"MSMT17_V1", "msmt17/MSMT17_V1", "MSMT17_V2", "msmt17/MSMT17_V2", "MSMT17", "msmt17"}},
      {"randperson", {"randperson_subset", "RandPerson_subset", "RandPerson", "randperson"}},
      {"finegpr", {"FineGPR", "FineGPR_dataset", "finegpr"}},
  };
  return folders;
}

}  // namespace

std::filesystem::path data_root_or_standard(const std::string& flag) {
  if (!flag.empty()) return flag;
  const char* folder = std::getenv("DMF_DATA");
  return folder != nullptr && *folder != '\0' ? folder : "data";
}

std::string located_dataset(const std::string& name, const std::filesystem::path& root) {
  const size_t colon = name.find(':');
  if (colon == std::string::npos) return name;
  const std::string rest = name.substr(colon + 1);
  if (!rest.empty() && rest.front() != '?') return name;
  const std::string format = name.substr(0, colon);
  const auto usual = usual_folders().find(format);
  std::string looked_for;
  if (usual != usual_folders().end()) {
    for (const std::string& folder : usual->second) {
      if (std::filesystem::is_directory(root / folder))
        return fmt::format("{}:{}{}", format, (root / folder).string(), rest);
      looked_for += (looked_for.empty() ? "" : ", ") + folder;
    }
  }
  throw DataError(fmt::format(
      "{}: {}; hint: name the folder, {}:FOLDER{}, or the folder that holds it by --data-root or DMF_DATA",
      name,
      looked_for.empty() ? "its folder has no usual name"
                         : fmt::format("not in {} (looked for {})", root.string(), looked_for),
      format, rest));
}

}  // namespace dmf::cli
