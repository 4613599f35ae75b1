#include "dmf/cli/compare.h"

#include <algorithm>

#include "dmf/cli/query_results.h"
#include "dmf/core/error.h"
#include "dmf/core/file.h"
#include "dmf/eval/figures_json.h"

namespace dmf::cli {
namespace {

nlohmann::json read_document(const std::filesystem::path& file) {
  const nlohmann::json document = nlohmann::json::parse(read_text(file), nullptr, false);
  const auto is_test = [](const nlohmann::json& test) {
    const auto is = [&](const char* key, bool (nlohmann::json::*of_type)() const noexcept) {
      return !test.contains(key) || (test[key].*of_type)();
    };
    return test.is_object() && is("labels_fingerprint", &nlohmann::json::is_string) &&
           is("name", &nlohmann::json::is_string) && is("protocol", &nlohmann::json::is_string) &&
           is("map", &nlohmann::json::is_number);
  };
  const bool is_result =
      document.is_object() && document.contains("results") && document["results"].is_array();
  DMF_CHECK(is_result && std::all_of(document["results"].begin(), document["results"].end(), is_test),
            DataError, "{}: not a result of `dmf eval --json`", file.string());
  return document;
}

std::vector<eval::QueryResult> queries_of(const nlohmann::json& result, const std::filesystem::path& file) {
  DMF_CHECK(result.contains("by_query"), DataError,
            "{}: no per-query figures; hint: make it anew with `dmf eval --json FILE`", file.string());
  return query_results(result["by_query"], file.string());
}

std::string text_of(const std::string& name, const eval::Comparison& comparison, const std::string& first,
                    const std::string& second, double confidence) {
  return fmt::format(
      "{}: {}\n"
      "  Rank-1 of the first {:+.2f} points ({:g} % between {:.2f} and {:.2f}, p = {:.2g})\n"
      "  its average precision is higher in {} queries, lower in {}, equal in {}\n",
      name, eval::verdict(comparison, first, second, confidence), comparison.rank1_difference,
      100 * confidence, comparison.rank1_interval.low, comparison.rank1_interval.high, comparison.rank1_p,
      comparison.better, comparison.worse, comparison.equal);
}

}  // namespace

ResultComparison compare_results(const std::filesystem::path& first, const std::filesystem::path& second,
                                 const eval::BootstrapOptions& options) {
  const nlohmann::json a = read_document(first), b = read_document(second);
  ResultComparison comparison{"", nlohmann::json::array()};
  for (const nlohmann::json& one : a["results"]) {
    for (const nlohmann::json& other : b["results"]) {
      if (one.value("labels_fingerprint", "") != other.value("labels_fingerprint", "-")) continue;
      const eval::Comparison found =
          eval::compare(queries_of(one, first), queries_of(other, second), options);
      nlohmann::json entry = found;
      const std::string name = one.value("name", "");
      entry["name"] = name;
      entry["first"] = {{"file", first.string()}, {"map", one.value("map", 0.)}};
      entry["second"] = {{"file", second.string()}, {"map", other.value("map", 0.)}};
      if (one.value("protocol", "") != other.value("protocol", "")) {
        entry["protocols_differ"] = true;
        comparison.text += fmt::format("{}: mind that the protocols differ: {} / {}\n", name,
                                       one.value("protocol", ""), other.value("protocol", ""));
      }
      comparison.json.push_back(entry);
      comparison.text += text_of(name, found, first.string(), second.string(), options.confidence);
    }
  }
  DMF_CHECK(!comparison.json.empty(), DataError,
            "{} and {} have no test of the same queries and gallery in common", first.string(),
            second.string());
  return comparison;
}

}  // namespace dmf::cli
