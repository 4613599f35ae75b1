#pragma once
#include <nlohmann/json.hpp>

namespace dmf::serve {

/// The OpenAPI 3.1 document of routes(). @param has_keys  whether the service asks for them
nlohmann::json openapi_document(bool has_keys);

}  // namespace dmf::serve
