// Who may ask what: Service::admit().
#include "dmf/serve/service.h"

#include <cmath>

#include "dmf/core/system.h"
#include "dmf/serve/form.h"

namespace dmf::serve {
namespace {

constexpr int64_t kMostFields = 1 << 20, kMostNothing = 1 << 10;

int64_t most_bytes(const Route& route, const Head& head, const ServiceOptions& options) {
  if (route.body == Body::kNone) return kMostNothing;
  const bool is_json = media_type(head.header("content-type")) == "application/json";
  return route.body == Body::kPictures && !is_json ? options.body_bytes : kMostFields;
}

/// "example.org" of "example.org:8080", "::1" of "[::1]:8080".
std::string host_of(const std::string& authority) {
  if (authority.starts_with('[')) return authority.substr(1, authority.find(']') - 1);
  return authority.substr(0, authority.rfind(':'));
}

std::string secret_of(const Head& head) {
  const std::string& bearer = head.header("authorization");
  constexpr std::string_view kBearer = "Bearer ";
  return bearer.starts_with(kBearer) ? bearer.substr(kBearer.size()) : head.header("x-api-key");
}

}  // namespace

Reply json_reply(const nlohmann::json& document, int status) {
  // Names in a gallery may be of any bytes.
  return {status,
          "application/json",
          document.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n",
          {}};
}

Service::Service(Store& store, const Model& model, const KeyRing& keys, Audit& audit,
                 const ServiceOptions& options)
    : store_(store),
      model_(model),
      keys_(keys),
      audit_(audit),
      options_(options),
      decoders_(available_processors()),
      pictures_(options.pictures, [this](std::vector<data::Pixels>& some) { return model_.pictures(some); }),
      sentences_(options.sentences,
                 [this](std::vector<std::string>& some) { return model_.sentences(some); }) {}

// A page of anybody's, open in a browser on this machine, could otherwise send requests here: by our address, or
// by a name of its own that it lets point to us.
void Service::check_origin(const Head& head) const {
  const std::string host = host_of(head.header("host"));
  if (keys_.is_empty() && host != "localhost" && host != "127.0.0.1" && host != "::1") {
    throw Refusal(421, "misdirected", "without keys, requests are answered to localhost alone",
                  "start it with --keys FILE");
  }
  const std::string& origin = head.header("origin");
  if (origin.empty()) return;
  const size_t name = origin.find("://");
  if (name == std::string::npos || origin.substr(name + 3) != head.header("host"))
    throw Refusal(403, "foreign_origin", "a page of another origin may not use this service");
}

std::string Service::admit_key(const Route& route, const Head& head) {
  if (keys_.is_empty()) return "anonymous";
  if (route.role == Role::kNone) return "";
  const std::optional<Key> key = keys_.find(secret_of(head));
  if (!key) {
    throw Refusal(401, "unauthorized", "no key, or one that is not known", "Authorization: Bearer KEY")
        .with("WWW-Authenticate", "Bearer realm=\"dmf\"");
  }
  if (key->role < route.role) {
    throw Refusal(403, "forbidden",
                  fmt::format("this needs a key of the role {}; '{}' has {}", name_of(route.role), key->name,
                              name_of(key->role)));
  }
  const double rate = key->rate > 0 ? key->rate : options_.rate;
  const double wait = rate > 0 ? limits_.wait_for(key->name, rate) : 0;
  if (wait > 0) {
    throw Refusal(429, "too_many_requests",
                  fmt::format("more than the {} requests a second of this key", rate))
        .with("Retry-After", std::to_string(static_cast<int64_t>(std::ceil(wait))));
  }
  return key->name;
}

Admitted Service::admit(const Head& head) {
  try {
    check_origin(head);
    const Match match = match_route(head.method, head.path);
    const std::string key = admit_key(*match.route, head);
    return {most_bytes(*match.route, head, options_),
            [this, match, head, key](const std::string& body) { return run(match, head, key, body); }};
  } catch (const Refusal& refusal) {
    metrics_.count("none", refusal.status(), 0);
    throw;
  }
}

Reply Service::run(const Match& match, const Head& head, const std::string& key, const std::string& body) {
  const double start = wall_seconds();
  const auto count = [&](int status) { metrics_.count(match.route->name, status, wall_seconds() - start); };
  try {
    Call call = read_call(match, head.query, head.header("content-type"), body);
    call.key = key;
    call.address = head.address;
    Reply reply = (this->*match.route->run)(call);
    count(reply.status);
    return reply;
  } catch (const Refusal& refusal) {
    count(refusal.status());
    throw;
  } catch (...) {
    count(500);
    throw;
  }
}

void Service::audit(const Call& call, const std::string& action, nlohmann::json entry) {
  entry["key"] = call.key;
  entry["address"] = call.address;
  entry["action"] = action;
  audit_.write(std::move(entry));
}

}  // namespace dmf::serve
