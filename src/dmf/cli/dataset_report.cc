#include "dmf/cli/dataset_report.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "dmf/core/progress.h"
#include "dmf/core/table.h"
#include "dmf/data/dataset.h"
#include "dmf/data/inspection.h"

namespace dmf::cli {
namespace {

using nlohmann::json;

constexpr std::array kSplitNames{"train", "query", "gallery"};
constexpr size_t kListed = 20;  // of a kind of file, in the document

std::array<data::PublishedSplit, 3> splits_of(const data::Published& form) {
  return {form.train, form.query, form.gallery};
}

/// "751", or "551 (751)" where another number is published.
std::string beside(int64_t here, int64_t published, bool is_known) {
  if (!is_known || published == here || published == data::kNotPublished) return std::to_string(here);
  return fmt::format("{} ({})", here, published);
}

std::string form_name(const data::Dataset& dataset, const data::Published& form) {
  return *form.what == '\0' ? dataset.name : fmt::format("{}, {}", dataset.name, form.what);
}

std::string counts_table(const data::Dataset& dataset, const data::Inspection& inspection) {
  std::vector<std::vector<std::string>> rows;
  const bool is_known = inspection.published.has_value();
  for (size_t i = 0; i < kSplitNames.size(); ++i) {
    const data::SplitCounts& counts = inspection.splits[i];
    const data::PublishedSplit published =
        is_known ? splits_of(*inspection.published)[i] : data::PublishedSplit{};
    rows.push_back({kSplitNames[i], beside(counts.images, published.images, is_known),
                    beside(counts.identities, published.identities, is_known),
                    dataset.has_cameras ? std::to_string(counts.cameras) : "-",
                    std::to_string(counts.captioned), std::to_string(counts.captions),
                    std::to_string(counts.junk), std::to_string(counts.distractors)});
  }
  return text_table({is_known ? "(published)" : "", "images", "identities", "cameras", "captioned",
                     "captions", "junk", "distractors"},
                    rows);
}

/// Lines of the report: what is wrong is marked.
class Lines {
 public:
  void add(const std::string& topic, const std::string& state) {
    text_ += fmt::format("   {:<12} {}\n", topic, state);
  }
  void add_problem(const std::string& state) { text_ += fmt::format("!! {:<12} {}\n", "problem", state); }
  void add_text(const std::string& text) { text_ += text; }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

std::string belief(const data::Dataset& dataset, const data::Inspection& inspection) {
  std::string text = dataset.name;
  if (!dataset.variant.empty()) text += " (" + dataset.variant + ")";
  if (!inspection.published) return text;
  const std::string form = form_name(dataset, *inspection.published);
  return inspection.has_published_counts
             ? fmt::format("{}: the published counts of {}", text, form)
             : fmt::format("{}: not the published counts (compared with {})", text, form);
}

void add_notes(Lines& lines, const data::Dataset& dataset, const data::Inspection& inspection) {
  for (const auto& [kind, count] : dataset.warnings) lines.add("warning", fmt::format("{}: {}", kind, count));
  if (!dataset.has_cameras)
    lines.add("cameras", "none: right answers of the query's camera cannot be left out");
  if (!inspection.missing_cameras.empty())
    lines.add("cameras",
              fmt::format("{} missing between {} and {}", fmt::join(inspection.missing_cameras, ", "),
                          inspection.cameras.front(), inspection.cameras.back()));
  if (inspection.published && inspection.published->cameras != data::kNotPublished && dataset.has_cameras &&
      inspection.published->cameras != static_cast<int64_t>(inspection.cameras.size())) {
    lines.add("cameras",
              fmt::format("{}, published are {}", inspection.cameras.size(), inspection.published->cameras));
  }
  if (!inspection.absent.empty())
    lines.add("query", fmt::format("{} identities have no image in the gallery", inspection.absent.size()));
  if (inspection.without_caption > 0)
    lines.add("captions",
              fmt::format("{} images to train on have none, where others have", inspection.without_caption));
  if (inspection.splits[0].of_one_image > 0)
    lines.add("train", fmt::format("{} identities have one image only", inspection.splits[0].of_one_image));
}

void add_images(Lines& lines, const data::ImageInspection& images) {
  lines.add("read",
            fmt::format("{} images in {}, {:.0f} images/s", images.images, duration_text(images.seconds),
                        static_cast<double>(images.images) / std::max(images.seconds, 1e-6)));
  lines.add("sizes", fmt::format("height {} … {} (middle {}), width {} … {} (middle {})", images.height_min,
                                 images.height_max, images.height_median, images.width_min, images.width_max,
                                 images.width_median));
  for (const auto& [kind, count] : images.odd_sizes)
    lines.add("odd sizes", fmt::format("{}: {} images", kind, count));
  if (images.duplicates > 0)
    lines.add("same files",
              fmt::format("{} images are there again ({} groups)", images.duplicates, images.same.size()));
  if (images.near_pairs > 0)
    lines.add("look alike",
              fmt::format("{} pairs of an identity: as frames of one walk do", images.near_pairs));
  if (!images.near_wrong.empty())
    lines.add("look alike",
              fmt::format("{} pairs of two identities, or of train and test", images.near_wrong.size()));
}

json groups_document(const data::Dataset& dataset, const std::vector<data::SameImages>& groups) {
  json list = json::array();
  for (size_t i = 0; i < std::min(groups.size(), kListed); ++i) {
    json names = json::array();
    for (const uint32_t image : groups[i].images)
      names.push_back(data::record_at(dataset, image).path.below(dataset.root.string()));
    list.push_back({{"images", names},
                    {"several_identities", groups[i].is_of_several_identities},
                    {"train_and_test", groups[i].crosses_splits}});
  }
  return {{"count", groups.size()}, {"first", list}};
}

json files_document(const std::vector<data::BrokenFile>& files) {
  json list = json::array();
  for (size_t i = 0; i < std::min(files.size(), kListed); ++i)
    list.push_back({{"path", files[i].path}, {"reason", files[i].reason}});
  return {{"count", files.size()}, {"first", list}};
}

json images_document(const data::Dataset& dataset, const data::ImageInspection& images) {
  return {
      {"read", images.images},
      {"seconds", images.seconds},
      {"empty", files_document(images.empty)},
      {"unreadable", files_document(images.unreadable)},
      {"same_files", groups_document(dataset, images.same)},
      {"duplicates", images.duplicates},
      {"look_alike_pairs", images.near_pairs},
      {"look_alike_across", groups_document(dataset, images.near_wrong)},
      {"odd_sizes", images.odd_sizes},
      {"height", {{"min", images.height_min}, {"median", images.height_median}, {"max", images.height_max}}},
      {"width", {{"min", images.width_min}, {"median", images.width_median}, {"max", images.width_max}}}};
}

json published_document(const data::Dataset& dataset, const data::Inspection& inspection) {
  if (!inspection.published) return nullptr;
  json document = {{"form", form_name(dataset, *inspection.published)},
                   {"matches", inspection.has_published_counts}};
  const auto known = [](int64_t number) { return number == data::kNotPublished ? json() : json(number); };
  document["cameras"] = known(inspection.published->cameras);
  for (size_t i = 0; i < kSplitNames.size(); ++i) {
    const data::PublishedSplit split = splits_of(*inspection.published)[i];
    document[kSplitNames[i]] = {{"images", known(split.images)}, {"identities", known(split.identities)}};
  }
  return document;
}

json document_of(const data::Dataset& dataset, const data::Inspection& inspection,
                 const std::vector<std::string>& problems) {
  json document = {{"spec", dataset.spec},
                   {"dataset", dataset.name},
                   {"variant", dataset.variant},
                   {"fingerprint", dataset.fingerprint},
                   {"published", published_document(dataset, inspection)},
                   {"warnings", dataset.warnings},
                   {"has_cameras", dataset.has_cameras},
                   {"cameras", inspection.cameras},
                   {"missing_cameras", inspection.missing_cameras},
                   {"identities_in_train_and_test", inspection.leaking},
                   {"query_identities_without_gallery", inspection.absent},
                   {"images_without_caption", inspection.without_caption},
                   {"captions_without_image", inspection.captions_without_image},
                   {"problems", problems}};
  for (size_t i = 0; i < kSplitNames.size(); ++i) {
    const data::SplitCounts& counts = inspection.splits[i];
    document["splits"][kSplitNames[i]] = {
        {"images", counts.images},           {"identities", counts.identities},
        {"cameras", counts.cameras},         {"captioned", counts.captioned},
        {"captions", counts.captions},       {"junk", counts.junk},
        {"distractors", counts.distractors}, {"identities_of_one_image", counts.of_one_image}};
  }
  if (inspection.images) document["images"] = images_document(dataset, *inspection.images);
  return document;
}

}  // namespace

DatasetReport report_dataset(const std::string& spec, bool reads_images) {
  const data::Dataset dataset = data::open_dataset(spec);
  const data::Inspection inspection = data::inspect_dataset(dataset, {.reads_images = reads_images});
  const std::vector<std::string> problems = data::problems(dataset, inspection);
  Lines lines;
  lines.add("dataset", spec);
  lines.add("is", belief(dataset, inspection));
  lines.add("fingerprint", dataset.fingerprint);
  lines.add_text(counts_table(dataset, inspection));
  add_notes(lines, dataset, inspection);
  if (inspection.images) add_images(lines, *inspection.images);
  for (const std::string& problem : problems) lines.add_problem(problem);
  if (problems.empty()) lines.add("problems", "none");
  return {lines.text(), document_of(dataset, inspection, problems), static_cast<int64_t>(problems.size())};
}

}  // namespace dmf::cli
