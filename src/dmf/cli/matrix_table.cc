#include "dmf/cli/matrix_table.h"

#include <fmt/format.h>

#include "dmf/core/table.h"

namespace dmf::cli {
namespace {

std::string figures(const nlohmann::json& result, int digits) {
  return fmt::format("{:.{}f} / {:.{}f}", result.at("rank1").get<double>(), digits,
                     result.at("map").get<double>(), digits);
}

std::string cell_text(const MatrixCell& cell) {
  if (cell.state == MatrixCell::State::kSkipped) return "-";
  if (cell.state == MatrixCell::State::kPending) return "...";
  std::string text = figures(cell.result, 1);
  if (cell.result.contains("paper")) text += fmt::format(" (paper {})", figures(cell.result.at("paper"), 1));
  return text;
}

bool has_paper(const Matrix& matrix) {
  for (const auto& row : matrix.cells) {
    for (const MatrixCell& cell : row) {
      if (cell.state == MatrixCell::State::kDone && cell.result.contains("paper")) return true;
    }
  }
  return false;
}

std::string notes(const Matrix& matrix) {
  std::string text = "Each cell: Rank-1 / mAP, per cent. `-`: the test set is part of what was trained on.";
  if (matrix.pending() > 0) text += " `...`: not measured yet.";
  if (has_paper(matrix)) text += " In brackets: the same two figures in the paper (arXiv 2211.00933).";
  return text + "\n";
}

const char* state_name(MatrixCell::State state) {
  if (state == MatrixCell::State::kSkipped) return "skipped";
  return state == MatrixCell::State::kDone ? "done" : "pending";
}

}  // namespace

int64_t Matrix::pending() const {
  int64_t count = 0;
  for (const auto& row : cells) {
    for (const MatrixCell& cell : row) count += cell.state == MatrixCell::State::kPending ? 1 : 0;
  }
  return count;
}

std::string matrix_markdown(const Matrix& matrix) {
  std::string text = "| trained on \\ tested on |", line = "|---|";
  for (const std::string& test : matrix.tests) {
    text += fmt::format(" {} |", test);
    line += "---|";
  }
  text += "\n" + line + "\n";
  for (size_t i = 0; i < matrix.trains.size(); ++i) {
    text += fmt::format("| {} |", matrix.trains[i]);
    for (const MatrixCell& cell : matrix.cells[i]) text += fmt::format(" {} |", cell_text(cell));
    text += "\n";
  }
  return text + "\n" + notes(matrix);
}

std::string matrix_text(const Matrix& matrix) {
  std::vector<std::string> header = {"trained on"};
  header.insert(header.end(), matrix.tests.begin(), matrix.tests.end());
  std::vector<std::vector<std::string>> rows;
  for (size_t i = 0; i < matrix.trains.size(); ++i) {
    rows.push_back({matrix.trains[i]});
    for (const MatrixCell& cell : matrix.cells[i]) rows.back().push_back(cell_text(cell));
  }
  return text_table(header, rows) + notes(matrix);
}

std::string matrix_csv(const Matrix& matrix) {
  std::string text =
      "train,test,rank1,map,rank5,rank10,minp,queries,gallery,paper_rank1,paper_map,paper_figure,"
      "fingerprint\n";
  for (size_t i = 0; i < matrix.trains.size(); ++i) {
    for (size_t j = 0; j < matrix.tests.size(); ++j) {
      const MatrixCell& cell = matrix.cells[i][j];
      if (cell.state != MatrixCell::State::kDone) continue;
      text += csv_field(matrix.trains[i]) + "," + csv_field(matrix.tests[j]);
      for (const char* key : {"rank1", "map", "rank5", "rank10", "minp", "queries", "gallery"})
        text += "," + cell.result.at(key).dump();
      const bool is_known = cell.result.contains("paper");
      const nlohmann::json paper = is_known ? cell.result.at("paper") : nlohmann::json::object();
      text += is_known ? fmt::format(",{},{},{}", paper.at("rank1").dump(), paper.at("map").dump(),
                                     csv_field(paper.at("figure").get<std::string>()))
                       : ",,,";
      text += "," + csv_field(cell.result.value("fingerprint", "")) + "\n";
    }
  }
  return text;
}

nlohmann::json matrix_json(const Matrix& matrix) {
  nlohmann::json cells = nlohmann::json::array();
  for (size_t i = 0; i < matrix.trains.size(); ++i) {
    for (size_t j = 0; j < matrix.tests.size(); ++j) {
      const MatrixCell& cell = matrix.cells[i][j];
      cells.push_back(
          {{"train", matrix.trains[i]}, {"test", matrix.tests[j]}, {"state", state_name(cell.state)}});
      if (cell.state == MatrixCell::State::kDone) cells.back()["result"] = cell.result;
    }
  }
  return {{"trains", matrix.trains}, {"tests", matrix.tests}, {"cells", cells}};
}

}  // namespace dmf::cli
