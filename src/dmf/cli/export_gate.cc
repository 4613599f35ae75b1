#include "dmf/cli/export_gate.h"

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <nlohmann/json.hpp>
#include <span>

#include "dmf/cli/result.h"
#include "dmf/core/error.h"
#include "dmf/core/file.h"
#include "dmf/embed/attention.h"
#include "dmf/eval/evaluate.h"

namespace dmf::cli {
namespace {

constexpr double kLeastCosine = 0.9999;
constexpr double kMapTolerance = 0.1;  // per cent
constexpr int64_t kOwnBatch = 32;

constexpr const char* kGateScript = R"(
import json, sys
import numpy, onnxruntime
file, folder, count, height, width, size = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:7])
pixels = numpy.fromfile(folder + "/pixels", numpy.uint8).reshape(count, 3, height, width)
wanted = numpy.fromfile(folder + "/embeddings", numpy.float32).reshape(count, size)
results = []
def gate(name, run):
    for batch in (1, 3, 32):
        found = numpy.concatenate([run(pixels[i:i + batch]) for i in range(0, count, batch)])
        found = (found / numpy.linalg.norm(found, axis=1, keepdims=True)).astype(numpy.float32)
        file = "found-%d" % len(results)
        found.tofile(folder + "/" + file)
        results.append({"runtime": name, "batch": batch, "cosine": float((found * wanted).sum(1).min()), "file": file})
session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
gate("onnxruntime " + onnxruntime.__version__, lambda part: session.run(None, {"pixels": part})[0])
try:
    import openvino
except ImportError:
    openvino = None
if openvino is not None:
    compiled = openvino.Core().compile_model(file, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    gate("openvino " + openvino.__version__, lambda part: compiled(part)[0])
json.dump(results, open(folder + "/results", "w"))
)";

std::string_view bytes_of(const torch::Tensor& tensor) {
  return {static_cast<const char*>(tensor.const_data_ptr()), tensor.nbytes()};
}

/// A folder for the gate's files, gone when it is over.
class GateFolder {
 public:
  explicit GateFolder(const std::filesystem::path& beside) : path_(beside.string() + ".gate") {
    std::filesystem::create_directories(path_);
  }
  ~GateFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  GateFolder(const GateFolder&) = delete;
  GateFolder& operator=(const GateFolder&) = delete;
  std::filesystem::path operator/(const char* name) const { return path_ / name; }
  std::string string() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

/// The model's own embeddings, [N, D] float32.
torch::Tensor own_embeddings(const embed::Embedder& embedder, const torch::Tensor& pixels) {
  const embed::AttentionMaps maps(embedder);
  std::vector<torch::Tensor> parts;
  for (const torch::Tensor& batch : pixels.split(kOwnBatch)) parts.push_back(maps.embeddings(batch));
  return at::cat(parts).contiguous();
}

std::optional<double> map_of(std::span<const float> vectors, int64_t width, const GateImages& images) {
  const int64_t queries = images.query.count(), gallery = images.gallery.count();
  if (queries == 0) return std::nullopt;
  const size_t first = static_cast<size_t>(queries * width);
  return eval::evaluate({{vectors.first(first), queries, width}, images.query},
                        {{vectors.subspan(first), gallery, width}, images.gallery})
      .map;
}

}  // namespace

GateReport run_gate(const std::filesystem::path& file, const embed::Embedder& embedder,
                    const GateImages& images, const std::string& python) {
  const GateFolder folder(file);
  const torch::Tensor& pixels = images.pixels;
  const torch::Tensor vectors = own_embeddings(embedder, pixels);
  const auto count = static_cast<size_t>(vectors.numel());
  const int64_t width = vectors.size(1);
  write_text(folder / "pixels", bytes_of(pixels.contiguous()));
  write_text(folder / "embeddings", bytes_of(vectors));
  write_text(folder / "gate.py", kGateScript);
  std::string command = shell_quoted(python);
  for (const std::string& word :
       {(folder / "gate.py").string(), file.string(), folder.string(), std::to_string(pixels.size(0)),
        std::to_string(pixels.size(2)), std::to_string(pixels.size(3)), std::to_string(width)})
    command += " " + shell_quoted(word);
  command += " > " + shell_quoted((folder / "log").string()) + " 2>&1";
  const int status = std::system(command.c_str());
  DMF_CHECK(status == 0, Error,
            "the gate did not run, the ONNX file is not kept: {}\nhint: `pip install onnxruntime numpy`, and "
            "--python names the interpreter; --no-gate leaves the check out",
            read_text(folder / "log"));
  GateReport report{map_of({vectors.const_data_ptr<float>(), count}, width, images), {}};
  for (const nlohmann::json& result : nlohmann::json::parse(read_text(folder / "results"))) {
    const std::string bytes = read_text(folder / result.at("file").get<std::string>().c_str());
    DMF_CHECK(bytes.size() == count * sizeof(float), Error,
              "the gate gave {} bytes of embeddings, expected {}", bytes.size(), count * sizeof(float));
    std::vector<float> found(count);
    std::memcpy(found.data(), bytes.data(), bytes.size());
    report.results.push_back(
        {result.at("runtime"), result.at("batch"), result.at("cosine"), map_of(found, width, images)});
  }
  return report;
}

void check_gate(const GateReport& report) {
  for (const GateResult& result : report.results) {
    DMF_CHECK(
        result.lowest_cosine >= kLeastCosine, Error,
        "{} at batch {} does not reproduce the model, the ONNX file is not kept: expected a cosine of at "
        "least {}, got {:.6f}",
        result.runtime, result.batch, kLeastCosine, result.lowest_cosine);
    DMF_CHECK(
        !report.map || std::abs(*result.map - *report.map) <= kMapTolerance, Error,
        "{} at batch {} does not reproduce the model, the ONNX file is not kept: expected mAP {:.2f} within "
        "{}, got {:.2f}",
        result.runtime, result.batch, *report.map, kMapTolerance, *result.map);
  }
}

}  // namespace dmf::cli
