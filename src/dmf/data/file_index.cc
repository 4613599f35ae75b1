#include "dmf/data/file_index.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <memory>
#include <set>

#include "dmf/core/error.h"
#include "dmf/core/file.h"
#include "dmf/core/interrupt.h"
#include "dmf/core/log.h"
#include "dmf/data/file_name.h"

namespace dmf::data {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kMagic = "dmf file index 1\n";

int64_t changed_at(const struct stat& status) {
  return status.st_mtim.tv_sec * int64_t{1'000'000'000} + status.st_mtim.tv_nsec;
}

/// A folder changed within these nanoseconds may change again within the same tick of the file system's
/// clock.
constexpr int64_t kTick = 2'000'000'000;

int64_t now() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

/// A fixed part of the file, read or written as it lies in memory: the index stays on its machine.
struct Header {
  uint64_t folders, files, name_bytes, folder_name_bytes, others;
};

struct FolderRow {
  int64_t changed;
  uint64_t first, count, names_start, name_bytes;
};

/// Texts and tables beside the images: captions, attributes, key points.
bool is_list(const fs::path& name) {
  static const std::set<std::string> kExtensions{".txt", ".json", ".jsonl", ".csv", ".md", ".xlsx", ".mat"};
  return kExtensions.contains(name.extension().string());
}

std::span<const std::byte> bytes_of(const void* data, size_t size) {
  return {static_cast<const std::byte*>(data), size};
}

}  // namespace

/// Lists a folder and those in it, one at a time.
class FileIndex::Lister {
 public:
  Lister(FileIndex& index, fs::path root) : index_(index), root_(std::move(root)), started_(now()) {}

  void list(const std::string& name) {
    stop_if_interrupted("listing a dataset");
    const fs::path path = name.empty() ? root_ : root_ / name;
    const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir(path.c_str()), ::closedir);
    DMF_CHECK(folder != nullptr, DataError, "{}: cannot be listed: {}", path.string(), std::strerror(errno));
    struct stat status {};
    ::fstat(::dirfd(folder.get()), &status);
    const int64_t changed = changed_at(status);
    std::vector<std::string> folders;
    std::vector<std::pair<std::string, uint32_t>> files;
    while (const dirent* entry = ::readdir(folder.get())) {
      const std::string entry_name = entry->d_name;
      if (entry_name == "." || entry_name == "..") continue;
      struct stat file {};
      if (::fstatat(::dirfd(folder.get()), entry->d_name, &file, 0) != 0) continue;  // a link to nothing
      if (S_ISDIR(file.st_mode)) {
        folders.push_back(entry_name);
      } else if (S_ISREG(file.st_mode) && has_image_extension(entry_name)) {
        files.emplace_back(entry_name, static_cast<uint32_t>(std::min<int64_t>(file.st_size, UINT32_MAX)));
      } else if (!is_list(entry_name)) {
        ++index_.others_;
      }
    }
    add(name, changed + kTick > started_ ? 0 : changed, files);
    std::sort(folders.begin(), folders.end());
    for (const std::string& below : folders) list(name.empty() ? below : name + '/' + below);
  }

 private:
  void add(const std::string& name, int64_t changed, std::vector<std::pair<std::string, uint32_t>>& files) {
    std::sort(files.begin(), files.end());
    index_.folders_.push_back({name, changed, index_.entries_.size(), files.size()});
    const size_t start = index_.names_.size();
    index_.names_start_.push_back(start);
    for (const auto& [file, bytes] : files) {
      index_.names_ += file;
      index_.entries_.push_back({static_cast<uint32_t>(index_.names_.size() - start), bytes});
      constexpr size_t kToldEvery = 250'000;
      if (index_.entries_.size() % kToldEvery == 0)
        spdlog::info("listing {}: {} images so far", root_.string(), index_.entries_.size());
    }
  }

  FileIndex& index_;
  fs::path root_;
  int64_t started_;
};

FileIndex FileIndex::open(const fs::path& root, const fs::path& cache, uint64_t worth_keeping) {
  FileIndex index;
  const fs::path path = path_of(root, cache);
  if (index.load(root, path)) return index;
  index = FileIndex();
  Lister(index, root).list("");
  if (index.size() < worth_keeping) return index;
  try {
    index.save(path);
  } catch (const DataError& error) {
    spdlog::warn("the index of {} is not kept: {}", root.string(), error.what());
  }
  return index;
}

uint64_t FileIndex::size() const { return entries_.size(); }

std::string_view FileIndex::name(uint64_t file) const {
  const auto folder = std::upper_bound(folders_.begin(), folders_.end(), file,
                                       [](uint64_t at, const Folder& f) { return at < f.first; }) -
                      folders_.begin() - 1;
  // Empty folders share their `first` with the next: upper_bound() takes the last, which holds the file.
  const uint64_t start = names_start_[static_cast<size_t>(folder)];
  const uint64_t begin = file == folders_[static_cast<size_t>(folder)].first ? 0 : entries_[file - 1].end;
  return std::string_view(names_).substr(start + begin, entries_[file].end - begin);
}

int64_t FileIndex::bytes(uint64_t file) const { return entries_[file].bytes; }

fs::path FileIndex::path_of(const fs::path& root, const fs::path& cache) {
  std::error_code error;
  const fs::path whole = fs::weakly_canonical(root, error);
  const fs::path named = whole.has_filename() ? whole : whole.parent_path();
  return cache / fmt::format("{}-{}.index", named.filename().string(), fingerprint(whole.string()));
}

bool FileIndex::load(const fs::path& root, const fs::path& path) {
  std::error_code error;
  if (!fs::exists(path, error)) return false;
  const MappedFile file(path);
  std::string_view rest = file.text();
  const auto take = [&rest](void* to, size_t size) {
    if (rest.size() < size) return false;
    std::memcpy(to, rest.data(), size);
    rest.remove_prefix(size);
    return true;
  };
  Header header{};
  if (!rest.starts_with(kMagic)) return false;
  rest.remove_prefix(kMagic.size());
  if (!take(&header, sizeof(header))) return false;
  // Sizes that do not make up the file's are of a broken one: nothing is allocated for them.
  const uint64_t most = file.text().size();
  if (header.folders > most || header.files > most || header.name_bytes > most ||
      header.folder_name_bytes > most ||
      rest.size() != header.folders * sizeof(FolderRow) + header.files * sizeof(Entry) +
                         header.folder_name_bytes + header.name_bytes) {
    return false;
  }
  std::vector<FolderRow> rows(header.folders);
  take(rows.data(), rows.size() * sizeof(FolderRow));
  std::string_view folder_names = rest.substr(0, header.folder_name_bytes);
  rest.remove_prefix(header.folder_name_bytes);
  for (const FolderRow& row : rows) {
    if (row.name_bytes > folder_names.size() || row.first > header.files ||
        row.count > header.files - row.first || row.names_start > header.name_bytes) {
      return false;
    }
    const std::string name(folder_names.substr(0, row.name_bytes));
    folder_names.remove_prefix(row.name_bytes);
    struct stat status {};
    const fs::path folder = name.empty() ? root : root / name;
    if (::stat(folder.c_str(), &status) != 0 || changed_at(status) != row.changed) return false;
    folders_.push_back({name, row.changed, row.first, row.count});
    names_start_.push_back(row.names_start);
  }
  entries_.resize(header.files);
  take(entries_.data(), entries_.size() * sizeof(Entry));
  names_ = rest;
  others_ = header.others;
  was_kept_ = true;
  return true;
}

void FileIndex::save(const fs::path& path) const {
  std::error_code error;
  fs::create_directories(path.parent_path(), error);
  DMF_CHECK(!error, DataError, "{}: cannot be created: {}", path.parent_path().string(), error.message());
  std::string folder_names;
  std::vector<FolderRow> rows;
  for (size_t i = 0; i < folders_.size(); ++i) {
    const Folder& folder = folders_[i];
    rows.push_back({folder.changed, folder.first, folder.count, names_start_[i], folder.name.size()});
    folder_names += folder.name;
  }
  const Header header{folders_.size(), entries_.size(), names_.size(), folder_names.size(), others_};
  AtomicFile file(path);
  file.write(kMagic);
  file.write(bytes_of(&header, sizeof(header)));
  file.write(bytes_of(rows.data(), rows.size() * sizeof(FolderRow)));
  file.write(folder_names);
  file.write(bytes_of(entries_.data(), entries_.size() * sizeof(Entry)));
  file.write(names_);
  file.commit();
}

}  // namespace dmf::data
