#include <CLI/CLI.hpp>
#include <cstdio>

#include "dmf/cli/command.h"
#include "dmf/cli/flags.h"
#include "dmf/cli/report_distance.h"
#include "dmf/cli/result.h"
#include "dmf/core/error.h"
#include "dmf/core/table.h"

namespace dmf::cli {
namespace {

struct ReportArguments {
  std::string part, model, data, out, json;
  int64_t identities = 100, samples = 4, seed = 0;
  embed::EmbedOptions embedding;
};

nlohmann::json to_json(const embed::ModalityDistance& distance) {
  return {
      {"same_identity", distance.same}, {"other_identities", distance.other}, {"ratio", distance.ratio()}};
}

void report_distance(const ReportArguments& arguments) {
  const Measurement measurement;
  const embed::Embedder embedder(arguments.model, arguments.embedding);
  const DistanceSample sample = draw_distance_sample(arguments.data, arguments.identities, arguments.samples,
                                                     static_cast<uint64_t>(arguments.seed));
  const DistanceReport report = measure_distance(embedder, sample);
  const std::filesystem::path folder = arguments.out;
  report.plot.save_png(folder / "distance.png");
  nlohmann::json document = measurement.document();
  document["model"] = arguments.model;
  document["dataset"] = arguments.data;
  document["images"] = sample.images.size();
  document["texts"] = sample.texts.size();
  document["before"] = to_json(report.before);
  document["after"] = to_json(report.after);
  write_document(document, (folder / "distance.json").string());
  if (!arguments.json.empty()) write_document(document, arguments.json);
  if (arguments.json == "-") return;
  const auto row = [](const char* name, const embed::ModalityDistance& distance) {
    return std::vector<std::string>{name, fmt::format("{:.4f}", distance.same),
                                    fmt::format("{:.4f}", distance.other),
                                    fmt::format("{:.4f}", distance.ratio())};
  };
  std::fputs(fmt::format("{}{} images and {} texts; Euclidean distance of unit vectors (0 … 2), mean over "
                         "identities; ratio 1: a "
                         "text is no nearer to its own person's images than to others'\nplot: {}\n",
                         text_table({"image to text", "same person", "other persons", "ratio"},
                                    {row("before translation", report.before), row("after", report.after)}),
                         sample.images.size(), sample.texts.size(), (folder / "distance.png").string())
                 .c_str(),
             stdout);
}

std::function<void()> declare_report(CLI::App& app) {
  auto arguments = std::make_shared<ReportArguments>();
  app.add_option("part", arguments->part,
                 "distance: how far texts are from images of the same person, before and after the "
                 "model (Fig. 3)")
      ->required()
      ->check(CLI::IsMember({"distance"}))
      ->type_name("PART");
  app.add_option("--model", arguments->model, "model file that reads texts")->required()->type_name("FILE");
  app.add_option("--data", arguments->data, "dataset with captions")->required()->type_name("DATASET");
  app.add_option("--identities", arguments->identities, "persons that are drawn")
      ->check(CLI::Range(2, 1000000))
      ->capture_default_str()
      ->type_name("N");
  app.add_option("--samples", arguments->samples, "images, and captions, of each")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str()
      ->type_name("N");
  app.add_option("--seed", arguments->seed, "of the drawing")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str()
      ->type_name("N");
  app.add_option("--out", arguments->out, "folder for the plot and the figures")
      ->required()
      ->type_name("DIR");
  add_embedding_flags(app, arguments->embedding);
  add_json_flag(app, arguments->json, "instead of the table");
  return [arguments] { report_distance(*arguments); };
}

}  // namespace

Command report_command() {
  return {"report", "Draws what a model does: the distance between images and texts (Fig. 3 of the paper)",
          "dmf report distance --model runs/first/model.safetensors --data market1501:Market-1501 --out "
          "runs/first/report",
          declare_report};
}

}  // namespace dmf::cli
