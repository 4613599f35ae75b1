#include "dmf/train/metrics_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <sstream>
#include <system_error>

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
  descriptor_ = ::open(path_.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
  DMF_CHECK(descriptor_ >= 0, DataError, "{}: cannot write: {}", path_.string(),
            std::generic_category().message(errno));
}

MetricsFile::~MetricsFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

void MetricsFile::add(const nlohmann::json& line) {
  const std::string text = line.dump() + "\n";
  const off_t before = ::lseek(descriptor_, 0, SEEK_END);
  size_t written = 0;
  while (written < text.size()) {
    const ssize_t count = ::write(descriptor_, text.data() + written, text.size() - written);
    if (count < 0 && errno == EINTR) continue;
    if (count > 0) {
      written += static_cast<size_t>(count);
      continue;
    }
    const int code = errno;
    [[maybe_unused]] const int ignored = ::ftruncate(descriptor_, before);  // no half line
    throw DataError(
        fmt::format("{}: cannot write: {}; hint: is the disk full? `--resume` goes on once it is not",
                    path_.string(), std::generic_category().message(code)));
  }
}

}  // namespace dmf::train
