#include "dmf/cli/licences.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "dmf/core/error.h"
#include "dmf/core/file.h"

namespace dmf::cli {

std::vector<Component> read_parts(const std::filesystem::path& sbom) {
  DMF_CHECK(std::filesystem::exists(sbom), DataError,
            "{}: there is no list of parts; hint: `./dmf build` makes it, and packages carry it",
            sbom.string());
  std::vector<Component> parts;
  try {
    const nlohmann::json document = nlohmann::json::parse(read_text(sbom));
    for (const nlohmann::json& package : document.at("packages")) {
      if (package.at("SPDXID") == "SPDXRef-dmf") continue;
      std::string licence = package.at("licenseDeclared");
      if (licence == "NOASSERTION") licence = package.value("licenseComments", "its publisher states none");
      parts.push_back({package.at("name"), package.at("versionInfo"), licence, package.value("comment", "")});
    }
  } catch (const nlohmann::json::exception& error) {
    throw DataError(fmt::format("{}: is no list of parts in SPDX's JSON: {}", sbom.string(), error.what()));
  }
  return parts;
}

std::string parts_table(const std::vector<Component>& parts) {
  size_t name = 4, version = 7, use = 3;
  for (const Component& part : parts) {
    name = std::max(name, part.name.size());
    version = std::max(version, part.version.size());
    use = std::max(use, part.use.size());
  }
  std::string text =
      fmt::format("{:<{}}  {:<{}}  {:<{}}  licence\n", "part", name, "version", version, "use", use);
  for (const Component& part : parts) {
    text += fmt::format("{:<{}}  {:<{}}  {:<{}}  {}\n", part.name, name, part.version, version, part.use, use,
                        part.licence);
  }
  return text;
}

}  // namespace dmf::cli
