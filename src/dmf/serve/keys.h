#pragma once
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace dmf::serve {

/// What the holder of a key may do; each role may all that those before it may.
enum class Role {
  kNone,   ///< health and documents alone
  kRead,   ///< search, embed, look
  kWrite,  ///< add, change, delete crops
  kAdmin   ///< delete persons and whole selections
};

/// "read", "write", "admin". @throws InvalidArgument  another word
Role role_by_name(const std::string& name);
const char* name_of(Role role);

/// Who may use the service. Of the key itself nothing but a digest is kept.
struct Key {
  std::string name;  ///< told in the audit log
  Role role = Role::kRead;
  std::string digest;  ///< SHA-256 of the key, hexadecimal
  double rate = 0;     ///< requests a second; 0: the server's
};

/// A file of keys, JSON, which only its owner may read:
///   {"keys": [{"name": "desk", "role": "read", "sha256": "…", "rate": 20}]}
/// Keys are 256 bits by chance: no salt and no slow digest would make them harder to find.
///
/// @throws DataError  not such a file, naming it and the entry
std::vector<Key> read_keys(const std::filesystem::path& file);
/// @throws InvalidArgument  a name that is empty, taken or not printable
/// @return the key: this is the only time it is told
std::string add_key(const std::filesystem::path& file, Key key);
/// @throws InvalidArgument  no key of this name
void remove_key(const std::filesystem::path& file, const std::string& name);

/// The keys of a file, read anew when it changes: a key that is removed is refused within a second. Safe to use
/// from several threads.
class KeyRing {
 public:
  /// @param file  empty: no keys at all
  /// @throws DataError  as read_keys()
  explicit KeyRing(std::filesystem::path file);

  bool is_empty() const { return file_.empty(); }
  /// Whose key it is. All keys are compared, in a time that does not tell which digits were right.
  std::optional<Key> find(const std::string& secret) const;

 private:
  void read_if_changed() const;

  std::filesystem::path file_;
  mutable std::mutex mutex_;
  mutable std::vector<Key> keys_;
  mutable std::filesystem::file_time_type changed_;
  mutable std::chrono::steady_clock::time_point looked_;
};

/// How often each may ask: a bucket of tokens for each name, as large as a second's (at least one request's).
class RateLimits {
 public:
  /// @param rate  a second
  /// @return      0 where the request may be done; else the seconds to wait
  double wait_for(const std::string& name, double rate);

 private:
  struct Bucket {
    double tokens = 0;
    std::chrono::steady_clock::time_point filled;
  };
  std::mutex mutex_;
  std::unordered_map<std::string, Bucket> buckets_;
};

}  // namespace dmf::serve
