#include "dmf/serve/audit.h"

#include <fcntl.h>
#include <unistd.h>

#include <chrono>

#include "dmf/core/error.h"
#include "dmf/core/file.h"
#include "dmf/search/crop.h"

namespace dmf::serve {
namespace {

void append(const std::filesystem::path& file, const std::string& line) {
  const int descriptor = ::open(file.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  DMF_CHECK(descriptor >= 0, DataError, "{}: {}", file.string(), system_reason(errno));
  const ssize_t written = ::write(descriptor, line.data(), line.size());
  const int code = errno;
  ::close(descriptor);
  DMF_CHECK(written == static_cast<ssize_t>(line.size()), DataError, "{}: {}", file.string(),
            written < 0 ? system_reason(code) : "a line was written in part");
}

}  // namespace

Audit::Audit(std::filesystem::path file) : file_(std::move(file)) {
  if (!file_.empty()) append(file_, "");
}

void Audit::write(nlohmann::json entry) {
  if (file_.empty()) return;
  const auto now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  entry["time"] = search::time_text(now.time_since_epoch().count());
  const std::string line = entry.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
  const std::lock_guard lock(mutex_);
  append(file_, line);
}

}  // namespace dmf::serve
