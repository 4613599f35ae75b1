#include "dmf/core/version.h"

#include <torch/version.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "dmf/cli/command.h"
#include "dmf/cli/installed_files.h"
#include "dmf/cli/licences.h"
#include "dmf/cli/public_key.h"
#include "dmf/core/error.h"
#include "dmf/core/file.h"
#include "dmf/core/system.h"

namespace dmf::cli {
namespace {

using nlohmann::json;

struct VersionArguments {
  std::string key;
  bool json = false, licences = false, verify = false;
};

void show_version(bool as_json) {
  if (as_json) {
    const json document = {{"version", version()}, {"revision", revision()}, {"libtorch", TORCH_VERSION}};
    std::printf("%s\n", document.dump(2).c_str());
  } else {
    std::printf("dmf %s (%s), libtorch %s\n", version(), revision(), TORCH_VERSION);
  }
}

void show_licences(bool as_json) {
  const std::vector<Component> parts = read_parts(installed_prefix() / "share/dmf/sbom.spdx.json");
  if (!as_json) {
    std::printf("dmf %s  Apache-2.0\n\n%s", version(), parts_table(parts).c_str());
    return;
  }
  json list = json::array();
  for (const Component& part : parts)
    list.push_back(
        {{"name", part.name}, {"version", part.version}, {"licence", part.licence}, {"use", part.use}});
  std::printf("%s\n", json{{"dmf", version()}, {"licence", "Apache-2.0"}, {"parts", list}}.dump(2).c_str());
}

void verify_installed(const VersionArguments& arguments) {
  const std::string key = arguments.key.empty() ? kPublicKey : read_text(arguments.key);
  DMF_CHECK(
      !key.empty(), InvalidArgument,
      "this program was built without a public key; hint: --key FILE with the key of whom you have it from "
      "(docs/trust.md)");
  const std::filesystem::path prefix = installed_prefix();
  const FileCheck check = check_installed(prefix, prefix / "share/dmf/SHA256SUMS", key);
  if (arguments.json) {
    const json document = {{"prefix", prefix.string()},
                           {"good", check.good},
                           {"altered", check.altered},
                           {"missing", check.missing},
                           {"unknown", check.unknown}};
    std::printf("%s\n", document.dump(2).c_str());
  } else {
    for (const std::string& path : check.altered) std::printf("altered  %s\n", path.c_str());
    for (const std::string& path : check.missing) std::printf("missing  %s\n", path.c_str());
    for (const std::string& path : check.unknown) std::printf("unknown  %s\n", path.c_str());
    std::printf("%ld files below %s are as signed\n", static_cast<long>(check.good), prefix.c_str());
  }
  DMF_CHECK(check.is_whole(), DataError, "{}: {} altered, {} missing, {} unknown files", prefix.string(),
            check.altered.size(), check.missing.size(), check.unknown.size());
}

void tell(const VersionArguments& arguments) {
  DMF_CHECK(!(arguments.licences && arguments.verify), InvalidArgument, "--licences or --verify, not both");
  DMF_CHECK(arguments.key.empty() || arguments.verify, InvalidArgument, "--key is for --verify");
  if (arguments.verify) return verify_installed(arguments);
  arguments.licences ? show_licences(arguments.json) : show_version(arguments.json);
}

}  // namespace

Command version_command() {
  return {
      "version",
      "Tells the version, the licences of all parts, and whether the installed files are as they were signed",
      "dmf version --licences", [](CLI::App& app) {
        auto arguments = std::make_shared<VersionArguments>();
        app.add_flag("--licences", arguments->licences,
                     "list what is linked, compiled in and shipped, with versions and licences");
        app.add_flag("--verify", arguments->verify,
                     "compare the installed files with their signed checksums");
        app.add_option("--key", arguments->key,
                       "public Ed25519 key (PEM) to verify with, in the place of the one that is built in")
            ->type_name("FILE");
        app.add_flag("--json", arguments->json, "print one JSON document");
        return [arguments] { tell(*arguments); };
      }};
}

}  // namespace dmf::cli
