#include <zip.h>

#include "dmf/core/error.h"
#include "dmf/core/file.h"
#include "dmf/weights/element_type.h"
#include "dmf/weights/pytorch_file.h"

namespace dmf::weights {
namespace {

constexpr size_t kMaxPickleBytes = 64u << 20;

/// A zip archive whose entries are stored as they are, opened to read.
class ZipArchive {
 public:
  explicit ZipArchive(const std::filesystem::path& path) : where_(path.string()) {
    std::error_code no_size;
    const auto size = std::filesystem::file_size(path, no_size);
    DMF_CHECK(!no_size, DataError, "{}: cannot open: {}", where_, no_size.message());
    file_bytes_ = bytes_left_ = size;
    int code = 0;
    zip_ = zip_open(path.c_str(), ZIP_RDONLY, &code);
    if (zip_ == nullptr) {
      zip_error_t error;
      zip_error_init_with_code(&error, code);
      const std::string reason = zip_error_strerror(&error);
      zip_error_fini(&error);
      fail(fmt::format("not a whole zip archive (cut short?): {}", reason));
    }
  }
  ~ZipArchive() { zip_discard(zip_); }
  ZipArchive(const ZipArchive&) = delete;
  ZipArchive& operator=(const ZipArchive&) = delete;

  [[noreturn]] void fail(const std::string& what) const {
    throw DataError(fmt::format("{}: {}", where_, what));
  }

  /// The folder that holds data.pkl, with its last slash.
  std::string folder() const {
    constexpr std::string_view kPickle = "data.pkl";
    std::vector<std::string> folders;
    const zip_int64_t count = zip_get_num_entries(zip_, 0);
    for (zip_int64_t i = 0; i < count; ++i) {
      const char* raw = zip_get_name(zip_, static_cast<zip_uint64_t>(i), 0);
      const std::string_view name = raw == nullptr ? "" : raw;
      if (name == kPickle || name.ends_with("/data.pkl"))
        folders.emplace_back(name.substr(0, name.size() - kPickle.size()));
    }
    if (folders.empty()) fail("a zip archive, but without data.pkl: not a PyTorch checkpoint");
    if (folders.size() > 1) fail("a zip archive with more than one data.pkl");
    return folders.front();
  }

  bool has(const std::string& name) const { return zip_name_locate(zip_, name.c_str(), 0) >= 0; }

  /// Bytes of an entry, checked against the length of the file, which all entries together cannot exceed.
  size_t size_of(const std::string& name) const {
    zip_stat_t status;
    if (zip_stat(zip_, name.c_str(), 0, &status) != 0) fail(fmt::format("no entry `{}`", name));
    constexpr zip_uint64_t kNeeded = ZIP_STAT_SIZE | ZIP_STAT_COMP_METHOD | ZIP_STAT_ENCRYPTION_METHOD;
    if ((status.valid & kNeeded) != kNeeded || status.comp_method != ZIP_CM_STORE ||
        status.encryption_method != ZIP_EM_NONE) {
      fail(fmt::format("entry `{}` is compressed or encrypted, which torch.save never does", name));
    }
    if (status.size > bytes_left_) {
      fail(fmt::format("entry `{}`: {} bytes, more than the file has left", name, status.size));
    }
    return status.size;
  }

  /// Reads a whole entry into `target`, which has the entry's size.
  void read(const std::string& name, void* target, size_t size) {
    bytes_left_ -= size;
    zip_file_t* file = zip_fopen(zip_, name.c_str(), 0);
    if (file == nullptr) fail(fmt::format("entry `{}`: {}", name, zip_strerror(zip_)));
    size_t done = 0;
    zip_int64_t got = 1;
    while (done < size && got > 0) {
      got = zip_fread(file, static_cast<char*>(target) + done, size - done);
      if (got > 0) done += static_cast<size_t>(got);
    }
    // The checksum is compared when the end is read.
    char beyond = 0;
    const bool is_whole = done == size && zip_fread(file, &beyond, 1) == 0;
    const std::string reason = zip_file_strerror(file);
    zip_fclose(file);
    if (!is_whole) fail(fmt::format("entry `{}`: got {} of {} bytes: {}", name, done, size, reason));
  }

  std::string read_text(const std::string& name, size_t max_bytes) {
    const size_t size = size_of(name);
    if (size > max_bytes)
      fail(fmt::format("entry `{}` of {} bytes: expected at most {}", name, size, max_bytes));
    std::string text(size, '\0');
    read(name, text.data(), size);
    return text;
  }

  size_t file_bytes() const { return file_bytes_; }

 private:
  std::string where_;
  size_t file_bytes_ = 0, bytes_left_ = 0;
  zip_t* zip_ = nullptr;
};

torch::Tensor read_storage(ZipArchive& archive, const std::string& name, const PickledStorage& storage) {
  const ElementType& type = element_type_of_storage(storage.type);
  const size_t size = archive.size_of(name);
  if (size % static_cast<size_t>(type.bytes) != 0 ||
      static_cast<int64_t>(size) / type.bytes != storage.count) {
    archive.fail(fmt::format("entry `{}`: {} elements of {} expected, got {} bytes", name, storage.count,
                             storage.type, size));
  }
  const bool is_bool = type.type == torch::kBool;
  const torch::Tensor values = torch::empty({storage.count}, is_bool ? torch::kUInt8 : type.type);
  archive.read(name, values.data_ptr(), size);
  return is_bool ? values.ne(0) : values;
}

}  // namespace

NamedTensors read_pytorch_zip(const std::filesystem::path& path) {
  ZipArchive archive(path);
  const std::string folder = archive.folder();
  if (archive.has(folder + "byteorder") && archive.read_text(folder + "byteorder", 16) != "little") {
    archive.fail("written in big-endian order, which is not supported");
  }
  const std::string where = fmt::format("{}: {}data.pkl", path.string(), folder);
  const std::string bytes = archive.read_text(folder + "data.pkl", kMaxPickleBytes);
  const Pickle pickle(bytes, where);
  if (pickle.end() != bytes.size()) archive.fail("data.pkl goes on behind its end");
  Storages storages;
  for (const auto& [key, storage] : named_storages(pickle, where)) {
    storages[key] = read_storage(archive, folder + "data/" + key, *storage);
  }
  return tensors_of_pickle(pickle, storages, archive.file_bytes(), where);
}

}  // namespace dmf::weights
