#include <CLI/CLI.hpp>
#include <cstdio>

#include "dmf/cli/command.h"
#include "dmf/cli/data_root.h"
#include "dmf/cli/flags.h"
#include "dmf/cli/report_attention.h"
#include "dmf/cli/report_distance.h"
#include "dmf/cli/report_page.h"
#include "dmf/cli/report_pointing.h"
#include "dmf/cli/result.h"
#include "dmf/core/error.h"
#include "dmf/core/table.h"

namespace dmf::cli {
namespace {

struct ReportArguments {
  std::string what, model, data, out, json, text, data_root, domain = "station";
  std::vector<std::string> images, pair, tests;
  int64_t identities = 100, samples = 4, seed = 0;
  ReportListsOptions lists;
  int64_t attention = 3;
  bool is_private = false, no_pictures = false;
  embed::EmbedOptions embedding;
};

void need(const std::string& value, const std::string& what, const char* flag) {
  DMF_CHECK(!value.empty(), InvalidArgument, "dmf report {}: {} is missing", what, flag);
}

nlohmann::json to_json(const embed::ModalityDistance& distance) {
  return {
      {"same_identity", distance.same}, {"other_identities", distance.other}, {"ratio", distance.ratio()}};
}

void report_distance(const ReportArguments& arguments) {
  need(arguments.model, "distance", "--model FILE");
  need(arguments.data, "distance", "--data DATASET");
  need(arguments.out, "distance", "--out DIR");
  const Measurement measurement;
  const embed::Embedder embedder(arguments.model, arguments.embedding);
  const DistanceSample sample = draw_distance_sample(arguments.data, arguments.identities, arguments.samples,
                                                     static_cast<uint64_t>(arguments.seed));
  const DistanceReport report = measure_distance(embedder, sample);
  const std::filesystem::path folder = arguments.out;
  report.plot().save_png(folder / "distance.png");
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

void attention(const ReportArguments& arguments) {
  need(arguments.model, "attention", "--model FILE");
  need(arguments.out, "attention", "--out DIR");
  report_attention({arguments.model, arguments.images, arguments.pair, arguments.text, arguments.out,
                    arguments.json, arguments.embedding});
}

void pointing(const ReportArguments& arguments) {
  need(arguments.model, "pointing", "--model FILE");
  report_pointing({arguments.model, arguments.domain, arguments.identities, arguments.samples, arguments.seed,
                   arguments.out, arguments.json, arguments.embedding});
}

void page(const ReportArguments& arguments) {
  PageRequest request;
  request.source = arguments.what;
  request.model = arguments.model;
  request.tests = arguments.tests;
  request.data_root = arguments.data_root;
  request.out = arguments.out;
  request.pictures = arguments.no_pictures  ? Pictures::kNone
                     : arguments.is_private ? Pictures::kBlurred
                                            : Pictures::kShown;
  request.lists = arguments.lists;
  request.lists.seed = static_cast<uint64_t>(arguments.seed);
  request.attention = arguments.attention;
  request.embedding = arguments.embedding;
  std::fputs(report_page(request).c_str(), stdout);
}

void report(const ReportArguments& arguments) {
  const bool has_images = arguments.what == "attention";
  DMF_CHECK(has_images || arguments.images.empty(), InvalidArgument,
            "dmf report {}: unexpected `{}`; only `dmf report attention` takes images", arguments.what,
            arguments.images.front());
  if (arguments.what == "attention") return attention(arguments);
  if (arguments.what == "pointing") return pointing(arguments);
  if (arguments.what == "distance") return report_distance(arguments);
  page(arguments);
}

void add_count(CLI::App& app, const std::string& name, int64_t& value, const std::string& help, int64_t low,
               int64_t high) {
  app.add_option(name, value, help)->check(CLI::Range(low, high))->capture_default_str()->type_name("N");
}

void add_page_flags(CLI::App& app, ReportArguments& arguments) {
  app.add_flag("--private", arguments.is_private,
               "pictures are blurred beyond recognition; names of files and persons are left out");
  app.add_flag("--no-pictures", arguments.no_pictures, "as --private, with no pictures at all");
  app.add_option("--test", arguments.tests,
                 "a test's dataset where it lies now, or another dataset to test on; may be repeated")
      ->type_name("DATASET");
  add_data_root_flag(app, arguments.data_root);
  add_count(app, "--queries", arguments.lists.queries, "ranked lists of each test", 0, 200);
  add_count(app, "--answers", arguments.lists.answers, "images of a ranked list", 1, 50);
  add_count(app, "--hardest", arguments.lists.hardest, "hardest queries that are shown", 0, 200);
  add_count(app, "--attention", arguments.attention, "queries of each test whose attention maps are shown", 0,
            200);
}

std::function<void()> declare_report(CLI::App& app) {
  auto arguments = std::make_shared<ReportArguments>();
  app.add_option("what", arguments->what,
                 "a run's folder or a file that `dmf eval --json FILE` wrote: a page about it; or "
                 "distance: how far texts are from images of the same person (Fig. 3); "
                 "attention: what the model looks at in images (Fig. 5); "
                 "pointing: how often attention maps are right, on synthetic persons")
      ->required()
      ->type_name("RUN|RESULT|distance|attention|pointing");
  app.add_option("images", arguments->images, "attention: image files")->type_name("IMAGE");
  app.add_option("--model", arguments->model, "model file; a page has its own, unless that is elsewhere now")
      ->type_name("FILE");
  app.add_option(
         "--out", arguments->out,
         "folder for what is written; of a page, as standard, `report` in the run's folder or beside the "
         "result")
      ->type_name("DIR");
  add_page_flags(app, *arguments);
  app.add_option("--pair", arguments->pair, "attention: a query and a gallery image: what makes them similar")
      ->expected(2)
      ->type_name("IMAGE");
  app.add_option("--text", arguments->text,
                 "attention: a sentence whose key words are looked for in the images")
      ->type_name("TEXT");
  app.add_option("--data", arguments->data, "distance: dataset with captions")->type_name("DATASET");
  app.add_option("--domain", arguments->domain,
                 "pointing: the world of the synthetic persons (`dmf world --list`)")
      ->capture_default_str();
  add_count(app, "--identities", arguments->identities, "distance, pointing: persons that are drawn", 2,
            1000000);
  add_count(app, "--samples", arguments->samples,
            "distance: images, and captions, of each; pointing: images of each", 1, 1000);
  app.add_option("--seed", arguments->seed, "of what is drawn")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str()
      ->type_name("N");
  add_embedding_flags(app, arguments->embedding);
  add_json_flag(app, arguments->json, "instead of the table (not of a page)");
  return [arguments] { report(*arguments); };
}

}  // namespace

Command report_command() {
  return {
      "report", "Makes a page about a run or a result, and draws what a model does",
      "dmf report runs/first\n"
      "dmf report attention query.jpg --model runs/first/model.safetensors --text \"a woman in a red coat\" "
      "--out "
      "maps\n"
      "dmf report attention --pair query.jpg gallery.jpg --model runs/first/model.safetensors --out maps\n"
      "dmf report pointing --model runs/first/model.safetensors\n"
      "dmf report distance --model runs/first/model.safetensors --data market1501:Market-1501 --out maps",
      declare_report};
}

}  // namespace dmf::cli
