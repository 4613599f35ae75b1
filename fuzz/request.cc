// A request's path, query and body. The first line of the input is "METHOD TARGET TYPE", the rest the body.
#include <cstdint>
#include <string>

#include "dmf/serve/route.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace dmf::serve;
  const std::string input(reinterpret_cast<const char*>(data), size);
  const size_t end = std::min(input.size(), input.find('\n'));
  const std::string line = input.substr(0, end), body = input.substr(std::min(input.size(), end + 1));
  const size_t first = std::min(line.size(), line.find(' '));
  const size_t second = std::min(line.size(), line.find(' ', first + 1));
  const std::string target = first < line.size() ? line.substr(first + 1, second - first - 1) : "";
  const size_t mark = std::min(target.size(), target.find('?'));
  try {
    const Match match = match_route(line.substr(0, first), target.substr(0, mark));
    const Call call = read_call(match, target.substr(std::min(target.size(), mark + 1)),
                                line.substr(std::min(line.size(), second + 1)), body);
    for (const Parameter& parameter : match.route->parameters) {
      if (parameter.kind == Kind::kTime) call.time(parameter.name);
      if (parameter.kind == Kind::kTexts) call.texts(parameter.name);
      if (parameter.kind == Kind::kIntegers) call.integers(parameter.name);
    }
    call.fields.dump();  // throws where a text is not UTF-8
  } catch (const Refusal& refusal) {
    refusal.reply();
  }
  return 0;
}
