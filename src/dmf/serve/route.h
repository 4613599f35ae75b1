#pragma once
#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "dmf/serve/keys.h"
#include "dmf/serve/message.h"

namespace dmf::serve {

/// What a parameter may be.
enum class Kind { kText, kInteger, kNumber, kFlag, kTime, kTexts, kIntegers };

/// A parameter of a route: in the path where the path names it, else in the query or as a field of the body.
struct Parameter {
  std::string name;
  Kind kind = Kind::kText;
  std::string help;
  double low = 0, high = 0;      ///< of numbers; of texts the most bytes (`high`)
  nlohmann::json standard = {};  ///< null: none
  bool is_required = false;
};

/// What bodies a route reads besides.
enum class Body {
  kNone,
  kFields,   ///< JSON with the parameters as fields
  kPictures  ///< that; or a picture as it is, with parameters in the query; or a form with pictures in it
};

/// What came with a request, checked against its route.
class Call {
 public:
  bool has(const std::string& name) const { return fields.contains(name); }
  /// The value that came or else the standard one. Only of parameters that the route has.
  std::string text(const std::string& name) const { return value(name).get<std::string>(); }
  int64_t integer(const std::string& name) const { return value(name).get<int64_t>(); }
  double number(const std::string& name) const { return value(name).get<double>(); }
  bool flag(const std::string& name) const { return value(name).get<bool>(); }
  std::vector<std::string> texts(const std::string& name) const;
  std::vector<int64_t> integers(const std::string& name) const;
  /// Milliseconds since 1970.
  std::optional<int64_t> time(const std::string& name) const;

  std::string key;      ///< name of who asks; "anonymous" without keys
  std::string address;  ///< where from
  nlohmann::json fields = nlohmann::json::object();
  nlohmann::json standards = nlohmann::json::object();
  std::vector<std::string> pictures;  ///< as they came, not yet looked at

 private:
  const nlohmann::json& value(const std::string& name) const;
};

class Service;

/// One thing the service does: a row of its table, from which requests are routed and the document
/// /openapi.json is made.
struct Route {
  std::string method, path;  ///< "/crops/{id}"
  Role role = Role::kRead;   ///< who may
  std::string name, summary, about;
  std::vector<Parameter> parameters;
  Body body = Body::kNone;
  int status = 200;
  std::string answer;        ///< name of its schema (schemas.h), or the media type of what is no JSON
  std::vector<int> refused;  ///< statuses of its own refusals, beside those that any request can have
  Reply (Service::*run)(const Call& call) = nullptr;
};

/// All of them.
const std::vector<Route>& routes();

/// A route and the parts of the path that stand for its parameters.
struct Match {
  const Route* route = nullptr;
  std::map<std::string, std::string> path;
};

/// The route of a request. HEAD is read as GET.
/// @throws Refusal  400: a malformed path; 404: there is none; 405: with another method
Match match_route(const std::string& method, const std::string& path);

/// Reads what came: parameters of path, query and body. @param type  Content-Type
/// @throws Refusal  400: malformed, unknown or missing parameters, wrong types or values; 415: a body of another
///   type than the route reads
Call read_call(const Match& match, const std::string& query, const std::string& type,
               const std::string& body);

}  // namespace dmf::serve
