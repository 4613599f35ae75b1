// What the service does to crops.
#include <algorithm>
#include <chrono>

#include "dmf/core/log.h"
#include "dmf/data/thumbnail.h"
#include "dmf/serve/service.h"

namespace dmf::serve {
namespace {

using Json = nlohmann::json;

int64_t now() {
  return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now())
      .time_since_epoch()
      .count();
}

[[noreturn]] void no_crop(int64_t id) {
  throw Refusal(404, "not_found", fmt::format("there is no crop {}", id));
}

}  // namespace

search::Crop Service::existing(int64_t id) {
  auto crop = store_.read([&](const search::GalleryView& gallery) { return gallery.find(id); });
  if (!crop) no_crop(id);
  return std::move(*crop);
}

Reply Service::list(const Call& call) {
  const int64_t after = call.integer("after"), limit = call.integer("limit");
  const Json document = store_.read([&](const search::GalleryView& gallery) {
    const std::vector<int64_t> ids = gallery.select(filter_of(call));
    Json crops = Json::array(), next;
    for (auto at = std::upper_bound(ids.begin(), ids.end(), after); at != ids.end(); ++at) {
      if (static_cast<int64_t>(crops.size()) == limit) {
        next = crops.back()["id"];
        break;
      }
      if (const auto crop = gallery.find(*at)) crops.push_back(crop_json(*crop));
    }
    return Json{{"crops", crops}, {"next", next}};
  });
  audit(call, "list", {{"returned", document["crops"].size()}});
  return json_reply(document);
}

Reply Service::crop(const Call& call) {
  const search::Crop crop = existing(call.integer("id"));
  audit(call, "look", {{"crops", {crop.id}}});
  return json_reply(crop_json(crop));
}

Reply Service::thumbnail(const Call& call) {
  const int64_t id = call.integer("id");
  std::string jpeg = store_.read([&](const search::GalleryView& gallery) { return gallery.thumbnail(id); });
  if (jpeg.empty()) throw Refusal(404, "not_found", fmt::format("there is no thumbnail of a crop {}", id));
  return {200, "image/jpeg", std::move(jpeg), {}};
}

Reply Service::add(const Call& call) {
  if (store_.is_read_only()) throw Refusal(403, "read_only", "this server only reads its gallery");
  if (call.pictures.size() != 1)
    throw Refusal(400, "bad_request", fmt::format("expected one picture, got {}", call.pictures.size()));
  search::NewCrop added;
  added.crop = {.source = call.text("source"),
                .camera = call.text("camera"),
                .time = call.time("time"),
                .identity = call.text("identity"),
                .tags = search::sorted_tags(call.texts("tag"))};
  if (!added.crop.time) added.crop.time = now();
  Vector vector = picture_vectors(call.pictures)[0];
  if (options_.thumbnail > 0)
    added.thumbnail = data::thumbnail_jpeg(decoded(call.pictures[0], /*to_model=*/false), options_.thumbnail);
  const search::Crop shown = added.crop;
  const int64_t id = store_.add(std::move(vector), std::move(added));
  audit(call, "add", {{"crops", {id}}});
  Json document = crop_json(shown);
  document["id"] = id;
  document["thumbnail"] = fmt::format("/crops/{}/thumbnail", id);
  Reply reply = json_reply(document, 201);
  reply.headers.emplace_back("Location", fmt::format("/crops/{}", id));
  return reply;
}

Reply Service::update(const Call& call) {
  const int64_t id = call.integer("id");
  search::CropUpdate change;
  if (call.has("camera")) change.camera = call.text("camera");
  if (call.has("identity")) change.identity = call.text("identity");
  if (call.has("time")) change.time = call.time("time");
  if (call.has("tag")) change.tags = call.texts("tag");
  if (!store_.update(id, change)) no_crop(id);
  Json fields = Json::array();
  for (const auto& [name, value] : call.fields.items()) {
    if (name != "id") fields.push_back(name);
  }
  audit(call, "update", {{"crops", {id}}, {"fields", fields}});
  return json_reply(crop_json(existing(id)));
}

Reply Service::removed(const Call& call, const search::Filter& filter, bool purge, Json what) {
  // Written twice: that it was asked for, should it end in the middle, and what became of it.
  what["purge"] = purge;
  audit(call, "delete", what);
  const std::vector<int64_t> ids = store_.remove(filter, purge);
  what["removed"] = ids.size();
  audit(call, "deleted", what);
  return json_reply({{"removed", ids.size()}, {"purged", purge}});
}

Reply Service::remove_crop(const Call& call) {
  const int64_t id = call.integer("id");
  existing(id);
  return removed(call, {.ids = {id}}, call.flag("purge"), {{"crops", {id}}});
}

Reply Service::remove_selection(const Call& call) {
  const search::Filter filter = filter_of(call);
  if (filter.is_empty())
    throw Refusal(400, "bad_request", "which crops?", "give camera, identity, tag, from or before");
  Json what = call.fields;
  what.erase("purge");
  return removed(call, filter, call.flag("purge"), {{"filter", what}});
}

Reply Service::remove_person(const Call& call) {
  const std::string identity = call.text("identity");
  const search::Filter filter{.identities = {identity}};
  if (store_.read([&](const search::GalleryView& gallery) { return gallery.select(filter); }).empty())
    throw Refusal(404, "not_found", "there is no crop of this person");
  return removed(call, filter, /*purge=*/true, {{"person", identity}});
}

int64_t Service::retain(int64_t days) {
  constexpr int64_t kDay = 24 * 60 * 60 * 1000;
  Call call;
  call.key = "retention";
  const int64_t before = now() - days * kDay;
  const auto ids =
      store_.read([&](const search::GalleryView& gallery) { return gallery.select({.before = before}); });
  if (!ids.empty())
    removed(call, {.before = before}, /*purge=*/true, {{"filter", {{"before", search::time_text(before)}}}});
  store_.compact();
  spdlog::info("retention: {} crops from before {} deleted", ids.size(), search::time_text(before));
  return static_cast<int64_t>(ids.size());
}

}  // namespace dmf::serve
