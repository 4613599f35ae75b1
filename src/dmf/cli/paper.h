#pragma once
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace dmf::cli {

/// What stage I of a training learned from: the rows of Table I.
enum class StageOne { kNone, kTexts, kImages, kImagesAndTexts };

/// "none", "texts", "images" or "images and texts".
const char* stage_one_name(StageOne stage_one);

/// One pair of figures of the paper (arXiv 2211.00933, Tables I and II), per cent.
struct PaperFigure {
  std::string table;   ///< "Table I" or "Table II"
  std::string train;   ///< dataset's name as open_dataset() has it: "dukemtmc"
  StageOne stage_one;  ///< what was pre-trained on, of FineGPR
  std::string test;    ///< "market1501", "cuhk03" or "msmt17"
  double rank1, map;   ///< in the paper's order
};

/// All figures of DMF in the paper's tables: 4 rows of Table I, 4 rows of Table II.
const std::vector<PaperFigure>& paper_figures();

/// "23.4 / 22.6": Rank-1 / mAP.
std::string figure_text(const PaperFigure& figure);

/// "Table II, Market-1501 -> CUHK03"
std::string figure_name(const PaperFigure& figure);

/// The dataset's name as the paper writes it, "Market-1501"; other names come back as they are.
std::string paper_dataset_name(const std::string& format);

/// The figure that a test of a model is to be compared with, where the paper has one: trained on and tested
/// on what the paper was, by the datasets' names and sizes (751 identities make Market-1501's training half,
/// 3,368 queries and 15,913 gallery images its test; a subset, other boxes or more distractors are not the
/// same).
/// @param training  what a run's result.json and a model file hold as "training"
/// @param test      name of the test set's format, "market1501"
/// @param gallery   its images without junk
std::optional<PaperFigure> paper_figure(const nlohmann::json& training, const std::string& test,
                                        int64_t queries, int64_t gallery);

/// The same for names alone, for a table's cells that are still empty.
std::optional<PaperFigure> paper_figure(const std::string& train, StageOne stage_one,
                                        const std::string& test);

}  // namespace dmf::cli
