#pragma once
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace dmf::cli {

/// One training set against one test set.
struct MatrixCell {
  enum class State { kPending, kSkipped, kDone };
  State state = State::kPending;
  nlohmann::json result;  ///< to_json(TestResult), where done
};

/// Training sets × test sets, as Table II of the paper has them.
struct Matrix {
  std::vector<std::string> trains, tests;      ///< names of rows and columns
  std::vector<std::vector<MatrixCell>> cells;  ///< [train][test]

  /// Pairs that are not measured yet.
  int64_t pending() const;
};

/// Rank-1 / mAP in per cent, the paper's beside ours where it has one; "-" where a test set is the training
/// set itself, "..." where nothing is measured yet.
std::string matrix_markdown(const Matrix& matrix);

/// The same for the terminal.
std::string matrix_text(const Matrix& matrix);

/// A line for each cell that is done, all digits: train,test,rank1,map,rank5,rank10,minp,queries,gallery,
/// paper_rank1,paper_map,paper_figure,fingerprint (of the test set).
std::string matrix_csv(const Matrix& matrix);

/// {"trains": […], "tests": […], "cells": [{"train", "test", "state", "result"}]}
nlohmann::json matrix_json(const Matrix& matrix);

}  // namespace dmf::cli
