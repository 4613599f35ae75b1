#include "dmf/serve/message.h"

#include <nlohmann/json.hpp>

namespace dmf::serve {

Reply Refusal::reply() const {
  nlohmann::json error = {{"code", code_}, {"message", what()}};
  if (!hint_.empty()) error["hint"] = hint_;
  // What the client sent may be in the message, whatever bytes it was.
  return {
      status_, "application/json",
      nlohmann::json{{"error", error}}.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n",
      headers_};
}

}  // namespace dmf::serve
