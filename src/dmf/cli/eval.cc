#include <CLI/CLI.hpp>
#include <cstdio>

#include "dmf/cli/calibration.h"
#include "dmf/cli/command.h"
#include "dmf/cli/compare.h"
#include "dmf/cli/data_root.h"
#include "dmf/cli/flags.h"
#include "dmf/cli/measure.h"
#include "dmf/core/error.h"
#include "dmf/core/file.h"
#include "dmf/core/log.h"

namespace dmf::cli {
namespace {

struct EvalArguments {
  std::string model, json, data_root, labels;
  std::vector<std::string> tests, features, compare;
  embed::EmbedOptions embedding;
  EvalRequest request;
  bool keep_same_camera = false;
  std::optional<std::string> re_rank;
};

// What is asked of the tests in turn: a threshold found on the first is tried on the others.
class Requests {
 public:
  explicit Requests(const EvalRequest& request) : request_(request) {}

  const EvalRequest& request() const { return request_; }

  /// Looks whether a threshold was found.
  void take(const TestResult& result) {
    if (!result.more.contains("calibration")) return;
    calibration_ = result.more["calibration"];
    calibration_["dataset"] = result.dataset;
    calibration_["labels_fingerprint"] = result.more["labels_fingerprint"];
    request_.threshold = {calibration_["threshold"].get<double>(), calibration_["far"].get<double>()};
    request_.calibrate_far = 0;
  }
  /// Takes a model's stored threshold, unless another is looked for.
  void use(const nlohmann::json& stored) {
    if (request_.calibrate_far > 0) return;
    if (stored.value("metric", "") != request_.protocol.metric) {
      spdlog::warn("the model's threshold is one of the {} distance: not used", stored.value("metric", "?"));
      return;
    }
    request_.threshold = {stored["threshold"].get<double>(), stored.value("far", 0.)};
  }
  const nlohmann::json& calibration() const { return calibration_; }

 private:
  EvalRequest request_;
  nlohmann::json calibration_;
};

std::vector<VectorInput> read_features(const EvalArguments& arguments) {
  std::vector<VectorInput> inputs;
  if (!arguments.labels.empty()) {
    DMF_CHECK(arguments.features.size() == 2, InvalidArgument,
              "--labels needs --features QUERY GALLERY, two files; got {}", arguments.features.size());
    inputs.push_back(read_vector_files(arguments.features[0], arguments.features[1], arguments.labels));
    return inputs;
  }
  for (const std::filesystem::path file : arguments.features) {
    DMF_CHECK(file.extension() != ".npy", InvalidArgument,
              "--features {}: a file of vectors needs --labels FILE", file.string());
    inputs.push_back(file.extension() == ".mat" ? read_vector_mat(file) : read_vector_folder(file));
  }
  return inputs;
}

nlohmann::json test_model(const EvalArguments& arguments, Requests& requests,
                          std::vector<TestResult>& results) {
  const embed::Embedder embedder(arguments.model, arguments.embedding);
  if (const auto stored = load_calibration(arguments.model)) requests.use(*stored);
  std::vector<std::string> specs;
  for (const std::string& test : arguments.tests) {
    specs.push_back(located_dataset(test, data_root_or_standard(arguments.data_root)));
    if (arguments.tests.size() > 1) check_test(specs.back(), requests.request());
  }
  for (const std::string& spec : specs) {
    spdlog::info("testing on {} ({})", spec, embedder.setting());
    results.push_back(measure(embedder, spec, requests.request()));
    requests.take(results.back());
  }
  nlohmann::json model = {{"file", arguments.model},
                          {"fingerprint", fingerprint(MappedFile(arguments.model).text())},
                          {"setting", embedder.setting()},
                          {"flip", arguments.embedding.flip}};
  if (!requests.calibration().is_null()) {
    nlohmann::json calibration = requests.calibration();
    calibration["setting"] = embedder.setting();
    store_calibration(arguments.model, calibration);
    spdlog::info("{}: threshold stored", arguments.model);
    model["fingerprint"] = fingerprint(MappedFile(arguments.model).text());
  }
  return model;
}

void compare(const EvalArguments& arguments, const Measurement& measurement) {
  const ResultComparison comparison = compare_results(arguments.compare[0], arguments.compare[1]);
  if (arguments.json != "-") std::fputs(comparison.text.c_str(), stdout);
  if (arguments.json.empty()) return;
  nlohmann::json document = measurement.document();
  document["comparisons"] = comparison.json;
  write_document(document, arguments.json);
}

void eval(EvalArguments arguments) {
  const Measurement measurement;
  if (!arguments.compare.empty()) return compare(arguments, measurement);
  DMF_CHECK(!arguments.tests.empty() || !arguments.features.empty(), InvalidArgument,
            "nothing to test: give --model FILE --test DATASET, or --features FOLDER");
  DMF_CHECK(arguments.tests.empty() || !arguments.model.empty(), InvalidArgument,
            "--test needs --model FILE");
  DMF_CHECK(arguments.features.empty() || !arguments.request.text, InvalidArgument,
            "--text needs --model FILE and --test DATASET");
  arguments.request.protocol.same_camera_removed = !arguments.keep_same_camera;
  if (arguments.re_rank) arguments.request.preparation.re_ranking = parse_re_ranking(*arguments.re_rank);
  arguments.request.by_query = !arguments.json.empty();
  check_request(arguments.request);  // before minutes are spent on vectors
  Requests requests(arguments.request);
  std::vector<TestResult> results;
  nlohmann::json model;
  if (!arguments.tests.empty()) model = test_model(arguments, requests, results);
  for (const VectorInput& input : read_features(arguments)) {
    results.push_back(measure_vectors(input, requests.request()));
    requests.take(results.back());
  }
  if (arguments.json != "-") std::fputs(test_table(results).c_str(), stdout);
  if (arguments.json.empty()) return;
  nlohmann::json document = measurement.document();
  if (!model.is_null()) document["model"] = model;
  document["results"] = nlohmann::json::array();
  for (const TestResult& result : results) document["results"].push_back(to_json(result));
  write_document(document, arguments.json);
}

void add_protocol_flags(CLI::App& app, EvalArguments& arguments) {
  EvalRequest& request = arguments.request;
  app.add_option("--metric", request.protocol.metric, "cosine or euclidean")
      ->check(CLI::IsMember({"cosine", "euclidean"}))
      ->capture_default_str();
  app.add_flag("--keep-same-camera", arguments.keep_same_camera,
               "also rank gallery images of the query's identity and camera (not Market's rule)");
  app.add_option("--re-rank", arguments.re_rank,
                 "k-reciprocal re-ranking before the test; without numbers 20,6,0.3")
      ->type_name("K1,K2,LAMBDA")
      ->expected(0, 1)
      ->default_str("20,6,0.3");
  app.add_flag("--centre-cameras", request.preparation.centre_cameras,
               "take from each vector the mean of its camera's gallery images: what a camera adds to all its "
               "pictures; for domains the model has not seen");
  app.add_option("--expand", request.preparation.expansion, "query expansion over so many images; 0 = none")
      ->type_name("IMAGES")
      ->check(CLI::Range(int64_t{0}, int64_t{10000}));
  app.add_option("--expand-alpha", request.preparation.expansion_alpha,
                 "its weights are cosines to this power")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 100.0));
  app.add_flag("--multi-query", request.preparation.multi_query,
               "queries of one identity and camera become one");
  app.add_flag(
      "--text", request.text,
      "text to image: the queries are the captions of the test's persons, a query each; every picture of "
      "the person in the gallery is a right answer, whatever its camera");
}

void add_report_flags(CLI::App& app, EvalArguments& arguments) {
  EvalRequest& request = arguments.request;
  app.add_flag("--open-set", request.open_set,
               "also ROC, true-positive rates at false-accept rates, equal error rate, DIR at FAR");
  app.add_flag("--by-camera", request.by_camera, "also results by pair of cameras");
  app.add_option(
         "--by", request.by,
         "also results by what is known of the queries: camera, a column of their labels, or of a "
         "dataset viewpoint, weather, illumination, scene, gender … (finegpr names, attributes.json); "
         "may be repeated")
      ->type_name("COLUMN");
  app.add_option("--single-shot", request.single_shot,
                 "also CUHK03's single-gallery-shot CMC, over so many repetitions")
      ->type_name("REPETITIONS")
      ->check(CLI::Range(int64_t{0}, int64_t{100000}));
  app.add_option("--hardest", request.hardest, "also list so many queries of lowest average precision")
      ->type_name("COUNT")
      ->check(CLI::Range(int64_t{0}, int64_t{1000000}));
  app.add_option(
         "--calibrate", request.calibrate_far,
         "find the threshold that holds this false-accept rate on the first test, store it in the model "
         "file, and state what it does on the other tests")
      ->type_name("FAR")
      ->check(CLI::Range(1e-12, 0.999999));
  app.add_option("--compare", arguments.compare,
                 "compare two files that --json wrote: which is better, by how much, how sure")
      ->type_name("FILE")
      ->expected(2);
}

std::function<void()> declare_eval(CLI::App& app) {
  auto arguments = std::make_shared<EvalArguments>();
  app.add_option("--model", arguments->model, "model file of a run")->type_name("FILE");
  app.add_option("--test", arguments->tests, "datasets to test on; may be repeated")->type_name("DATASET");
  add_data_root_flag(app, arguments->data_root);
  app.add_option(
         "--features", arguments->features,
         "vectors that anything made: folders with query.npy, gallery.npy and a .csv with identity[,camera] "
         "beside each (`dmf embed --split` writes them); or two files, .npy or .mat, with --labels; or a "
         ".mat with "
         "query_f, query_label, query_cam and the gallery's")
      ->type_name("FOLDER|FILE");
  app.add_option("--labels", arguments->labels,
                 "labels of two files of vectors: .csv with the columns split,identity[,camera], query first")
      ->type_name("FILE");
  add_json_flag(app, arguments->json, "instead of the table");
  add_protocol_flags(app, *arguments);
  add_report_flags(app, *arguments);
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
