#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "dmf/cli/command.h"
#include "dmf/cli/data_root.h"
#include "dmf/cli/dataset_report.h"
#include "dmf/cli/flags.h"
#include "dmf/cli/machine_report.h"
#include "dmf/core/error.h"

namespace dmf::cli {
namespace {

struct DoctorArguments {
  std::vector<std::string> datasets;
  std::string data_root;
  bool json = false, names_only = false;
};

[[noreturn]] void fail(int64_t problems) {
  throw DataError(
      fmt::format("doctor found {} problem{}, marked !! above", problems, problems == 1 ? "" : "s"));
}

void doctor_machine(bool json) {
  const std::vector<Finding> findings = examine();
  print_machine(findings, json);
  const auto problems =
      std::count_if(findings.begin(), findings.end(), [](const Finding& f) { return f.is_problem; });
  if (problems > 0) fail(problems);
}

void doctor_datasets(const DoctorArguments& arguments) {
  nlohmann::json documents = nlohmann::json::array();
  int64_t problems = 0;
  for (const std::string& name : arguments.datasets) {
    const std::string spec = located_dataset(name, data_root_or_standard(arguments.data_root));
    const DatasetReport report = report_dataset(spec, !arguments.names_only);
    problems += report.problems;
    documents.push_back(report.document);
    if (!arguments.json) std::printf("%s", report.text.c_str());
  }
  if (arguments.json) std::printf("%s\n", nlohmann::json{{"datasets", documents}}.dump(2).c_str());
  if (problems > 0) fail(problems);
}

}  // namespace

Command doctor_command() {
  return {"doctor",
          "Tells what a dataset holds and what is wrong with it; without one, what this machine is good for",
          "dmf doctor market1501:Market-1501-v15.09.15", [](CLI::App& app) {
            auto arguments = std::make_shared<DoctorArguments>();
            app.add_option("dataset", arguments->datasets, "dataset to look into; several may be given")
                ->type_name("DATASET");
            add_data_root_flag(app, arguments->data_root);
            app.add_flag("--names-only", arguments->names_only,
                         "read no image: counts, splits, identities and captions only");
            app.add_flag("--json", arguments->json, "print one JSON document");
            return [arguments] {
              arguments->datasets.empty() ? doctor_machine(arguments->json) : doctor_datasets(*arguments);
            };
          }};
}

}  // namespace dmf::cli
