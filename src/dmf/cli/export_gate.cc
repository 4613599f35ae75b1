#include "dmf/cli/export_gate.h"

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "dmf/cli/result.h"
#include "dmf/core/error.h"
#include "dmf/core/file.h"
#include "dmf/embed/attention.h"

namespace dmf::cli {
namespace {

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
        found = found / numpy.linalg.norm(found, axis=1, keepdims=True)
        results.append({"runtime": name, "batch": batch, "cosine": float((found * wanted).sum(1).min())})
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

}  // namespace

std::vector<GateResult> run_gate(const std::filesystem::path& file, const embed::Embedder& embedder,
                                 const torch::Tensor& pixels, const std::string& python) {
  const GateFolder folder(file);
  const torch::Tensor vectors = embed::AttentionMaps(embedder).embeddings(pixels).contiguous();
  write_text(folder / "pixels", bytes_of(pixels.contiguous()));
  write_text(folder / "embeddings", bytes_of(vectors));
  write_text(folder / "gate.py", kGateScript);
  std::string command = shell_quoted(python);
  for (const std::string& word :
       {(folder / "gate.py").string(), file.string(), folder.string(), std::to_string(pixels.size(0)),
        std::to_string(pixels.size(2)), std::to_string(pixels.size(3)), std::to_string(vectors.size(1))})
    command += " " + shell_quoted(word);
  command += " > " + shell_quoted((folder / "log").string()) + " 2>&1";
  const int status = std::system(command.c_str());
  DMF_CHECK(status == 0, Error,
            "the gate did not run, the ONNX file is not kept: {}\nhint: `pip install onnxruntime numpy`, and "
            "--python "
            "names the interpreter; --no-gate leaves the check out",
            read_text(folder / "log"));
  std::vector<GateResult> results;
  for (const nlohmann::json& result : nlohmann::json::parse(read_text(folder / "results")))
    results.push_back({result.at("runtime"), result.at("batch"), result.at("cosine")});
  return results;
}

}  // namespace dmf::cli
