#include "dmf/text/numbered.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "dmf/core/error.h"

namespace dmf::text {

Attributes translate_numbered(const nlohmann::json& identity, std::span<const NumberedAttribute> table,
                              const std::string& where) {
  DMF_CHECK(identity.is_object(), DataError, "{}: expected an object of attributes, got {}", where,
            identity.type_name());
  Attributes attributes;
  for (const auto& [name, value] : identity.items()) {
    const auto entry = std::ranges::find(table, std::string_view(name), &NumberedAttribute::name);
    DMF_CHECK(entry != table.end(), DataError,
              "{}: unknown attribute \"{}\"; hint: {} names are known, the first is \"{}\"", where, name,
              table.size(), table.front().name);
    const auto count = static_cast<int64_t>(entry->values.size());
    DMF_CHECK(value.is_number_integer() && value >= 1 && value <= count, DataError,
              "{}: \"{}\": expected a number from 1 to {}, got {}", where, name, count, value.dump());
    const std::string_view ours = entry->values[value.get<size_t>() - 1];
    if (!entry->key.empty() && !ours.empty()) attributes.emplace(entry->key, ours);
  }
  return attributes;
}

}  // namespace dmf::text
