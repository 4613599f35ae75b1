#pragma once
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "dmf/cli/paper.h"
#include "dmf/eval/result.h"

namespace dmf::cli {

/// A model's test on one dataset, as `eval`, `train` and `quickstart` report it.
struct TestResult {
  std::string dataset;      ///< as it was named on the command line
  std::string format;       ///< Dataset::name; empty where no dataset was read
  std::string fingerprint;  ///< of its files and labels
  eval::EvalResult figures;
  int64_t broken_images = 0;  ///< left out because they cannot be decoded
  double embed_seconds = 0;
  double rank_seconds = 0;
  std::optional<PaperFigure> paper;                ///< what the paper reports for this training and test
  nlohmann::json more = nlohmann::json::object();  ///< further entries, beside the figures
  std::string more_text;                           ///< further lines for the terminal, below the notes
};

/// One entry of "results": figures in per cent, all digits; fingerprint, counts and times beside them.
nlohmann::json to_json(const TestResult& result);

/// The tests as a table for the terminal, with each one's protocol below it.
std::string test_table(const std::vector<TestResult>& results);

/// What every JSON document of a measuring command holds beside its results: command line, version, revision,
/// time, machine, wall time and peak memory.
///
///   const Measurement measurement;          // the clock starts
///   …
///   nlohmann::json document = measurement.document();
///   document["results"] = …;
///   write_document(document, arguments.json);
class Measurement {
 public:
  Measurement();
  nlohmann::json document() const;
  double seconds() const;

 private:
  double start_;
};

/// Writes a document to `where`: "-" is standard output; another path is replaced whole.
void write_document(const nlohmann::json& document, const std::string& where);

/// A word as the shell reads it back: in quotes where it needs them.
std::string shell_quoted(const std::string& word);

/// "postgres://u:***@h/d" of "postgres://u:secret@h/d"; other words as they are.
std::string without_password(std::string word);

/// The command line of this program, quoted where the shell needs it, without passwords.
std::string command_line();

}  // namespace dmf::cli
