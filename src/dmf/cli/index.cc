#include <CLI/CLI.hpp>
#include <cstdio>

#include "dmf/cli/command.h"
#include "dmf/cli/filter_flags.h"
#include "dmf/cli/flags.h"
#include "dmf/cli/gallery_place.h"
#include "dmf/cli/gallery_report.h"
#include "dmf/cli/index_images.h"
#include "dmf/cli/result.h"
#include "dmf/core/error.h"
#include "dmf/core/log.h"
#include "dmf/core/progress.h"
#include "dmf/pgstore/database_keeper.h"
#include "dmf/search/approximate.h"
#include "dmf/search/gallery_writer.h"

namespace dmf::cli {
namespace {

struct IndexArguments {
  search::ApproximateOptions approximate;
  GalleryPlace place;
  std::string action, model, time, json, split = "all";
  std::vector<std::string> inputs, assignments;
  FilterFlags which;
  IndexingOptions indexing;
  embed::EmbedOptions embedding;
  bool stops_at_broken = false, drops_damaged = false, compacts = false;
};

using Json = nlohmann::json;

Json with_count(const search::GalleryKeeper& writer, Json result) {
  result["crops"] = writer.view().count();
  return result;
}

void warn_of(double recall, double wanted) {
  if (recall < wanted) spdlog::warn("the wanted recall {} was not reached: {:.4f}", wanted, recall);
}

Json build_approximate(const search::GalleryWriter& writer, const search::ApproximateOptions& options) {
  const search::Gallery& gallery = writer.gallery();
  const auto index = search::ApproximateIndex::build(*gallery.snapshot(), options);
  index.save(search::approximate_file(gallery.folder()));
  const search::ApproximateFacts& facts = index.facts();
  warn_of(facts.recall, facts.wanted_recall);
  return {{"recall", facts.recall}, {"directions", facts.directions}, {"candidates", facts.candidates}};
}

/// One value of a flag that may be repeated where crops are chosen, and may not where they are described.
std::string only(const std::vector<std::string>& values, const char* flag) {
  DMF_CHECK(values.size() <= 1, InvalidArgument, "{}: given {} times; a picture has one", flag,
            values.size());
  return values.empty() ? "" : values[0];
}

Json add(IndexArguments arguments) {
  DMF_CHECK(!arguments.inputs.empty(), InvalidArgument, "nothing to add: give images, folders or datasets");
  CropSources sources{arguments.inputs, arguments.split, {}};
  sources.defaults.camera = only(arguments.which.cameras, "--camera");
  sources.defaults.identity = only(arguments.which.identities, "--identity");
  sources.defaults.tags = arguments.which.tags;
  if (!arguments.time.empty()) sources.defaults.time = search::parse_time(arguments.time);
  std::vector<CropInput> inputs = gather_crops(sources);
  if (is_gallery(arguments.place)) {
    const auto gallery = open_gallery(arguments.place);
    if (arguments.model.empty()) arguments.model = gallery->property("model_file");
    arguments.embedding.flip = gallery->property("flip") == "yes";
  }
  DMF_CHECK(!arguments.model.empty(), InvalidArgument, "{}: a new gallery needs --model FILE",
            arguments.place.name);
  arguments.embedding.skip_broken = !arguments.stops_at_broken;
  const embed::Embedder embedder(arguments.model, arguments.embedding);
  const auto opened = open_keeper(arguments.place, kind_of(embedder, arguments.model));
  search::GalleryKeeper& writer = *opened;
  writer.set_property("model_file", std::filesystem::absolute(arguments.model).lexically_normal());
  writer.set_property("flip", arguments.embedding.flip ? "yes" : "no");
  const IndexingResult result = index_images(writer, embedder, std::move(inputs), arguments.indexing);
  writer.refresh_approximate();
  return with_count(writer, {{"added", result.added},
                             {"known", result.known},
                             {"broken_images", result.broken},
                             {"setting", embedder.setting()}});
}

/// The crops that the flags mean; all of them only where that is asked for.
std::vector<int64_t> chosen(const IndexArguments& arguments, const search::GalleryView& gallery) {
  const search::Filter filter = arguments.which.filter();
  DMF_CHECK(!filter.is_empty(), InvalidArgument,
            "which crops? give --id, --source, --camera, --identity, --tag, --from or --before");
  return gallery.select(filter);
}

Json remove(const IndexArguments& arguments) {
  const auto opened = open_keeper(arguments.place);
  search::GalleryKeeper& writer = *opened;
  const int64_t count = writer.remove(chosen(arguments, writer.view()));
  if (arguments.compacts) {
    writer.compact(arguments.drops_damaged);
    writer.refresh_approximate();
  }
  return with_count(writer, {{"deleted", count}});
}

search::CropUpdate parse_update(const std::vector<std::string>& assignments) {
  search::CropUpdate update;
  for (const std::string& assignment : assignments) {
    const size_t equals = assignment.find('=');
    DMF_CHECK(equals != std::string::npos, InvalidArgument, "--set: expected FIELD=VALUE, got '{}'",
              assignment);
    const std::string field = assignment.substr(0, equals), value = assignment.substr(equals + 1);
    if (field == "camera") {
      update.camera = value;
    } else if (field == "identity") {
      update.identity = value;
    } else if (field == "time") {
      update.time = value.empty() ? std::optional<int64_t>() : search::parse_time(value);
    } else if (field == "tag+") {
      update.add_tags.push_back(value);
    } else if (field == "tag-") {
      update.remove_tags.push_back(value);
    } else {
      throw InvalidArgument(
          fmt::format("--set: unknown field '{}'; known: camera, identity, time, tag+, tag-", field));
    }
  }
  return update;
}

Json update(const IndexArguments& arguments) {
  DMF_CHECK(!arguments.assignments.empty(), InvalidArgument, "nothing to change: give --set FIELD=VALUE");
  const search::CropUpdate change = parse_update(arguments.assignments);
  const auto opened = open_keeper(arguments.place);
  search::GalleryKeeper& writer = *opened;
  const std::vector<int64_t> ids = chosen(arguments, writer.view());
  writer.update(ids, change);
  return with_count(writer, {{"updated", ids.size()}});
}

Json merge(const IndexArguments& arguments) {
  DMF_CHECK(!arguments.inputs.empty(), InvalidArgument, "nothing to merge: give the other gallery");
  needs_folder(arguments.place, "merge", "`dmf index add` the other gallery's pictures");
  search::GalleryWriter writer(arguments.place.name);
  search::MergeResult sum;
  for (const std::string& input : arguments.inputs) {
    const search::Gallery other(input);
    Progress progress("merging " + input, other.count(), "crops");
    const search::MergeResult result = writer.merge(other, [&](int64_t count) { progress.advance(count); });
    progress.finish();
    sum.added += result.added;
    sum.known += result.known;
    sum.damaged += result.damaged;
  }
  writer.refresh_approximate();
  if (sum.damaged > 0) spdlog::warn("{} crops were left out: their vectors are damaged", sum.damaged);
  return with_count(writer, {{"added", sum.added}, {"known", sum.known}, {"damaged", sum.damaged}});
}

Json compact(const IndexArguments& arguments) {
  const auto opened = open_keeper(arguments.place);
  search::GalleryKeeper& writer = *opened;
  const search::CompactionResult result = writer.compact(arguments.drops_damaged);
  writer.refresh_approximate();
  return with_count(writer, {{"rows_removed", result.rows},
                             {"crops_dropped", result.dropped_crops},
                             {"bytes_freed", result.bytes}});
}

Json approximate(const IndexArguments& arguments) {
  if (!arguments.place.is_folder()) {
    pgstore::DatabaseKeeper keeper(arguments.place.store, arguments.place.name);
    const pgstore::ApproximateFacts facts = keeper.build_approximate(arguments.approximate.recall);
    warn_of(facts.recall, arguments.approximate.recall);
    return with_count(keeper, {{"recall", facts.recall}, {"ef_search", facts.ef_search}});
  }
  const search::GalleryWriter writer(arguments.place.name);
  return with_count(writer, build_approximate(writer, arguments.approximate));
}

Json verify(const IndexArguments& arguments) {
  needs_folder(arguments.place, "verify", "pg_amcheck and the server's data checksums");
  const std::vector<std::string> faults = search::Gallery(arguments.place.name).verify();
  for (const std::string& fault : faults) spdlog::error(fault);
  DMF_CHECK(
      faults.empty(), DataError,
      "{}: {} faults; hint: what can be read is served; `dmf index compact --drop-damaged` removes crops "
      "without a vector, then index their pictures again",
      arguments.place.name, faults.size());
  return {{"faults", 0}};
}

void index(const IndexArguments& arguments) {
  const Measurement measurement;
  const std::pair<const char*, Json (*)(const IndexArguments&)> actions[] = {
      {"add", [](const IndexArguments& a) { return add(a); }},
      {"delete", remove},
      {"update", update},
      {"merge", merge},
      {"compact", compact},
      {"approximate", approximate},
      {"verify", verify},
      {"info", [](const IndexArguments& a) { return gallery_info(*open_gallery(a.place)); }}};
  Json result;
  for (const auto& [name, act] : actions) {
    if (arguments.action == name) result = act(arguments);
  }
  if (arguments.json != "-") {
    const std::string text = arguments.action == "info" ? info_table(result) : action_line(result);
    std::fputs(fmt::format("{}: {}\n", arguments.place.name, text).c_str(), stdout);
  }
  if (arguments.json.empty()) return;
  Json document = measurement.document();
  document["gallery"] = arguments.place.name;
  document["action"] = arguments.action;
  document["result"] = result;
  write_document(document, arguments.json);
}

std::function<void()> declare_index(CLI::App& app) {
  auto arguments = std::make_shared<IndexArguments>();
  app.add_option(
         "action", arguments->action,
         "add pictures (the gallery is made where there is none) · delete or update crops · merge "
         "other galleries into this one · compact: remove what was deleted from the disk · approximate: "
         "make what lets a large gallery be searched quicker · verify every byte · info")
      ->required()
      ->check(CLI::IsMember({"add", "delete", "update", "merge", "compact", "approximate", "verify", "info"}))
      ->type_name("ACTION");
  app.add_option("gallery", arguments->place.name, "folder of the gallery; with --store its name there")
      ->required()
      ->type_name("GALLERY");
  add_store_flag(app, arguments->place.store);
  app.add_option("input", arguments->inputs,
                 "to add: images, folders (searched through), datasets (FORMAT:PATH) or CSV files with the "
                 "column path and any of camera, time, identity, tags; to merge: galleries")
      ->type_name("IMAGE|FOLDER|DATASET|CSV|GALLERY");
  app.add_option("--model", arguments->model, "model file; standard is the one the gallery was made with")
      ->type_name("FILE");
  app.add_option("--id", arguments->which.ids, "crops of this number; may be repeated")->type_name("N");
  app.add_option("--source", arguments->which.sources, "the crop of this file; may be repeated")
      ->type_name("FILE");
  arguments->which.declare(app, "; to add: that of the pictures");
  app.add_option("--time", arguments->time, "to add: when the pictures were taken")->type_name("TIME");
  app.add_option("--split", arguments->split, "of datasets: train, query, gallery or all")
      ->check(CLI::IsMember({"train", "query", "gallery", "all"}))
      ->capture_default_str();
  app.add_option(
         "--set", arguments->assignments,
         "to update: camera=NAME, identity=NAME, time=TIME (empty: no longer known), tag+=TAG, tag-=TAG; "
         "may be repeated")
      ->type_name("FIELD=VALUE");
  app.add_option("--thumbnail", arguments->indexing.thumbnail, "height of the small pictures kept; 0: none")
      ->check(CLI::Range(int64_t{0}, int64_t{1024}))
      ->capture_default_str();
  app.add_flag("--flip", arguments->embedding.flip,
               "of a new gallery: average the vectors of each image and its mirror image");
  app.add_flag("--stop-at-broken", arguments->stops_at_broken,
               "end at the first image that cannot be decoded instead of counting it");
  app.add_flag("--compact", arguments->compacts, "to delete: compact afterwards");
  app.add_flag("--drop-damaged", arguments->drops_damaged,
               "to compact: also delete crops whose vectors are damaged");
  app.add_option("--recall", arguments->approximate.recall,
                 "to make an approximate index: wanted share of the nearest ten that it finds")
      ->check(CLI::Range(0.5, 0.9999))
      ->capture_default_str();
  add_device_flags(app, arguments->embedding);
  add_json_flag(app, arguments->json, "to standard output");
  return [arguments] { index(*arguments); };
}

}  // namespace

Command index_command() {
  return {"index", "Makes and keeps galleries: pictures with their vectors, to be searched",
          "dmf index add people folder/of/crops --model runs/first/model.safetensors --camera gate",
          declare_index};
}

}  // namespace dmf::cli
