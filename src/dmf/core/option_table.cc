#include "dmf/core/option_table.h"

#include <fmt/ranges.h>
#define TOML_HEADER_ONLY 1
#include <toml++/toml.h>

#include <algorithm>
#include <limits>
#include <sstream>

#include "dmf/core/error.h"
#include "dmf/core/file.h"
#include "dmf/core/nearest.h"

namespace dmf {
namespace {

template <class T>
std::string range_text(const Range<T>& range) {
  const std::string low = fmt::format("{}", range.low);
  if (range.high == std::numeric_limits<T>::max()) return fmt::format(">= {}", low);
  return fmt::format("{} … {}", low, range.high);
}

[[noreturn]] void refuse(const std::string& key, const std::string& allowed, const nlohmann::json& value) {
  throw InvalidArgument(
      Expectation{"options", fmt::format("value of `{}`", key), allowed, value.dump(), ""}.message());
}

bool is_utf8(const std::string& text) {
  try {
    return !nlohmann::json(text).dump().empty();
  } catch (const nlohmann::json::type_error&) {
    return false;
  }
}

nlohmann::json json_from_toml(const toml::node& node, const std::string& where) {
  if (const auto* value = node.as_boolean()) return value->get();
  if (const auto* value = node.as_integer()) return value->get();
  if (const auto* value = node.as_floating_point()) return value->get();
  if (const auto* value = node.as_string()) return value->get();
  if (const auto* values = node.as_array()) {
    nlohmann::json list = nlohmann::json::array();
    for (const toml::node& value : *values) list.push_back(json_from_toml(value, where));
    return list;
  }
  throw InvalidArgument(fmt::format("{}: only booleans, numbers, texts and lists are values here", where));
}

}  // namespace

void OptionTable::insert(Option option) {
  option.key = prefix_ + option.key;
  option.standard = option.get();
  options_.push_back(std::move(option));
}

void OptionTable::operator()(const char* name, bool& value, const char* help) {
  const std::string key = prefix_ + name;
  insert({name,
          help,
          "true | false",
          {},
          [&value] { return nlohmann::json(value); },
          [&value, key](const nlohmann::json& given) {
            if (!given.is_boolean()) refuse(key, "true or false", given);
            value = given.get<bool>();
          }});
}

void OptionTable::operator()(const char* name, int64_t& value, Range<int64_t> range, const char* help) {
  const std::string key = prefix_ + name;
  insert({name,
          help,
          range_text(range),
          {},
          [&value] { return nlohmann::json(value); },
          [&value, key, range](const nlohmann::json& given) {
            if (!given.is_number_integer() || given < range.low || given > range.high) {
              refuse(key, "an integer " + range_text(range), given);
            }
            value = given.get<int64_t>();
          }});
}

void OptionTable::operator()(const char* name, double& value, Range<double> range, const char* help) {
  const std::string key = prefix_ + name;
  insert({name,
          help,
          range_text(range),
          {},
          [&value] { return nlohmann::json(value); },
          [&value, key, range](const nlohmann::json& given) {
            if (!given.is_number() || !(given >= range.low && given <= range.high)) {
              refuse(key, "a number " + range_text(range), given);
            }
            value = given.get<double>();
          }});
}

void OptionTable::operator()(const char* name, std::string& value, Choices choices, const char* help) {
  const std::string key = prefix_ + name;
  const std::vector<std::string> allowed(choices.values.begin(), choices.values.end());
  const std::string text = fmt::format("{}", fmt::join(allowed, " | "));
  insert({name,
          help,
          text,
          {},
          [&value] { return nlohmann::json(value); },
          [&value, key, allowed, text](const nlohmann::json& given) {
            if (!given.is_string() || std::find(allowed.begin(), allowed.end(), given) == allowed.end()) {
              refuse(key, text, given);
            }
            value = given.get<std::string>();
          }});
}

void OptionTable::operator()(const char* name, std::string& value, const char* help) {
  const std::string key = prefix_ + name;
  insert({name,
          help,
          "text",
          {},
          [&value] { return nlohmann::json(value); },
          [&value, key](const nlohmann::json& given) {
            if (!given.is_string()) refuse(key, "a text", given);
            value = given.get<std::string>();
          }});
}

void OptionTable::operator()(const char* name, std::vector<double>& value, Range<double> range,
                             const char* help) {
  const std::string key = prefix_ + name;
  insert({name,
          help,
          "numbers " + range_text(range),
          {},
          [&value] { return nlohmann::json(value); },
          [&value, key, range](const nlohmann::json& given) {
            const auto is_allowed = [&range](const nlohmann::json& element) {
              return element.is_number() && element >= range.low && element <= range.high;
            };
            if (!given.is_array() || !std::all_of(given.begin(), given.end(), is_allowed))
              refuse(key, "a list of numbers " + range_text(range), given);
            value = given.get<std::vector<double>>();
          }});
}

void OptionTable::operator()(const char* name, std::vector<std::string>& value, const char* help) {
  const std::string key = prefix_ + name;
  insert({name,
          help,
          "texts",
          {},
          [&value] { return nlohmann::json(value); },
          [&value, key](const nlohmann::json& given) {
            const auto is_text = [](const nlohmann::json& element) { return element.is_string(); };
            if (given.is_string()) {
              value = {given.get<std::string>()};
            } else if (given.is_array() && std::all_of(given.begin(), given.end(), is_text)) {
              value = given.get<std::vector<std::string>>();
            } else {
              refuse(key, "a list of texts", given);
            }
          }});
}

const Option& OptionTable::find(const std::string& key, const std::string& where) const {
  std::vector<std::string> keys;
  for (const Option& option : options_) {
    if (option.key == key) return option;
    keys.push_back(option.key);
  }
  const std::string hint = keys.empty() ? "" : fmt::format("did you mean `{}`?", nearest(key, keys));
  throw InvalidArgument(Expectation{where, fmt::format("unknown option `{}`", key), "", "", hint}.message());
}

void OptionTable::set_value(const std::string& key, const nlohmann::json& value, const std::string& where) {
  try {
    find(key, where).set(value);
  } catch (const InvalidArgument& error) {
    if (where == "options" || std::string(error.what()).find(where) != std::string::npos) throw;
    throw InvalidArgument(fmt::format("{}: {}", where, error.what()));
  }
}

void OptionTable::load_toml(const std::filesystem::path& path) {
  load_toml_text(read_text(path), path.string());
}

void OptionTable::load_toml_text(const std::string& text, const std::string& where) {
  toml::table document;
  try {
    document = toml::parse(text, where);
  } catch (const toml::parse_error& error) {
    throw DataError(fmt::format("{}:{}: {}", where, error.source().begin.line, error.description()));
  }
  std::vector<std::string> problems;
  for (const auto& [table, node] : document) {
    const std::string table_name(table.str());
    const toml::table* entries = node.as_table();
    DMF_CHECK(entries != nullptr, InvalidArgument, "{}:{}: `{}` stands outside of a [table]", where,
              node.source().begin.line, table_name);
    for (const auto& [name, value] : *entries) {
      const std::string place = fmt::format("{}:{}", where, value.source().begin.line);
      try {
        set_value(fmt::format("{}.{}", table_name, name.str()), json_from_toml(value, place), place);
      } catch (const InvalidArgument& error) {
        problems.emplace_back(error.what());
      }
    }
  }
  DMF_CHECK(problems.empty(), InvalidArgument, "{}", fmt::join(problems, "\n"));
}

void OptionTable::set(const std::string& assignment, const std::string& where) {
  const size_t equals = assignment.find('=');
  DMF_CHECK(equals != std::string::npos && assignment.find('.') < equals, InvalidArgument,
            "[{}] expected table.key=value, got `{}`", where, assignment);
  const std::string key = assignment.substr(0, equals);
  const std::string text = assignment.substr(equals + 1);
  DMF_CHECK(is_utf8(text), InvalidArgument, "[{}] value of `{}` is not UTF-8", where, key);
  const Option& option = find(key, where);
  nlohmann::json value =
      option.get().is_string() ? nlohmann::json(text) : nlohmann::json::parse(text, nullptr, false);
  if (value.is_discarded()) value = text;
  option.set(value);
}

void OptionTable::load_json(const nlohmann::json& values) {
  for (const auto& [table, entries] : values.items()) {
    for (const auto& [name, value] : entries.items()) set_value(table + "." + name, value, "options");
  }
}

nlohmann::json OptionTable::to_json() const {
  nlohmann::json values = nlohmann::json::object();
  for (const Option& option : options_) {
    const size_t dot = option.key.find('.');
    values[option.key.substr(0, dot)][option.key.substr(dot + 1)] = option.get();
  }
  return values;
}

std::string OptionTable::to_toml() const {
  std::string text, current;
  for (const Option& option : options_) {
    const size_t dot = option.key.find('.');
    const std::string table = option.key.substr(0, dot);
    if (table != current) text += fmt::format("{}[{}]\n", current.empty() ? "" : "\n", table);
    current = table;
    text += fmt::format("{} = {}\n", option.key.substr(dot + 1), option.get().dump());
  }
  return text;
}

std::string OptionTable::markdown() const {
  std::string text, current;
  for (const Option& option : options_) {
    const size_t dot = option.key.find('.');
    const std::string table = option.key.substr(0, dot);
    if (table != current) {
      text += fmt::format("\n### [{}]\n\n| key | default | allowed | meaning |\n|---|---|---|---|\n", table);
    }
    current = table;
    std::string allowed = option.allowed;
    for (size_t at = 0; (at = allowed.find(" | ", at)) != std::string::npos;) allowed.replace(at, 3, ", ");
    text += fmt::format("| `{}` | `{}` | {} | {} |\n", option.key.substr(dot + 1), option.standard.dump(),
                        allowed, option.help);
  }
  return text;
}

}  // namespace dmf
