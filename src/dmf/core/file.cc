#include "dmf/core/file.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <regex>
#include <system_error>

#include "dmf/core/error.h"

namespace dmf {
namespace {

// A device, a pipe, a socket: nothing that a file could take the place of.
bool is_stream_path(const std::filesystem::path& path) {
  std::error_code ignored;
  return std::filesystem::is_other(std::filesystem::status(path, ignored));
}

}  // namespace

std::string system_reason(int code) {
  const bool is_full = code == ENOSPC || code == EDQUOT || code == EFBIG;
  return std::generic_category().message(code) + (is_full ? "; hint: free some space there" : "");
}

MappedFile::MappedFile(const std::filesystem::path& path) : path_(path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  DMF_CHECK(descriptor >= 0, DataError, "{}: cannot open: {}", path.string(), system_reason(errno));
  struct stat status {};
  if (::fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode)) {
    ::close(descriptor);
    throw DataError(fmt::format("{}: not a regular file", path.string()));
  }
  size_ = static_cast<size_t>(status.st_size);
  if (size_ > 0) {
    data_ = ::mmap(nullptr, size_, PROT_READ, MAP_SHARED, descriptor, 0);
    const int code = errno;
    ::close(descriptor);
    if (data_ == MAP_FAILED) {
      data_ = nullptr;
      throw DataError(fmt::format("{}: cannot map {} bytes: {}", path.string(), size_, system_reason(code)));
    }
  } else {
    ::close(descriptor);
  }
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) ::munmap(data_, size_);
}

AtomicFile::AtomicFile(std::filesystem::path path) : path_(std::move(path)) {
  std::error_code ignored;
  if (path_.has_parent_path()) std::filesystem::create_directories(path_.parent_path(), ignored);
  if (is_stream_path(path_)) {
    descriptor_ = ::open(path_.c_str(), O_WRONLY | O_CLOEXEC);
  } else {
    if (std::filesystem::is_symlink(path_, ignored)) path_ = std::filesystem::weakly_canonical(path_);
    part_ = path_;
    part_ += fmt::format(".part{}", ::getpid());
    descriptor_ = ::open(part_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  }
  DMF_CHECK(descriptor_ >= 0, DataError, "{}: cannot write: {}", path_.string(), system_reason(errno));
}

AtomicFile::~AtomicFile() {
  if (descriptor_ < 0) return;
  ::close(descriptor_);
  if (!is_stream()) ::unlink(part_.c_str());
}

void AtomicFile::write(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    DMF_CHECK(written > 0, DataError, "{}: cannot write: {}", path_.string(), system_reason(errno));
    bytes = bytes.subspan(static_cast<size_t>(written));
  }
}

void AtomicFile::write(std::string_view text) { write(std::as_bytes(std::span(text.data(), text.size()))); }

void AtomicFile::commit() {
  const bool synced = is_stream() || ::fsync(descriptor_) == 0;
  const int sync_code = errno;
  const bool closed = ::close(descriptor_) == 0;
  descriptor_ = -1;
  const bool renamed = synced && closed && (is_stream() || ::rename(part_.c_str(), path_.c_str()) == 0);
  if (renamed) return;
  const std::string reason = system_reason(synced ? errno : sync_code);
  if (!is_stream()) ::unlink(part_.c_str());
  throw DataError(fmt::format("{}: cannot finish writing: {}", path_.string(), reason));
}

int64_t remove_parts(const std::filesystem::path& folder) {
  static const std::regex kPart(R"(.+\.part[0-9]+)");
  int64_t removed = 0;
  std::error_code failed;
  for (const auto& entry : std::filesystem::directory_iterator(folder, failed)) {
    if (!std::regex_match(entry.path().filename().string(), kPart)) continue;
    removed += std::filesystem::remove(entry.path(), failed) ? 1 : 0;
  }
  return removed;
}

std::string read_text(const std::filesystem::path& path) {
  const MappedFile file(path);
  return std::string(file.text());
}

void write_text(const std::filesystem::path& path, std::string_view text) {
  AtomicFile file(path);
  file.write(text);
  file.commit();
}

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
  EVP_DigestInit_ex(static_cast<EVP_MD_CTX*>(context_), EVP_sha256(), nullptr);
}

Sha256::~Sha256() { EVP_MD_CTX_free(static_cast<EVP_MD_CTX*>(context_)); }

Sha256& Sha256::add(std::span<const std::byte> bytes) {
  EVP_DigestUpdate(static_cast<EVP_MD_CTX*>(context_), bytes.data(), bytes.size());
  return *this;
}

Sha256& Sha256::add(std::string_view text) { return add(std::as_bytes(std::span(text.data(), text.size()))); }

std::string Sha256::hex() {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int length = 0;
  EVP_DigestFinal_ex(static_cast<EVP_MD_CTX*>(context_), digest, &length);
  std::string text;
  for (unsigned int i = 0; i < length; ++i) text += fmt::format("{:02x}", digest[i]);
  return text;
}

std::string sha256(std::string_view text) { return Sha256().add(text).hex(); }

std::string fingerprint(std::string_view text) { return sha256(text).substr(0, 16); }

}  // namespace dmf
