#include "dmf/fetch/download.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <nlohmann/json.hpp>
#include <optional>
#include <system_error>
#include <thread>

#include "dmf/core/file.h"
#include "dmf/core/interrupt.h"
#include "dmf/core/log.h"
#include "dmf/core/progress.h"

namespace dmf::fetch {
namespace {

constexpr double kLongestBackoff = 30;

std::filesystem::path part_of(const std::filesystem::path& target) { return target.string() + ".part"; }
std::filesystem::path state_of(const std::filesystem::path& target) { return target.string() + ".part.json"; }

std::string unquoted(std::string tag) {
  if (tag.rfind("W/", 0) == 0) tag = tag.substr(2);
  if (tag.size() >= 2 && tag.front() == '"' && tag.back() == '"') tag = tag.substr(1, tag.size() - 2);
  return tag;
}

bool is_hex(const std::string& text, size_t digits) {
  return text.size() == digits && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

int64_t number(const std::string& text) {
  try {
    return text.empty() ? 0 : std::stoll(text);
  } catch (const std::exception&) {
    return 0;
  }
}

/// What If-Range may be given: a strong ETag, else a date (RFC 9110, 13.1.5); "" where there is neither.
std::string validator_of(const HttpAnswer& answer) {
  const std::string etag = answer.header("etag");
  if (!etag.empty() && etag.rfind("W/", 0) != 0) return etag;
  return answer.header("last-modified");
}

/// Content-Range: bytes FIRST-LAST/TOTAL
struct ContentRange {
  int64_t first = -1, total = 0;
  explicit ContentRange(const std::string& header) {
    const size_t dash = header.find('-'), slash = header.find('/');
    if (header.rfind("bytes ", 0) != 0 || dash == std::string::npos || slash == std::string::npos) return;
    first = number(header.substr(6, dash - 6));
    total = number(header.substr(slash + 1));
  }
};

/// The part of a file on the disk and what it is a part of.
struct Part {
  std::filesystem::path path, state_path;
  int64_t size = 0, total = 0;
  std::string url, validator, publisher_tag;

  explicit Part(const std::filesystem::path& target) : path(part_of(target)), state_path(state_of(target)) {}

  /// Takes over what an earlier download of the same address left.
  void read(const std::string& wanted_url) {
    url = wanted_url;
    size = total = 0;
    validator = publisher_tag = "";
    std::error_code missing;
    const auto bytes = std::filesystem::file_size(path, missing);
    if (missing || !std::filesystem::exists(state_path)) return;
    const nlohmann::json state = nlohmann::json::parse(read_text(state_path), nullptr, false);
    if (!state.is_object() || state.value("url", "") != url) return;
    validator = state.value("validator", "");
    publisher_tag = state.value("publisher_tag", "");
    total = state.value("total", int64_t{0});
    if (!validator.empty()) size = static_cast<int64_t>(bytes);
  }
  void write_state() const {
    const nlohmann::json state = {
        {"url", url}, {"validator", validator}, {"publisher_tag", publisher_tag}, {"total", total}};
    write_text(state_path, state.dump(2) + "\n");
  }
  void remove() {
    std::error_code ignored;
    std::filesystem::remove(path, ignored);
    std::filesystem::remove(state_path, ignored);
    size = 0;
  }
};

/// A file that is written at its end.
class Writer {
 public:
  Writer(const std::filesystem::path& path, int64_t from) : path_(path) {
    descriptor_ = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    const bool ready = descriptor_ >= 0 && ::ftruncate(descriptor_, from) == 0 &&
                       ::lseek(descriptor_, from, SEEK_SET) == from;
    if (!ready) fail();
  }
  ~Writer() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  void write(std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
      const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) fail();
      bytes = bytes.subspan(static_cast<size_t>(written));
    }
  }

 private:
  [[noreturn]] void fail() const {
    const std::string reason = std::generic_category().message(errno);
    throw DataError(fmt::format(
        "{}: cannot write: {}; hint: make room or name another folder by --cache; what is there stays and is "
        "gone on with",
        path_.string(), reason));
  }

  std::filesystem::path path_;
  int descriptor_ = -1;
};

/// Megabytes on the progress bar.
class Meter {
 public:
  Meter(const std::string& name, int64_t total, int64_t from)
      : unit_(total > 20'000'000 ? 1'000'000 : 1'000) {
    bar_.emplace(name, std::max<int64_t>(total / unit_, 1), unit_ == 1'000 ? "kB" : "MB");
    bar_->skip(from / unit_);
    bytes_ = from;
  }
  void add(size_t count) {
    const int64_t before = bytes_ / unit_;
    bytes_ += static_cast<int64_t>(count);
    if (bytes_ / unit_ > before) bar_->advance(bytes_ / unit_ - before);
  }
  void finish() { bar_->finish(); }

 private:
  int64_t unit_, bytes_ = 0;
  std::optional<Progress> bar_;
};

/// One file's download, try after try.
class Download {
 public:
  Download(const RemoteFile& file, const std::filesystem::path& target, const DownloadOptions& options)
      : file_(file), target_(target), options_(options), url_(address(file.url, options)), part_(target) {
    expected_.size = file.size;
    expected_.sha256 = file.sha256;
  }

  DownloadedFile run() {
    std::error_code ignored;
    if (target_.has_parent_path()) std::filesystem::create_directories(target_.parent_path(), ignored);
    part_.read(url_);
    resumed_ = part_.size > 0;
    for (;;) {
      fetch_all();
      try {
        return finish();
      } catch (const DataError& error) {
        part_.remove();
        if (!resumed_) throw DataError(fmt::format("{}; the file was deleted", error.what()));
        spdlog::warn("{}; it was put together from several downloads: starting again", error.what());
        resumed_ = false;
      }
    }
  }

 private:
  void fetch_all();
  void fetch_once();
  void begin(const HttpAnswer& answer);
  void check_sizes(const HttpAnswer& answer) const;
  void check_room() const;
  void wait_before(int64_t attempt, double seconds) const;
  DownloadedFile finish();
  void learn(const HttpAnswer& answer);

  const RemoteFile& file_;
  const std::filesystem::path& target_;
  const DownloadOptions& options_;
  std::string url_;
  Part part_;
  ExpectedContent expected_;
  DownloadedFile result_;
  bool is_whole_ = false;
  bool resumed_ = false;   // the part is put together from several answers
  double asked_wait_ = 0;  // Retry-After
  std::optional<Writer> writer_;
  std::optional<Meter> meter_;
};

/// What the server says of the file, from any answer.
void Download::learn(const HttpAnswer& answer) {
  const auto told = [&](const char* name) {
    const auto found = answer.publisher.find(name);
    return found == answer.publisher.end() ? std::string() : found->second;
  };
  std::string tag = unquoted(told("x-linked-etag"));
  if (tag.empty()) tag = unquoted(told("etag"));
  expected_.publisher_sha256 = is_hex(tag, 64) ? tag : "";
  expected_.publisher_git_id = is_hex(tag, 40) ? tag : "";
  part_.publisher_tag = tag;
  result_.etag = answer.header("etag");
  result_.commit = told("x-repo-commit");
  expected_.size = file_.size > 0 ? file_.size : part_.total;
}

void Download::check_sizes(const HttpAnswer& answer) const {
  const int64_t linked =
      answer.publisher.count("x-linked-size") != 0 ? number(answer.publisher.at("x-linked-size")) : 0;
  for (const auto& [size, who] : {std::pair{file_.size, "dmf's table"}, std::pair{linked, "the publisher"}}) {
    if (size <= 0 || part_.total <= 0 || size == part_.total) continue;
    throw DataError(
        fmt::format("{}: wrong size: expected {} bytes ({}), the server has {}; hint: another file stands at "
                    "this address; "
                    "nothing was kept",
                    url_, size, who, part_.total));
  }
}

void Download::check_room() const {
  std::error_code unknown;
  const auto space = std::filesystem::space(std::filesystem::absolute(target_).parent_path(), unknown);
  const int64_t missing = part_.total - part_.size;
  if (unknown || missing <= 0 || space.available >= static_cast<uintmax_t>(missing)) return;
  throw DataError(
      fmt::format("{}: the disk has {} MB left, {} MB are still to come; hint: name another folder by "
                  "--cache",
                  target_.string(), space.available / 1'000'000, missing / 1'000'000));
}

void Download::begin(const HttpAnswer& answer) {
  const std::string before = part_.publisher_tag;
  const ContentRange range(answer.header("content-range"));
  const bool goes_on = answer.status == 206;
  if (goes_on && (range.first != part_.size || (part_.total > 0 && range.total != part_.total))) {
    part_.remove();
    throw TransferError(TransferError::Kind::kBroken,
                        "the server goes on at another place than it was asked for: starting again");
  }
  if (!goes_on && part_.size > 0) {
    spdlog::info("{}: the server has another file by now, or sends files only whole: starting again",
                 target_.filename().string());
    part_.size = 0;
  }
  part_.total = goes_on ? range.total : number(answer.header("content-length"));
  learn(answer);
  if (goes_on && !before.empty() && before != part_.publisher_tag) {
    part_.remove();
    throw TransferError(TransferError::Kind::kBroken, "the publisher changed the file: starting again");
  }
  try {
    check_sizes(answer);
  } catch (const DataError&) {
    part_.remove();
    throw;
  }
  check_room();
  resumed_ = goes_on;
  part_.validator = validator_of(answer);
  part_.write_state();
  writer_.emplace(part_.path, part_.size);
  meter_.emplace(target_.filename().string(), part_.total, part_.size);
}

void Download::fetch_once() {
  asked_wait_ = 0;
  if (part_.validator.empty()) part_.size = 0;  // nothing would tell whether it is the same file
  const HttpAnswer answer = http_get(
      {url_, part_.size, part_.validator}, options_.http, [this](const HttpAnswer& head) { begin(head); },
      [this](std::span<const std::byte> bytes) {
        writer_->write(bytes);
        part_.size += static_cast<int64_t>(bytes.size());
        meter_->add(bytes.size());
      });
  if (answer.status == 200 || answer.status == 206) {
    is_whole_ = true;
    return;
  }
  if (answer.status == 416 && part_.size > 0) {  // the part is longer than the file
    part_.remove();
    throw TransferError(TransferError::Kind::kBroken,
                        "the server has less than what is here: starting again");
  }
  asked_wait_ = static_cast<double>(number(answer.header("retry-after")));
  const std::string message = fmt::format("{}: the server answers {}", url_, answer.status);
  if (answer.status >= 500 || answer.status == 429 || answer.status == 408)
    throw TransferError(TransferError::Kind::kBroken, message);
  const char* hint = answer.status == 404 ? "the publisher moved it, or the mirror has no such path"
                                          : "the publisher asks for something that dmf does not have";
  throw Error(fmt::format("{}; hint: {}", message, hint));
}

void Download::wait_before(int64_t attempt, double seconds) const {
  const double doubled =
      options_.backoff_seconds * static_cast<double>(int64_t{1} << std::min<int64_t>(attempt, 20));
  const double wait = std::max(std::min(doubled, kLongestBackoff), std::min(seconds, 10 * kLongestBackoff));
  const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(wait);
  while (std::chrono::steady_clock::now() < end) {
    stop_if_interrupted("download");
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

/// Tries until the file is whole; a try that brought something makes the count begin anew.
void Download::fetch_all() {
  is_whole_ = part_.size > 0 && part_.size == part_.total;
  int64_t failures = 0;
  while (!is_whole_) {
    const int64_t before = part_.size;
    std::optional<TransferError> failure;
    try {
      fetch_once();
    } catch (const TransferError& error) {
      failure = error;
    }
    writer_.reset();
    if (meter_ && !failure) meter_->finish();
    meter_.reset();
    if (!failure) return;
    // A hundredth of the file is progress; a byte a try would go on for ever.
    if (part_.size - before > part_.total / 100) failures = 0;
    const bool is_unreachable = failure->kind() == TransferError::Kind::kUnreachable;
    const int64_t retries = is_unreachable ? std::min<int64_t>(options_.retries, 1) : options_.retries;
    if (failure->kind() == TransferError::Kind::kRefused || failures >= retries) throw *failure;
    spdlog::warn("{}: {}; trying again ({} of {} bytes are here)", target_.filename().string(),
                 failure->what(), part_.size, part_.total > 0 ? std::to_string(part_.total) : "?");
    wait_before(failures, asked_wait_);
    ++failures;
  }
}

DownloadedFile Download::finish() {
  // A part that was whole before this call was never answered for: its state knows what the server said.
  if (expected_.publisher_sha256.empty() && is_hex(part_.publisher_tag, 64))
    expected_.publisher_sha256 = part_.publisher_tag;
  if (expected_.publisher_git_id.empty() && is_hex(part_.publisher_tag, 40))
    expected_.publisher_git_id = part_.publisher_tag;
  if (expected_.size == 0) expected_.size = part_.total;
  result_.content = check_content(part_.path, expected_);
  std::filesystem::rename(part_.path, target_);
  part_.remove();
  return result_;
}

}  // namespace

std::string address(const std::string& url, const DownloadOptions& options) {
  if (options.mirror.empty()) return url;
  const size_t host = url.find("://");
  DMF_ASSERT(host != std::string::npos);
  const size_t path = url.find('/', host + 3);
  std::string mirror = options.mirror;
  DMF_CHECK(mirror.rfind("http://", 0) == 0 || mirror.rfind("https://", 0) == 0, InvalidArgument,
            "--mirror: expected a URL as https://host/path, got `{}`", mirror);
  while (mirror.back() == '/') mirror.pop_back();
  return mirror + (path == std::string::npos ? "" : url.substr(path));
}

DownloadedFile download(const RemoteFile& file, const std::filesystem::path& target,
                        const DownloadOptions& options) {
  return Download(file, target, options).run();
}

int64_t part_size(const std::filesystem::path& target) {
  std::error_code missing;
  const auto bytes = std::filesystem::file_size(part_of(target), missing);
  return missing ? 0 : static_cast<int64_t>(bytes);
}

}  // namespace dmf::fetch
