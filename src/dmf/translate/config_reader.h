#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

namespace dmf::translate {

/// Values of a checkpoint's config.json. Throws DataError naming file, key, what was expected and what it says.
/// Keeps references: both arguments must outlive it.
class ConfigReader {
 public:
  /// `where`: the file, for messages.
  ConfigReader(const nlohmann::json& json, const std::string& where);

  /// A whole number from `low`.
  int64_t number(const char* key, int64_t low = 1) const;
  /// The same; `standard` where the key is missing or null.
  int64_t number_or(const char* key, int64_t standard, int64_t low = 1) const;
  double real_or(const char* key, double standard) const;
  /// A number above 0.
  double positive_or(const char* key, double standard) const;
  bool flag_or(const char* key, bool standard) const;
  /// A length in pixels: a number, or two equal ones.
  int64_t square_or(const char* key, int64_t standard) const;
  /// The only value that is understood; a missing key means it.
  void expect(const char* key, const nlohmann::json& wanted) const;

 private:
  std::string text(const char* key) const;

  const nlohmann::json& json_;
  const std::string& where_;
};

}  // namespace dmf::translate
