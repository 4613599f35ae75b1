#include <CLI/CLI.hpp>
#include <cstdio>

#include "dmf/cli/command.h"
#include "dmf/cli/export_gate.h"
#include "dmf/cli/flags.h"
#include "dmf/cli/result.h"
#include "dmf/cli/world_pixels.h"
#include "dmf/core/error.h"
#include "dmf/core/file.h"
#include "dmf/core/table.h"
#include "dmf/core/version.h"
#include "dmf/data/image.h"
#include "dmf/onnx/image_path.h"
#include "dmf/world/studio.h"

namespace dmf::cli {
namespace {

constexpr double kLeastCosine = 0.9999;
constexpr int64_t kGateImages = 48;

struct ExportArguments {
  std::string model, onnx, python = "python3", json;
  std::vector<std::string> images;
  bool no_gate = false;
};

/// Synthetic persons in the model's size: [kGateImages, 3, H, W].
torch::Tensor synthetic_pixels(const translate::ImageEncoderOptions& size) {
  world::WorldOptions options;
  options.identities = kGateImages / 4;
  options.images = 4;
  options.height = static_cast<int>(size.height);
  options.width = static_cast<int>(size.width);
  const world::Studio studio(options);
  std::vector<torch::Tensor> images;
  for (int64_t number = 1; number <= options.identities; ++number) {
    studio.photograph(
        number, [&](const world::MadeImage& made) { images.push_back(world_pixels(made.picture.image)); });
  }
  return at::stack(images);
}

torch::Tensor gate_pixels(const ExportArguments& arguments, const translate::ImageEncoderOptions& size) {
  if (arguments.images.empty()) return synthetic_pixels(size);
  data::LoadOptions load;
  load.height = size.height;
  load.width = size.width;
  return data::load_images({arguments.images.begin(), arguments.images.end()}, load).pixels;
}

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
  std::vector<GateResult> results;
  try {
    if (!arguments.no_gate)
      results = run_gate(part, embedder, gate_pixels(arguments, embedder.model().image_encoder()->options()),
                         arguments.python);
    for (const GateResult& result : results) {
      DMF_CHECK(
          result.lowest_cosine >= kLeastCosine, Error,
          "{} at batch {} does not reproduce the model, the ONNX file is not kept: expected a cosine of at "
          "least {}, got {:.6f}",
          result.runtime, result.batch, kLeastCosine, result.lowest_cosine);
    }
  } catch (...) {
    std::filesystem::remove(part);
    throw;
  }
  std::filesystem::rename(part, arguments.onnx);
  std::vector<std::vector<std::string>> rows;
  nlohmann::json entries = nlohmann::json::array();
  for (const GateResult& result : results) {
    rows.push_back(
        {result.runtime, std::to_string(result.batch), fmt::format("{:.7f}", result.lowest_cosine)});
    entries.push_back(
        {{"runtime", result.runtime}, {"batch", result.batch}, {"lowest_cosine", result.lowest_cosine}});
  }
  if (arguments.json != "-")
    std::fputs(
        fmt::format("{}{}: {:.1f} MB{}\n",
                    rows.empty() ? "" : text_table({"runtime", "batch", "lowest cosine"}, rows),
                    arguments.onnx, static_cast<double>(std::filesystem::file_size(arguments.onnx)) / 1e6,
                    rows.empty() ? ", not checked" : "")
            .c_str(),
        stdout);
  if (arguments.json.empty()) return;
  nlohmann::json document = measurement.document();
  document["model"] = arguments.model;
  document["onnx"] = arguments.onnx;
  document["results"] = entries;
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
