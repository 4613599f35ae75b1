#include "dmf/cli/result.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string_view>

#include "dmf/core/file.h"
#include "dmf/core/system.h"
#include "dmf/core/table.h"
#include "dmf/core/version.h"

namespace dmf::cli {
namespace {

std::string two_digits(double value) { return fmt::format("{:.2f}", value); }

// Name for the table's first column: the folder or file, without format and parents.
std::string short_name(const std::string& dataset) {
  const size_t end = dataset.find_last_not_of('/');
  const std::string trimmed = dataset.substr(0, end == std::string::npos ? 0 : end + 1);
  const size_t slash = trimmed.rfind('/');
  return slash == std::string::npos ? trimmed : trimmed.substr(slash + 1);
}

// What is below the table: the protocol, and a line for each thing that is to be known beside the figures.
std::string notes(const TestResult& result) {
  const eval::EvalResult& figures = result.figures;
  std::string text = fmt::format("{}: {}\n", short_name(result.dataset), figures.protocol);
  const auto line = [&]<class... Arguments>(fmt::format_string<Arguments...> format,
                                            Arguments&&... arguments) {
    text += "  " + fmt::format(format, std::forward<Arguments>(arguments)...) + "\n";
  };
  if (figures.queries_without_match > 0)
    line("queries without a right answer, left out: {} of {}", figures.queries_without_match,
         figures.queries);
  if (figures.gallery_junk > 0) line("junk in the gallery: {}", figures.gallery_junk);
  if (figures.queries_with_ties > 0)
    line("queries with a wrong answer exactly as far as a right one: {}", figures.queries_with_ties);
  if (result.paper)
    line("paper ({}): Rank-1 {:.1f}, mAP {:.1f}", figure_name(*result.paper), result.paper->rank1,
         result.paper->map);
  if (result.broken_images > 0) line("images that cannot be decoded, left out: {}", result.broken_images);
  if (figures.first_from_own_camera >= 0)
    line("first answers from the query's own camera: {:.1f} % (nearest image of all: {:.1f} %)",
         figures.first_from_own_camera, figures.nearest_from_own_camera);
  return text + result.more_text;
}

bool needs_quotes(const std::string& word) {
  return word.empty() || !std::all_of(word.begin(), word.end(), [](char c) {
           return std::isalnum(static_cast<unsigned char>(c)) ||
                  std::string_view("-_./:=,+@%").find(c) != std::string_view::npos;
         });
}

}  // namespace

nlohmann::json to_json(const TestResult& result) {
  const eval::EvalResult& f = result.figures;
  nlohmann::json json = {{"dataset", result.dataset},
                         {"name", short_name(result.dataset)},
                         {"fingerprint", result.fingerprint},
                         {"protocol", f.protocol},
                         {"map", f.map},
                         {"rank1", f.rank1},
                         {"rank5", f.rank5},
                         {"rank10", f.rank10},
                         {"rank20", f.rank20},
                         {"cmc", f.cmc},
                         {"minp", f.minp},
                         {"queries", f.queries},
                         {"queries_without_match", f.queries_without_match},
                         {"queries_with_ties", f.queries_with_ties},
                         {"gallery", f.gallery},
                         {"gallery_junk", f.gallery_junk},
                         {"gallery_distractors", f.gallery_distractors},
                         {"broken_images", result.broken_images},
                         {"embed_seconds", result.embed_seconds},
                         {"rank_seconds", result.rank_seconds}};
  if (f.first_from_own_camera >= 0) {
    json["first_from_own_camera"] = f.first_from_own_camera;
    json["nearest_from_own_camera"] = f.nearest_from_own_camera;
  }
  if (result.paper) {
    json["paper"] = {
        {"figure", figure_name(*result.paper)}, {"rank1", result.paper->rank1}, {"map", result.paper->map}};
  }
  json.update(result.more);
  return json;
}

std::string test_table(const std::vector<TestResult>& results) {
  const bool has_paper =
      std::any_of(results.begin(), results.end(), [](const TestResult& result) { return !!result.paper; });
  std::vector<std::vector<std::string>> rows;
  std::string below;
  for (const TestResult& result : results) {
    const eval::EvalResult& f = result.figures;
    rows.push_back({short_name(result.dataset), two_digits(f.map), two_digits(f.rank1), two_digits(f.rank5),
                    two_digits(f.rank10), two_digits(f.minp), std::to_string(f.queries),
                    std::to_string(f.gallery)});
    if (has_paper) rows.back().push_back(result.paper ? "paper " + figure_text(*result.paper) : "");
    below += notes(result);
  }
  std::vector<std::string> header = {"test (per cent)", "mAP",  "Rank-1",  "Rank-5",
                                     "Rank-10",         "mINP", "queries", "gallery"};
  if (has_paper) header.push_back("paper's Rank-1 / mAP");
  return text_table(header, rows) + below;
}

Measurement::Measurement() : start_(wall_seconds()) {}

double Measurement::seconds() const { return wall_seconds() - start_; }

nlohmann::json Measurement::document() const {
  return {{"command", command_line()},     {"version", version()},
          {"revision", revision()},        {"time", timestamp()},
          {"processor", processor_name()}, {"processors", available_processors()},
          {"seconds", seconds()},          {"peak_memory_bytes", peak_memory_bytes()}};
}

void write_document(const nlohmann::json& document, const std::string& where) {
  // Paths need not be UTF-8; what is not is replaced rather than refused.
  const std::string text = document.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
  if (where == "-") {
    std::fputs(text.c_str(), stdout);
  } else {
    write_text(where, text);
  }
}

std::string shell_quoted(const std::string& word) {
  if (!needs_quotes(word)) return word;
  std::string quoted = "'";
  for (char c : word) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

std::string without_password(std::string word) {
  const size_t scheme = word.find("postgres"),
               user = scheme == std::string::npos ? scheme : word.find("://", scheme);
  if (user == std::string::npos) return word;
  const size_t password = word.find(':', user + 3), host = word.rfind('@');
  if (password < host && host != std::string::npos) word.replace(password + 1, host - password - 1, "***");
  const size_t parameter = word.find("password=");
  if (parameter != std::string::npos) {
    const size_t value = parameter + 9;
    word.replace(value, std::min(word.find('&', value), word.size()) - value, "***");
  }
  return word;
}

std::string command_line() {
  std::ifstream file("/proc/self/cmdline", std::ios::binary);
  const std::string raw{std::istreambuf_iterator<char>(file), {}};  // words, each ended by a zero byte
  std::vector<std::string> words;
  for (size_t start = 0; start < raw.size();) {
    const size_t end = std::min(raw.find('\0', start), raw.size());
    words.push_back(shell_quoted(without_password(raw.substr(start, end - start))));
    start = end + 1;
  }
  return fmt::format("{}", fmt::join(words, " "));
}

}  // namespace dmf::cli
