// Reading requests: match_route(), read_call().
#include <algorithm>
#include <charconv>
#include <cmath>

#include "dmf/core/nearest.h"
#include "dmf/search/crop.h"
#include "dmf/serve/form.h"
#include "dmf/serve/route.h"

namespace dmf::serve {
namespace {

using Json = nlohmann::json;

constexpr int kDeepest = 4;          // of JSON: a field of a list of values needs three
constexpr size_t kMostValues = 100;  // of a list
constexpr size_t kMostJson = 1 << 20;

[[noreturn]] void bad(const std::string& message, const std::string& hint = "") {
  throw Refusal(400, "bad_request", message, hint);
}

bool is_list(Kind kind) { return kind == Kind::kTexts || kind == Kind::kIntegers; }

template <class Number>
Json parsed(const std::string& name, const std::string& text) {
  Number number{};
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (code != std::errc() || end != text.data() + text.size() || text.empty())
    bad(fmt::format("{}: expected a number, got '{}'", name, text));
  return number;
}

/// A value as a query or a form writes it.
Json value_of_text(const Parameter& parameter, const std::string& text) {
  switch (parameter.kind) {
    case Kind::kInteger:
    case Kind::kIntegers:
      return parsed<int64_t>(parameter.name, text);
    case Kind::kNumber:
      return parsed<double>(parameter.name, text);
    case Kind::kFlag:
      if (text == "true" || text == "1" || text.empty()) return true;
      if (text == "false" || text == "0") return false;
      bad(fmt::format("{}: expected true or false, got '{}'", parameter.name, text));
    case Kind::kText:
    case Kind::kTime:
    case Kind::kTexts:
      return text;
  }
  return text;
}

const char* expected_of(Kind kind) {
  switch (kind) {
    case Kind::kInteger:
    case Kind::kIntegers:
      return "a whole number";
    case Kind::kNumber:
      return "a number";
    case Kind::kFlag:
      return "true or false";
    case Kind::kText:
    case Kind::kTime:
    case Kind::kTexts:
      return "a text";
  }
  return "";
}

/// One value of a parameter, of whatever JSON type it came.
void check_value(const Parameter& parameter, const Json& value) {
  const bool wants_integer = parameter.kind == Kind::kInteger || parameter.kind == Kind::kIntegers;
  const bool wants_number = wants_integer || parameter.kind == Kind::kNumber;
  const bool fits = wants_integer                   ? value.is_number_integer()
                    : wants_number                  ? value.is_number()
                    : parameter.kind == Kind::kFlag ? value.is_boolean()
                                                    : value.is_string();
  if (!fits)
    bad(fmt::format("{}: expected {}, got {}", parameter.name, expected_of(parameter.kind),
                    value.type_name()));
  if (wants_number) {
    const auto number = value.get<double>();
    if (!std::isfinite(number) || number < parameter.low || number > parameter.high)
      bad(fmt::format("{}: expected {} to {}, got {}", parameter.name, parameter.low, parameter.high,
                      number));
  } else if (value.is_string()) {
    const auto& text = value.get_ref<const std::string&>();
    if (static_cast<double>(text.size()) > parameter.high)
      bad(fmt::format("{}: {} bytes; at most {} are read", parameter.name, text.size(), parameter.high));
    if (!is_text(text)) bad(fmt::format("{}: not a text: a zero byte, or not UTF-8", parameter.name));
    if (parameter.kind != Kind::kTime || text.empty()) return;
    try {
      search::parse_time(text);
    } catch (const InvalidArgument& error) {
      bad(fmt::format("{}: {}", parameter.name, error.what()));
    }
  }
}

class Reader {
 public:
  Reader(const Match& match, Call& call) : route_(*match.route), call_(call) {
    for (const Parameter& parameter : route_.parameters) call_.standards[parameter.name] = parameter.standard;
    for (const auto& [name, text] : match.path) add_text(name, text);
    in_path_ = match.path;
  }

  /// A value from path, query or form: one of several where the parameter is a list.
  void add_text(const std::string& name, const std::string& text) {
    const Parameter& parameter = find(name);
    Json value = value_of_text(parameter, text);
    check_value(parameter, value);
    Json& field = call_.fields[name];
    if (is_list(parameter.kind)) {
      field.push_back(std::move(value));
      if (field.size() > kMostValues) bad(fmt::format("{}: more than {} values", name, kMostValues));
    } else {
      if (!field.is_null()) bad(fmt::format("{}: given twice", name));
      field = std::move(value);
    }
  }

  void add_json(const std::string& text) {
    if (text.size() > kMostJson)
      throw Refusal(413, "too_large",
                    fmt::format("JSON of {} bytes; at most {} are read", text.size(), kMostJson));
    const auto depth = [](int depth, Json::parse_event_t, Json&) {
      if (depth > kDeepest) bad(fmt::format("JSON: nested more than {} deep", kDeepest));
      return true;
    };
    Json document;
    try {
      document = Json::parse(text, depth);
    } catch (const Json::exception&) {
      bad("the body is not JSON");
    }
    if (!document.is_object()) bad("the body: expected an object, {\"name\": value}");
    for (const auto& [name, value] : document.items()) add_value(name, value);
  }

  void finish() const {
    for (const Parameter& parameter : route_.parameters) {
      if (parameter.is_required && !call_.has(parameter.name))
        bad(fmt::format("{} is missing", parameter.name));
    }
  }

 private:
  void add_value(const std::string& name, const Json& value) {
    const Parameter& parameter = find(name);
    if (value.is_null()) return;
    if (in_path_.contains(name) || call_.has(name)) bad(fmt::format("{}: given twice", name));
    // One value of a list may stand without its brackets.
    Json list = is_list(parameter.kind) && !value.is_array() ? Json::array({value}) : value;
    if (list.is_array() && !is_list(parameter.kind)) bad(fmt::format("{}: expected one value", name));
    if (list.size() > kMostValues && list.is_array())
      bad(fmt::format("{}: more than {} values", name, kMostValues));
    if (list.is_array()) {
      for (const Json& each : list) check_value(parameter, each);
    } else {
      check_value(parameter, list);
    }
    call_.fields[name] = std::move(list);
  }

  const Parameter& find(const std::string& name) const {
    std::vector<std::string> names;
    for (const Parameter& parameter : route_.parameters) {
      if (parameter.name == name) return parameter;
      names.push_back(parameter.name);
    }
    const std::string meant = nearest(name, names);
    bad(fmt::format("unknown parameter '{}'", name),
        meant.empty() ? "" : fmt::format("did you mean '{}'?", meant));
  }

  const Route& route_;
  Call& call_;
  std::map<std::string, std::string> in_path_;
};

void read_form(const std::string& body, const std::string& type, Reader& reader, Call& call) {
  for (const FormPart& part : parse_multipart(body, type)) {
    if (part.is_file || part.name == "picture") {
      call.pictures.emplace_back(part.content);
    } else {
      reader.add_text(part.name, std::string(part.content));
    }
  }
}

/// Whether `path` fits a route's, and what stands for its parameters.
bool fits(const std::vector<std::string>& path, const std::string& pattern,
          std::map<std::string, std::string>& found) {
  const std::vector<std::string> parts = path_parts(pattern);
  if (parts.size() != path.size()) return false;
  for (size_t i = 0; i < parts.size(); ++i) {
    if (parts[i].front() == '{') {
      found[parts[i].substr(1, parts[i].size() - 2)] = path[i];
    } else if (parts[i] != path[i]) {
      return false;
    }
  }
  return true;
}

}  // namespace

const Json& Call::value(const std::string& name) const {
  return has(name) ? fields.at(name) : standards.at(name);
}

std::vector<std::string> Call::texts(const std::string& name) const {
  return has(name) ? fields.at(name).get<std::vector<std::string>>() : std::vector<std::string>();
}

std::vector<int64_t> Call::integers(const std::string& name) const {
  return has(name) ? fields.at(name).get<std::vector<int64_t>>() : std::vector<int64_t>();
}

std::optional<int64_t> Call::time(const std::string& name) const {
  if (!has(name) || text(name).empty()) return std::nullopt;
  return search::parse_time(text(name));
}

Match match_route(const std::string& method, const std::string& path) {
  const std::vector<std::string> parts = path_parts(path);
  const std::string wanted = method == "HEAD" ? "GET" : method;
  std::string others;
  for (const Route& route : routes()) {
    Match match{&route, {}};
    if (!fits(parts, route.path, match.path)) continue;
    if (route.method == wanted) return match;
    others += (others.empty() ? "" : ", ") + route.method;
  }
  if (others.empty())
    throw Refusal(404, "not_found", "there is nothing at this path", "/openapi.json names all that there is");
  throw Refusal(405, "method_not_allowed", fmt::format("this path has {}", others)).with("Allow", others);
}

Call read_call(const Match& match, const std::string& query, const std::string& type,
               const std::string& body) {
  Call call;
  Reader reader(match, call);
  for (const auto& [name, text] : parse_query(query)) reader.add_text(name, text);
  const Body reads = match.route->body;
  const std::string media = media_type(type);
  if (!body.empty() || !media.empty()) {
    if (reads != Body::kNone && media == "application/json") {
      if (!body.empty()) reader.add_json(body);
    } else if (reads == Body::kPictures && media == "multipart/form-data") {
      read_form(body, type, reader, call);
    } else if (reads == Body::kPictures &&
               (media.starts_with("image/") || media == "application/octet-stream")) {
      call.pictures.push_back(body);
    } else if (!body.empty()) {
      throw Refusal(415, "unsupported_media_type",
                    reads == Body::kNone ? "this request has no body"
                                         : fmt::format("a body of type '{}' is not read here", media),
                    reads == Body::kPictures ? "application/json, image/jpeg, image/png, multipart/form-data"
                    : reads == Body::kFields ? "application/json"
                                             : "");
    }
  }
  reader.finish();
  return call;
}

}  // namespace dmf::serve
