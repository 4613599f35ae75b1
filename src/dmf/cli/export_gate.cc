#include "dmf/cli/export_gate.h"

#include <cstdlib>
#include <nlohmann/json.hpp>
#include <span>

#include "dmf/cli/result.h"
#include "dmf/core/error.h"
#include "dmf/core/file.h"
#include "dmf/core/npy.h"
#include "dmf/eval/evaluate.h"
#include "dmf/translate/package.h"

namespace dmf::cli {
namespace {

constexpr const char* kCommonScript = R"(
import json, sys
import numpy, onnxruntime
file, folder, names = sys.argv[1], sys.argv[2], sys.argv[3:]
inputs = {name: numpy.load("%s/%s.npy" % (folder, name)) for name in names}
count = len(inputs[names[0]])
def part(first, size):
    rows = {name: values[first:first + size] for name, values in inputs.items()}
    if "mask" in rows:  # texts: no padding that none of these needs
        length = rows["mask"].sum(1).max()
        rows = {name: values[:, :length] for name, values in rows.items()}
    return rows
session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
)";

constexpr const char* kGateScript = R"(
wanted = numpy.load(folder + "/wanted.npy")
results = []
def gate(name, run):
    for batch in (1, 3, 32):
        found = numpy.concatenate([run(part(i, batch)) for i in range(0, count, batch)])
        found = (found / numpy.linalg.norm(found, axis=1, keepdims=True)).astype(numpy.float32)
        file = "found-%d.npy" % len(results)
        numpy.save("%s/%s" % (folder, file), found)
        results.append({"runtime": name, "batch": batch, "cosine": float((found * wanted).sum(1).min()), "file": file})
gate("onnxruntime " + onnxruntime.__version__, lambda rows: session.run(None, rows)[0])
try:
    import openvino
except ImportError:
    openvino = None
if openvino is not None:
    compiled = openvino.Core().compile_model(file, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    gate("openvino " + openvino.__version__.split("-")[0], lambda rows: compiled(rows)[0])
json.dump(results, open(folder + "/results", "w"))
)";

constexpr const char* kRangesScript = R"(
read = [output.name for output in session.get_outputs() if output.name.startswith("read_")]
low, high = numpy.full(len(read), numpy.inf), numpy.full(len(read), -numpy.inf)
for first in range(0, count, 8):
    values = session.run(read, part(first, 8))
    low = numpy.minimum(low, [value.min() for value in values])
    high = numpy.maximum(high, [value.max() for value in values])
json.dump([[float(a), float(b)] for a, b in zip(low, high)], open(folder + "/results", "w"))
)";

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
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }
  std::string string() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

/// What runs Python with onnxruntime: the given interpreter; or Debian's with the package that `./dmf setup`
/// installs; or whatever python3 there is.
std::string python_command(const std::string& given) {
  if (!given.empty()) return shell_quoted(given);
  try {
    const std::filesystem::path module = translate::package_file("onnxruntime", "onnxruntime/__init__.py");
    const std::filesystem::path packages = std::filesystem::absolute(module.parent_path().parent_path());
    return fmt::format("PYTHONPATH={} /usr/bin/python3", shell_quoted(packages.string()));
  } catch (const DataError&) {
    return "python3";
  }
}

/// Runs a script on a file and inputs. @return  what it wrote to `results`
nlohmann::json run_script(const GateFolder& folder, const char* script, const std::filesystem::path& file,
                          const GateSamples& samples, const std::string& python) {
  std::vector<std::string> words{(folder / "gate.py").string(), file.string(), folder.string()};
  for (const auto& [name, values] : samples.inputs) {
    write_npy(folder / (name + ".npy"), values);
    words.push_back(name);
  }
  write_text(folder / "gate.py", std::string(kCommonScript) + script);
  std::string command = python_command(python);
  for (const std::string& word : words) command += " " + shell_quoted(word);
  command += " > " + shell_quoted((folder / "log").string()) + " 2>&1";
  const int status = std::system(command.c_str());
  DMF_CHECK(status == 0, Error,
            "the gate did not run, the ONNX file is not kept: {}\nhint: `pip install onnxruntime numpy`, and "
            "--python names the interpreter; --no-gate leaves the check out",
            read_text(folder / "log"));
  return nlohmann::json::parse(read_text(folder / "results"));
}

std::optional<double> map_of(const torch::Tensor& vectors, const GateSamples& samples) {
  const int64_t queries = samples.query.count(), gallery = samples.gallery.count(), width = vectors.size(1);
  if (queries == 0) return std::nullopt;
  const std::span<const float> all{vectors.const_data_ptr<float>(), static_cast<size_t>(vectors.numel())};
  const auto first = static_cast<size_t>(queries * width);
  return eval::evaluate({{all.first(first), queries, width}, samples.query},
                        {{all.subspan(first), gallery, width}, samples.gallery})
      .map;
}

}  // namespace

GateReport run_gate(const std::filesystem::path& file, const std::string& path, const GateSamples& samples,
                    const std::string& python) {
  const GateFolder folder(file);
  write_npy(folder / "wanted.npy", samples.wanted);
  GateReport report{map_of(samples.wanted.contiguous(), samples), {}};
  for (const nlohmann::json& result : run_script(folder, kGateScript, file, samples, python)) {
    const torch::Tensor found = read_npy(folder / result.at("file").get<std::string>());
    DMF_CHECK(found.sizes() == samples.wanted.sizes(), Error,
              "the gate gave {} embeddings of {} numbers, expected {} of {}", found.size(0), found.size(1),
              samples.wanted.size(0), samples.wanted.size(1));
    report.results.push_back({path, result.at("runtime"), result.at("batch"), result.at("cosine"),
                              map_of(found.contiguous(), samples)});
  }
  return report;
}

void check_gate(const GateReport& report, const GateLimits& limits) {
  for (const GateResult& result : report.results) {
    DMF_CHECK(
        !limits.lowest_cosine || result.lowest_cosine >= *limits.lowest_cosine, Error,
        "{} at batch {} does not reproduce the model, the ONNX file is not kept: expected a cosine of at "
        "least {}, got {:.6f}",
        result.runtime, result.batch, *limits.lowest_cosine, result.lowest_cosine);
    DMF_CHECK(
        !report.map || *result.map >= *report.map - limits.map_loss, Error,
        "{} at batch {} does not reproduce the model, the ONNX file is not kept: expected mAP {:.2f} less "
        "at most {}, got {:.2f}",
        result.runtime, result.batch, *report.map, limits.map_loss, *result.map);
  }
}

std::vector<onnx::ValueRange> observed_ranges(const std::filesystem::path& file, const GateSamples& samples,
                                              const std::string& python) {
  const GateFolder folder(file);
  std::vector<onnx::ValueRange> ranges;
  for (const nlohmann::json& range : run_script(folder, kRangesScript, file, samples, python))
    ranges.push_back({range.at(0), range.at(1)});
  return ranges;
}

}  // namespace dmf::cli
