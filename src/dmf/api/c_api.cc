#include "dmf/api/c_api.h"

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>

#include "dmf/api/model.h"
#include "dmf/core/json_answer.h"
#include "dmf/core/log.h"
#include "dmf/search/exact.h"
#include "dmf/search/gallery_writer.h"

using nlohmann::json;

struct dmf_model {
  dmf::api::Model model;
};

struct dmf_gallery {
  std::filesystem::path folder;
  dmf::search::Gallery gallery;
  std::mutex turn;
};

namespace dmf::api {
namespace {

/// Standard output belongs to the program that uses the library: what is logged goes to standard error.
void send_log_to_standard_error() {
  static const bool is_done = (configure_log("normal"), true);
  static_cast<void>(is_done);
}

/// @param what  its name in messages
json object_of(const char* text, const char* what) {
  json object = json::parse(text, nullptr, false);
  DMF_CHECK(object.is_object(), InvalidArgument, "[dmf] {}: expected a JSON object, got '{}'", what, text);
  return object;
}

/// The value of one key, as `T`. @throws InvalidArgument  of another type
template <class T>
void read(const json& object, const char* key, T& value) {
  const auto found = object.find(key);
  if (found == object.end() || found->is_null()) return;
  try {
    value = found->get<T>();
  } catch (const json::exception&) {
    throw InvalidArgument(fmt::format("[dmf] {}: got {}", key, found->dump()));
  }
}

void read(const json& object, const char* key, std::optional<int64_t>& value) {
  int64_t number = 0;
  if (!object.contains(key) || object[key].is_null()) return;
  read(object, key, number);
  value = number;
}

void refuse_others(const json& object, std::initializer_list<std::string_view> keys) {
  for (const auto& [key, value] : object.items()) {
    DMF_CHECK(std::find(keys.begin(), keys.end(), key) != keys.end(), InvalidArgument,
              "[dmf] no such field: '{}'", key);
  }
}

search::Filter filter_of(const char* text) {
  const json object = object_of(text, "filter");
  refuse_others(object, {"ids", "sources", "cameras", "identities", "tags", "from", "before"});
  search::Filter filter;
  read(object, "ids", filter.ids);
  read(object, "sources", filter.sources);
  read(object, "cameras", filter.cameras);
  read(object, "identities", filter.identities);
  read(object, "tags", filter.tags);
  read(object, "from", filter.from);
  read(object, "before", filter.before);
  return filter;
}

std::vector<search::NewCrop> crops_of(const char* text) {
  const json list = json::parse(text, nullptr, false);
  DMF_CHECK(list.is_array(), InvalidArgument, "[dmf] crops: expected a JSON array");
  std::vector<search::NewCrop> crops;
  for (const json& object : list) {
    DMF_CHECK(object.is_object(), InvalidArgument, "[dmf] crops: expected objects, got {}", object.dump());
    refuse_others(object, {"source", "camera", "time", "identity", "tags"});
    search::Crop crop;
    read(object, "source", crop.source);
    read(object, "camera", crop.camera);
    read(object, "time", crop.time);
    read(object, "identity", crop.identity);
    read(object, "tags", crop.tags);
    crop.tags = search::sorted_tags(std::move(crop.tags));
    crops.push_back({std::move(crop), {}});
  }
  return crops;
}

json to_json(const search::Hit& hit, const search::Crop& crop) {
  return {{"id", hit.id},
          {"similarity", hit.similarity},
          {"source", crop.source},
          {"camera", crop.camera},
          {"time", crop.time ? json(*crop.time) : json()},
          {"identity", crop.identity},
          {"tags", crop.tags}};
}

json facts_of(const search::Gallery& gallery) {
  const search::GalleryStatistics statistics = gallery.statistics();
  return {{"model", gallery.kind().model},
          {"width", gallery.kind().width},
          {"count", statistics.crops},
          {"cameras", statistics.cameras},
          {"tags", statistics.tags}};
}

eval::VectorView view_of(const float* vectors, int64_t count, int64_t width) {
  DMF_CHECK(count >= 0 && width > 0, InvalidArgument, "[dmf] vectors: got {} of {} numbers", count, width);
  return {{vectors, static_cast<size_t>(count * width)}, count, width};
}

json put(const Vectors& given, float* vectors) {
  std::copy(given.values.begin(), given.values.end(), vectors);
  return json::object();
}

json load_model(const char* file, const char* options, dmf_model** model) {
  send_log_to_standard_error();
  embed::EmbedOptions embedding;
  OptionTable table;
  table.add("model", embedding);
  table.load_json({{"model", object_of(options, "options")}});
  auto loaded = std::make_unique<dmf_model>(dmf_model{Model(file, embedding)});
  const json facts = {{"width", loaded->model.width()},
                      {"reads_text", loaded->model.reads_text()},
                      {"identity", loaded->model.identity()},
                      {"setting", loaded->model.setting()}};
  *model = loaded.release();
  return facts;
}

/// Makes the gallery where there is none, and checks that one that is there takes these vectors.
void make_or_check(const std::filesystem::path& folder, const json& wanted) {
  search::GalleryKind kind;
  std::string model_file;
  bool flip = false;
  read(wanted, "model", kind.model);
  read(wanted, "width", kind.width);
  read(wanted, "model_file", model_file);
  read(wanted, "flip", flip);
  if (!search::is_gallery(folder)) {
    search::GalleryWriter writer(folder, kind);
    writer.set_property("model_file", std::filesystem::absolute(model_file).lexically_normal());
    writer.set_property("flip", flip ? "yes" : "no");
  }
  const search::Gallery gallery(folder);
  DMF_CHECK(gallery.kind().model == kind.model && gallery.kind().width == kind.width, InvalidArgument,
            "{}: holds vectors of model {}, this is {}; hint: the model it was made with", folder.string(),
            gallery.kind().model, kind.model);
  DMF_CHECK((gallery.property("flip") == "yes") == flip, InvalidArgument,
            "{}: holds vectors made with flip={}; hint: load the model so", folder.string(), !flip);
}

json open_gallery(const char* folder, const char* kind, dmf_gallery** gallery) {
  send_log_to_standard_error();
  const json wanted = object_of(kind, "kind");
  if (!wanted.empty()) make_or_check(folder, wanted);
  auto opened = std::unique_ptr<dmf_gallery>(new dmf_gallery{folder, search::Gallery(folder), {}});
  const json facts = facts_of(opened->gallery);
  *gallery = opened.release();
  return facts;
}

json search_in(const search::Gallery& gallery, eval::VectorView queries, int64_t top,
               const char* filter_text) {
  const auto snapshot = gallery.snapshot();
  const search::Filter filter = filter_of(filter_text);
  const search::Selection selection =
      filter.is_empty() ? snapshot->all() : snapshot->of(gallery.select(filter));
  json answers = json::array();
  for (const auto& hits : search::search_exact(*snapshot, queries, top, selection)) {
    json answer = json::array();
    for (const search::Hit& hit : hits) answer.push_back(to_json(hit, gallery.crop(hit.id)));
    answers.push_back(std::move(answer));
  }
  return {{"hits", answers}};
}

}  // namespace
}  // namespace dmf::api

using dmf::json_answer;

char* dmf_model_load(const char* file, const char* options, dmf_model** model) {
  return json_answer([&] { return dmf::api::load_model(file, options, model); });
}

void dmf_model_free(dmf_model* model) { delete model; }

char* dmf_model_embed_files(const dmf_model* model, const char* const* files, int64_t count, float* vectors) {
  return json_answer([&] {
    return dmf::api::put(model->model.embed(std::vector<std::filesystem::path>(files, files + count)),
                         vectors);
  });
}

char* dmf_model_embed_pictures(const dmf_model* model, const dmf_picture* pictures, int64_t count,
                               float* vectors) {
  return json_answer([&] {
    std::vector<dmf::api::PictureView> views;
    for (int64_t i = 0; i < count; ++i)
      views.push_back({pictures[i].rgb, pictures[i].height, pictures[i].width});
    return dmf::api::put(model->model.embed(std::span<const dmf::api::PictureView>(views)), vectors);
  });
}

char* dmf_model_embed_texts(const dmf_model* model, const char* const* sentences, int64_t count,
                            float* vectors) {
  return json_answer([&] {
    return dmf::api::put(model->model.embed_text({sentences, sentences + count}), vectors);
  });
}

char* dmf_gallery_open(const char* folder, const char* kind, dmf_gallery** gallery) {
  return json_answer([&] { return dmf::api::open_gallery(folder, kind, gallery); });
}

void dmf_gallery_free(dmf_gallery* gallery) { delete gallery; }

char* dmf_gallery_facts(dmf_gallery* gallery) {
  return json_answer([&] {
    const std::lock_guard lock(gallery->turn);
    return dmf::api::facts_of(gallery->gallery);
  });
}

char* dmf_gallery_add(dmf_gallery* gallery, const float* vectors, int64_t count, int64_t width,
                      const char* crops) {
  return json_answer([&] {
    const std::lock_guard lock(gallery->turn);
    dmf::search::GalleryWriter writer(gallery->folder);
    return json{{"ids", writer.add(dmf::api::view_of(vectors, count, width), dmf::api::crops_of(crops))}};
  });
}

char* dmf_gallery_remove(dmf_gallery* gallery, const char* filter) {
  return json_answer([&] {
    const std::lock_guard lock(gallery->turn);
    const dmf::search::Filter which = dmf::api::filter_of(filter);
    DMF_CHECK(!which.is_empty(), InvalidArgument, "[Gallery.remove] which crops? the filter is empty");
    dmf::search::GalleryWriter writer(gallery->folder);
    return json{{"removed", writer.remove(writer.gallery().select(which))}};
  });
}

char* dmf_gallery_search(dmf_gallery* gallery, const float* queries, int64_t count, int64_t width,
                         int64_t top, const char* filter) {
  return json_answer([&] {
    const std::lock_guard lock(gallery->turn);
    return dmf::api::search_in(gallery->gallery, dmf::api::view_of(queries, count, width), top, filter);
  });
}

void dmf_free(char* answer) { std::free(answer); }
