#pragma once
#include <cstring>
#include <nlohmann/json.hpp>

#include "dmf/core/error.h"

namespace dmf {

/// For a function of a C interface: runs `work` and gives the JSON that it returns as text; of an error
/// {"error": message, "kind": "InvalidArgument" | "DataError" | "DeviceError" | "Error"}.
/// @return  made by malloc(); null when there is no memory left
template <class Work>
char* json_answer(const Work& work) noexcept {
  try {
    nlohmann::json result;
    try {
      result = work();
    } catch (const InvalidArgument& error) {
      result = {{"error", error.what()}, {"kind", "InvalidArgument"}};
    } catch (const DataError& error) {
      result = {{"error", error.what()}, {"kind", "DataError"}};
    } catch (const DeviceError& error) {
      result = {{"error", error.what()}, {"kind", "DeviceError"}};
    } catch (const std::exception& error) {
      result = {{"error", error.what()}, {"kind", "Error"}};
    }
    // A path need not be UTF-8; a message about it must be.
    return strdup(result.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace).c_str());
  } catch (...) {
    return nullptr;
  }
}

}  // namespace dmf
