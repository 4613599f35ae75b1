#include "dmf/fetch/check.h"

#include <openssl/evp.h>

#include <memory>

#include "dmf/core/error.h"
#include "dmf/core/file.h"

namespace dmf::fetch {
namespace {

constexpr size_t kSha256Digits = 64;

/// SHA-1 that git names a file's content by.
std::string git_id(const MappedFile& file) {
  const std::string head = fmt::format("blob {}", file.bytes().size());
  const std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  EVP_DigestInit_ex(context.get(), EVP_sha1(), nullptr);
  EVP_DigestUpdate(context.get(), head.c_str(), head.size() + 1);  // the zero byte belongs to it
  EVP_DigestUpdate(context.get(), file.bytes().data(), file.bytes().size());
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int length = 0;
  EVP_DigestFinal_ex(context.get(), digest, &length);
  std::string text;
  for (unsigned int i = 0; i < length; ++i) text += fmt::format("{:02x}", digest[i]);
  return text;
}

void compare(const std::filesystem::path& path, const std::string& what, const std::string& expected,
             const std::string& got) {
  DMF_CHECK(expected == got, DataError, "{}: wrong content: expected {} {}, got {}", path.string(), what,
            expected, got);
}

}  // namespace

std::string pin_text(const std::string& sha256) {
  if (sha256.size() == kSha256Digits) return "SHA-256 in dmf's table";
  return fmt::format("first {} digits of SHA-256, from the file's name", sha256.size());
}

CheckedContent check_content(const std::filesystem::path& path, const ExpectedContent& expected) {
  const MappedFile file(path);
  CheckedContent content;
  content.size = static_cast<int64_t>(file.bytes().size());
  DMF_CHECK(expected.size == 0 || expected.size == content.size, DataError,
            "{}: wrong size: expected {} bytes, got {}", path.string(), expected.size, content.size);
  content.sha256 = Sha256().add(file.bytes()).hex();
  content.checked_by = expected.size > 0 ? "size only" : "nothing";
  if (!expected.publisher_git_id.empty()) {
    compare(path, "git's id (told by the server)", expected.publisher_git_id, git_id(file));
    content.checked_by = "git's object id, told by the publisher's server";
  }
  if (!expected.publisher_sha256.empty()) {
    compare(path, "SHA-256 (told by the server)", expected.publisher_sha256, content.sha256);
    content.checked_by = "SHA-256, told by the publisher's server";
  }
  if (!expected.sha256.empty()) {
    compare(path, fmt::format("({})", pin_text(expected.sha256)), expected.sha256,
            content.sha256.substr(0, expected.sha256.size()));
    // A full hash that the server tells is more than the first digits of one.
    if (expected.sha256.size() == kSha256Digits || expected.publisher_sha256.empty())
      content.checked_by = pin_text(expected.sha256);
  }
  return content;
}

}  // namespace dmf::fetch
