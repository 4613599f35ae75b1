#include "dmf/cli/report_lists.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <numeric>

#include "dmf/cli/result.h"
#include "dmf/core/random.h"
#include "dmf/data/dataset.h"
#include "dmf/eval/answers.h"
#include "dmf/eval/breakdown.h"
#include "dmf/eval/evaluate.h"
#include "dmf/report/ranked_lists.h"

namespace dmf::cli {
namespace {

using report::element;
using report::Html;
using report::PagePart;
using report::RowImage;

constexpr int64_t kShownHeight = 160, kShownWidth = 80;  // of a picture on the page, pixels

/// An answer in its place.
struct ShownAnswer {
  NearAnswer answer;
  int64_t rank = 0;     ///< 1 is the nearest
  bool is_far = false;  ///< the first right one, behind those that are shown
};

/// A query with its nearest answers, and where its first right one is farther, that one at the end.
struct ShownList {
  int64_t query = 0;
  std::vector<ShownAnswer> answers;
};

double similarity(const ReportedTest& test, int64_t query, int64_t image) {
  const eval::VectorView queries = test.images->query.vectors.view(),
                         gallery = test.images->gallery.vectors.view();
  const float *a = queries.row(query), *b = gallery.row(image);
  return std::inner_product(a, a + queries.width, b, 0.0);
}

ShownList shown_list(const ReportedTest& test, int64_t query, int64_t count) {
  ShownList list{query, {}};
  for (const NearAnswer& answer : nearest_answers(test, query, count))
    list.answers.push_back({answer, static_cast<int64_t>(list.answers.size()) + 1, false});
  const eval::QueryResult& result = test.by_query[static_cast<size_t>(query)];
  if (result.first_hit_rank > count && result.nearest_right.exists()) {
    const int64_t image = result.nearest_right.image;
    list.answers.push_back({{image, similarity(test, query, image), true}, result.first_hit_rank, true});
  }
  return list;
}

/// A camera as labels call it: "c3".
std::string camera_text(int64_t camera) {
  return camera == data::kNoCamera ? "" : fmt::format("c{}", camera);
}

std::string label_of(const ReportedTest& test, const NearAnswer& answer) {
  const std::string camera = camera_text(test.images->gallery_record(answer.vector).camera);
  return fmt::format("{}{}{:.2f}", camera, camera.empty() ? "" : " ", answer.similarity);
}

/// The words above a list.
std::string heading_of(const ReportedTest& test, const ShownList& list, const ReportFolder& folder) {
  const eval::QueryResult& result = test.by_query[static_cast<size_t>(list.query)];
  const std::string file = folder.file_name(test.images->query_record(list.query).path);
  return fmt::format("{}average precision {:.2f}, first right answer at rank {}, right answers {}",
                     file.empty() ? "" : file + ": ", result.average_precision, result.first_hit_rank,
                     result.right_answers);
}

Html list_html(const ReportedTest& test, const ShownList& list, const ReportFolder& folder, int64_t columns) {
  const EmbeddedTest& images = *test.images;
  const data::Record& query = images.query_record(list.query);
  const auto picture = [&](const data::Record& record, const std::string& description) {
    return folder.photograph_html(folder.photograph(record.path, kShownHeight, kShownWidth), description);
  };
  std::vector<RowImage> row{
      {picture(query, "query"), camera_text(query.camera), RowImage::Frame::kNone, "query"}};
  for (const auto& [answer, rank, is_far] : list.answers) {
    row.push_back({picture(images.gallery_record(answer.vector),
                           fmt::format("answer {}, {}", rank, answer.is_right ? "right" : "wrong")),
                   label_of(test, answer),
                   answer.is_right ? RowImage::Frame::kRight : RowImage::Frame::kWrong,
                   std::to_string(rank)});
  }
  return report::note(heading_of(test, list, folder)) +
         element("div", {{"class", "scroll"}}, report::image_row(row, columns));
}

report::RankedList drawn_list(const ReportedTest& test, const ShownList& list, const ReportFolder& folder) {
  const auto picture = [&](const data::Record& record) { return folder.photograph(record.path, 128, 64); };
  const data::Record& query = test.images->query_record(list.query);
  report::RankedList drawn{{picture(query), camera_text(query.camera)}, {}};
  for (const auto& [answer, rank, is_far] : list.answers) {
    const std::string label = is_far ? fmt::format("rank {}", rank) : label_of(test, answer);
    drawn.answers.push_back({{picture(test.images->gallery_record(answer.vector)), label}, answer.is_right});
  }
  return drawn;
}

void add_lines(const ReportedTest& test, const ShownList& list, const ReportFolder& folder,
               std::vector<std::vector<std::string>>& lines) {
  const EmbeddedTest& images = *test.images;
  const data::Record& query = images.query_record(list.query);
  const auto person = [&](const data::Record& record) {
    return folder.is_private() ? "" : data::identity_name(images.dataset, record.identity);
  };
  for (const auto& [answer, rank, is_far] : list.answers) {
    const data::Record& image = images.gallery_record(answer.vector);
    lines.push_back({std::to_string(list.query), folder.file_name(query.path), person(query),
                     camera_text(query.camera), std::to_string(rank), folder.file_name(image.path),
                     person(image), camera_text(image.camera), fmt::format("{:.4f}", answer.similarity),
                     answer.is_right ? "right" : "wrong"});
  }
}

/// The lists of one test, on the page and as files. @param title  of the drawing
void add_lists(PagePart& part, const ReportedTest& test, const std::vector<int64_t>& queries,
               const std::string& title, const ReportFolder& folder, int64_t answers) {
  std::vector<report::RankedList> drawn;
  std::vector<std::vector<std::string>> lines;
  part.body += element("h3", test.result.value("name", test.id));
  const bool has_more = std::any_of(queries.begin(), queries.end(), [&](int64_t query) {
    return test.by_query[static_cast<size_t>(query)].first_hit_rank > answers;
  });
  for (const int64_t query : queries) {
    const ShownList list = shown_list(test, query, answers);
    part.body += list_html(test, list, folder, answers + (has_more ? 2 : 1));
    drawn.push_back(drawn_list(test, list, folder));
    add_lines(test, list, folder, lines);
  }
  report::RankedListsOptions layout;
  layout.title = title + ": " + test.result.value("name", test.id);
  layout.note = "Green the same person, red another; camera and similarity below.";
  part.files.push_back(folder.write_png(part.id + "-" + test.id, report::draw(drawn, layout)));
  part.files.push_back(folder.write_csv(part.id + "-" + test.id,
                                        {"query", "query_file", "query_identity", "query_camera", "rank",
                                         "file", "identity", "camera", "similarity", "answer"},
                                        lines));
}

std::string page_command(const ReportSource& source) {
  const std::string where = source.folder.empty() ? source.file.string() : source.folder.string();
  return "dmf report " + shell_quoted(where);
}

}  // namespace

std::vector<NearAnswer> nearest_answers(const ReportedTest& test, int64_t query, int64_t count) {
  const EmbeddedTest& images = *test.images;
  const eval::Labels rules = eval::ranked_labels(images.query.table.labels, test.protocol);
  const eval::Labels one{{rules.identities[static_cast<size_t>(query)]}, {rules.camera(query)}};
  const eval::Labels& gallery = images.gallery.table.labels;
  const eval::Answers answers(one, 1, gallery, gallery.count());
  std::vector<NearAnswer> all;
  for (int64_t image = 0; image < gallery.count(); ++image) {
    if (!answers.counts(0, image)) continue;
    all.push_back({image, similarity(test, query, image),
                   gallery.identities[static_cast<size_t>(image)] == one.identities[0]});
  }
  const auto end = all.begin() + std::min<int64_t>(count, static_cast<int64_t>(all.size()));
  std::partial_sort(all.begin(), end, all.end(), [](const NearAnswer& a, const NearAnswer& b) {
    return a.similarity > b.similarity || (a.similarity == b.similarity && a.vector < b.vector);
  });
  all.erase(end, all.end());
  return all;
}

std::vector<int64_t> draw_shown_queries(const ReportedTest& test, int64_t count, uint64_t seed) {
  std::vector<int64_t> order(test.by_query.size());
  std::iota(order.begin(), order.end(), 0);
  std::erase_if(order, [&](int64_t q) { return !test.by_query[static_cast<size_t>(q)].has_match(); });
  RandomStream(seed, "ranked_pictures").shuffle(order);
  std::map<int64_t, int64_t> times;
  std::map<int64_t, std::vector<int64_t>> rounds;  // a person's first query, its second …
  for (const int64_t q : order) rounds[times[test.by_query[static_cast<size_t>(q)].identity]++].push_back(q);
  std::vector<int64_t> drawn;
  for (const auto& [round, queries] : rounds) drawn.insert(drawn.end(), queries.begin(), queries.end());
  drawn.resize(std::min(drawn.size(), static_cast<size_t>(count)));
  return drawn;
}

PagePart ranked_part(const ReportSource& source, const std::vector<ReportedTest>& tests,
                     const ReportFolder& folder, const ReportListsOptions& options) {
  PagePart part;
  part.id = "ranked";
  part.title = "Ranked lists";
  for (const ReportedTest& test : tests) {
    if (!test.images) continue;
    const std::vector<int64_t> queries = draw_shown_queries(test, options.queries, options.seed);
    if (!queries.empty()) add_lists(part, test, queries, "Nearest images", folder, options.answers);
  }
  if (part.body.is_empty()) return part;
  part.lead = fmt::format(
      "Queries drawn by chance (seed {}), each of another person, with the {} nearest images that count: "
      "green "
      "the same person, red another; below each its camera and cosine similarity.",
      options.seed, options.answers);
  part.command = page_command(source);
  return part;
}

PagePart hardest_part(const ReportSource& source, const std::vector<ReportedTest>& tests,
                      const ReportFolder& folder, const ReportListsOptions& options) {
  PagePart part;
  part.id = "hardest";
  part.title = "Hardest failures";
  for (const ReportedTest& test : tests) {
    if (!test.images) continue;
    eval::EvalResult all;
    all.by_query = test.by_query;
    const std::vector<int64_t> queries = eval::hardest_queries(all, options.hardest);
    if (!queries.empty()) add_lists(part, test, queries, "Hardest queries", folder, options.answers);
  }
  if (part.body.is_empty()) return part;
  part.lead = fmt::format(
      "The queries of lowest average precision. Where no right answer is among the first {}, the first one "
      "stands at the end with its rank.",
      options.answers);
  part.command = eval_command(source, tests, fmt::format(" --hardest {}", options.hardest));
  if (part.command.empty()) part.command = page_command(source);
  return part;
}

}  // namespace dmf::cli
