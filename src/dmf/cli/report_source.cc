#include "dmf/cli/report_source.h"

#include <sstream>

#include "dmf/core/error.h"
#include "dmf/core/file.h"

namespace dmf::cli {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

json read_object(const fs::path& file) {
  json value = json::parse(read_text(file), nullptr, /*allow_exceptions=*/false);
  DMF_CHECK(value.is_object(), DataError,
            "{}: not a result; hint: a run's folder, or a file that `dmf eval --json FILE` wrote",
            file.string());
  return value;
}

std::vector<json> read_metrics(const fs::path& file) {
  std::vector<json> lines;
  if (!fs::exists(file)) return lines;
  std::istringstream text(read_text(file));
  int64_t number = 0;
  for (std::string line; std::getline(text, line);) {
    ++number;
    json value = json::parse(line, nullptr, /*allow_exceptions=*/false);
    // What was being written when the run was killed has no end of line yet.
    if (value.is_discarded() && text.eof()) break;
    DMF_CHECK(value.is_object(), DataError, "{}:{}: not a JSON object", file.string(), number);
    lines.push_back(std::move(value));
  }
  return lines;
}

/// A text at a place of the document; empty where there is none.
std::string text_at(const json& document, const char* place) {
  const json::json_pointer pointer(place);
  return document.contains(pointer) && document[pointer].is_string() ? document[pointer].get<std::string>()
                                                                     : "";
}

bool flag_at(const json& document, const char* place) {
  const json::json_pointer pointer(place);
  return document.contains(pointer) && document[pointer].is_boolean() && document[pointer].get<bool>();
}

fs::path result_file(const fs::path& where) {
  if (!fs::is_directory(where)) return where;
  DMF_CHECK(
      fs::exists(where / "result.json"), DataError,
      "{}: no result.json: not a run that is over; hint: `dmf train --out {} --resume` goes on with one",
      where.string(), where.string());
  return where / "result.json";
}

std::string name_of(const fs::path& where) {
  const fs::path full = fs::weakly_canonical(where);
  return full.filename() == "result.json" ? full.parent_path().filename().string() : full.filename().string();
}

/// How the tests made their vectors.
void take_settings(ReportSource& source, const json& document) {
  const bool is_run = document.contains("training");
  const std::string setting = text_at(document, is_run ? "/options/run/precision" : "/model/setting");
  for (const char* precision : {"float32", "bfloat16"}) {
    if (setting.ends_with(precision)) source.precision = precision;
  }
  source.flip = flag_at(document, is_run ? "/options/embed/flip" : "/model/flip");
}

/// Of a result of several models, each named at its test, as quickstart writes it: takes the first model and
/// its run, and names the tests by their models.
void take_models(ReportSource& source) {
  for (json& result : source.results) {
    const fs::path model = text_at(result, "/model");
    if (model.empty()) continue;
    const std::string folder = model.parent_path().filename().string();
    const fs::path beside = source.file.parent_path() / folder / model.filename();
    result["model"] = (fs::exists(beside) ? beside : model).string();
    result["name"] = result.value("name", "") + " · " + folder;
    if (source.model.empty()) source.model = text_at(result, "/model");
  }
  const fs::path run = source.model.parent_path();
  if (source.model.empty() || !fs::exists(run / "result.json")) return;
  const json document = read_object(run / "result.json");
  if (document.contains("training")) source.document["training"] = document["training"];
  source.metrics = read_metrics(run / "metrics.jsonl");
  take_settings(source, document);
}

}  // namespace

json ReportSource::training() const {
  const auto found = document.find("training");
  return found != document.end() && found->is_object() ? *found : json::object();
}

ReportSource read_report_source(const fs::path& where) {
  DMF_CHECK(fs::exists(where), DataError,
            "{}: no such folder or file; hint: a run's folder, or its result.json", where.string());
  ReportSource source;
  source.file = result_file(where);
  source.document = read_object(source.file);
  source.name = name_of(where);
  const auto results = source.document.find("results");
  DMF_CHECK(results != source.document.end() && results->is_array(), DataError,
            "{}: no `results`: not the result of a training or a test", source.file.string());
  for (const json& result : *results) {
    DMF_CHECK(result.is_object() && result.contains("map"), DataError,
              "{}: not the result of a training or a test", source.file.string());
    source.results.push_back(result);
  }
  const bool is_run = source.document.contains("training");
  if (is_run) source.folder = source.file.parent_path();
  if (is_run && !fs::exists(source.folder / "model.safetensors") &&
      fs::exists(fs::path(text_at(source.document, "/run")) / "model.safetensors"))
    source.folder = text_at(source.document, "/run");  // the result was copied out of its run
  if (is_run) source.metrics = read_metrics(source.folder / "metrics.jsonl");
  source.model =
      is_run ? source.folder / "model.safetensors" : fs::path(text_at(source.document, "/model/file"));
  take_settings(source, source.document);
  if (source.model.empty()) take_models(source);
  return source;
}

}  // namespace dmf::cli
