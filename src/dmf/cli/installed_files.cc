#include "dmf/cli/installed_files.h"

#include <set>
#include <sstream>

#include "dmf/core/error.h"
#include "dmf/core/file.h"
#include "dmf/core/signature.h"

namespace dmf::cli {
namespace {

namespace fs = std::filesystem;

constexpr size_t kDigits = 64;

struct Listed {
  std::string digest, path;
};

std::vector<Listed> parse_list(const std::string& text, const fs::path& list) {
  std::vector<Listed> files;
  std::istringstream lines(text);
  int64_t number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    DMF_CHECK(line.size() > kDigits + 2 && line.compare(kDigits, 2, "  ") == 0, DataError,
              "{}:{}: expected 64 digits, two spaces and a path", list.string(), number);
    files.push_back({line.substr(0, kDigits), line.substr(kDigits + 2)});
    const fs::path path = files.back().path;
    DMF_CHECK(path.is_relative() && path == path.lexically_normal() && *path.begin() != "..", DataError,
              "{}:{}: expected a path below the prefix, got '{}'", list.string(), number, path.string());
  }
  return files;
}

std::string digest_of(const fs::path& path) {
  return fs::file_size(path) == 0 ? sha256("") : Sha256().add(MappedFile(path).bytes()).hex();
}

}  // namespace

FileCheck check_installed(const fs::path& prefix, const fs::path& list, const std::string& public_key) {
  const fs::path signature = list.string() + ".sig";
  DMF_CHECK(fs::exists(list), DataError,
            "{}: there is no list of what was installed; hint: only what "
            "`cmake --install` or a package put there can be verified",
            list.string());
  DMF_CHECK(fs::exists(signature), DataError, "{}: the list is not signed", signature.string());
  const std::string text = read_text(list);
  DMF_CHECK(is_signed(text, read_text(signature), public_key), DataError,
            "{}: is not signed by this key: the list or the signature was changed, or another key made it",
            signature.string());
  FileCheck check;
  std::set<std::string> known = {fs::relative(list, prefix), fs::relative(signature, prefix)};
  for (const Listed& file : parse_list(text, list)) {
    known.insert(file.path);
    if (!fs::is_regular_file(prefix / file.path)) {
      check.missing.push_back(file.path);
    } else if (digest_of(prefix / file.path) != file.digest) {
      check.altered.push_back(file.path);
    } else {
      ++check.good;
    }
  }
  for (const char* folder : {"lib/dmf", "share/dmf", "include/dmf"}) {
    if (!fs::is_directory(prefix / folder)) continue;
    for (const auto& entry : fs::recursive_directory_iterator(prefix / folder)) {
      const std::string path = fs::relative(entry.path(), prefix);
      if (!entry.is_directory() && !known.contains(path)) check.unknown.push_back(path);
    }
  }
  return check;
}

}  // namespace dmf::cli
