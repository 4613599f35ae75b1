#include "dmf/translate/config_reader.h"

#include "dmf/core/error.h"

namespace dmf::translate {

ConfigReader::ConfigReader(const nlohmann::json& json, const std::string& where)
    : json_(json), where_(where) {
  DMF_CHECK(json.is_object(), DataError, "{}: not a JSON object", where);
}

int64_t ConfigReader::number(const char* key, int64_t low) const {
  DMF_CHECK(json_.contains(key) && json_[key].is_number_integer() && json_[key] >= low, DataError,
            "{}: `{}`: expected a whole number from {}, got {}", where_, key, low, text(key));
  return json_[key].get<int64_t>();
}

int64_t ConfigReader::number_or(const char* key, int64_t standard, int64_t low) const {
  return json_.contains(key) && !json_[key].is_null() ? number(key, low) : standard;
}

double ConfigReader::real_or(const char* key, double standard) const {
  if (!json_.contains(key)) return standard;
  DMF_CHECK(json_[key].is_number(), DataError, "{}: `{}`: expected a number, got {}", where_, key, text(key));
  return json_[key].get<double>();
}

double ConfigReader::positive_or(const char* key, double standard) const {
  const double value = real_or(key, standard);
  DMF_CHECK(value > 0, DataError, "{}: `{}`: expected a number above 0, got {}", where_, key, text(key));
  return value;
}

bool ConfigReader::flag_or(const char* key, bool standard) const {
  if (!json_.contains(key)) return standard;
  DMF_CHECK(json_[key].is_boolean(), DataError, "{}: `{}`: expected true or false, got {}", where_, key,
            text(key));
  return json_[key].get<bool>();
}

int64_t ConfigReader::square_or(const char* key, int64_t standard) const {
  if (!json_.contains(key)) return standard;
  const nlohmann::json& value = json_[key];
  if (!value.is_array()) return number(key);
  DMF_CHECK(value.size() == 2 && value[0].is_number_integer() && value[0] == value[1] && value[0] > 0,
            DataError, "{}: `{}`: expected one number or two equal ones, got {}", where_, key, text(key));
  return value[0].get<int64_t>();
}

void ConfigReader::expect(const char* key, const nlohmann::json& wanted) const {
  DMF_CHECK(!json_.contains(key) || json_[key] == wanted, DataError, "{}: `{}`: expected {}, got {}", where_,
            key, wanted.dump(), text(key));
}

std::string ConfigReader::text(const char* key) const {
  return json_.contains(key) ? json_[key].dump() : "nothing";
}

}  // namespace dmf::translate
