#include <CLI/CLI.hpp>
#include <cstdio>

#include "dmf/cli/command.h"
#include "dmf/cli/export_gate.h"
#include "dmf/cli/export_samples.h"
#include "dmf/cli/flags.h"
#include "dmf/cli/result.h"
#include "dmf/core/error.h"
#include "dmf/core/file.h"
#include "dmf/core/table.h"
#include "dmf/core/version.h"
#include "dmf/onnx/text_path.h"
#include "dmf/text/tokenizer.h"
#include "dmf/translate/text_tensor.h"

namespace dmf::cli {
namespace {

struct ExportArguments {
  std::string model, onnx, text, test, input = "pixels", int8, python, json;
  std::vector<std::string> images;
  bool no_gate = false;
};

/// A file that is kept once it is checked, and else removed.
class UncheckedFile {
 public:
  UncheckedFile(std::filesystem::path wanted, const std::string& bytes)
      : wanted_(std::move(wanted)), path_(wanted_.string() + ".unchecked") {
    write_text(path_, bytes);
  }
  ~UncheckedFile() {
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
  }
  UncheckedFile(const UncheckedFile&) = delete;
  UncheckedFile& operator=(const UncheckedFile&) = delete;
  const std::filesystem::path& path() const { return path_; }
  void keep() { std::filesystem::rename(path_, wanted_); }

 private:
  std::filesystem::path wanted_, path_;
};

std::map<std::string, std::string> metadata_of(const ExportArguments& arguments,
                                               const embed::Embedder& embedder) {
  return {{"dmf_version", version()},
          {"model_fingerprint", fingerprint(MappedFile(arguments.model).text())},
          {"training", embedder.training().dump()}};
}

GateReport export_image_path(const ExportArguments& arguments, const embed::Embedder& embedder) {
  const auto input = arguments.input == "pixels" ? onnx::ImageInput::kPixels : onnx::ImageInput::kNormalised;
  std::map<std::string, std::string> metadata = metadata_of(arguments, embedder);
  const translate::Normalisation& normalisation = embedder.model().image_encoder()->normalisation();
  metadata["normalisation"] =
      nlohmann::json{{"mean", normalisation.mean}, {"deviation", normalisation.deviation}}.dump();
  onnx::Products products;
  if (!arguments.int8.empty()) {
    products.kind = onnx::Products::Kind::kObserved;
    const UncheckedFile observed(arguments.onnx,
                                 onnx::image_path_file(embedder.model(), input, products, metadata));
    products = {
        onnx::Products::Kind::kInt8,
        observed_ranges(observed.path(), range_samples(embedder, input, arguments.int8), arguments.python)};
    metadata["int8_ranges_of"] = arguments.int8;
  }
  UncheckedFile file(arguments.onnx, onnx::image_path_file(embedder.model(), input, products, metadata));
  GateReport report;
  if (!arguments.no_gate)
    report = run_gate(file.path(), "image", image_samples(embedder, input, arguments.images, arguments.test),
                      arguments.python);
  check_gate(report, arguments.int8.empty() ? GateLimits{} : kInt8Limits);
  file.keep();
  return report;
}

/// What a program needs to make `ids` of a text, beside the ONNX file: FILE.tokenizer/.
void write_tokenizer(const translate::TextEncoder& encoder, const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder);
  for (const std::string& name : text::tokenizer_file_names()) {
    if (encoder.tensors().contains(name))
      write_text(folder / name, translate::text_of_tensor(encoder.tensors(), name, "the model file"));
  }
}

GateReport export_text_path(const ExportArguments& arguments, const embed::Embedder& embedder) {
  const GateSamples samples = text_samples(embedder);
  const translate::TextEncoder& encoder = *embedder.text_encoder();
  std::map<std::string, std::string> metadata = metadata_of(arguments, embedder);
  metadata["reads"] = embedder.reads_keywords() ? "key words" : "sentences";
  metadata["longest"] = std::to_string(encoder.options().max_length);
  UncheckedFile file(arguments.text, onnx::text_path_file(embedder.model(), encoder, metadata));
  GateReport report;
  if (!arguments.no_gate) report = run_gate(file.path(), "text", samples, arguments.python);
  check_gate(report, {});
  write_tokenizer(encoder, arguments.text + ".tokenizer");
  file.keep();
  return report;
}

std::string map_text(const std::optional<double>& map) { return map ? fmt::format("{:.2f}", *map) : "-"; }

std::string table_of(const std::vector<GateResult>& results, const std::optional<double>& map) {
  if (results.empty()) return {};
  std::vector<std::vector<std::string>> rows;
  for (const GateResult& result : results)
    rows.push_back({result.path, result.runtime, std::to_string(result.batch),
                    fmt::format("{:.7f}", result.lowest_cosine), map_text(result.map)});
  if (map) rows.push_back({"image", "dmf", "", "", map_text(map)});
  return text_table({"path", "runtime", "batch", "lowest cosine", "mAP"}, rows);
}

nlohmann::json entry_of(const GateResult& result) {
  nlohmann::json entry{{"path", result.path},
                       {"runtime", result.runtime},
                       {"batch", result.batch},
                       {"lowest_cosine", result.lowest_cosine}};
  if (result.map) entry["map"] = *result.map;
  return entry;
}

void export_onnx(const ExportArguments& arguments) {
  DMF_CHECK(
      !arguments.onnx.empty() || !arguments.text.empty(), InvalidArgument,
      "[export] nothing to write; hint: --onnx FILE for the image path, --onnx-text FILE for the text path");
  DMF_CHECK(arguments.int8.empty() || !arguments.onnx.empty(), InvalidArgument,
            "[export] --int8 is of the image path: it needs --onnx");
  const Measurement measurement;
  embed::EmbedOptions embedding;
  embedding.device = "cpu";
  embedding.precision = "float32";
  const embed::Embedder embedder(arguments.model, embedding);
  GateReport report;
  std::vector<std::string> files;
  if (!arguments.onnx.empty()) {
    report = export_image_path(arguments, embedder);
    files.push_back(arguments.onnx);
  }
  if (!arguments.text.empty()) {
    const GateReport text = export_text_path(arguments, embedder);
    report.results.insert(report.results.end(), text.results.begin(), text.results.end());
    files.push_back(arguments.text);
  }
  if (arguments.json != "-") {
    std::fputs(table_of(report.results, report.map).c_str(), stdout);
    for (const std::string& file : files)
      std::fputs(
          fmt::format("{}: {:.1f} MB{}\n", file, static_cast<double>(std::filesystem::file_size(file)) / 1e6,
                      arguments.no_gate ? ", not checked" : "")
              .c_str(),
          stdout);
  }
  if (arguments.json.empty()) return;
  nlohmann::json document = measurement.document();
  document["model"] = arguments.model;
  document["files"] = files;
  document["results"] = nlohmann::json::array();
  for (const GateResult& result : report.results) document["results"].push_back(entry_of(result));
  if (report.map) document["map"] = *report.map;
  write_document(document, arguments.json);
}

std::function<void()> declare_export(CLI::App& app) {
  auto arguments = std::make_shared<ExportArguments>();
  app.add_option("--model", arguments->model, "model file of a run")->required()->type_name("FILE");
  app.add_option("--onnx", arguments->onnx,
                 "ONNX file of the image path: pixels [batch, 3, H, W] uint8 RGB to embeddings [batch, D]")
      ->type_name("FILE");
  app.add_option("--onnx-text", arguments->text,
                 "ONNX file of the text path: ids and mask [batch, pieces] int64 to embeddings [batch, D]; "
                 "FILE.tokenizer/ holds what makes ids of a text")
      ->type_name("FILE");
  app.add_option("--input", arguments->input,
                 "what the image path begins with: pixels, or normalised [batch, 3, H, W] float32, the "
                 "preprocessing left to the caller")
      ->check(CLI::IsMember({"pixels", "normalised"}))
      ->capture_default_str();
  app.add_option(
         "--int8", arguments->int8,
         "the image encoder in int8: its ranges are found on 128 training images of this dataset; kept "
         "where the mAP falls by 0.3 at most")
      ->type_name("DATASET");
  app.add_option("--images", arguments->images,
                 "images that the file is checked with, 32 or more; without them synthetic persons")
      ->type_name("IMAGE");
  app.add_option("--test", arguments->test,
                 "instead: the queries and gallery of this dataset, whose mAP is compared, too")
      ->type_name("DATASET")
      ->excludes("--images");
  app.add_option(
         "--python", arguments->python,
         "interpreter with onnxruntime and numpy (and openvino, if that is to be tried, too) for the check; "
         "without it Debian's with what `./dmf setup` installs")
      ->type_name("FILE");
  app.add_flag("--no-gate", arguments->no_gate, "keep the files unchecked");
  add_json_flag(app, arguments->json, "instead of the table");
  return [arguments] { export_onnx(*arguments); };
}

}  // namespace

Command export_command() {
  return {"export", "Writes a model as ONNX files, checked in ONNX Runtime",
          "dmf export --model runs/first/model.safetensors --onnx first.onnx", declare_export};
}

}  // namespace dmf::cli
