#include "dmf/serve/service.h"

#include <gmock/gmock.h>

#include "dmf/serve/testing_service.h"
#include "support/message_of.h"

namespace dmf::serve {
namespace {

using namespace testing_service;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using Json = nlohmann::json;

std::string code_of(const Reply& reply) { return Json::parse(reply.body)["error"]["code"]; }

/// The faults of a value against a schema, as far as /openapi.json uses schemas.
std::vector<std::string> faults(const Json& value, const Json& schema, const Json& all,
                                const std::string& where) {
  if (schema.contains("$ref")) {
    const std::string name = schema["$ref"];
    return faults(value, all.at(name.substr(name.rfind('/') + 1)), all, where);
  }
  std::vector<std::string> found;
  const auto add = [&](const std::vector<std::string>& more) {
    found.insert(found.end(), more.begin(), more.end());
  };
  if (schema.contains("type")) {
    const Json types = schema["type"].is_array() ? schema["type"] : Json::array({schema["type"]});
    bool fits = false;
    for (const Json& type : types)
      fits |= (type == "object" && value.is_object()) || (type == "array" && value.is_array()) ||
              (type == "string" && value.is_string()) || (type == "integer" && value.is_number_integer()) ||
              (type == "number" && value.is_number()) || (type == "boolean" && value.is_boolean()) ||
              (type == "null" && value.is_null());
    if (!fits) return {where + ": " + value.dump() + " is no " + types.dump()};
  }
  if (schema.contains("const") && value != schema["const"])
    found.push_back(where + ": not " + schema["const"].dump());
  if (schema.contains("enum") &&
      std::find(schema["enum"].begin(), schema["enum"].end(), value) == schema["enum"].end())
    found.push_back(where + ": none of " + schema["enum"].dump());
  for (const Json& part : schema.value("allOf", Json::array())) add(faults(value, part, all, where));
  if (value.is_object()) {
    for (const Json& each : schema.value("required", Json::array())) {
      const auto name = each.get<std::string>();
      if (!value.contains(name)) found.push_back(where + ": " + name + " is missing");
    }
    const Json properties = schema.value("properties", Json::object());
    for (const auto& [name, part] : properties.items())
      if (value.contains(name)) add(faults(value[name], part, all, where + "." + name));
  }
  if (value.is_array() && schema.contains("items"))
    for (const Json& each : value) add(faults(each, schema["items"], all, where + "[]"));
  return found;
}

TEST(Service, FindsByPictureSentenceCropAndBoth) {
  const Served served;
  const int64_t red =
      served.add(kRed, kGrey, "?camera=gate&time=2026-01-31T08:00&tag=seen&tag=new&source=a.jpg");
  const int64_t green = served.add(kGreen, kGrey, "?identity=ann");
  const int64_t blue = served.add(kBlue, kBlue);
  const auto found = [&](const std::string& query, const std::string& body = "",
                         const std::string& type = "application/json") {
    std::vector<int64_t> ids;
    const Json answers = served.json("POST", "/search" + query, body, type);
    EXPECT_TRUE(answers.contains("hits")) << answers;
    for (const Json& hit : answers["hits"]) ids.push_back(hit["id"]);
    return ids;
  };
  EXPECT_EQ(found("?top=1", person(kRed, kGrey), "image/x-portable-pixmap"), std::vector<int64_t>{red});
  EXPECT_EQ(found("?top=1", R"({"text": "a green coat"})"), std::vector<int64_t>{green});
  EXPECT_THAT(found("", R"({"crop": 1})"), Not(testing::Contains(red))) << "itself is no answer";
  EXPECT_EQ(found("?text=blue&text_weight=0.9&top=1", person(kRed, kBlue), "image/png"),
            std::vector<int64_t>{blue});
  const std::string form = "--B\r\nContent-Disposition: form-data; name=\"picture\"; filename=\"a\"\r\n\r\n" +
                           person(kGreen, kGrey) +
                           "\r\n--B\r\nContent-Disposition: form-data; name=\"top\"\r\n\r\n1\r\n--B--";
  EXPECT_EQ(found("", form, "multipart/form-data; boundary=B"), std::vector<int64_t>{green});
  EXPECT_EQ(found("?crop=1&camera=gate"), std::vector<int64_t>{}) << "filtered away";
  EXPECT_EQ(found("?crop=2&camera=gate&camera=other&tag=seen&tag=new&before=2026-02-01"),
            std::vector<int64_t>{red});
  EXPECT_EQ(found("?crop=1&identity=ann"), std::vector<int64_t>{green});
  const Json judged = served.json("POST", "/search", R"({"crop": [1]})");
  EXPECT_EQ(judged["hits"][0]["person"], "different");
  EXPECT_EQ(judged["searched"], 3);
  const Json words = served.json("POST", "/search", R"({"text": "red"})");
  EXPECT_FALSE(words["hits"][0].contains("person")) << "a threshold is one for pairs of pictures";
  EXPECT_EQ(words["reading"]["left_out"], Json::array({"hat"}));
}

TEST(Service, EveryRouteAnswersAsTheDocumentSays) {
  const Served served;
  served.add(kRed, kGrey, "?camera=gate&tag=seen");
  served.add(kGreen, kGrey, "?identity=ann");
  const Json document = served.json("GET", "/openapi.json");
  EXPECT_EQ(document["openapi"], "3.1.0");
  const std::map<std::string, std::tuple<std::string, std::string, std::string>> requests = {
      {"page", {"/", "", ""}},
      {"health", {"/health", "", ""}},
      {"openapi", {"/openapi.json", "", ""}},
      {"model", {"/model", "", ""}},
      {"embed", {"/embed?text=red", person(kRed, kRed), "image/bmp"}},
      {"search", {"/search?re_rank=5&text=red", person(kRed, kRed), "image/webp"}},
      {"compare", {"/compare?first=1&second=2&maps=true", "", ""}},
      {"cameras", {"/cameras", "", ""}},
      {"metrics", {"/metrics", "", ""}},
      {"list", {"/crops?limit=1", "", ""}},
      {"add", {"/crops?source=new", person(kBlue, kRed), "image/jpeg"}},
      {"crop", {"/crops/1", "", ""}},
      {"update", {"/crops/1", R"({"camera": "door", "time": "", "tag": ["a", "a"]})", "application/json"}},
      {"thumbnail", {"/crops/1/thumbnail", "", ""}},
      {"remove", {"/crops/3", "", ""}},
      {"remove_selection", {"/crops?camera=nowhere", "", ""}},
      {"remove_person", {"/persons/ann", "", ""}}};
  size_t operations = 0;
  for (const Route& route : routes()) {
    std::string method = route.method;
    std::transform(method.begin(), method.end(), method.begin(), ::tolower);
    const Json& operation = document["paths"].at(route.path).at(method);
    ASSERT_EQ(operation["operationId"], route.name);
    ASSERT_TRUE(requests.contains(route.name)) << route.name;
    const auto& [target, body, type] = requests.at(route.name);
    const Reply reply = served.ask(route.method, target, body, type);
    const std::string status = std::to_string(reply.status);
    ASSERT_EQ(reply.status, route.status) << route.name << " " << reply.body;
    const Json& content = operation["responses"].at(status)["content"];
    ASSERT_TRUE(content.contains(reply.type.substr(0, reply.type.find(';'))) || content.contains(reply.type))
        << reply.type;
    if (reply.type == "application/json") {
      EXPECT_THAT(faults(Json::parse(reply.body), content["application/json"]["schema"],
                         document["components"]["schemas"], route.name),
                  testing::IsEmpty());
    }
    ++operations;
  }
  size_t documented = 0;
  for (const auto& [path, methods] : document["paths"].items()) documented += methods.size();
  EXPECT_EQ(documented, operations);
}

TEST(Service, EveryRefusalHasOneForm) {
  const Served served;
  served.add(kRed, kGrey);
  const std::string picture = person(kRed, kGrey);
  struct Case {
    const char *method, *target;
    std::string body, type;
    int status;
    const char* code;
  };
  const std::string png_bomb =
      std::string("\x89PNG\r\n\x1A\n\0\0\0\rIHDR\0\0\xC3\x50\0\0\xC3\x50\x08\x02\0\0\0", 29);
  const std::string json = "application/json";
  const Case cases[] = {
      {"GET", "/nothing", "", "", 404, "not_found"},
      {"GET", "/../etc/passwd", "", "", 400, "malformed"},
      {"GET", "/crops/..%2f..%2fetc%2fpasswd/thumbnail", "", "", 400, "bad_request"},
      {"PUT", "/crops", "", "", 405, "method_not_allowed"},
      {"GET", "/crops/99", "", "", 404, "not_found"},
      {"GET", "/crops/99/thumbnail", "", "", 404, "not_found"},
      {"GET", "/crops/0", "", "", 400, "bad_request"},
      {"GET", "/crops/1%20OR%201=1", "", "", 400, "bad_request"},
      {"PATCH", "/crops/99", R"({"camera": "a"})", json, 404, "not_found"},
      {"DELETE", "/crops/99", "", "", 404, "not_found"},
      {"DELETE", "/crops", "", "", 400, "bad_request"},
      {"DELETE", "/persons/nobody", "", "", 404, "not_found"},
      {"POST", "/search", "", "", 400, "bad_request"},
      {"POST", "/search", "{", json, 400, "bad_request"},
      {"POST", "/search", "[1]", json, 400, "bad_request"},
      {"POST", "/search", R"({"txt": "red"})", json, 400, "bad_request"},
      {"POST", "/search", R"({"text": 3})", json, 400, "bad_request"},
      {"POST", "/search", R"({"text": "red", "top": 0})", json, 400, "bad_request"},
      {"POST", "/search", R"({"text": "red", "top": 1.5})", json, 400, "bad_request"},
      {"POST", "/search?top=5", R"({"text": "red", "top": 3})", json, 400, "bad_request"},
      {"POST", "/search", R"({"text": "red", "from": "soon"})", json, 400, "bad_request"},
      {"POST", "/search", "{\"text\": \"\\u0000\"}", json, 400, "bad_request"},
      {"POST", "/search", R"({"text": "123 ?"})", json, 422, "no_words"},
      {"POST", "/search", R"({"crop": 99})", json, 404, "not_found"},
      {"POST", "/search", R"({"crop": -1})", json, 400, "bad_request"},
      {"POST", "/search", std::string(100'000, '['), json, 400, "bad_request"},
      {"POST", "/search", R"({"a":{"a":{"a":{"a":{"a":{"a":1}}}}}})", json, 400, "bad_request"},
      {"POST", "/search", "{\"text\": \"" + std::string(3000, 'a') + "\"}", json, 400, "bad_request"},
      {"POST", "/search", "{\"text\": \"" + std::string(2 << 20, 'a') + "\"}", json, 413, "too_large"},
      {"POST", "/search", "red", "text/plain", 415, "unsupported_media_type"},
      {"POST", "/search", "no picture", "image/jpeg", 415, "unsupported_picture"},
      {"POST", "/search", "", "image/jpeg", 415, "unsupported_picture"},
      {"POST", "/search", std::string("II*\0\x08\0\0\0", 8), "image/tiff", 415, "unsupported_picture"},
      {"POST", "/search", png_bomb, "image/png", 422, "unreadable_picture"},
      {"POST", "/search", "P6\n5000 5000\n255\n", "image/png", 422, "picture_too_large"},
      {"POST", "/search", picture.substr(0, picture.size() / 2), "image/png", 422, "unreadable_picture"},
      {"POST", "/search", "\xFF\xD8\xFF\xE0 no more", "image/jpeg", 422, "unreadable_picture"},
      {"POST", "/crops", R"({"camera": "a"})", json, 400, "bad_request"},
      {"POST", "/embed", R"({})", json, 400, "bad_request"},
      {"GET", "/compare?first=1", "", "", 400, "bad_request"},
      {"GET", "/compare?first=1&second=99", "", "", 404, "not_found"},
      {"GET", "/health?a=1", "", "", 400, "bad_request"},
      {"GET", "/health", "body", json, 415, "unsupported_media_type"}};
  for (const Case& each : cases) {
    const Reply reply = served.ask(each.method, each.target, each.body, each.type);
    EXPECT_EQ(reply.status, each.status) << each.method << " " << each.target << " " << reply.body;
    EXPECT_EQ(code_of(reply), each.code) << each.target << reply.body;
    EXPECT_THAT(reply.body, Not(HasSubstr(served.folder.path().string())));
  }
  EXPECT_THAT(served.ask("POST", "/search", R"({"txt": "red"})").body, HasSubstr("did you mean 'text'?"));
  EXPECT_EQ(served.json("GET", "/crops")["crops"].size(), 1) << "nothing has changed";
}

TEST(Service, TextsOfAnyKindAreTextsAlone) {
  const Served served;
  const std::string evil = "'; DROP TABLE crops; --\" %_\\ <script>alert(1)</script> \xF0\x9F\x98\x80";
  const Json named = {{"camera", evil}, {"identity", evil}, {"tag", {evil}}, {"time", "2026-01-31"}};
  served.add(kRed, kGrey);
  served.add(kGreen, kGrey);
  ASSERT_EQ(served.ask("PATCH", "/crops/1", named.dump()).status, 200);
  const Json crop = served.json("GET", "/crops/1");
  EXPECT_EQ(crop["camera"], evil);
  EXPECT_EQ(crop["tags"], Json::array({evil}));
  for (const char* field : {"camera", "identity", "tag"}) {
    const Json hits = served.json("POST", "/search", Json{{"crop", 2}, {field, evil}}.dump())["hits"];
    ASSERT_EQ(hits.size(), 1) << field;
    EXPECT_EQ(served.json("POST", "/search", Json{{"crop", 2}, {field, "' OR 1=1 --"}}.dump())["hits"].size(),
              0);
  }
  EXPECT_EQ(served.ask("POST", "/search", Json{{"text", evil}}.dump()).status, 200);
  EXPECT_EQ(served.ask("POST", "/search", Json{{"crop", 1}, {"from", evil}}.dump()).status, 400);
  EXPECT_EQ(served.json("GET", "/cameras")["cameras"][1]["name"], evil);
}

TEST(Service, RolesMayWhatTheirsMay) {
  const test::TemporaryFolder folder;
  const std::string file = folder / "keys.json";
  std::map<Role, std::string> secrets = {{Role::kNone, ""}};
  for (const Role role : {Role::kRead, Role::kWrite, Role::kAdmin})
    secrets[role] = add_key(file, {.name = name_of(role), .role = role, .digest = {}});
  const Served served(file);
  for (const Route& route : routes()) {
    std::string target = route.path;
    if (const size_t at = target.find('{'); at != std::string::npos)
      target.replace(at, target.find('}') - at + 1, "12345");
    for (const auto& [role, secret] : secrets) {
      const Reply reply = served.ask(route.method, target, "", "", {{"authorization", "Bearer " + secret}});
      const bool is_refused = reply.status == 401 || (reply.status == 403 && code_of(reply) == "forbidden");
      EXPECT_EQ(is_refused, role < route.role) << route.name << " by " << name_of(role) << " " << reply.body;
      if (role == Role::kNone && is_refused) {
        EXPECT_EQ(reply.status, 401);
      }
    }
  }
  EXPECT_EQ(served.ask("GET", "/model", "", "", {{"x-api-key", secrets[Role::kRead]}}).status, 200);
  EXPECT_EQ(served.ask("GET", "/model", "", "", {{"host", "gallery.example:443"}}).status, 401);
}

TEST(Service, AKeyThatAsksTooOftenIsTold) {
  const test::TemporaryFolder folder;
  const std::string file = folder / "keys.json";
  const std::string slow = add_key(file, {.name = "slow", .role = Role::kRead, .digest = {}, .rate = 2});
  const std::string other = add_key(file, {.name = "other", .role = Role::kRead, .digest = {}});
  const Served served(file);
  int refused = 0;
  for (int i = 0; i < 6; ++i) {
    const Reply reply = served.ask("GET", "/model", "", "", {{"authorization", "Bearer " + slow}});
    if (reply.status != 429) continue;
    ++refused;
    EXPECT_EQ(reply.headers[0].first, "Retry-After");
  }
  EXPECT_GE(refused, 3);
  EXPECT_EQ(served.ask("GET", "/model", "", "", {{"authorization", "Bearer " + other}}).status, 200);
}

TEST(Service, PagesOfOthersAreKeptOut) {
  const Served served;
  EXPECT_EQ(served.ask("GET", "/health", "", "", {{"host", "evil.example"}}).status, 421);
  EXPECT_EQ(served.ask("GET", "/health", "", "", {{"host", "[::1]:8080"}}).status, 200);
  EXPECT_EQ(served.ask("GET", "/health", "", "", {{"origin", "http://evil.example"}}).status, 403);
  EXPECT_EQ(served.ask("GET", "/health", "", "", {{"origin", "null"}}).status, 403);
  EXPECT_EQ(served.ask("GET", "/health", "", "", {{"origin", "http://localhost:8080"}}).status, 200);
  const Reply page = served.ask("GET", "/");
  EXPECT_THAT(page.headers[0].second, AllOf(HasSubstr("default-src 'none'"), Not(HasSubstr("unsafe"))));
  EXPECT_THAT(page.body, Not(HasSubstr("{{nonce}}")));
  EXPECT_NE(page.body, served.ask("GET", "/").body) << "a nonce is used once";
}

TEST(Service, RequestsOfManyAreOneForwardPass) {
  Served served("", {.pictures = {.most = 32, .window = std::chrono::milliseconds(20)}});
  const Colour colours[] = {kRed, kGreen, kBlue, kGrey};
  const auto vector_of = [&](size_t i) {
    return served.json("POST", "/embed", person(colours[i % 4], colours[i / 4]), "image/png")["pictures"][0];
  };
  std::vector<Json> alone, together(16);
  for (size_t i = 0; i < 16; ++i) alone.push_back(vector_of(i));
  EXPECT_EQ(served.model.passes, 16);
  served.model.is_held = true;
  {
    std::vector<std::jthread> clients;
    for (size_t i = 0; i < 16; ++i) clients.emplace_back([&, i] { together[i] = vector_of(i); });
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    served.model.is_held = false;
  }
  EXPECT_LE(served.model.passes, 16 + 3);
  EXPECT_EQ(together, alone);
  EXPECT_THAT(served.ask("GET", "/metrics").body, HasSubstr("dmf_pictures_total 32"));
}

TEST(Service, TheAuditLogTellsWhoDidWhatAndNotWhatForWhom) {
  const Served served;
  served.add(kRed, kGrey, "?identity=ann");
  served.ask("POST", "/search", R"({"text": "a secret red coat", "camera": "gate"})");
  served.ask("DELETE", "/persons/ann");
  const std::string log = served.audited();
  EXPECT_THAT(log, AllOf(HasSubstr(R"("action":"add")"), HasSubstr(R"("kind":"text")"),
                         HasSubstr(R"("filters":["camera"])"), HasSubstr(R"("returned":0)"),
                         HasSubstr(R"("action":"deleted")"), HasSubstr(R"("person":"ann")"),
                         HasSubstr(R"("removed":1)"), HasSubstr(R"("address":"127.0.0.1")"),
                         Not(HasSubstr("secret"))));
  std::filesystem::remove(served.folder / "audit.jsonl");
  std::filesystem::create_directory(served.folder / "audit.jsonl");
  EXPECT_THROW(served.ask("POST", "/search", R"({"text": "red"})"), DataError)
      << "no search without its line";
}

TEST(Service, WhatIsOlderIsDeletedByRetention) {
  const Served served;
  served.add(kRed, kGrey, "?time=2020-01-01");
  const int64_t today = served.add(kGreen, kGrey);
  EXPECT_EQ(served.service->retain(30), 1);
  EXPECT_EQ(served.service->retain(30), 0);
  const Json left = served.json("GET", "/crops")["crops"];
  ASSERT_EQ(left.size(), 1);
  EXPECT_EQ(left[0]["id"], today);
  EXPECT_TRUE(left[0]["time"].is_string()) << "without a time of its own, when it came";
  EXPECT_THAT(served.audited(), HasSubstr(R"("key":"retention")"));
  EXPECT_EQ(served.store->read(
                [](const search::GalleryView& gallery) { return gallery.statistics().deleted_rows; }),
            0);
}

TEST(Service, CropsAreListedPageByPage) {
  const Served served;
  for (int i = 0; i < 5; ++i) served.add(kRed, kGrey, i == 2 ? "?camera=gate" : "");
  Json page = served.json("GET", "/crops?limit=2");
  EXPECT_EQ(page["next"], 2);
  page = served.json("GET", "/crops?limit=2&after=4");
  EXPECT_EQ(page["crops"].size(), 1);
  EXPECT_TRUE(page["next"].is_null());
  EXPECT_EQ(served.json("GET", "/crops?camera=gate")["crops"][0]["id"], 3);
}

TEST(Service, PathsOfTheServerAreNotTold) {
  Served served;
  served.store->add(Vector(kWidth, 1), {{.source = "/home/someone/private/a.jpg"}, ""});
  EXPECT_EQ(served.json("GET", "/crops/1")["source"], "a.jpg");
  EXPECT_EQ(served.ask("GET", "/compare?first=1&second=1&maps=1").status, 422) << "no thumbnail";
  served.model.reads = false;
  EXPECT_EQ(code_of(served.ask("POST", "/search", R"({"text": "red"})")), "no_sentences");
}

}  // namespace
}  // namespace dmf::serve
