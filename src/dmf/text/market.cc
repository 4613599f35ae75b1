#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "dmf/core/error.h"
#include "dmf/core/file.h"
#include "dmf/text/attributes.h"
#include "dmf/text/numbered.h"

namespace dmf::text {
namespace {

using Values = std::string_view;

constexpr Values kGender[] = {"male", "female"};
constexpr Values kHair[] = {"short", "long"};
constexpr Values kLongShort[] = {"long", "short"};
constexpr Values kClothes[] = {"dress", "pants"};
constexpr Values kAge[] = {"young", "teenager", "adult", "old"};
constexpr Values kNoYes[] = {"no", "yes"};
constexpr Values kFlag[] = {"", ""};  // colours: read below, because several may be set

constexpr NumberedAttribute kTable[] = {
    {"gender", "gender", kGender},
    {"hair", "hair", kHair},
    {"up", "upper_sleeve", kLongShort},
    {"down", "lower_length", kLongShort},
    {"clothes", "lower_type", kClothes},
    {"age", "age", kAge},
    {"hat", "hat", kNoYes},
    {"backpack", "backpack", kNoYes},
    {"bag", "bag", kNoYes},
    {"handbag", "handbag", kNoYes},
    {"upblack", "", kFlag},
    {"upwhite", "", kFlag},
    {"upred", "", kFlag},
    {"uppurple", "", kFlag},
    {"upyellow", "", kFlag},
    {"upgray", "", kFlag},
    {"upblue", "", kFlag},
    {"upgreen", "", kFlag},
    {"downblack", "", kFlag},
    {"downwhite", "", kFlag},
    {"downpink", "", kFlag},
    {"downpurple", "", kFlag},
    {"downyellow", "", kFlag},
    {"downgray", "", kFlag},
    {"downblue", "", kFlag},
    {"downgreen", "", kFlag},
    {"downbrown", "", kFlag},
};

/// "black and white" of the flags that begin with `prefix` and are set; empty when none is.
std::string colours(const nlohmann::json& identity, std::string_view prefix) {
  std::string joined;
  for (const NumberedAttribute& flag : kTable) {
    if (!flag.key.empty() || !flag.name.starts_with(prefix)) continue;
    const auto found = identity.find(std::string(flag.name));
    if (found == identity.end() || *found != 2) continue;
    if (!joined.empty()) joined += " and ";
    joined += flag.name.substr(prefix.size());
  }
  return joined;
}

int64_t line_of(std::string_view text, size_t offset) {
  return 1 + std::count(text.begin(),
                        text.begin() + static_cast<std::ptrdiff_t>(std::min(offset, text.size())), '\n');
}

nlohmann::json parse(std::string_view text, const std::string& path) {
  try {
    return nlohmann::json::parse(text);
  } catch (const nlohmann::json::parse_error& error) {
    throw DataError(fmt::format("{}: line {}: not JSON: {}", path, line_of(text, error.byte), error.what()));
  }
}

}  // namespace

Attributes attributes_from_market(const nlohmann::json& identity, const std::string& where) {
  Attributes attributes = translate_numbered(identity, kTable, where);
  for (const auto& [prefix, key] : {std::pair{"up", "upper_colour"}, {"down", "lower_colour"}}) {
    if (const std::string value = colours(identity, prefix); !value.empty()) attributes[key] = value;
  }
  return attributes;
}

std::map<int64_t, Attributes> read_market_attributes(const std::filesystem::path& path) {
  const std::string file = path.string();
  const nlohmann::json identities = parse(MappedFile(path).text(), file);
  DMF_CHECK(identities.is_object(), DataError,
            "{}: expected an object {{\"0002\": {{\"age\": 2, …}}, …}}, got {}", file,
            identities.type_name());
  std::map<int64_t, Attributes> attributes;
  for (const auto& [name, identity] : identities.items()) {
    int64_t number = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
    DMF_CHECK(error == std::errc() && end == name.data() + name.size() && number >= 0, DataError,
              "{}: expected the number of an identity, got \"{}\"", file, name);
    const bool is_new =
        attributes.emplace(number, attributes_from_market(identity, fmt::format("{}: \"{}\"", file, name)))
            .second;
    DMF_CHECK(is_new, DataError, "{}: identity {} is there twice, the second time as \"{}\"", file, number,
              name);
  }
  return attributes;
}

}  // namespace dmf::text
