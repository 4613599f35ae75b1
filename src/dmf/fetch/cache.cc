#include "dmf/fetch/cache.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <system_error>
#include <thread>

#include "dmf/core/file.h"
#include "dmf/core/interrupt.h"
#include "dmf/core/log.h"
#include "dmf/core/system.h"

namespace dmf::fetch {
namespace {

constexpr const char* kRecord = "fetch.json";

/// Held by the one process that works in a folder. The system lets go of it when the process ends.
class FolderLock {
 public:
  FolderLock(const std::filesystem::path& folder, const std::string& name) {
    std::error_code failure;
    std::filesystem::create_directories(folder, failure);
    const std::filesystem::path path = folder / ".lock";
    descriptor_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    DMF_CHECK(descriptor_ >= 0, DataError, "{}: cannot write: {}; hint: name another folder by --cache",
              path.string(), std::generic_category().message(errno));
    bool was_told = false;
    while (::flock(descriptor_, LOCK_EX | LOCK_NB) != 0) {
      if (!was_told) spdlog::info("another process is fetching {}: waiting for it", name);
      was_told = true;
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
      if (!interrupt_requested()) continue;
      ::close(descriptor_);
      stop_if_interrupted("fetch");
    }
  }
  ~FolderLock() { ::close(descriptor_); }
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  int descriptor_ = -1;
};

nlohmann::json read_record(const std::filesystem::path& folder) {
  if (!std::filesystem::exists(folder / kRecord)) return nlohmann::json::object();
  nlohmann::json record = nlohmann::json::parse(read_text(folder / kRecord), nullptr, false);
  return record.is_object() ? record : nlohmann::json::object();
}

/// Entry of fetch.json for a file of this size; null where it has none.
nlohmann::json entry_of(const nlohmann::json& record, const std::string& name, int64_t size) {
  if (!record.contains("files")) return nullptr;
  for (const nlohmann::json& entry : record["files"]) {
    if (entry.value("name", "") == name && entry.value("size", int64_t{-1}) == size) return entry;
  }
  return nullptr;
}

/// A file that is there: as fetch.json says, else checked against the table.
FetchedFile adopt(const CheckpointFile& file, const std::filesystem::path& path,
                  const nlohmann::json& record) {
  FetchedFile fetched{file.name, file.url, path, {}, "", "", true};
  const auto size = static_cast<int64_t>(std::filesystem::file_size(path));
  const nlohmann::json entry = entry_of(record, file.name, size);
  if (!entry.is_null()) {
    fetched.content = {size, entry.value("sha256", ""), entry.value("checked_by", "")};
    fetched.etag = entry.value("etag", "");
    fetched.commit = entry.value("commit", "");
    return fetched;
  }
  spdlog::info("{}: is there already; checking it", path.string());
  try {
    fetched.content = check_content(path, {file.size, file.sha256, "", ""});
  } catch (const DataError& error) {
    throw DataError(fmt::format("{}; hint: delete it and call `dmf fetch` again", error.what()));
  }
  return fetched;
}

void write_record(const Checkpoint& checkpoint, const std::filesystem::path& folder,
                  const std::vector<FetchedFile>& files) {
  nlohmann::json record = {{"checkpoint", checkpoint.name},
                           {"publisher", checkpoint.publisher},
                           {"time", timestamp()},
                           {"files", nlohmann::json::array()}};
  for (const FetchedFile& file : files) {
    if (file.name.empty()) continue;  // still to come
    record["files"].push_back({{"name", file.name},
                               {"url", file.url},
                               {"size", file.content.size},
                               {"sha256", file.content.sha256},
                               {"checked_by", file.content.checked_by},
                               {"etag", file.etag},
                               {"commit", file.commit}});
  }
  write_text(folder / kRecord, record.dump(2) + "\n");
}

/// What to do where there is no network.
std::string by_hand(const Checkpoint& checkpoint, const std::filesystem::path& cache) {
  std::string text;
  for (const CheckpointFile& file : checkpoint.files) {
    const std::filesystem::path path = checkpoint.file_in(cache, file);
    if (std::filesystem::exists(path)) continue;
    text += fmt::format("\n  {}\n    to {}{}", file.url, std::filesystem::absolute(path).string(),
                        file.megabytes >= 1 ? fmt::format(" ({:.0f} MB)", file.megabytes) : "");
  }
  return text;
}

}  // namespace

std::filesystem::path standard_cache() {
  const char* folder = std::getenv("DMF_WEIGHTS");
  return folder != nullptr && *folder != '\0' ? folder : ".cache/weights";
}

CacheState state_in(const std::filesystem::path& cache, const Checkpoint& checkpoint) {
  CacheState state;
  for (const CheckpointFile& file : checkpoint.files) {
    const std::filesystem::path path = checkpoint.file_in(cache, file);
    std::error_code missing;
    const auto bytes = std::filesystem::file_size(path, missing);
    if (!missing) {
      ++state.files;
      state.bytes += static_cast<int64_t>(bytes);
      continue;
    }
    const int64_t part = part_size(path);
    state.has_part |= part > 0;
    state.bytes += part;
  }
  state.is_complete = state.files == static_cast<int64_t>(checkpoint.files.size());
  return state;
}

std::vector<FetchedFile> fetch_checkpoint(const Checkpoint& checkpoint, const std::filesystem::path& cache,
                                          const DownloadOptions& options) {
  const std::filesystem::path folder = cache / checkpoint.name;
  const FolderLock lock(folder, checkpoint.name);
  const nlohmann::json record = read_record(folder);
  std::vector<FetchedFile> fetched(checkpoint.files.size());
  for (size_t i = 0; i < fetched.size(); ++i) {
    const std::filesystem::path path = checkpoint.file_in(cache, checkpoint.files[i]);
    if (std::filesystem::exists(path)) fetched[i] = adopt(checkpoint.files[i], path, record);
  }
  for (size_t i = 0; i < fetched.size(); ++i) {
    if (fetched[i].was_there) continue;
    const CheckpointFile& file = checkpoint.files[i];
    const std::filesystem::path path = checkpoint.file_in(cache, file);
    try {
      const DownloadedFile result = download({file.url, file.size, file.sha256}, path, options);
      fetched[i] = {file.name, file.url, path, result.content, result.etag, result.commit, false};
    } catch (const TransferError& error) {
      throw Error(fmt::format(
          "{}: cannot be downloaded from {}: {}; hint: --proxy and --mirror name another way, and what has "
          "come "
          "so far is gone on with; or download by hand{}\n  and call `dmf fetch {}` again: it checks what it "
          "finds there",
          checkpoint.name, address(file.url, options), error.what(), by_hand(checkpoint, cache),
          checkpoint.name));
    }
    write_record(checkpoint, folder, fetched);
  }
  write_record(checkpoint, folder, fetched);
  return fetched;
}

std::filesystem::path fetched_path(const std::string& name, const std::filesystem::path& cache) {
  const Checkpoint& checkpoint = find_checkpoint(name);
  DMF_CHECK(state_in(cache, checkpoint).is_complete, DataError,
            "{}: the checkpoint {} is not there; hint: `dmf fetch {}` gets it ({:.0f} MB); another folder of "
            "checkpoints is named by DMF_WEIGHTS",
            (cache / name).string(), name, name, checkpoint.megabytes());
  return checkpoint.path_in(cache);
}

std::vector<std::string> options_of(const Checkpoint& checkpoint, const std::filesystem::path& cache) {
  std::vector<std::string> options;
  for (std::string option : checkpoint.options) {
    const size_t place = option.find("{}");
    if (place != std::string::npos) option.replace(place, 2, checkpoint.path_in(cache).string());
    options.push_back(option);
  }
  return options;
}

}  // namespace dmf::fetch
