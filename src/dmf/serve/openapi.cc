#include "dmf/serve/openapi.h"

#include "dmf/core/version.h"
#include "dmf/serve/route.h"

namespace dmf::serve {
namespace {

using Json = nlohmann::json;

// What the answers are made of. A test holds the real ones against these.
constexpr const char* kSchemas = R"({
  "Error": {"type": "object", "required": ["error"], "properties": {"error": {
    "type": "object", "required": ["code", "message"], "properties": {
      "code": {"type": "string", "description": "a word for programs"},
      "message": {"type": "string"},
      "hint": {"type": "string", "description": "what the client can do"}}}}},
  "Health": {"type": "object", "required": ["status"], "properties": {"status": {"const": "ok"}}},
  "Model": {"type": "object", "required": ["fingerprint", "width", "reads_sentences", "threshold", "crops"], "properties": {
    "fingerprint": {"type": "string"}, "width": {"type": "integer"},
    "reads_sentences": {"type": "boolean"},
    "picture": {"type": "object", "properties": {"height": {"type": "integer"}, "width": {"type": "integer"}}},
    "threshold": {"$ref": "#/components/schemas/Threshold"},
    "crops": {"type": "integer"},
    "card": {"type": "object", "description": "what the model file says of itself"}}},
  "Threshold": {"type": ["object", "null"], "description": "which similarity means the same person; null where the model has none",
    "required": ["similarity", "similarity_interval", "far", "dataset"], "properties": {
    "similarity": {"type": "number"},
    "similarity_interval": {"type": "array", "items": {"type": "number"}, "description": "below: different, above: same, between: unsure"},
    "far": {"type": "number", "description": "share of the wrong pairs of the dataset that were accepted"},
    "dataset": {"type": "string"}}},
  "Vectors": {"type": "object", "required": ["fingerprint", "width", "pictures", "sentences"], "properties": {
    "fingerprint": {"type": "string"}, "width": {"type": "integer"},
    "pictures": {"type": "array", "items": {"type": "array", "items": {"type": "number"}}},
    "sentences": {"type": "array", "items": {"type": "array", "items": {"type": "number"}}}}},
  "Crop": {"type": "object", "required": ["id", "source", "camera", "identity", "tags", "time", "thumbnail"], "properties": {
    "id": {"type": "integer"},
    "source": {"type": "string", "description": "as it was given; of an absolute path the last part"},
    "camera": {"type": "string"}, "identity": {"type": "string"},
    "tags": {"type": "array", "items": {"type": "string"}},
    "time": {"type": ["string", "null"]},
    "thumbnail": {"type": "string", "description": "where its small picture is"}}},
  "Crops": {"type": "object", "required": ["crops", "next"], "properties": {
    "crops": {"type": "array", "items": {"$ref": "#/components/schemas/Crop"}},
    "next": {"type": ["integer", "null"], "description": "`after` of the next page; null: there is none"}}},
  "Reading": {"type": "object", "required": ["read_as", "left_out", "unknown"], "properties": {
    "read_as": {"type": "array", "items": {"type": "string"}, "description": "key words; none: the sentence as it stands"},
    "left_out": {"type": "array", "items": {"type": "string"}, "description": "what is negated: its absence is not searched for"},
    "unknown": {"type": "array", "items": {"type": "string"}, "description": "words that are not known and not read"}}},
  "Answers": {"type": "object", "required": ["hits", "threshold", "exact", "searched", "crops"], "properties": {
    "hits": {"type": "array", "items": {"allOf": [{"$ref": "#/components/schemas/Crop"},
      {"type": "object", "required": ["similarity"], "properties": {
        "similarity": {"type": "number", "description": "cosine"},
        "person": {"enum": ["same", "unsure", "different"], "description": "where a threshold judges"},
        "re_ranked_distance": {"type": "number"}}}]}},
    "reading": {"$ref": "#/components/schemas/Reading"},
    "threshold": {"$ref": "#/components/schemas/Threshold"},
    "exact": {"type": "boolean"},
    "searched": {"type": "integer", "description": "crops that the filters leave"},
    "crops": {"type": "integer"}}},
  "Map": {"type": "object", "required": ["rows", "columns", "values"], "properties": {
    "rows": {"type": "integer"}, "columns": {"type": "integer"},
    "values": {"type": "array", "items": {"type": "number"}}}},
  "Comparison": {"type": "object", "required": ["similarity", "first", "second"], "properties": {
    "similarity": {"type": "number"},
    "person": {"enum": ["same", "unsure", "different"]},
    "first": {"$ref": "#/components/schemas/Crop"}, "second": {"$ref": "#/components/schemas/Crop"},
    "maps": {"type": "object", "properties": {
      "similarity": {"type": "number", "description": "of the thumbnails, which the maps are of"},
      "first": {"$ref": "#/components/schemas/Map"}, "second": {"$ref": "#/components/schemas/Map"}}}}},
  "Cameras": {"type": "object", "required": ["cameras", "tags", "first_time", "last_time"], "properties": {
    "cameras": {"type": "array", "items": {"$ref": "#/components/schemas/Count"}},
    "tags": {"type": "array", "items": {"$ref": "#/components/schemas/Count"}},
    "first_time": {"type": ["string", "null"]}, "last_time": {"type": ["string", "null"]}}},
  "Count": {"type": "object", "required": ["name", "crops"], "properties": {
    "name": {"type": "string"}, "crops": {"type": "integer"}}},
  "Removed": {"type": "object", "required": ["removed", "purged"], "properties": {
    "removed": {"type": "integer"}, "purged": {"type": "boolean", "description": "the vectors have left the disk, too"}}}
})";

Json type_of(const Parameter& parameter) {
  Json type;
  switch (parameter.kind) {
    case Kind::kInteger:
    case Kind::kIntegers:
      type = {{"type", "integer"},
              {"minimum", static_cast<int64_t>(parameter.low)},
              {"maximum", static_cast<int64_t>(parameter.high)}};
      break;
    case Kind::kNumber:
      type = {{"type", "number"}, {"minimum", parameter.low}, {"maximum", parameter.high}};
      break;
    case Kind::kFlag:
      type = {{"type", "boolean"}};
      break;
    case Kind::kText:
    case Kind::kTime:
    case Kind::kTexts:
      type = {{"type", "string"}, {"maxLength", static_cast<int64_t>(parameter.high)}};
      break;
  }
  if (parameter.kind == Kind::kTexts || parameter.kind == Kind::kIntegers)
    type = {{"type", "array"}, {"items", type}, {"maxItems", 100}};
  if (!parameter.standard.is_null()) type["default"] = parameter.standard;
  return type;
}

bool is_in_path(const Route& route, const Parameter& parameter) {
  return route.path.find("{" + parameter.name + "}") != std::string::npos;
}

Json parameters_of(const Route& route) {
  Json all = Json::array();
  for (const Parameter& parameter : route.parameters) {
    const bool in_path = is_in_path(route, parameter);
    all.push_back({{"name", parameter.name},
                   {"in", in_path ? "path" : "query"},
                   {"required", in_path || (parameter.is_required && route.body == Body::kNone)},
                   {"description", parameter.help},
                   {"schema", type_of(parameter)}});
  }
  return all;
}

Json body_of(const Route& route) {
  Json fields = {{"type", "object"}, {"additionalProperties", false}, {"properties", Json::object()}};
  for (const Parameter& parameter : route.parameters) {
    if (is_in_path(route, parameter)) continue;
    fields["properties"][parameter.name] = type_of(parameter);
    fields["properties"][parameter.name]["description"] = parameter.help;
  }
  Json content = {{"application/json", {{"schema", fields}}}};
  if (route.body == Body::kPictures) {
    Json form = fields;
    form["properties"]["picture"] = {{"type", "array"},
                                     {"items", {{"type", "string"}, {"format", "binary"}}}};
    content["multipart/form-data"] = {{"schema", form}};
    for (const char* type : {"image/jpeg", "image/png", "image/webp", "image/bmp"})
      content[type] = {{"schema", {{"type", "string"}, {"format", "binary"}}}};
  }
  return {{"content", content}};
}

Json answers_of(const Route& route, bool has_keys) {
  const bool is_media = route.answer.find('/') != std::string::npos;
  const Json schema = route.answer == "application/json" ? Json{{"type", "object"}}
                      : is_media                         ? Json{{"type", "string"}}
                                 : Json{{"$ref", "#/components/schemas/" + route.answer}};
  Json answers = {{std::to_string(route.status),
                   {{"description", route.summary},
                    {"content", {{is_media ? route.answer : "application/json", {{"schema", schema}}}}}}}};
  std::vector<int> refused = route.refused;
  for (const int status : {400, 500, 503}) refused.push_back(status);
  if (has_keys && route.role != Role::kNone) {
    for (const int status : {401, 403, 429}) refused.push_back(status);
  }
  for (const int status : refused)
    answers[std::to_string(status)] = {{"$ref", "#/components/responses/Refused"}};
  return answers;
}

}  // namespace

Json openapi_document(bool has_keys) {
  Json document = {
      {"openapi", "3.1.0"},
      {"info",
       {{"title", "dmf serve"},
        {"version", version()},
        {"description",
         "A gallery of crops of persons, searched by picture, by sentence, by both or by a stored crop. "
         "Every refusal has "
         "the form of the schema Error."}}},
      {"paths", Json::object()},
      {"components",
       {{"schemas", Json::parse(kSchemas)},
        {"responses",
         {{"Refused",
           {{"description", "not done, and why"},
            {"content", {{"application/json", {{"schema", {{"$ref", "#/components/schemas/Error"}}}}}}}}}}},
        {"securitySchemes", {{"key", {{"type", "http"}, {"scheme", "bearer"}}}}}}}};
  for (const Route& route : routes()) {
    std::string method = route.method;
    for (char& c : method) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    Json operation = {
        {"operationId", route.name}, {"summary", route.summary}, {"responses", answers_of(route, has_keys)}};
    if (!route.about.empty()) operation["description"] = route.about;
    if (!route.parameters.empty()) operation["parameters"] = parameters_of(route);
    if (route.body != Body::kNone) operation["requestBody"] = body_of(route);
    if (has_keys && route.role != Role::kNone)
      operation["security"] = Json::array({{{"key", Json::array()}}});
    operation["x-role"] = name_of(route.role);
    document["paths"][route.path][method] = operation;
  }
  return document;
}

}  // namespace dmf::serve
