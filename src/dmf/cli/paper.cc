#include "dmf/cli/paper.h"

#include <fmt/format.h>

#include <map>

namespace dmf::cli {
namespace {

struct PaperDataset {
  const char* title;
  int64_t train_identities;  ///< of the training set
  int64_t queries, gallery;  ///< of the test set, without junk; 0: not tested on
};

/// Section IV-A and the datasets' official protocols; CUHK03's is the new one (767 / 700 identities, detected
/// boxes).
const std::map<std::string, PaperDataset>& datasets() {
  static const std::map<std::string, PaperDataset> table = {
      {"market1501", {"Market-1501", 751, 3368, 15913}},
      {"dukemtmc", {"DukeMTMC-reID", 702, 0, 0}},
      {"cuhk03", {"CUHK03", 0, 1400, 5332}},
      {"msmt17", {"MSMT17", 1041, 11659, 82161}},
      {"msmt17_all", {"MSMT17_all", 4101, 0, 0}},
      {"randperson", {"RandPerson", 8000, 0, 0}},
  };
  return table;
}

StageOne stage_one_of(const std::string& name) {
  for (const StageOne stage_one : {StageOne::kNone, StageOne::kTexts, StageOne::kImages}) {
    if (name == stage_one_name(stage_one)) return stage_one;
  }
  return StageOne::kImagesAndTexts;
}

}  // namespace

const char* stage_one_name(StageOne stage_one) {
  switch (stage_one) {
    case StageOne::kNone:
      return "none";
    case StageOne::kTexts:
      return "texts";
    case StageOne::kImages:
      return "images";
    case StageOne::kImagesAndTexts:
      break;
  }
  return "images and texts";
}

const std::vector<PaperFigure>& paper_figures() {
  constexpr auto kBoth = StageOne::kImagesAndTexts;
  static const std::vector<PaperFigure> figures = {
      {"Table I", "dukemtmc", StageOne::kNone, "market1501", 54.2, 30.1},
      {"Table I", "dukemtmc", StageOne::kNone, "cuhk03", 11.4, 10.4},
      {"Table I", "dukemtmc", StageOne::kNone, "msmt17", 9.1, 8.7},
      {"Table I", "dukemtmc", StageOne::kTexts, "market1501", 64.1, 38.7},
      {"Table I", "dukemtmc", StageOne::kTexts, "cuhk03", 14.3, 13.1},
      {"Table I", "dukemtmc", StageOne::kTexts, "msmt17", 13.7, 12.5},
      {"Table I", "dukemtmc", StageOne::kImages, "market1501", 74.9, 46.3},
      {"Table I", "dukemtmc", StageOne::kImages, "cuhk03", 19.3, 17.9},
      {"Table I", "dukemtmc", StageOne::kImages, "msmt17", 17.5, 16.0},
      {"Table I", "dukemtmc", kBoth, "market1501", 80.2, 52.6},
      {"Table I", "dukemtmc", kBoth, "cuhk03", 21.2, 19.4},
      {"Table I", "dukemtmc", kBoth, "msmt17", 20.8, 19.3},
      {"Table II", "market1501", kBoth, "cuhk03", 23.4, 22.6},
      {"Table II", "market1501", kBoth, "msmt17", 50.6, 21.5},
      {"Table II", "msmt17", kBoth, "market1501", 81.3, 55.1},
      {"Table II", "msmt17", kBoth, "cuhk03", 26.1, 24.7},
      {"Table II", "msmt17_all", kBoth, "market1501", 82.6, 58.8},
      {"Table II", "msmt17_all", kBoth, "cuhk03", 34.0, 32.1},
      {"Table II", "randperson", kBoth, "market1501", 78.7, 52.0},
      {"Table II", "randperson", kBoth, "cuhk03", 21.5, 19.3},
      {"Table II", "randperson", kBoth, "msmt17", 52.4, 18.9},
  };
  return figures;
}

std::string figure_text(const PaperFigure& figure) {
  return fmt::format("{:.1f} / {:.1f}", figure.rank1, figure.map);
}

std::string figure_name(const PaperFigure& figure) {
  const std::string row =
      figure.table == "Table I" ? fmt::format(", stage I from {}", stage_one_name(figure.stage_one)) : "";
  return fmt::format("{}, {} -> {}{}", figure.table, paper_dataset_name(figure.train),
                     paper_dataset_name(figure.test), row);
}

std::string paper_dataset_name(const std::string& format) {
  const auto found = datasets().find(format);
  return found == datasets().end() ? format : found->second.title;
}

std::optional<PaperFigure> paper_figure(const std::string& train, StageOne stage_one,
                                        const std::string& test) {
  for (const PaperFigure& figure : paper_figures()) {
    if (figure.train == train && figure.stage_one == stage_one && figure.test == test) return figure;
  }
  return std::nullopt;
}

std::optional<PaperFigure> paper_figure(const nlohmann::json& training, const std::string& test,
                                        int64_t queries, int64_t gallery) {
  if (!training.contains("datasets") || !training["datasets"].contains("train")) return std::nullopt;
  const nlohmann::json& train = training["datasets"]["train"];
  const std::string format = train.value("format", "");
  const auto trained = datasets().find(format), tested = datasets().find(test);
  if (trained == datasets().end() || tested == datasets().end()) return std::nullopt;
  if (train.value("identities", int64_t{0}) != trained->second.train_identities) return std::nullopt;
  if (queries != tested->second.queries || gallery != tested->second.gallery) return std::nullopt;
  return paper_figure(format, stage_one_of(training.value("stage_one", "")), test);
}

}  // namespace dmf::cli
