#include "dmf/cli/report_attention.h"

#include <algorithm>
#include <cstdio>
#include <set>

#include "dmf/cli/named_set.h"
#include "dmf/cli/report_lists.h"
#include "dmf/cli/result.h"
#include "dmf/core/error.h"
#include "dmf/core/table.h"
#include "dmf/data/image.h"
#include "dmf/report/contact_sheet.h"

namespace dmf::cli {
namespace {

using report::element;
using report::Html;
using report::ListedImage;

constexpr int64_t kMapHeight = 256, kMapWidth = 128;
constexpr int64_t kMapColumns = 7;
constexpr size_t kMostWords = 7;  // on the page

/// A map over its picture, and its numbers.
struct DrawnMap {
  std::string label;
  data::Pixels picture;
  report::PatchMap map;  ///< without values: the picture itself
};

torch::Tensor pixels_of(const embed::Embedder& embedder, const std::filesystem::path& file) {
  const translate::ImageEncoderOptions& size = embedder.model().image_encoder()->options();
  return data::decode_image(file, size.height, size.width);
}

DrawnMap drawn(const std::string& label, const data::Pixels& photograph, const torch::Tensor& map) {
  const report::PatchMap values = patch_map(map);
  return {label, report::overlay(photograph, report::shown(values), kMapHeight, kMapWidth), values};
}

/// All maps of one query of a test, the query itself first.
std::vector<DrawnMap> maps_of_query(const embed::AttentionMaps& maps, const embed::Embedder& embedder,
                                    const ReportedTest& test, int64_t query, const ReportFolder& folder) {
  const data::Record& record = test.images->query_record(query);
  const torch::Tensor pixels = pixels_of(embedder, record.path);
  const data::Pixels photograph = folder.photograph(record.path, kMapHeight, kMapWidth);
  std::vector<DrawnMap> found{{"query", photograph, {}},
                              drawn("Eigen-CAM", photograph, maps.eigen_cam(pixels.unsqueeze(0))[0]),
                              drawn("rollout", photograph, maps.rollout(pixels.unsqueeze(0))[0])};
  const auto add_pair = [&](int64_t answer, const std::string& name) {
    const data::Record& image = test.images->gallery_record(answer);
    const embed::PairMaps pair = maps.pair(pixels, pixels_of(embedder, image.path));
    found.push_back(drawn("like " + name, photograph, pair.query));
    found.push_back(drawn(fmt::format("{} ({:.2f})", name, pair.similarity),
                          folder.photograph(image.path, kMapHeight, kMapWidth), pair.gallery));
  };
  const eval::QueryResult& result = test.by_query[static_cast<size_t>(query)];
  if (result.nearest_right.exists()) add_pair(result.nearest_right.image, "the right one");
  if (result.nearest_wrong.exists()) add_pair(result.nearest_wrong.image, "a wrong one");
  return found;
}

/// What the key words of a query's caption look at; empty where there is none to read.
std::vector<DrawnMap> maps_of_words(const embed::AttentionMaps& maps, const embed::Embedder& embedder,
                                    const data::Record& record, const ReportFolder& folder) {
  if (record.captions.empty() || !embedder.model().has_text()) return {};
  const data::Pixels photograph = folder.photograph(record.path, kMapHeight, kMapWidth);
  std::vector<DrawnMap> found;
  for (const embed::WordMap& word : maps.words(pixels_of(embedder, record.path), record.captions[0])) {
    found.push_back(drawn(fmt::format("“{}” {:+.2f}", word.word, word.gain), photograph, word.map));
    if (found.size() == kMostWords) break;
  }
  return found;
}

Html row_html(const std::vector<DrawnMap>& row, const ReportFolder& folder, int64_t columns) {
  std::vector<report::RowImage> images;
  for (const DrawnMap& map : row)
    images.push_back({folder.photograph_html(map.picture, map.label), map.label, {}, {}});
  return element("div", {{"class", "scroll"}}, report::image_row(images, columns));
}

std::vector<ListedImage> row_images(const std::vector<DrawnMap>& row) {
  std::vector<ListedImage> images;
  for (const DrawnMap& map : row) images.push_back({map.picture, map.label});
  return images;
}

void add_values(const std::string& image, const DrawnMap& map, std::vector<std::vector<std::string>>& lines) {
  for (size_t i = 0; i < map.map.values.size(); ++i) {
    const auto place = static_cast<int64_t>(i);
    lines.push_back({image, map.label, std::to_string(place / map.map.columns),
                     std::to_string(place % map.map.columns), fmt::format("{:.6g}", map.map.values[i])});
  }
}

/// The maps of one test, on the page and as files.
void add_test(report::PagePart& part, const embed::Embedder& embedder, const ReportedTest& test,
              const ReportFolder& folder, const std::vector<int64_t>& queries) {
  const embed::AttentionMaps maps(embedder);
  std::vector<std::vector<ListedImage>> sheet;
  std::vector<std::vector<std::string>> lines;
  part.body += element("h3", test.result.value("name", test.id));
  for (const int64_t query : queries) {
    const data::Record& record = test.images->query_record(query);
    const std::vector<DrawnMap> row = maps_of_query(maps, embedder, test, query, folder),
                                words = maps_of_words(maps, embedder, record, folder);
    if (const std::string file = folder.file_name(record.path); !file.empty())
      part.body += report::note(file);
    part.body += row_html(row, folder, kMapColumns);
    if (!words.empty()) {
      if (!folder.is_private()) part.body += report::note("Words of “" + record.captions[0] + "”:");
      part.body += row_html(words, folder, kMapColumns);
    }
    for (const auto* each : {&row, &words}) {
      if (!each->empty()) sheet.push_back(row_images(*each));
      for (const DrawnMap& map : *each) add_values(std::to_string(query), map, lines);
    }
  }
  const std::string name = "attention-" + test.id;
  part.files.push_back(folder.write_png(
      name, report::draw_contact_sheet(sheet, "Attention: " + test.result.value("name", test.id))));
  part.files.push_back(folder.write_csv(name, {"query", "map", "row", "column", "value"}, lines));
}

/// Writes a sheet's maps each as a file of its own.
class MapWriter {
 public:
  explicit MapWriter(std::filesystem::path folder) : folder_(std::move(folder)) {}

  void add(const std::string& image, const DrawnMap& map, const std::string& kind) {
    std::string name = as_folder(std::filesystem::path(image).stem().string() + "-" + kind);
    while (!taken_.insert(name).second) name += "-again";
    report::Canvas canvas(kMapWidth, kMapHeight);
    canvas.picture(map.picture, {0, 0, kMapWidth, kMapHeight});
    canvas.save_png(folder_ / (name + ".png"));
    rows_.push_back({image, map.label, (folder_ / (name + ".png")).string()});
    entries_.push_back({{"image", image},
                        {"map", map.label},
                        {"file", name + ".png"},
                        {"rows", map.map.rows},
                        {"columns", map.map.columns},
                        {"values", map.map.values}});
  }
  const std::vector<std::vector<std::string>>& rows() const { return rows_; }
  const nlohmann::json& entries() const { return entries_; }

 private:
  std::filesystem::path folder_;
  std::set<std::string> taken_;
  std::vector<std::vector<std::string>> rows_;
  nlohmann::json entries_ = nlohmann::json::array();
};

/// The maps of an image by itself, and of the words of a text.
std::vector<ListedImage> write_image(const embed::Embedder& embedder, const std::string& file,
                                     const std::string& text, MapWriter& writer) {
  const embed::AttentionMaps maps(embedder);
  const torch::Tensor pixels = pixels_of(embedder, file);
  const data::Pixels photograph = data::decode_pixels(file, kMapHeight, kMapWidth);
  std::vector<DrawnMap> row{{std::filesystem::path(file).filename().string(), photograph, {}}};
  const auto add = [&](const std::string& label, const torch::Tensor& map, const std::string& kind) {
    row.push_back(drawn(label, photograph, map));
    writer.add(file, row.back(), kind);
  };
  add("Eigen-CAM", maps.eigen_cam(pixels.unsqueeze(0))[0], "eigen-cam");
  add("rollout", maps.rollout(pixels.unsqueeze(0))[0], "rollout");
  if (!text.empty()) {
    for (const embed::WordMap& word : maps.words(pixels, text))
      add(fmt::format("“{}” {:+.3f}", word.word, word.gain), word.map, "word-" + word.word);
  }
  return row_images(row);
}

std::vector<ListedImage> write_pair(const embed::Embedder& embedder, const std::vector<std::string>& files,
                                    MapWriter& writer) {
  const embed::PairMaps pair =
      embed::AttentionMaps(embedder).pair(pixels_of(embedder, files[0]), pixels_of(embedder, files[1]));
  std::vector<DrawnMap> row;
  for (const auto& [file, map, name] :
       {std::tuple{files[0], pair.query, "query"}, std::tuple{files[1], pair.gallery, "gallery"}}) {
    row.push_back(drawn(fmt::format("{}, cosine {:.3f}", name, pair.similarity),
                        data::decode_pixels(file, kMapHeight, kMapWidth), map));
    writer.add(file, row.back(), "pair-" + std::string(name));
  }
  return row_images(row);
}

}  // namespace

report::PatchMap patch_map(const torch::Tensor& map) {
  const torch::Tensor values = map.to(torch::kCPU, torch::kFloat32).contiguous();
  const float* first = values.const_data_ptr<float>();
  return {values.size(0), values.size(1), {first, first + values.numel()}};
}

report::PagePart attention_part(const ReportSource& source, const embed::Embedder& embedder,
                                const std::vector<ReportedTest>& tests, const ReportFolder& folder,
                                int64_t queries) {
  report::PagePart part;
  part.id = "attention";
  part.title = "What the model looks at";
  std::string example;
  for (const ReportedTest& test : tests) {
    if (!test.images) continue;
    const std::vector<int64_t> drawn = draw_shown_queries(test, queries, /*seed=*/0);
    if (drawn.empty()) continue;
    add_test(part, embedder, test, folder, drawn);
    if (example.empty()) example = test.images->query_record(drawn[0]).path.string();
  }
  if (part.body.is_empty()) return part;
  part.lead =
      "Eigen-CAM: the strongest direction of the patches' tokens. Rollout: what the class token has read of "
      "them. "
      "Like an answer: the patches that make the two images similar, in both. A word's map: the "
      "patches "
      "that the word makes the image more like its text by. Each map is scaled to its own largest value.";
  part.command =
      fmt::format("dmf report attention {} --model {} --out DIR",
                  folder.is_private() ? "IMAGE" : shell_quoted(example), shell_quoted(source.model.string()));
  return part;
}

void report_attention(const AttentionRequest& request) {
  const Measurement measurement;
  DMF_CHECK(!request.images.empty() || !request.pair.empty(), InvalidArgument,
            "dmf report attention: nothing to look at: give images, or --pair QUERY GALLERY");
  DMF_CHECK(request.text.empty() || !request.images.empty(), InvalidArgument,
            "dmf report attention: --text needs images to look for its words in");
  const embed::Embedder embedder(request.model, request.embedding);
  MapWriter writer(request.out);
  std::vector<std::vector<ListedImage>> sheet;
  for (const std::string& image : request.images)
    sheet.push_back(write_image(embedder, image, request.text, writer));
  if (!request.pair.empty()) sheet.push_back(write_pair(embedder, request.pair, writer));
  report::draw_contact_sheet(sheet, "Attention of " + request.model).save_png(request.out / "attention.png");
  nlohmann::json document = measurement.document();
  document["model"] = request.model;
  document["results"] = writer.entries();
  write_document(document, (request.out / "attention.json").string());
  if (!request.json.empty()) write_document(document, request.json);
  if (request.json != "-")
    std::fputs(fmt::format("{}all of them: {}\n", text_table({"image", "map", "file"}, writer.rows()),
                           (request.out / "attention.png").string())
                   .c_str(),
               stdout);
}

}  // namespace dmf::cli
