#include <CLI/CLI.hpp>
#include <cstdio>

#include "dmf/cli/command.h"
#include "dmf/cli/export_gate.h"
#include "dmf/cli/flags.h"
#include "dmf/cli/records.h"
#include "dmf/cli/result.h"
#include "dmf/cli/world_pixels.h"
#include "dmf/core/error.h"
#include "dmf/core/file.h"
#include "dmf/core/table.h"
#include "dmf/core/version.h"
#include "dmf/data/dataset.h"
#include "dmf/data/image.h"
#include "dmf/onnx/image_path.h"
#include "dmf/world/studio.h"

namespace dmf::cli {
namespace {

constexpr int64_t kGateImages = 48, kImagesEach = 4;

struct ExportArguments {
  std::string model, onnx, test, python = "python3", json;
  std::vector<std::string> images;
  bool no_gate = false;
};

/// Synthetic persons in the model's size; the first picture of each searches for the others.
GateImages synthetic_images(const translate::ImageEncoderOptions& size) {
  world::WorldOptions options;
  options.identities = kGateImages / kImagesEach;
  options.images = kImagesEach;
  options.height = static_cast<int>(size.height);
  options.width = static_cast<int>(size.width);
  const world::Studio studio(options);
  GateImages images;
  std::vector<torch::Tensor> queries, gallery;
  for (int64_t number = 1; number <= options.identities; ++number) {
    bool is_first = true;
    studio.photograph(number, [&](const world::MadeImage& made) {
      (is_first ? queries : gallery).push_back(world_pixels(made.picture.image));
      (is_first ? images.query : images.gallery).identities.push_back(number);
      is_first = false;
    });
  }
  queries.insert(queries.end(), gallery.begin(), gallery.end());
  images.pixels = at::stack(queries);
  return images;
}

GateImages gate_images(const ExportArguments& arguments, const translate::ImageEncoderOptions& size) {
  if (arguments.images.empty() && arguments.test.empty()) return synthetic_images(size);
  data::LoadOptions load;
  load.height = size.height;
  load.width = size.width;
  if (arguments.test.empty())
    return {data::load_images({arguments.images.begin(), arguments.images.end()}, load).pixels, {}, {}};
  data::Dataset dataset = data::open_dataset(arguments.test);
  complete_test_half(dataset);
  std::vector<std::filesystem::path> paths = paths_of(dataset.query), gallery = paths_of(dataset.gallery);
  paths.insert(paths.end(), gallery.begin(), gallery.end());
  return {data::load_images(paths, load).pixels, labels_of(dataset.query, all_rows(dataset.query)),
          labels_of(dataset.gallery, all_rows(dataset.gallery))};
}

std::string map_text(const std::optional<double>& map) { return map ? fmt::format("{:.2f}", *map) : "-"; }

void export_onnx(const ExportArguments& arguments) {
  const Measurement measurement;
  embed::EmbedOptions embedding;
  embedding.device = "cpu";
  embedding.precision = "float32";
  const embed::Embedder embedder(arguments.model, embedding);
  const std::filesystem::path part = arguments.onnx + ".unchecked";
  write_text(part, onnx::image_path_file(embedder.model(), {{"dmf_version", version()},
                                                            {"model_fingerprint",
                                                             fingerprint(MappedFile(arguments.model).text())},
                                                            {"training", embedder.training().dump()}}));
  GateReport report;
  try {
    if (!arguments.no_gate)
      report = run_gate(part, embedder, gate_images(arguments, embedder.model().image_encoder()->options()),
                        arguments.python);
    check_gate(report);
  } catch (...) {
    std::filesystem::remove(part);
    throw;
  }
  std::filesystem::rename(part, arguments.onnx);
  std::vector<std::vector<std::string>> rows;
  nlohmann::json entries = nlohmann::json::array();
  for (const GateResult& result : report.results) {
    rows.push_back({result.runtime, std::to_string(result.batch), fmt::format("{:.7f}", result.lowest_cosine),
                    map_text(result.map)});
    entries.push_back(
        {{"runtime", result.runtime}, {"batch", result.batch}, {"lowest_cosine", result.lowest_cosine}});
    if (result.map) entries.back()["map"] = *result.map;
  }
  if (!rows.empty()) rows.push_back({"dmf", "", "", map_text(report.map)});
  if (arguments.json != "-")
    std::fputs(
        fmt::format("{}{}: {:.1f} MB{}\n",
                    rows.empty() ? "" : text_table({"runtime", "batch", "lowest cosine", "mAP"}, rows),
                    arguments.onnx, static_cast<double>(std::filesystem::file_size(arguments.onnx)) / 1e6,
                    rows.empty() ? ", not checked" : "")
            .c_str(),
        stdout);
  if (arguments.json.empty()) return;
  nlohmann::json document = measurement.document();
  document["model"] = arguments.model;
  document["onnx"] = arguments.onnx;
  document["results"] = entries;
  if (report.map) document["map"] = *report.map;
  write_document(document, arguments.json);
}

std::function<void()> declare_export(CLI::App& app) {
  auto arguments = std::make_shared<ExportArguments>();
  app.add_option("--model", arguments->model, "model file of a run")->required()->type_name("FILE");
  app.add_option("--onnx", arguments->onnx,
                 "ONNX file of the image path: pixels [batch, 3, H, W] uint8 RGB to embeddings [batch, D]")
      ->required()
      ->type_name("FILE");
  app.add_option("--images", arguments->images,
                 "images that the file is checked with, 32 or more; without them synthetic persons")
      ->type_name("IMAGE");
  app.add_option("--test", arguments->test,
                 "instead: the queries and gallery of this dataset, whose mAP is compared, too")
      ->type_name("DATASET")
      ->excludes("--images");
  app.add_option("--python", arguments->python, "interpreter with onnxruntime and numpy, for the check")
      ->capture_default_str();
  app.add_flag("--no-gate", arguments->no_gate, "keep the file unchecked");
  add_json_flag(app, arguments->json, "instead of the table");
  return [arguments] { export_onnx(*arguments); };
}

}  // namespace

Command export_command() {
  return {"export", "Writes a model as an ONNX file, checked in ONNX Runtime",
          "dmf export --model runs/first/model.safetensors --onnx first.onnx", declare_export};
}

}  // namespace dmf::cli
