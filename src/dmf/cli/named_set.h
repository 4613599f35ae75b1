#pragma once
#include <filesystem>
#include <string>
#include <vector>

namespace dmf::cli {

/// A dataset as tables of runs (`matrix`, `ablate`) call it.
struct NamedSet {
  std::string spec;    ///< as open_dataset() takes it
  std::string format;  ///< Dataset::name, "market1501"
  std::string label;   ///< in tables: "Market-1501", or folder and format where it is not the published set
  std::string key;     ///< in file names
  std::string fingerprint;     ///< Dataset::fingerprint
  std::filesystem::path root;  ///< its folder, canonical
  bool has_test = false;       ///< it has queries and a gallery
  bool has_texts = false;      ///< it has captions or attributes
};

/// Opens each dataset once, and gives it a label and a key that no other in the list has.
/// @throws InvalidArgument  a dataset that is given twice
/// @throws what open_dataset() throws
std::vector<NamedSet> named_sets(const std::vector<std::string>& specs);

/// A name that is a folder's: of letters, digits and `-_.`; anything else becomes `-`.
std::string as_folder(std::string text);

}  // namespace dmf::cli
