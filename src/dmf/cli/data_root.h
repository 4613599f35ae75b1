#pragma once
#include <filesystem>
#include <string>

namespace dmf::cli {

/// Folder that holds the datasets: what --data-root says, else $DMF_DATA, else data/ in the working folder.
std::filesystem::path data_root_or_standard(const std::string& flag);

/// A dataset's name with its folder. "market1501:" (no path behind the colon; options may follow as in
/// "finegpr:?per_identity=11") is looked for in `root` under the names its folder usually has; every other
/// name comes back as it is.
/// @throws DataError  it is not there: the message lists what was looked for
std::string located_dataset(const std::string& name, const std::filesystem::path& root);

}  // namespace dmf::cli
