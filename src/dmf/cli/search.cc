#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>

#include "dmf/cli/command.h"
#include "dmf/cli/eval_run.h"
#include "dmf/cli/filter_flags.h"
#include "dmf/cli/flags.h"
#include "dmf/cli/gallery_place.h"
#include "dmf/cli/result.h"
#include "dmf/cli/search_picture.h"
#include "dmf/cli/search_query.h"
#include "dmf/core/error.h"
#include "dmf/core/log.h"
#include "dmf/core/system.h"
#include "dmf/fuse/model_identity.h"

namespace dmf::cli {
namespace {

struct SearchArguments {
  GalleryPlace place;
  std::string model, json, picture;
  QueryInput query;
  FilterFlags which;
  int64_t top = 10, head = 100;
  std::optional<std::string> re_rank;
  embed::EmbedOptions embedding;
  bool is_exact = false;
};

/// The model, where the query needs one: a crop that is stored needs none.
std::optional<embed::Embedder> load_model(const SearchArguments& arguments,
                                          const search::GalleryView& gallery) {
  if (arguments.query.images.empty() && arguments.query.texts.empty()) return std::nullopt;
  DMF_CHECK(!arguments.model.empty(), InvalidArgument, "{}: does not know its model file; hint: --model FILE",
            arguments.place.name);
  const std::string identity = fuse::model_identity(arguments.model);
  DMF_CHECK(identity == gallery.kind().model, InvalidArgument,
            "{}: holds vectors of model {}, {} is {}; hint: --model with the file it was made with",
            arguments.place.name, gallery.kind().model, arguments.model, identity);
  embed::EmbedOptions options = arguments.embedding;
  options.flip = gallery.property("flip") == "yes";
  return embed::Embedder(arguments.model, options);
}

std::optional<search::SameThreshold> threshold_of(const SearchArguments& arguments,
                                                  const search::GalleryView& gallery) {
  std::error_code ignored;
  if (!std::filesystem::exists(arguments.model, ignored)) {
    spdlog::warn("the model file '{}' is not there: nothing says which similarity means the same person",
                 arguments.model);
    return std::nullopt;
  }
  if (fuse::model_identity(arguments.model) != gallery.kind().model) return std::nullopt;
  return same_threshold(arguments.model);
}

std::vector<search::Hit> answers(const SearchArguments& arguments, const search::GalleryView& gallery,
                                 const Query& query, std::vector<search::Hit> hits) {
  std::erase_if(hits, [&](const search::Hit& hit) {
    return std::find(query.own.begin(), query.own.end(), hit.id) != query.own.end();
  });
  if (arguments.re_rank) {
    const eval::ReRankingOptions options = parse_re_ranking(*arguments.re_rank);
    hits.resize(std::min(hits.size(), static_cast<size_t>(std::max(arguments.top, arguments.head))));
    search::re_rank(gallery, query.vector.data(), hits, options);
  }
  hits.resize(std::min(hits.size(), static_cast<size_t>(arguments.top)));
  return hits;
}

/// A search that is done.
struct Searched {
  std::vector<Query> queries;
  std::vector<Found> found;
  std::optional<search::SameThreshold> threshold;
  int64_t selected = 0;
  double seconds = 0;
  bool is_exact = true;
};

Searched search_all(const SearchArguments& arguments, const search::GalleryView& gallery) {
  const std::optional<embed::Embedder> embedder = load_model(arguments, gallery);
  Searched done;
  done.queries = make_queries(arguments.query, gallery, embedder ? &*embedder : nullptr);
  done.threshold = threshold_of(arguments, gallery);
  for (const std::string& damage : gallery.damage()) spdlog::warn("not searched: {}", damage);
  std::vector<float> values;
  for (const Query& query : done.queries)
    values.insert(values.end(), query.vector.begin(), query.vector.end());
  const eval::VectorView vectors{values, static_cast<int64_t>(done.queries.size()), gallery.kind().width};
  const int64_t wanted = (arguments.re_rank ? std::max(arguments.top, arguments.head) : arguments.top) +
                         static_cast<int64_t>(arguments.query.ids.size());
  const double start = wall_seconds();
  const search::SearchResult result =
      gallery.search(vectors, wanted, arguments.which.filter(), arguments.is_exact);
  for (size_t i = 0; i < result.answers.size(); ++i) {
    const Query& query = done.queries[i];
    done.found.push_back(
        {query.name, query.read_as, query.is_judged, answers(arguments, gallery, query, result.answers[i])});
  }
  done.seconds = wall_seconds() - start;
  done.selected = result.searched;
  done.is_exact = result.is_exact;
  return done;
}

nlohmann::json document_of(const Searched& done, const SearchArguments& arguments,
                           const search::GalleryView& gallery, nlohmann::json document) {
  document["gallery"] = {
      {"folder", arguments.place.name}, {"crops", gallery.count()}, {"searched", done.selected}};
  document["threshold"] = done.threshold ? search::to_json(*done.threshold) : nlohmann::json();
  document["search_seconds"] = done.seconds;
  document["exact"] = done.is_exact;
  document["damage"] = gallery.damage();
  document["results"] = nlohmann::json::array();
  for (const Found& each : done.found) document["results"].push_back(to_json(each, gallery, done.threshold));
  return document;
}

void search_gallery(SearchArguments arguments) {
  const Measurement measurement;
  if (arguments.re_rank) parse_re_ranking(*arguments.re_rank);
  const auto opened = open_gallery(arguments.place);
  const search::GalleryView& gallery = *opened;
  if (arguments.model.empty()) arguments.model = gallery.property("model_file");
  const Searched done = search_all(arguments, gallery);
  if (arguments.json != "-") {
    std::string text;
    for (const Found& each : done.found) text += hit_table(each, gallery, done.threshold) + "\n";
    text += fmt::format("{} of {} crops searched in {:.1f} ms ({}); {}\n", done.selected, gallery.count(),
                        1000 * done.seconds, done.is_exact ? "exactly" : "approximately",
                        threshold_text(done.threshold));
    std::fputs(text.c_str(), stdout);
  }
  if (!arguments.picture.empty()) {
    std::vector<ShownQuery> shown;
    for (const Query& query : done.queries) shown.push_back(shown_query(query, gallery));
    draw_search(shown, done.found, gallery, done.threshold).save_png(arguments.picture);
  }
  if (!arguments.json.empty())
    write_document(document_of(done, arguments, gallery, measurement.document()), arguments.json);
}

std::function<void()> declare_search(CLI::App& app) {
  auto arguments = std::make_shared<SearchArguments>();
  QueryInput& query = arguments->query;
  app.add_option("gallery", arguments->place.name,
                 "folder that `dmf index` made; with --store its name there")
      ->required()
      ->type_name("GALLERY");
  add_store_flag(app, arguments->place.store);
  app.add_option("image", query.images, "pictures to search for, each on its own")->type_name("IMAGE");
  app.add_option("--text", query.texts,
                 "a sentence to search for; with pictures: each of them, changed as it says; may be repeated")
      ->allow_extra_args(false)
      ->type_name("TEXT");
  app.add_option("--id", query.ids, "a crop of the gallery to search for; may be repeated")
      ->allow_extra_args(false)
      ->type_name("N");
  app.add_option("--text-weight", query.text_weight, "share of the sentence beside a picture")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  app.add_flag("--together", query.is_together, "all pictures show one person: one query, their mean");
  app.add_option("--top", arguments->top, "answers to a query")
      ->check(CLI::Range(int64_t{1}, int64_t{100000}))
      ->capture_default_str();
  arguments->which.declare(app);
  app.add_option("--re-rank", arguments->re_rank,
                 "k-reciprocal re-ranking of the first answers; without numbers 20,6,0.3")
      ->type_name("K1,K2,LAMBDA")
      ->expected(0, 1)
      ->default_str("20,6,0.3");
  app.add_option("--head", arguments->head, "how many answers are re-ranked")
      ->check(CLI::Range(int64_t{2}, int64_t{10000}))
      ->capture_default_str();
  app.add_flag("--exact", arguments->is_exact,
               "compare every crop also where the gallery has an approximate index");
  app.add_option("--picture", arguments->picture, "also draw queries and answers")->type_name("PNG");
  app.add_option("--model", arguments->model, "model file; standard is the one the gallery was made with")
      ->type_name("FILE");
  add_device_flags(app, arguments->embedding);
  add_json_flag(app, arguments->json, "to standard output");
  return [arguments] { search_gallery(*arguments); };
}

}  // namespace

Command search_command() {
  return {"search", "Finds the crops of a gallery that are nearest to a picture, a sentence, or both",
          "dmf search people --text \"a woman in a red coat with a backpack\" --camera gate", declare_search};
}

}  // namespace dmf::cli
