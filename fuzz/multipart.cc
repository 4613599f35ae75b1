// A form. The first line of the input is its Content-Type, the rest the body.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "dmf/serve/form.h"
#include "dmf/serve/message.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const size_t end = std::min(input.size(), input.find('\n'));
  const std::string_view body = input.substr(std::min(input.size(), end + 1));
  try {
    for (const auto& part : dmf::serve::parse_multipart(body, input.substr(0, end))) {
      const bool is_within = part.content.data() >= body.data() &&
                             part.content.data() + part.content.size() <= body.data() + body.size();
      if (!is_within || !dmf::serve::is_text(part.name)) std::abort();
    }
  } catch (const dmf::serve::Refusal&) {
  }
  return 0;
}
