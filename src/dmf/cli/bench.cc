#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <array>
#include <cstdio>
#include <filesystem>

#include "dmf/cli/bench_cases.h"
#include "dmf/cli/command.h"
#include "dmf/cli/flags.h"
#include "dmf/cli/result.h"
#include "dmf/core/error.h"
#include "dmf/core/log.h"
#include "dmf/core/table.h"

namespace dmf::cli {
namespace {

struct BenchArguments {
  std::vector<std::string> rows;
  BenchOptions options;
  std::string json;
};

/// A row measured by a process of its own: its peak memory is that row's.
nlohmann::json run_apart(const std::string& row, const BenchArguments& arguments) {
  const BenchOptions& o = arguments.options;
  std::string command = fmt::format(
      "{} bench {} --quiet --json --precision {} --seconds {} --steps {} --batch {} --embed-batch {}",
      shell_quoted(std::filesystem::read_symlink("/proc/self/exe").string()), row, o.precision, o.seconds,
      o.steps, o.batch, o.embed_batch);
  if (!o.images.empty()) command += " --images " + shell_quoted(o.images);
  std::FILE* output = ::popen(command.c_str(), "r");
  DMF_CHECK(output != nullptr, Error, "[bench] cannot start `{}`", command);
  std::string text;
  std::array<char, 4096> part{};
  for (size_t got = 0; (got = std::fread(part.data(), 1, part.size(), output)) > 0;)
    text.append(part.data(), got);
  DMF_CHECK(::pclose(output) == 0, Error, "[bench] {} failed; see above", row);
  return nlohmann::json::parse(text).at("results").at(0);
}

std::string title_of(const std::string& name) {
  for (const BenchRow& row : bench_rows()) {
    if (row.name == name) return row.title;
  }
  return name;
}

std::string text_of(const nlohmann::json& results) {
  std::vector<std::vector<std::string>> rows;
  for (const nlohmann::json& r : results) {
    const bool has_rate = r.contains("images_per_second"), has_share = r.contains("share_of_peak");
    const double rate = has_rate ? r.at("images_per_second").get<double>() : 0.0;
    const double reached =
        has_share ? rate * r.at("gflop_per_image").get<double>() : r.value("peak_gflops", 0.0);
    rows.push_back({r.at("row"), title_of(r.at("row")), r.value("precision", ""),
                    has_rate ? fmt::format("{:.1f}", rate) : "",
                    has_rate ? fmt::format("{:.1f} ms", 1e3 * r.at("seconds").get<double>()) : "",
                    reached > 0 ? fmt::format("{:.0f}", reached) : "",
                    has_share ? fmt::format("{:.0f} %", 100 * r.at("share_of_peak").get<double>()) : "",
                    fmt::format("{:.2f} GiB", r.at("peak_memory_bytes").get<double>() / (1 << 30))});
  }
  return text_table({"row", "what", "products", "images/s", "a call", "GFLOP/s", "of the peak", "memory"},
                    rows);
}

void bench(const BenchArguments& arguments) {
  const Measurement measurement;
  std::vector<std::string> names = arguments.rows;
  if (names.empty()) {
    for (const BenchRow& row : bench_rows()) names.push_back(row.name);
  }
  nlohmann::json results = nlohmann::json::array();
  for (const std::string& name : names) {
    spdlog::info("{}: {}", name, title_of(name));
    results.push_back(names.size() == 1 ? to_json(name, run_bench_row(name, arguments.options))
                                        : run_apart(name, arguments));
  }
  if (arguments.json != "-") std::fputs(text_of(results).c_str(), stdout);
  if (arguments.json.empty()) return;
  nlohmann::json document = measurement.document();
  document["results"] = results;
  write_document(document, arguments.json);
}

std::function<void()> declare_bench(CLI::App& app) {
  auto arguments = std::make_shared<BenchArguments>();
  BenchOptions& o = arguments->options;
  std::string names;
  for (const BenchRow& row : bench_rows()) names += (names.empty() ? "" : ", ") + row.name;
  app.add_option("row", arguments->rows,
                 "rows to measure, each in a process of its own: " + names + "; none = all")
      ->type_name("ROW");
  app.add_option("--precision", o.precision,
                 "of the heavy products: auto (bfloat16 where the hardware has it), float32, bfloat16")
      ->check(CLI::IsMember({"auto", "float32", "bfloat16"}))
      ->capture_default_str();
  app.add_option("--seconds", o.seconds, "measure a row at least so long")
      ->check(CLI::Range(0.01, 3600.0))
      ->capture_default_str();
  app.add_option("--steps", o.steps, "training steps of a row, after one that does not count")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  app.add_option("--batch", o.batch, "images of a training step, and of a batch to translate or load")
      ->check(CLI::Range(8, 1024))
      ->capture_default_str();
  app.add_option("--embed-batch", o.embed_batch, "images that are embedded together")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  app.add_option("--images", o.images,
                 "load the JPEGs below this folder; otherwise made ones of 128 x 64 pixels")
      ->type_name("FOLDER");
  add_json_flag(app, arguments->json, "to standard output");
  return [arguments] { bench(*arguments); };
}

}  // namespace

Command bench_command() {
  return {"bench",
          "Measures this machine: matrix products, translation, training, embedding, loading; speed, share "
          "of the peak, memory",
          "dmf bench train-vit-b embed-vit-b", declare_bench};
}

}  // namespace dmf::cli
