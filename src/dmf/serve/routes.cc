// The table of all routes.
#include "dmf/serve/route.h"
#include "dmf/serve/service.h"

namespace dmf::serve {
namespace {

constexpr double kMostId = 9007199254740991;  // what JSON's numbers hold exactly
constexpr double kMostName = 200, kMostSentence = 2000, kMostSource = 4096;

using Parameters = std::vector<Parameter>;

Parameter id() { return {"id", Kind::kInteger, "number of the crop", 1, kMostId, {}, true}; }

Parameters filters() {
  return {{"camera", Kind::kTexts, "crops of this camera; of several: of any of them", 0, kMostName},
          {"identity", Kind::kTexts, "crops of this identity; of several: of any of them", 0, kMostName},
          {"tag", Kind::kTexts, "crops with this tag; of several: with all of them", 0, kMostName},
          {"from", Kind::kTime,
           "crops of this time or later: 2026-01-31, 2026-01-31T12:00:05+01:00 (else UTC)", 0, 64},
          {"before", Kind::kTime, "crops from before this time", 0, 64}};
}

Parameters fields() {
  return {
      {"camera", Kind::kText, "what took it", 0, kMostName, ""},
      {"time", Kind::kTime, "when; when it came, where nothing is said: retention needs a time", 0, 64, ""},
      {"identity", Kind::kText, "who it is, where that is known", 0, kMostName, ""},
      {"tag", Kind::kTexts, "words to filter by", 0, kMostName}};
}

Parameters with(Parameters first, const Parameters& more) {
  first.insert(first.end(), more.begin(), more.end());
  return first;
}

Parameters search_parameters() {
  return with(
      {{"text", Kind::kText, "a sentence; beside pictures or crops: those, changed as it says", 0,
        kMostSentence, ""},
       {"crop", Kind::kIntegers,
        "a crop of the gallery to search from; of several and of pictures: their mean", 1, kMostId},
       {"text_weight", Kind::kNumber, "share of the sentence beside a picture", 0, 1, 0.5},
       {"top", Kind::kInteger, "answers", 1, 1000, 10},
       {"exact", Kind::kFlag, "compare every crop also where there is an approximate index", 0, 0, false},
       {"re_rank", Kind::kInteger,
        "put so many first answers in the order of k-reciprocal re-ranking; 0: none", 0, 1000, 0}},
      filters());
}

std::vector<Route> reading_routes() {
  return {{"GET",
           "/",
           Role::kNone,
           "page",
           "The page",
           "Search from a browser.",
           {},
           Body::kNone,
           200,
           "text/html",
           {},
           &Service::page},
          {"GET",
           "/health",
           Role::kNone,
           "health",
           "Whether the service answers",
           "Needs no key and tells nothing else.",
           {},
           Body::kNone,
           200,
           "Health",
           {},
           &Service::health},
          {"GET",
           "/openapi.json",
           Role::kNone,
           "openapi",
           "This document",
           "",
           {},
           Body::kNone,
           200,
           "application/json",
           {},
           &Service::openapi},
          {"GET",
           "/model",
           Role::kRead,
           "model",
           "The model's card",
           "What it was trained on, what it reads, and its threshold.",
           {},
           Body::kNone,
           200,
           "Model",
           {},
           &Service::model},
          {"POST",
           "/embed",
           Role::kRead,
           "embed",
           "Vectors of pictures and sentences",
           "Unit vectors that can be compared with each other by their inner product.",
           {{"text", Kind::kTexts, "a sentence; may be several", 0, kMostSentence}},
           Body::kPictures,
           200,
           "Vectors",
           {413, 415, 422},
           &Service::embed},
          {"POST",
           "/search",
           Role::kRead,
           "search",
           "The crops nearest to a picture, a sentence, a crop or several of them",
           "Pictures and crops together make one query, their mean. A sentence beside them moves it. Answers "
           "to a sentence are "
           "never judged: the threshold is one for pairs of pictures.",
           search_parameters(),
           Body::kPictures,
           200,
           "Answers",
           {404, 413, 415, 422},
           &Service::search},
          {"GET",
           "/compare",
           Role::kRead,
           "compare",
           "Two crops side by side",
           "How alike they are; with maps, which patches of each make them so (takes seconds, one at a time; "
           "from their "
           "thumbnails).",
           {{"first", Kind::kInteger, "a crop", 1, kMostId, {}, true},
            {"second", Kind::kInteger, "another", 1, kMostId, {}, true},
            {"maps", Kind::kFlag, "also compute the maps", 0, 0, false}},
           Body::kNone,
           200,
           "Comparison",
           {404, 422},
           &Service::compare},
          {"GET",
           "/cameras",
           Role::kRead,
           "cameras",
           "Cameras and tags, with how many crops each has",
           "",
           {},
           Body::kNone,
           200,
           "Cameras",
           {},
           &Service::cameras},
          {"GET",
           "/metrics",
           Role::kRead,
           "metrics",
           "Statistics for Prometheus",
           "",
           {},
           Body::kNone,
           200,
           "text/plain; version=0.0.4",
           {},
           &Service::metrics}};
}

std::vector<Route> crop_routes() {
  return {
      {"GET",
       "/crops",
       Role::kRead,
       "list",
       "Crops by number",
       "Pages: `after` is the last answer's `next`.",
       with({{"after", Kind::kInteger, "crops of a higher number", 0, kMostId, 0},
             {"limit", Kind::kInteger, "how many", 1, 1000, 100}},
            filters()),
       Body::kNone,
       200,
       "Crops",
       {},
       &Service::list},
      {"POST",
       "/crops",
       Role::kWrite,
       "add",
       "Add a picture",
       "Done when it is answered: it outlives a crash. A picture with the source of a crop takes its place.",
       with(fields(),
            {{"source", Kind::kText, "a name of its own, never opened as a file", 0, kMostSource, ""}}),
       Body::kPictures,
       201,
       "Crop",
       {403, 413, 415, 422},
       &Service::add},
      {"GET",
       "/crops/{id}",
       Role::kRead,
       "crop",
       "What is known of a crop",
       "",
       {id()},
       Body::kNone,
       200,
       "Crop",
       {404},
       &Service::crop},
      {"PATCH",
       "/crops/{id}",
       Role::kWrite,
       "update",
       "Change what is known of a crop",
       "What is not given stays; an empty text is no longer known; tags take the place of those there were.",
       with({id()}, fields()),
       Body::kFields,
       200,
       "Crop",
       {403, 404, 415},
       &Service::update},
      {"DELETE",
       "/crops/{id}",
       Role::kWrite,
       "remove",
       "Delete a crop",
       "Its fields and thumbnail are overwritten and it is not found any more. Its vector leaves the disk "
       "with `purge`, or "
       "within a day.",
       {id(), {"purge", Kind::kFlag, "take the vector off the disk before answering", 0, 0, false}},
       Body::kNone,
       200,
       "Removed",
       {403, 404},
       &Service::remove_crop},
      {"GET",
       "/crops/{id}/thumbnail",
       Role::kRead,
       "thumbnail",
       "Its small picture",
       "",
       {id()},
       Body::kNone,
       200,
       "image/jpeg",
       {404},
       &Service::thumbnail},
      {"DELETE",
       "/crops",
       Role::kAdmin,
       "remove_selection",
       "Delete the crops that a filter means",
       "At least one filter has to be given.",
       with({{"purge", Kind::kFlag, "take the vectors off the disk before answering", 0, 0, false}},
            filters()),
       Body::kNone,
       200,
       "Removed",
       {403},
       &Service::remove_selection},
      {"DELETE",
       "/persons/{identity}",
       Role::kAdmin,
       "remove_person",
       "Delete a person",
       "All crops of this identity: fields and thumbnails are overwritten, the segments written anew without "
       "their "
       "vectors, before it is answered.",
       {{"identity", Kind::kText, "as the crops have it", 0, kMostName, {}, true}},
       Body::kNone,
       200,
       "Removed",
       {403, 404},
       &Service::remove_person}};
}

std::vector<Route> make_routes() {
  std::vector<Route> all = reading_routes();
  for (Route& route : crop_routes()) all.push_back(std::move(route));
  return all;
}

}  // namespace

const std::vector<Route>& routes() {
  static const std::vector<Route> all = make_routes();
  return all;
}

}  // namespace dmf::serve
