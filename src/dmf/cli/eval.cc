#include <CLI/CLI.hpp>
#include <cstdio>

#include "dmf/cli/command.h"
#include "dmf/cli/data_root.h"
#include "dmf/cli/flags.h"
#include "dmf/cli/measure.h"
#include "dmf/core/error.h"
#include "dmf/core/file.h"
#include "dmf/core/log.h"

namespace dmf::cli {
namespace {

struct EvalArguments {
  std::string model, json, data_root;
  std::vector<std::string> tests, features;
  embed::EmbedOptions embedding;
  eval::ProtocolOptions protocol;
  bool keep_same_camera = false;
};

void eval(EvalArguments arguments) {
  const Measurement measurement;
  DMF_CHECK(!arguments.tests.empty() || !arguments.features.empty(), InvalidArgument,
            "nothing to test: give --model FILE --test DATASET, or --features FOLDER");
  DMF_CHECK(arguments.tests.empty() || !arguments.model.empty(), InvalidArgument,
            "--test needs --model FILE");
  arguments.protocol.same_camera_removed = !arguments.keep_same_camera;
  std::vector<TestResult> results;
  nlohmann::json model;
  if (!arguments.tests.empty()) {
    const embed::Embedder embedder(arguments.model, arguments.embedding);
    model = {{"file", arguments.model},
             {"fingerprint", fingerprint(MappedFile(arguments.model).text())},
             {"setting", embedder.setting()},
             {"flip", arguments.embedding.flip}};
    for (std::string& test : arguments.tests) {
      test = located_dataset(test, data_root_or_standard(arguments.data_root));
      spdlog::info("testing on {} ({})", test, embedder.setting());
      results.push_back(measure(embedder, test, arguments.protocol));
    }
  }
  for (const std::string& folder : arguments.features)
    results.push_back(measure_vectors(folder, arguments.protocol));
  if (arguments.json != "-") std::fputs(test_table(results).c_str(), stdout);
  if (arguments.json.empty()) return;
  nlohmann::json document = measurement.document();
  if (!model.is_null()) document["model"] = model;
  document["results"] = nlohmann::json::array();
  for (const TestResult& result : results) document["results"].push_back(to_json(result));
  write_document(document, arguments.json);
}

std::function<void()> declare_eval(CLI::App& app) {
  auto arguments = std::make_shared<EvalArguments>();
  app.add_option("--model", arguments->model, "model file of a run")->type_name("FILE");
  app.add_option("--test", arguments->tests, "datasets to test on; may be repeated")->type_name("DATASET");
  add_data_root_flag(app, arguments->data_root);
  app.add_option(
         "--features", arguments->features,
         "folders of vectors that anything made: query.npy, gallery.npy and a .csv with identity[,camera] "
         "beside each (`dmf embed --split` writes them)")
      ->type_name("FOLDER");
  add_json_flag(app, arguments->json, "instead of the table");
  app.add_option("--metric", arguments->protocol.metric, "cosine or euclidean")
      ->check(CLI::IsMember({"cosine", "euclidean"}))
      ->capture_default_str();
  app.add_flag("--keep-same-camera", arguments->keep_same_camera,
               "also rank gallery images of the query's identity and camera (not Market's rule)");
  add_embedding_flags(app, arguments->embedding);
  return [arguments] { eval(*arguments); };
}

}  // namespace

Command eval_command() {
  return {"eval", "Tests a model on datasets: mAP and Rank-k with Market-1501's rules",
          "dmf eval --model runs/first/model.safetensors --test market1501:data/market1501 --test "
          "cuhk03:data/cuhk03-np",
          declare_eval};
}

}  // namespace dmf::cli
