#include "dmf/serve/keys.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <nlohmann/json.hpp>

#include "dmf/core/error.h"
#include "dmf/core/file.h"
#include "dmf/core/log.h"

namespace dmf::serve {
namespace {

constexpr size_t kMostName = 64, kDigestDigits = 64;
constexpr auto kLookEvery = std::chrono::seconds(1);

using Json = nlohmann::json;

Key key_of(const Json& entry, const std::filesystem::path& file, size_t number) {
  try {
    Key key{entry.at("name").get<std::string>(), role_by_name(entry.at("role").get<std::string>()),
            entry.at("sha256").get<std::string>(), entry.value("rate", 0.0)};
    DMF_CHECK(!key.name.empty() && key.digest.size() == kDigestDigits && key.rate >= 0, InvalidArgument,
              "expected a name, a digest of {} digits and a rate of 0 or more", kDigestDigits);
    return key;
  } catch (const std::exception& error) {
    throw DataError(fmt::format("{}: key {}: {}; hint: --add-key writes such a file", file.string(), number,
                                error.what()));
  }
}

void write_keys(const std::filesystem::path& file, const std::vector<Key>& keys) {
  Json entries = Json::array();
  for (const Key& key : keys) {
    Json entry = {{"name", key.name}, {"role", name_of(key.role)}, {"sha256", key.digest}};
    if (key.rate > 0) entry["rate"] = key.rate;
    entries.push_back(std::move(entry));
  }
  write_text(file, Json{{"keys", entries}}.dump(2) + "\n");
  std::filesystem::permissions(file,
                               std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

std::vector<Key> keys_if_any(const std::filesystem::path& file) {
  return std::filesystem::exists(file) ? read_keys(file) : std::vector<Key>();
}

}  // namespace

Role role_by_name(const std::string& name) {
  if (name == "read") return Role::kRead;
  if (name == "write") return Role::kWrite;
  if (name == "admin") return Role::kAdmin;
  throw InvalidArgument(fmt::format("role: expected read, write or admin, got '{}'", name));
}

const char* name_of(Role role) {
  switch (role) {
    case Role::kNone:
      break;
    case Role::kRead:
      return "read";
    case Role::kWrite:
      return "write";
    case Role::kAdmin:
      return "admin";
  }
  return "none";
}

std::vector<Key> read_keys(const std::filesystem::path& file) {
  const Json document = Json::parse(read_text(file), nullptr, /*allow_exceptions=*/false);
  DMF_CHECK(document.is_object() && document.contains("keys") && document["keys"].is_array(), DataError,
            "{}: expected {{\"keys\": […]}}; hint: --add-key writes such a file", file.string());
  std::vector<Key> keys;
  for (const Json& entry : document["keys"]) keys.push_back(key_of(entry, file, keys.size() + 1));
  return keys;
}

std::string add_key(const std::filesystem::path& file, Key key) {
  const bool is_printable = std::all_of(key.name.begin(), key.name.end(),
                                        [](unsigned char c) { return std::isgraph(c) != 0 && c < 128; });
  DMF_CHECK(!key.name.empty() && key.name.size() <= kMostName && is_printable, InvalidArgument,
            "a key's name: expected 1 to {} letters, digits and marks, got '{}'", kMostName, key.name);
  std::vector<Key> keys = keys_if_any(file);
  for (const Key& other : keys)
    DMF_CHECK(other.name != key.name, InvalidArgument, "{}: there is a key '{}' already", file.string(),
              key.name);
  std::array<unsigned char, 32> bytes{};
  DMF_CHECK(RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) == 1, Error,
            "no random bytes to be had");
  std::string secret = "dmf_";
  for (const unsigned char byte : bytes) secret += fmt::format("{:02x}", byte);
  key.digest = sha256(secret);
  keys.push_back(std::move(key));
  write_keys(file, keys);
  return secret;
}

void remove_key(const std::filesystem::path& file, const std::string& name) {
  std::vector<Key> keys = read_keys(file);
  const size_t removed = std::erase_if(keys, [&](const Key& key) { return key.name == name; });
  DMF_CHECK(removed > 0, InvalidArgument, "{}: there is no key '{}'", file.string(), name);
  write_keys(file, keys);
}

KeyRing::KeyRing(std::filesystem::path file) : file_(std::move(file)) {
  if (file_.empty()) return;
  keys_ = read_keys(file_);
  changed_ = std::filesystem::last_write_time(file_);
  looked_ = std::chrono::steady_clock::now();
}

void KeyRing::read_if_changed() const {
  const auto now = std::chrono::steady_clock::now();
  if (now - looked_ < kLookEvery) return;
  looked_ = now;
  std::error_code failed;
  const auto changed = std::filesystem::last_write_time(file_, failed);
  if (!failed && changed == changed_) return;
  try {
    keys_ = read_keys(file_);
    changed_ = changed;
    spdlog::info("{}: {} keys", file_.string(), keys_.size());
  } catch (const Error& error) {
    // Whoever has taken the file away wants nobody in.
    keys_.clear();
    spdlog::error("nobody is let in: {}", error.what());
  }
}

std::optional<Key> KeyRing::find(const std::string& secret) const {
  if (file_.empty() || secret.empty()) return std::nullopt;
  const std::string digest = sha256(secret);
  const std::lock_guard lock(mutex_);
  read_if_changed();
  std::optional<Key> found;
  for (const Key& key : keys_) {
    if (CRYPTO_memcmp(key.digest.data(), digest.data(), kDigestDigits) == 0) found = key;
  }
  return found;
}

double RateLimits::wait_for(const std::string& name, double rate) {
  const auto now = std::chrono::steady_clock::now();
  const double most = std::max(1.0, rate);
  const std::lock_guard lock(mutex_);
  const auto [found, is_new] = buckets_.try_emplace(name, Bucket{most, now});
  Bucket& bucket = found->second;
  bucket.tokens =
      std::min(most, bucket.tokens + rate * std::chrono::duration<double>(now - bucket.filled).count());
  bucket.filled = now;
  if (bucket.tokens < 1) return (1 - bucket.tokens) / rate;
  bucket.tokens -= 1;
  return 0;
}

}  // namespace dmf::serve
