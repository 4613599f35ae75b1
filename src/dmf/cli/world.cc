#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <climits>
#include <cstdio>
#include <string>

#include "dmf/cli/command.h"
#include "dmf/cli/contact_sheet.h"
#include "dmf/cli/flags.h"
#include "dmf/cli/result.h"
#include "dmf/core/error.h"
#include "dmf/core/progress.h"
#include "dmf/core/table.h"
#include "dmf/world/writer.h"

namespace dmf::cli {
namespace {

struct WorldArguments {
  world::WorldOptions options;
  std::string out, sheet, size = "256x128", layout = "finegpr", json;
  int threads = 0;
  bool list = false, no_captions = false;
};

void list_domains(const WorldArguments& arguments) {
  std::vector<std::vector<std::string>> rows;
  nlohmann::json entries = nlohmann::json::array();
  for (const world::Domain& domain : world::domains()) {
    rows.push_back({std::string(domain.name), std::to_string(domain.cameras)});
    entries.push_back({{"name", domain.name}, {"cameras", domain.cameras}, {"title", domain.title}});
  }
  if (arguments.json != "-") {
    std::fputs(text_table({"domain", "cameras"}, rows).c_str(), stdout);
    std::fputs("\n", stdout);
    for (const world::Domain& domain : world::domains())
      std::printf("%s: %s\n", std::string(domain.name).c_str(), std::string(domain.title).c_str());
  }
  if (!arguments.json.empty()) write_document({{"domains", entries}}, arguments.json);
}

void make_world(WorldArguments arguments) {
  if (arguments.list) return list_domains(arguments);
  DMF_CHECK(!arguments.out.empty(), InvalidArgument, "--out DIR is missing: where the world is written");
  const Measurement measurement;
  world::WorldOptions& options = arguments.options;
  const ImageSize size = parse_size(arguments.size);
  // Sizes out of the world's range are refused there by name, so they must survive the narrower type.
  options.height = static_cast<int>(std::min<int64_t>(size.height, INT_MAX));
  options.width = static_cast<int>(std::min<int64_t>(size.width, INT_MAX));
  options.layout = arguments.layout == "market1501" ? world::Layout::kMarket : world::Layout::kFineGpr;
  options.captions = !arguments.no_captions;
  const world::WorldReport report = world::write_world(options, arguments.out, arguments.threads);
  if (!arguments.sheet.empty()) write_contact_sheet(options, arguments.out, arguments.sheet);
  const double rate = report.seconds > 0 ? static_cast<double>(report.made) / report.seconds : 0;
  if (arguments.json != "-") {
    std::printf("%s:%s: %ld identities, %ld images (%ld made in %s, %.0f images/s)\n",
                arguments.layout.c_str(), arguments.out.c_str(), static_cast<long>(options.identities),
                static_cast<long>(report.images), static_cast<long>(report.made),
                duration_text(report.seconds).c_str(), rate);
  }
  if (arguments.json.empty()) return;
  nlohmann::json document = measurement.document();
  document["dataset"] = arguments.layout + ":" + arguments.out;
  document["results"] = {{{"domain", options.domain},
                          {"identities", options.identities},
                          {"images", report.images},
                          {"made", report.made},
                          {"seconds", report.seconds},
                          {"images_per_second", rate}}};
  write_document(document, arguments.json);
}

std::function<void()> declare_world(CLI::App& app) {
  auto arguments = std::make_shared<WorldArguments>();
  world::WorldOptions& options = arguments->options;
  options.identities = 100;
  app.add_option("--out", arguments->out, "folder of the world; one begun with the same flags is completed")
      ->type_name("DIR");
  app.add_option("--identities", options.identities, "number of persons")->capture_default_str();
  app.add_option("--images-per-identity", options.images, "images of each person")->capture_default_str();
  app.add_option("--domain", options.domain, "its look: cameras, places, season, weather (--list tells them)")
      ->capture_default_str();
  app.add_option("--domain-shift", options.domain_shift,
                 "from 0, the look that all domains share, to 1, the domain's own")
      ->capture_default_str();
  app.add_option("--seed", options.seed, "another seed, other persons and cameras")->capture_default_str();
  app.add_option("--size", arguments->size, "height and width of the images, pixels")
      ->type_name("HxW")
      ->capture_default_str();
  app.add_option("--near-twins", options.near_twins,
                 "share of persons that differ from another one in one or two details only")
      ->capture_default_str();
  app.add_option(
         "--layout", arguments->layout,
         "finegpr (all to train; the camera is the viewpoint) or market1501 (train, query, gallery; the "
         "camera is the domain's)")
      ->check(CLI::IsMember({"finegpr", "market1501"}))
      ->capture_default_str();
  app.add_option("--test-identities", options.test_identities,
                 "market1501: how many persons are to test on; -1 is half of them")
      ->capture_default_str();
  app.add_flag("--no-captions", arguments->no_captions, "images only");
  app.add_option("--threads", arguments->threads,
                 "0 is one for each processor; the bytes do not depend on it")
      ->capture_default_str();
  app.add_option("--sheet", arguments->sheet, "write a PNG of some persons with their captions")
      ->type_name("FILE");
  app.add_flag("--list", arguments->list, "list the domains and make nothing");
  add_json_flag(app, arguments->json, "to standard output");
  return [arguments] { make_world(*arguments); };
}

}  // namespace

Command world_command() {
  return {"world", "Makes a synthetic set of pedestrians, with a caption of each image",
          "dmf world --identities 100 --images-per-identity 11 --out data/world --sheet world.png\n"
          "dmf world --domain station --layout market1501 --test-identities 100 --out data/station\n"
          "dmf world --list",
          declare_world};
}

}  // namespace dmf::cli
