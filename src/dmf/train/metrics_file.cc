#include "dmf/train/metrics_file.h"

#include <sstream>

#include "dmf/core/error.h"
#include "dmf/core/file.h"

namespace dmf::train {
namespace {

bool is_before(const nlohmann::json& line, const std::string& stage, int64_t step) {
  if (!line.is_object() || !line.contains("stage") || !line.contains("step"))
    return false;  // cut off by a kill
  if (line["stage"] == stage) return line["step"] <= step;
  return line["stage"] == "pretrain";
}

std::string lines_before(const std::filesystem::path& path, const std::string& stage, int64_t step) {
  if (!std::filesystem::exists(path)) return "";
  std::istringstream in(read_text(path));
  std::string kept, line;
  while (std::getline(in, line)) {
    if (is_before(nlohmann::json::parse(line, nullptr, false), stage, step)) kept += line + "\n";
  }
  return kept;
}

}  // namespace

MetricsFile::MetricsFile(std::filesystem::path path, const std::string& stage, int64_t step)
    : path_(std::move(path)) {
  write_text(path_, stage.empty() ? "" : lines_before(path_, stage, step));
  out_.open(path_, std::ios::app);
}

void MetricsFile::add(const nlohmann::json& line) {
  out_ << line.dump() << std::endl;  // flushed: a killed run keeps its lines
  DMF_CHECK(out_.good(), DataError, "{}: cannot write; hint: is the disk full?", path_.string());
}

}  // namespace dmf::train
