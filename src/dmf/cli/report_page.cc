#include "dmf/cli/report_page.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "dmf/cli/data_root.h"
#include "dmf/cli/measure.h"
#include "dmf/cli/named_set.h"
#include "dmf/cli/report_attention.h"
#include "dmf/cli/report_distance.h"
#include "dmf/cli/report_json.h"
#include "dmf/cli/result.h"
#include "dmf/core/error.h"
#include "dmf/core/file.h"
#include "dmf/core/log.h"
#include "dmf/core/system.h"
#include "dmf/core/version.h"

namespace dmf::cli {
namespace {

constexpr double kSame = 0.05;  // per cent points that a figure may differ by when it is measured again

/// Gathers what the page tells, part by part.
class PageMaker {
 public:
  explicit PageMaker(const PageRequest& request)
      : request_(request),
        source_(read_report_source(request.source)),
        folder_(request.out.empty() ? standard_folder() : request.out, request.pictures) {
    if (!request.model.empty()) source_.model = request.model;
    request_.embedding.flip = request_.embedding.flip || source_.flip;
    source_.flip = request_.embedding.flip;
    if (request_.embedding.precision == "auto") request_.embedding.precision = source_.precision;
  }

  std::string run() {
    load_model();
    gather_tests();
    report::Page page;
    page.title = "Report: " + source_.name;
    page.subtitle = subtitle();
    page.tiles = tiles_of(tests_);
    page.parts = parts();
    page.footer = footer();
    write_text(folder_.path() / "report.html", report::html(page));
    return told(page);
  }

 private:
  std::filesystem::path standard_folder() const {
    return (source_.folder.empty() ? source_.file.parent_path() : source_.folder) / "report";
  }
  void load_model();
  void gather_tests();
  void embed_and_measure(ReportedTest& test, const std::string& spec);
  void take(ReportedTest& test, EmbeddedTest images);
  ReportedTest& test_of(const EmbeddedTest& images);
  bool is_of_model(const ReportedTest& test) const;
  ReportedTest& add_test(const nlohmann::json& result);
  EvalRequest eval_request(const nlohmann::json& result, const EmbeddedTest& images) const;
  std::vector<report::PagePart> parts() const;
  report::PagePart distance_part() const;
  std::optional<std::string> captioned_set() const;
  ModelCard model_card() const;
  std::string subtitle() const;
  report::Html footer() const;
  std::string told(const report::Page& page) const;

  PageRequest request_;
  ReportSource source_;
  ReportFolder folder_;
  std::optional<embed::Embedder> embedder_;
  std::string no_model_;  // why there is none
  std::vector<ReportedTest> tests_;
  std::set<std::string> ids_;
};

void PageMaker::load_model() {
  if (source_.model.empty()) {
    no_model_ = "The result names no model file, so there are no pictures: --model FILE names one.";
    return;
  }
  try {
    embedder_.emplace(source_.model, request_.embedding);
  } catch (const DataError& error) {
    DMF_CHECK(request_.model.empty(), DataError, "{}", error.what());
    no_model_ = fmt::format(
        "The model file cannot be read, so there are no pictures: {}. Where it is elsewhere now: "
        "--model FILE.",
        error.what());
  }
}

ReportedTest& PageMaker::add_test(const nlohmann::json& result) {
  ReportedTest test;
  test.result = result;
  test.id = as_folder(result.value("name", result.value("dataset", "set")));
  test.id.erase(
      std::unique(test.id.begin(), test.id.end(), [](char a, char b) { return a == '-' && b == '-'; }),
      test.id.end());
  while (!ids_.insert(test.id).second) test.id += "-2";
  tests_.push_back(std::move(test));
  return tests_.back();
}

void PageMaker::gather_tests() {
  for (const nlohmann::json& result : source_.results) add_test(result);
  if (!embedder_) {
    for (ReportedTest& test : tests_) test.remarks.push_back(no_model_);
    return;
  }
  for (const std::string& spec : request_.tests) {
    const std::string located = located_dataset(spec, data_root_or_standard(request_.data_root));
    EmbeddedTest images = embed_test(*embedder_, located, {});
    ReportedTest& test = test_of(images);
    take(test, std::move(images));
  }
  for (ReportedTest& test : tests_) {
    if (!is_of_model(test)) {
      test.remarks.push_back(fmt::format("Another model's test: figures alone; the pictures are those of {}.",
                                         source_.model.string()));
    } else if (!test.images) {
      embed_and_measure(test, test.result.value("dataset", ""));
    }
  }
}

/// Where a result is of several models, each test says of which.
bool PageMaker::is_of_model(const ReportedTest& test) const {
  const auto model = test.result.find("model");
  return model == test.result.end() || *model == source_.model.string();
}

/// The stored test of the same images, or a new one.
ReportedTest& PageMaker::test_of(const EmbeddedTest& images) {
  for (ReportedTest& test : tests_) {
    if (!test.images && is_of_model(test) &&
        test.result.value("fingerprint", "") == images.dataset.fingerprint)
      return test;
  }
  return add_test(nlohmann::json{{"dataset", images.dataset.spec}});
}

void PageMaker::embed_and_measure(ReportedTest& test, const std::string& spec) {
  try {
    take(test, embed_test(*embedder_, spec, {}));
  } catch (const DataError& error) {
    spdlog::warn("{}", error.what());
    test.remarks.push_back(fmt::format(
        "The dataset cannot be read, so there are no pictures of it: {}. Where it is elsewhere now: --test "
        "FORMAT:PATH.",
        error.what()));
  }
}

EvalRequest PageMaker::eval_request(const nlohmann::json& result, const EmbeddedTest& images) const {
  EvalRequest request;
  const std::string protocol = result.value("protocol", "");
  if (protocol.find("euclidean distance") != std::string::npos) request.protocol.metric = "euclidean";
  request.protocol.same_camera_removed = protocol.find("same-camera rule off") == std::string::npos;
  request.open_set = true;
  request.by_query = true;
  request.by_camera = images.dataset.has_cameras;
  return request;
}

void PageMaker::take(ReportedTest& test, EmbeddedTest images) {
  const EvalRequest request = eval_request(test.result, images);
  const TestResult measured = measure(*embedder_, images, request);
  const nlohmann::json stored = test.result;
  test.result = to_json(measured);
  test.result.update(stored);
  test.by_query = measured.figures.by_query;
  test.protocol = request.protocol;
  if (stored.contains("fingerprint") && stored.value("fingerprint", "") != images.dataset.fingerprint)
    test.remarks.emplace_back("The dataset is not the one that was tested: it has changed since.");
  if (const auto map = number_at(stored, "/map"); map && std::abs(*map - measured.figures.map) > kSame)
    test.remarks.push_back(fmt::format(
        "Measured again for the pictures and curves below, mAP is {:.2f} and Rank-1 {:.2f} ({}; {}).",
        measured.figures.map, measured.figures.rank1, measured.figures.protocol, embedder_->setting()));
  test.images = std::move(images);
}

/// A set with captions of photographs, among the tests and what was trained on.
std::optional<std::string> PageMaker::captioned_set() const {
  const auto has_captions = [](const data::Dataset& dataset) {
    const auto says = [](const data::Record& record) { return !record.captions.empty(); };
    return std::any_of(dataset.query.begin(), dataset.query.end(), says) ||
           std::any_of(dataset.gallery.begin(), dataset.gallery.end(), says);
  };
  for (const ReportedTest& test : tests_) {
    if (test.images && has_captions(test.images->dataset)) return test.images->dataset.spec;
  }
  const nlohmann::json datasets = source_.training().value("datasets", nlohmann::json::object());
  for (const char* stage : {"pretrain", "train"}) {
    if (datasets.contains(stage)) return datasets[stage].value("spec", "");
  }
  return std::nullopt;
}

report::PagePart PageMaker::distance_part() const {
  report::PagePart part;
  part.id = "distance";
  part.title = "Images and words";
  const std::optional<std::string> spec = captioned_set();
  if (!embedder_ || !embedder_->model().has_text() || !spec) return part;
  std::optional<DistanceReport> found;
  try {
    found = measure_distance(*embedder_, draw_distance_sample(*spec, 100, 4, 0));
  } catch (const DataError& error) {  // no captions, or not there: the page goes without
    spdlog::info("{}", error.what());
    return part;
  }
  std::vector<std::vector<report::Html>> rows;
  std::vector<std::vector<std::string>> lines;
  for (const auto& [name, distance] :
       {std::pair{"before translation", found->before}, std::pair{"after", found->after}}) {
    rows.push_back({name, fmt::format("{:.3f}", distance.same), fmt::format("{:.3f}", distance.other),
                    fmt::format("{:.3f}", distance.ratio())});
    lines.push_back({name, fmt::format("{}", distance.same), fmt::format("{}", distance.other),
                     fmt::format("{}", distance.ratio())});
  }
  part.lead =
      "How far texts are from images of the same person, before and after the fused model (Fig. 3 of the "
      "paper): "
      "Euclidean distance of unit vectors, 0 to 2. At a ratio of 1 a text is no nearer to its own person "
      "than to "
      "others.";
  part.body = report::Html::from_markup(found->svg()) +
              report::html_table({"image to text", "same person", "other persons", "ratio"}, rows);
  part.command = fmt::format("dmf report distance --model {} --data {} --out DIR",
                             shell_quoted(source_.model.string()), shell_quoted(*spec));
  part.files = {folder_.write_png("distance", found->plot()),
                folder_.write_csv("distance", {"when", "same", "other", "ratio"}, lines)};
  return part;
}

ModelCard PageMaker::model_card() const {
  ModelCard card{{"file", source_.model.empty() ? "none" : source_.model.string()}};
  if (!embedder_) {
    card.emplace_back("state", no_model_);
    return card;
  }
  const fuse::DmfModel& model = embedder_->model();
  const translate::ImageEncoderOptions& image = model.image_encoder()->options();
  int64_t numbers = 0;
  for (const auto& [name, tensor] : model.tensors()) numbers += tensor.numel();
  const translate::TokenGrid grid = model.image_encoder()->grid();
  card.emplace_back("fingerprint", fingerprint(MappedFile(source_.model).text()));
  card.emplace_back("image encoder", fmt::format("{}, {} x {} pixels, {} x {} patches", image.name,
                                                 image.height, image.width, grid.rows, grid.columns));
  card.emplace_back("reads texts", model.has_text() ? "yes" : "no");
  card.emplace_back("shared transformer",
                    fmt::format("{} blocks of width {}, {} heads", model.options().depth,
                                model.options().width, model.options().heads));
  card.emplace_back("embedding",
                    fmt::format("{} numbers, {} BNNeck", model.options().width, model.options().feature));
  card.emplace_back("numbers in all", fmt::format("{:.1f} million", static_cast<double>(numbers) / 1e6));
  card.emplace_back("identities it learned", std::to_string(model.identities()));
  return card;
}

std::vector<report::PagePart> PageMaker::parts() const {
  std::vector<report::PagePart> all{results_part(source_, tests_, folder_),
                                    training_part(source_, folder_),
                                    curves_part(source_, tests_, folder_),
                                    ranked_part(source_, tests_, folder_, request_.lists),
                                    hardest_part(source_, tests_, folder_, request_.lists),
                                    cameras_part(source_, tests_, folder_)};
  if (embedder_) {
    all.push_back(attention_part(source_, *embedder_, tests_, folder_, request_.attention));
    all.push_back(distance_part());
  }
  all.push_back(dataset_part(source_, tests_, folder_));
  all.push_back(model_part(source_, model_card(), folder_));
  std::erase_if(all, [](const report::PagePart& part) { return part.body.is_empty(); });
  return all;
}

std::string PageMaker::subtitle() const {
  const nlohmann::json& document = source_.document;
  std::string text = document.value("time", "");
  const std::string revision = document.value("revision", "");
  if (!revision.empty()) text += (text.empty() ? "" : " · ") + ("revision " + revision);
  if (request_.pictures == Pictures::kBlurred) text += " · pictures are blurred";
  if (request_.pictures == Pictures::kNone) text += " · pictures are left out";
  return text;
}

report::Html PageMaker::footer() const {
  return report::Html(fmt::format("Made on {} by dmf {} ({}): ", timestamp(), version(), revision())) +
         report::element("code", command_line());
}

std::string PageMaker::told(const report::Page& page) const {
  const std::filesystem::path file = folder_.path() / "report.html";
  std::string text =
      fmt::format("{}: {:.1f} MB, {} parts\n", file.string(),
                  static_cast<double>(std::filesystem::file_size(file)) / 1e6, page.parts.size());
  for (const ReportedTest& test : tests_) {
    for (const std::string& remark : test.remarks)
      text += fmt::format("  {}: {}\n", test.result.value("name", test.id), remark);
  }
  return text;
}

}  // namespace

std::string report_page(const PageRequest& request) {
  try {
    return PageMaker(request).run();
  } catch (const nlohmann::json::exception& error) {
    throw DataError(
        fmt::format("{}: not a result as dmf writes it: {}", request.source.string(), error.what()));
  }
}

}  // namespace dmf::cli
