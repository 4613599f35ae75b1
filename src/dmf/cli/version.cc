#include "dmf/core/version.h"

#include <torch/version.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "dmf/cli/command.h"

namespace dmf::cli {

Command version_command() {
  return {"version", "Tells the version, the revision it was built from and the libtorch it uses",
          "dmf version --json", [](CLI::App& app) {
            auto json = std::make_shared<bool>(false);
            app.add_flag("--json", *json, "print one JSON document");
            return [json] {
              if (*json) {
                const nlohmann::json document = {
                    {"version", version()}, {"revision", revision()}, {"libtorch", TORCH_VERSION}};
                std::printf("%s\n", document.dump(2).c_str());
              } else {
                std::printf("dmf %s (%s), libtorch %s\n", version(), revision(), TORCH_VERSION);
              }
            };
          }};
}

}  // namespace dmf::cli
