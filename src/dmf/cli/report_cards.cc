// What the page tells of the datasets and of the model.
#include <fmt/format.h>

#include <map>
#include <set>

#include "dmf/cli/report_json.h"
#include "dmf/cli/report_parts.h"
#include "dmf/cli/result.h"

namespace dmf::cli {
namespace {

using nlohmann::json;
using report::element;
using report::Html;
using report::PagePart;

Html card_table(const ModelCard& rows) {
  Html body;
  for (const auto& [name, value] : rows)
    body += element("tr", element("th", {{"scope", "row"}}, name) + element("td", value));
  return element("table", {{"class", "card"}}, element("tbody", body));
}

/// Images, persons, cameras and captions of a split in words.
std::string split_text(const std::vector<data::Record>& records) {
  std::set<int64_t> identities, cameras;
  int64_t captions = 0, junk = 0, distractors = 0;
  for (const data::Record& record : records) {
    captions += static_cast<int64_t>(record.captions.size());
    junk += record.identity == data::kJunk ? 1 : 0;
    distractors += record.identity == data::kDistractor ? 1 : 0;
    if (record.identity > 0) identities.insert(record.identity);
    if (record.camera != data::kNoCamera) cameras.insert(record.camera);
  }
  std::string text = fmt::format("{} images of {} persons", records.size(), identities.size());
  text += cameras.empty() ? ", cameras unknown" : fmt::format(", {} cameras", cameras.size());
  if (captions > 0) text += fmt::format(", {} captions", captions);
  if (junk > 0) text += fmt::format(", {} junk", junk);
  if (distractors > 0) text += fmt::format(", {} distractors", distractors);
  return text;
}

ModelCard test_card(const ReportedTest& test) {
  ModelCard card{{"named", test.result.value("dataset", "")}};
  if (test.images) {
    const data::Dataset& dataset = test.images->dataset;
    card.emplace_back("format", dataset.name + (dataset.variant.empty() ? "" : ", " + dataset.variant));
    if (dataset.title != dataset.name)
      card.emplace_back("published set", "no, or a part of it: not comparable with published figures");
    for (const auto& [name, records] :
         {std::pair{"train", &dataset.train}, std::pair{"query", &dataset.query},
          std::pair{"gallery", &dataset.gallery}}) {
      if (!records->empty()) card.emplace_back(name, split_text(*records));
    }
    for (const auto& [warning, count] : dataset.warnings)
      card.emplace_back("warning", fmt::format("{}: {}", warning, count));
  } else {
    card.emplace_back("query", figure_text(number_at(test.result, "/queries"), 0) + " images");
    card.emplace_back("gallery", figure_text(number_at(test.result, "/gallery"), 0) + " images");
  }
  card.emplace_back("fingerprint", test.result.value("fingerprint", ""));
  return card;
}

ModelCard training_card(const json& record) {
  ModelCard card{{"named", record.value("spec", "")}};
  if (const std::string format = record.value("format", ""); !format.empty())
    card.emplace_back("format", format);
  if (record.contains("images"))
    card.emplace_back("train",
                      fmt::format("{} images of {} persons", figure_text(number_at(record, "/images"), 0),
                                  figure_text(number_at(record, "/identities"), 0)));
  card.emplace_back("fingerprint", record.value("fingerprint", ""));
  return card;
}

constexpr const char* kUse =
    "Ranks images of pedestrians, and sentences about them, by how alike the persons look. Meant for cameras "
    "whose operator may use it so. It compares clothes and bodies: it does not know names, and nobody should "
    "be "
    "identified by it alone.";
constexpr const char* kLimits =
    "The figures hold for the test sets above and for no others; how well it works for a group of people "
    "that "
    "is rare in the training set is not measured. Who changes clothes is not found again. A threshold of one "
    "place may be far off at another.";

}  // namespace

PagePart dataset_part(const ReportSource& source, const std::vector<ReportedTest>& tests,
                      const ReportFolder& folder) {
  PagePart part;
  part.id = "datasets";
  part.title = "Datasets";
  std::vector<std::vector<std::string>> lines;
  Html cards;
  const auto add = [&](const std::string& title, const ModelCard& card) {
    cards += element("div", element("h3", title) + card_table(card));
    for (const auto& [name, value] : card) lines.push_back({title, name, value});
  };
  const json datasets = source.training().value("datasets", json::object());
  if (datasets.contains("pretrain")) add("Pre-trained on (stage I)", training_card(datasets["pretrain"]));
  if (datasets.contains("train")) add("Trained on", training_card(datasets["train"]));
  for (const ReportedTest& test : tests)
    add("Tested on " + test.result.value("name", test.id), test_card(test));
  if (cards.is_empty()) return part;
  part.lead =
      "A fingerprint covers names, sizes, identities, cameras and captions: the same fingerprint, the same "
      "set.";
  part.body = element("div", {{"class", "cards"}}, cards);
  part.files.push_back(folder.write_csv("datasets", {"dataset", "property", "value"}, lines));
  for (const ReportedTest& test : tests)
    part.command += (part.command.empty() ? "dmf doctor " : "; dmf doctor ") +
                    shell_quoted(test.result.value("dataset", ""));
  return part;
}

PagePart model_part(const ReportSource& source, const ModelCard& card, const ReportFolder& folder) {
  PagePart part;
  part.id = "model";
  part.title = "Model";
  ModelCard rows = card;
  const json training = source.training();
  for (const char* stage : {"pretrain", "finetune"}) {
    if (!training.contains(stage) || number_at(training, fmt::format("/{}/steps", stage)).value_or(0) == 0)
      continue;
    rows.emplace_back(std::string(stage) == "pretrain" ? "stage I" : "stage II",
                      fmt::format("{} steps in {} s", figure_text(number_at(training[stage], "/steps"), 0),
                                  figure_text(number_at(training[stage], "/seconds"), 0)));
  }
  for (const auto& [name, key] : {std::pair{"revision", "revision"}, std::pair{"precision", "precision"},
                                  std::pair{"trained on device", "device"}}) {
    if (const std::string value = training.value(key, ""); !value.empty()) rows.emplace_back(name, value);
  }
  if (const auto seed = number_at(training, "/seed")) rows.emplace_back("seed", figure_text(seed, 0));
  const json& document = source.document;
  if (document.contains("processor"))
    rows.emplace_back("measured on", fmt::format("{}, {} processors, {}", document.value("processor", ""),
                                                 figure_text(number_at(document, "/processors"), 0),
                                                 document.value("time", "")));
  rows.emplace_back("meant for", kUse);
  rows.emplace_back("limits", kLimits);
  part.body = card_table(rows);
  std::vector<std::vector<std::string>> lines;
  for (const auto& [name, value] : rows) lines.push_back({name, value});
  part.files.push_back(folder.write_csv("model", {"property", "value"}, lines));
  part.command = document.value("command", "");
  return part;
}

}  // namespace dmf::cli
