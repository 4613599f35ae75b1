#pragma once
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <string_view>

#include "dmf/text/attributes.h"

namespace dmf::text {

/// An attribute as data sets store it: a name and a number from 1. `values[n - 1]` is our value of number n;
/// an empty one says nothing.
struct NumberedAttribute {
  std::string_view name;  ///< the data set's
  std::string_view key;   ///< ours; empty: read by the caller
  std::span<const std::string_view> values;
};

/// Translates one identity's object `{"age": 2, …}`.
/// @throws DataError  not an object, a name not in `table`, a value that is not a number of its attribute
Attributes translate_numbered(const nlohmann::json& identity, std::span<const NumberedAttribute> table,
                              const std::string& where);

}  // namespace dmf::text
