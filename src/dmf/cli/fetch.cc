#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <cstdio>

#include "dmf/cli/command.h"
#include "dmf/cli/flags.h"
#include "dmf/cli/result.h"
#include "dmf/core/error.h"
#include "dmf/core/table.h"
#include "dmf/fetch/cache.h"
#include "dmf/translate/stand_in.h"

namespace dmf::cli {
namespace {

struct FetchArguments {
  std::vector<std::string> names;
  std::string cache, json;
  bool random = false;
  fetch::DownloadOptions download;
};

/// "not there", "part", "there"
std::string state_text(const fetch::CacheState& state) {
  if (state.is_complete) return "there";
  return state.has_part || state.files > 0 ? fmt::format("part, {} MB", state.bytes / 1'000'000) : "-";
}

/// What the checkpoint's largest file is checked by.
std::string checked_by(const fetch::Checkpoint& checkpoint) {
  const fetch::CheckpointFile* largest = &checkpoint.files[0];
  for (const fetch::CheckpointFile& file : checkpoint.files) {
    if (file.megabytes > largest->megabytes) largest = &file;
  }
  return fetch::pin_text(*largest);
}

void list(const FetchArguments& arguments) {
  std::vector<std::vector<std::string>> rows;
  nlohmann::json entries = nlohmann::json::array();
  std::string below;
  for (const fetch::Checkpoint& checkpoint : fetch::known_checkpoints()) {
    const fetch::CacheState state = fetch::state_in(arguments.cache, checkpoint);
    rows.push_back({checkpoint.name, fmt::format("{:.0f} MB", checkpoint.megabytes()), state_text(state),
                    checked_by(checkpoint)});
    below += fmt::format("{}: {}. {}\n", checkpoint.name, checkpoint.title, checkpoint.publisher);
    entries.push_back({{"name", checkpoint.name},
                       {"title", checkpoint.title},
                       {"publisher", checkpoint.publisher},
                       {"megabytes", checkpoint.megabytes()},
                       {"weights_checked_by", checked_by(checkpoint)},
                       {"is_there", state.is_complete},
                       {"path", checkpoint.path_in(arguments.cache).string()},
                       {"options", fetch::options_of(checkpoint, arguments.cache)}});
    for (const fetch::CheckpointFile& file : checkpoint.files) entries.back()["urls"].push_back(file.url);
  }
  if (arguments.json != "-") {
    std::fputs(
        text_table({fmt::format("in {}", arguments.cache), "size", "state", "weights checked by"}, rows)
            .c_str(),
        stdout);
    std::fputs(("\n" + below + "\n`dmf fetch NAME` downloads one.\n").c_str(), stdout);
  }
  if (!arguments.json.empty()) write_document({{"checkpoints", entries}}, arguments.json);
}

std::string usage_text(const fetch::Checkpoint& checkpoint, const std::string& cache) {
  std::string text = "use it by";
  for (const std::string& option : fetch::options_of(checkpoint, cache)) text += " --set " + option;
  return text + "\n";
}

void fetch_one(const std::string& name, const FetchArguments& arguments, nlohmann::json& results) {
  const fetch::Checkpoint& checkpoint = fetch::find_checkpoint(name);
  const std::vector<fetch::FetchedFile> files =
      fetch::fetch_checkpoint(checkpoint, arguments.cache, arguments.download);
  nlohmann::json entry = {{"name", name},
                          {"path", checkpoint.path_in(arguments.cache).string()},
                          {"options", fetch::options_of(checkpoint, arguments.cache)},
                          {"files", nlohmann::json::array()}};
  std::string text = fmt::format("{}: {}\n", name, checkpoint.path_in(arguments.cache).string());
  for (const fetch::FetchedFile& file : files) {
    text += fmt::format("  {:<26} {:>11} bytes  {}; checked by: {}\n", file.name, file.content.size,
                        file.was_there ? "was there" : "fetched", file.content.checked_by);
    entry["files"].push_back({{"name", file.name},
                              {"path", file.path.string()},
                              {"size", file.content.size},
                              {"sha256", file.content.sha256},
                              {"checked_by", file.content.checked_by},
                              {"was_there", file.was_there}});
  }
  results.push_back(entry);
  if (arguments.json != "-") std::fputs((text + usage_text(checkpoint, arguments.cache)).c_str(), stdout);
}

/// Folders like the published ones with random weights, below the cache.
void write_stand_ins(const FetchArguments& arguments) {
  const std::filesystem::path folder = std::filesystem::path(arguments.cache) / "random";
  nlohmann::json results = nlohmann::json::array();
  for (const std::string& name : arguments.names) {
    const fetch::Checkpoint& checkpoint = fetch::find_checkpoint(name);
    translate::write_stand_in(name, checkpoint.path_in(folder), /*seed=*/0);
    results.push_back({{"name", name},
                       {"path", checkpoint.path_in(folder).string()},
                       {"options", fetch::options_of(checkpoint, folder)}});
    if (arguments.json == "-") continue;
    std::printf("%s: %s, random weights: only to try what a training costs\n%s", name.c_str(),
                checkpoint.path_in(folder).c_str(), usage_text(checkpoint, folder.string()).c_str());
  }
  if (!arguments.json.empty()) write_document({{"results", results}}, arguments.json);
}

void fetch_body(const FetchArguments& arguments) {
  if (arguments.names.empty()) return list(arguments);
  for (const std::string& name : arguments.names) fetch::find_checkpoint(name);  // before anything is fetched
  if (arguments.random) return write_stand_ins(arguments);
  const Measurement measurement;
  nlohmann::json results = nlohmann::json::array();
  for (const std::string& name : arguments.names) fetch_one(name, arguments, results);
  if (arguments.json.empty()) return;
  nlohmann::json document = measurement.document();
  document["results"] = results;
  write_document(document, arguments.json);
}

std::function<void()> declare_fetch(CLI::App& app) {
  auto arguments = std::make_shared<FetchArguments>();
  app.add_option("name", arguments->names, "checkpoints; without one, all that are known are listed")
      ->type_name("NAME");
  app.add_option("--cache", arguments->cache,
                 "folder of the checkpoints, each in a folder of its name; standard is DMF_WEIGHTS, else "
                 ".cache/weights")
      ->type_name("DIR");
  app.add_flag("--random", arguments->random,
               fmt::format("download nothing: write a folder of the same architecture and size with random "
                           "weights into DIR/random, to try what a training costs ({})",
                           fmt::join(translate::stand_in_names(), ", ")));
  app.add_option("--mirror", arguments->download.mirror,
                 "address that takes the place of the publisher's scheme and host; standard is DMF_MIRROR")
      ->type_name("URL");
  app.add_option("--proxy", arguments->download.http.proxy,
                 "proxy; standard is what http_proxy, https_proxy, all_proxy and no_proxy say")
      ->type_name("URL");
  app.add_option("--retries", arguments->download.retries,
                 "tries in a row without any progress, beyond the first, before it gives up")
      ->check(CLI::Range(0, 1000))
      ->capture_default_str();
  app.add_option("--stall", arguments->download.http.stall_seconds,
                 "seconds without a byte after which a transfer is broken off and tried again")
      ->check(CLI::Range(0.1, 3600.0))
      ->type_name("SECONDS")
      ->capture_default_str();
  app.add_option("--connect", arguments->download.http.connect_seconds, "seconds to wait for a connection")
      ->check(CLI::Range(0.1, 3600.0))
      ->type_name("SECONDS")
      ->capture_default_str();
  add_json_flag(app, arguments->json, "to standard output");
  return [arguments] {
    if (arguments->cache.empty()) arguments->cache = fetch::standard_cache().string();
    const char* mirror = std::getenv("DMF_MIRROR");
    if (arguments->download.mirror.empty() && mirror != nullptr) arguments->download.mirror = mirror;
    fetch_body(*arguments);
  };
}

}  // namespace

Command fetch_command() {
  return {"fetch", "Downloads pre-trained encoders from their publishers, resumed and checked",
          "dmf fetch\ndmf fetch data2vec-vision-base data2vec-text-base vit-base", declare_fetch};
}

}  // namespace dmf::cli
