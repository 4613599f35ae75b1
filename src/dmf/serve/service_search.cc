// What the service answers questions with.
#include <algorithm>
#include <cctype>

#include "dmf/core/log.h"
#include "dmf/core/system.h"
#include "dmf/data/thumbnail.h"
#include "dmf/serve/openapi.h"
#include "dmf/serve/page.h"
#include "dmf/serve/picture.h"
#include "dmf/serve/service.h"

namespace dmf::serve {
namespace {

using Json = nlohmann::json;

constexpr size_t kMostPictures = 16;

Json reading_json(const Reading& reading) {
  return {{"read_as", reading.read_as}, {"left_out", reading.left_out}, {"unknown", reading.unknown}};
}

Json map_json(const PatchValues& map) {
  return {{"rows", map.rows}, {"columns", map.columns}, {"values", map.values}};
}

Json counts_json(const search::Counts& counts) {
  Json list = Json::array();
  for (const auto& [name, count] : counts) list.push_back({{"name", name}, {"crops", count}});
  return list;
}

Json time_json(const std::optional<int64_t>& time) { return time ? Json(search::time_text(*time)) : Json(); }

Json threshold_json(const Model& model) {
  const auto threshold = model.threshold();
  return threshold ? search::to_json(*threshold) : Json();
}

Vector joined(const std::vector<std::pair<const Vector*, double>>& parts) {
  try {
    return search::weighted_mean(parts);
  } catch (const InvalidArgument&) {
    throw Refusal(422, "opposite", "these pictures and sentences cancel each other out");
  }
}

Vector mean_of(const std::vector<Vector>& vectors) {
  if (vectors.size() == 1) return vectors[0];
  std::vector<std::pair<const Vector*, double>> parts;
  for (const Vector& vector : vectors) parts.emplace_back(&vector, 1.0);
  return joined(parts);
}

/// Which filters a search has, for the audit log; not their values.
Json filter_names(const Call& call) {
  Json names = Json::array();
  for (const char* name : {"camera", "identity", "tag", "from", "before"}) {
    if (call.has(name)) names.push_back(name);
  }
  return names;
}

}  // namespace

struct Service::Query {
  Vector vector;
  std::vector<int64_t> own;  ///< crops it is made of, which are not among its answers
  std::optional<Reading> reading;
  std::string kind;  ///< "picture", "crop+text" …
  bool is_judged = true;
};

search::Filter filter_of(const Call& call) {
  return {.cameras = call.texts("camera"),
          .identities = call.texts("identity"),
          .tags = call.texts("tag"),
          .from = call.time("from"),
          .before = call.time("before")};
}

Json crop_json(const search::Crop& crop) {
  Json json = search::to_json(crop);
  // Where files lie on the machine that made the gallery is nobody's business.
  if (crop.source.starts_with('/')) json["source"] = crop.source.substr(crop.source.rfind('/') + 1);
  json["thumbnail"] = fmt::format("/crops/{}/thumbnail", crop.id);
  return json;
}

data::Pixels Service::decoded(const std::string& bytes, bool to_model) {
  check_picture(bytes, options_.picture_pixels);
  decoders_.acquire();
  struct Release {
    std::counting_semaphore<>& all;
    ~Release() { all.release(); }
  } const release{decoders_};
  return to_model ? decode_picture(bytes, model_.picture_height(), model_.picture_width())
                  : decode_picture(bytes);
}

std::vector<Vector> Service::picture_vectors(const std::vector<std::string>& pictures) {
  if (pictures.size() > kMostPictures)
    throw Refusal(422, "too_many_pictures",
                  fmt::format("{} pictures; at most {} are read", pictures.size(), kMostPictures));
  std::vector<data::Pixels> all;
  for (const std::string& each : pictures) all.push_back(decoded(each, /*to_model=*/true));
  return all.empty() ? std::vector<Vector>() : pictures_.run_all(std::move(all));
}

std::vector<Vector> Service::sentence_vectors(const std::vector<std::string>& sentences) {
  if (sentences.empty()) return {};
  if (!model_.reads_sentences())
    throw Refusal(422, "no_sentences", "this model reads no sentences", "search by picture");
  for (const std::string& sentence : sentences) {
    if (std::none_of(sentence.begin(), sentence.end(),
                     [](unsigned char c) { return c >= 128 || std::isalpha(c) != 0; }))
      throw Refusal(422, "no_words", "a sentence without a word");
  }
  return sentences_.run_all(sentences);
}

Service::Query Service::query_of(const Call& call) {
  Query query;
  query.own = call.integers("crop");
  std::vector<Vector> pictures = picture_vectors(call.pictures);
  for (const int64_t id : query.own) {
    pictures.push_back(store_.vector(id));
    if (pictures.back().empty()) throw Refusal(404, "not_found", fmt::format("there is no crop {}", id));
  }
  const std::string sentence = call.text("text");
  if (pictures.empty() && sentence.empty())
    throw Refusal(400, "bad_request", "nothing to search for", "give a picture, text or crop");
  query.kind = !call.pictures.empty() && !query.own.empty() ? "picture+crop"
               : !call.pictures.empty()                     ? "picture"
               : !query.own.empty()                         ? "crop"
                                                            : "";
  if (!pictures.empty()) query.vector = mean_of(pictures);
  if (sentence.empty()) return query;
  const Vector words = sentence_vectors({sentence})[0];
  query.reading = model_.read(sentence);
  query.is_judged = false;
  query.kind += query.kind.empty() ? "text" : "+text";
  const double weight = call.number("text_weight");
  query.vector = pictures.empty() ? words : joined({{&query.vector, 1 - weight}, {&words, weight}});
  return query;
}

Json Service::hits_json(const std::vector<search::Hit>& hits, const Query& query, size_t most) {
  const auto threshold = model_.threshold();
  return store_.read([&](const search::GalleryView& gallery) {
    Json list = Json::array();
    for (const search::Hit& hit : hits) {
      if (list.size() == most) break;
      if (std::find(query.own.begin(), query.own.end(), hit.id) != query.own.end()) continue;
      const auto crop = gallery.find(hit.id);
      if (!crop) continue;  // deleted since
      Json entry = crop_json(*crop);
      entry["similarity"] = hit.similarity;
      if (hit.re_ranked) entry["re_ranked_distance"] = *hit.re_ranked;
      if (query.is_judged && threshold) entry["person"] = search::decision(hit.similarity, *threshold);
      list.push_back(std::move(entry));
    }
    return list;
  });
}

Reply Service::search(const Call& call) {
  const Query query = query_of(call);
  const int64_t top = call.integer("top"), head = call.integer("re_rank");
  Wanted wanted{.vector = query.vector,
                .count = top + static_cast<int64_t>(query.own.size()),
                .filter = filter_of(call),
                .is_exact = call.flag("exact")};
  if (head > 1) wanted.head = head;
  const Answered answered = store_.search(std::move(wanted));
  Json document = {{"hits", hits_json(answered.hits, query, static_cast<size_t>(top))},
                   {"threshold", threshold_json(model_)},
                   {"exact", answered.is_exact},
                   {"searched", answered.searched},
                   {"crops", store_.statistics().crops}};
  if (query.reading) document["reading"] = reading_json(*query.reading);
  audit(call, "search",
        {{"kind", query.kind},
         {"filters", filter_names(call)},
         {"crops", query.own},
         {"returned", document["hits"].size()}});
  return json_reply(document);
}

Reply Service::embed(const Call& call) {
  const std::vector<std::string> sentences = call.texts("text");
  if (sentences.empty() && call.pictures.empty())
    throw Refusal(400, "bad_request", "nothing to embed", "give pictures or text");
  const Json document = {{"fingerprint", store_.kind().model},
                         {"width", model_.width()},
                         {"pictures", picture_vectors(call.pictures)},
                         {"sentences", sentence_vectors(sentences)}};
  audit(call, "embed", {{"pictures", call.pictures.size()}, {"sentences", sentences.size()}});
  return json_reply(document);
}

data::Pixels Service::stored_picture(int64_t id) {
  const std::string jpeg =
      store_.read([&](const search::GalleryView& gallery) { return gallery.thumbnail(id); });
  if (jpeg.empty()) throw Refusal(422, "no_thumbnail", fmt::format("crop {} has no thumbnail", id));
  return decoded(jpeg, /*to_model=*/true);
}

Reply Service::compare(const Call& call) {
  const int64_t ids[] = {call.integer("first"), call.integer("second")};
  Json document = {{"first", crop_json(existing(ids[0]))}, {"second", crop_json(existing(ids[1]))}};
  const Vector first = store_.vector(ids[0]), second = store_.vector(ids[1]);
  if (first.empty() || second.empty()) throw Refusal(422, "damaged", "a vector of these crops is damaged");
  double similarity = 0;
  for (size_t k = 0; k < first.size(); ++k)
    similarity += static_cast<double>(first[k]) * static_cast<double>(second[k]);
  document["similarity"] = similarity;
  if (const auto threshold = model_.threshold())
    document["person"] = search::decision(similarity, *threshold);
  if (call.flag("maps")) {
    const std::unique_lock lock(comparing_, std::try_to_lock);
    if (!lock) throw Refusal(503, "overloaded", "maps of others are being computed").with("Retry-After", "3");
    const Likeness likeness = model_.compare(stored_picture(ids[0]), stored_picture(ids[1]));
    document["maps"] = {{"similarity", likeness.similarity},
                        {"first", map_json(likeness.first)},
                        {"second", map_json(likeness.second)}};
  }
  audit(call, "compare", {{"crops", {ids[0], ids[1]}}});
  return json_reply(document);
}

Reply Service::page(const Call&) { return page_reply(); }
Reply Service::health(const Call&) { return json_reply({{"status", "ok"}}); }
Reply Service::openapi(const Call&) { return json_reply(openapi_document(!keys_.is_empty())); }

Reply Service::model(const Call&) {
  return json_reply({{"fingerprint", store_.kind().model},
                     {"width", model_.width()},
                     {"reads_sentences", model_.reads_sentences()},
                     {"picture", {{"height", model_.picture_height()}, {"width", model_.picture_width()}}},
                     {"threshold", threshold_json(model_)},
                     {"crops", store_.statistics().crops},
                     {"card", model_.card()}});
}

Reply Service::cameras(const Call&) {
  const search::GalleryStatistics statistics = store_.statistics();
  return json_reply({{"cameras", counts_json(statistics.cameras)},
                     {"tags", counts_json(statistics.tags)},
                     {"first_time", time_json(statistics.first_time)},
                     {"last_time", time_json(statistics.last_time)}});
}

Reply Service::metrics(const Call&) {
  const search::GalleryStatistics statistics = store_.statistics();
  std::string text = metrics_.text();
  const auto add = [&](const char* name, const char* type, const char* help, int64_t value) {
    text += metric_text(name, type, help, static_cast<double>(value));
  };
  add("dmf_crops", "gauge", "Crops in the gallery.", statistics.crops);
  add("dmf_deleted_vectors", "gauge", "Vectors of deleted crops that are on the disk still.",
      statistics.deleted_rows);
  add("dmf_damaged_blocks", "gauge", "Blocks of vectors that cannot be read.",
      static_cast<int64_t>(store_.damage().size()));
  add("dmf_picture_passes_total", "counter", "Forward passes for pictures.", pictures_.batches());
  add("dmf_pictures_total", "counter", "Pictures embedded.", pictures_.items());
  add("dmf_sentence_passes_total", "counter", "Forward passes for sentences.", sentences_.batches());
  add("dmf_sentences_total", "counter", "Sentences embedded.", sentences_.items());
  add("dmf_search_passes_total", "counter", "Passes over the gallery.", store_.search_batches());
  add("dmf_searches_total", "counter", "Searches done.", store_.searches());
  add("dmf_peak_memory_bytes", "gauge", "Largest resident memory so far.", peak_memory_bytes());
  if (server_ != nullptr) {
    const ServerCounts& counts = server_->counts();
    add("dmf_connections", "gauge", "Open connections.", counts.connections);
    add("dmf_connections_total", "counter", "Connections so far.", counts.accepted);
    add("dmf_waiting", "gauge", "Requests that wait for a worker.", counts.waiting);
    add("dmf_working", "gauge", "Requests in work.", counts.working);
    add("dmf_body_bytes", "gauge", "Bytes of bodies that are held.", counts.body_bytes);
    add("dmf_cut_off_total", "counter", "Clients cut off for being too slow.", counts.cut_off);
    add("dmf_overloaded_total", "counter", "Requests refused for too much work.", counts.overloaded);
  }
  return {200, "text/plain; version=0.0.4", text, {}};
}

}  // namespace dmf::serve
