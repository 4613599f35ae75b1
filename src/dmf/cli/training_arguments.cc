#include "dmf/cli/training_arguments.h"

#include <CLI/CLI.hpp>
#include <ctime>
#include <sstream>

#include "dmf/cli/data_root.h"
#include "dmf/cli/flags.h"
#include "dmf/core/error.h"
#include "dmf/data/mixture.h"
#include "dmf/fetch/cache.h"

namespace dmf::cli {
namespace {

/// runs/NAME-20260131-120000, after the training set's folder or file.
std::filesystem::path standard_folder(const std::string& dataset) {
  const std::string first = data::mixture_parts(dataset).front();
  const std::string given = first.substr(first.find(':') + 1);
  std::filesystem::path path = given.substr(0, given.find('?'));  // without the dataset's options
  if (!path.has_filename()) path = path.parent_path();
  return standard_run_folder(path.stem().string());
}

/// Datasets of a mixture, each by its place, with the sign that joins them.
template <class Place>
std::string joined(const std::vector<std::string>& parts, const Place& place) {
  std::string all;
  for (const std::string& part : parts) all += (all.empty() ? "" : data::kMixtureSign) + place(part);
  return all;
}

/// A flag that was given several times, whose values CLI11 joins as lines.
std::string mixture_of_lines(const std::string& lines) {
  std::istringstream in(lines);
  std::vector<std::string> parts;
  for (std::string line; std::getline(in, line);) parts.push_back(line);
  return joined(parts, [](const std::string& part) { return part; });
}

/// Puts folders in the place of `market1501:` (data_root.h) and of `fetch:NAME` (fetch/cache.h), so that the
/// run folder tells what was used, wherever it is read.
void resolve_places(RunOptions& options, const std::filesystem::path& data_root) {
  for (std::string* set : {&options.run.train, &options.run.pretrain}) {
    *set = joined(data::mixture_parts(*set),
                  [&](const std::string& part) { return located_dataset(part, data_root); });
  }
  for (std::vector<std::string>* sets : {&options.run.test, &options.run.validation}) {
    for (std::string& set : *sets) set = located_dataset(set, data_root);
  }
  const std::string prefix = "fetch:";
  const OptionTable table = options.table();
  for (const Option& option : table.options()) {
    const nlohmann::json value = option.get();
    if (!value.is_string() || value.get<std::string>().rfind(prefix, 0) != 0) continue;
    const std::string name = value.get<std::string>().substr(prefix.size());
    option.set(fetch::fetched_path(name, fetch::standard_cache()).string());
  }
}

}  // namespace

std::filesystem::path standard_run_folder(const std::string& name) {
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  ::localtime_r(&now, &local);
  char time[20];
  std::strftime(time, sizeof(time), "%Y%m%d-%H%M%S", &local);
  return std::filesystem::path("runs") / fmt::format("{}-{}", name, time);
}

void load_run_configuration(OptionTable& table, const std::string& file) {
  if (!file.empty()) return table.load_toml(file);
  table.set("pretrain.epochs=120");
  table.set("finetune.epochs=120");
}

void TrainingArguments::declare(CLI::App& app) {
  app.add_option("--train", train, "dataset to learn from (run.train); may be repeated: a mixture")
      ->type_name("DATASET")
      ->join();
  app.add_option("--pretrain", pretrain,
                 "another dataset for stage I, images and words (run.pretrain); may be repeated")
      ->type_name("DATASET")
      ->join();
  app.add_option("--test", tests, "dataset to test on at the end; may be repeated (run.test)")
      ->allow_extra_args(false)
      ->type_name("DATASET");
  add_data_root_flag(app, data_root);
  app.add_option("--out", out, "run folder; standard is runs/ and the training set's name and time")
      ->type_name("DIR");
  app.add_option("--epochs", epochs, "epochs of each stage that has any (pretrain.epochs, finetune.epochs)")
      ->check(positive_number())
      ->type_name("N");
  app.add_option("--device", device, "cpu, cuda or cuda:N (run.device)")->type_name("DEVICE");
  app.add_flag("--resume", resume,
               "go on with the run in --out from its checkpoint, with its own configuration");
  app.add_option("--set", assignments, "option of the run, see `dmf help --options`; may be repeated")
      ->allow_extra_args(false)
      ->type_name("TABLE.KEY=VALUE");
  add_json_flag(app, json, "instead of the table");
}

TrainingRequest TrainingArguments::request(const std::function<void(OptionTable&)>& standard) const {
  TrainingRequest request;
  OptionTable table = request.options.table();
  if (resume) {
    DMF_CHECK(!out.empty(), InvalidArgument, "--resume needs --out: the folder of the run to go on with");
    const std::filesystem::path config = std::filesystem::path(out) / "config.toml";
    DMF_CHECK(
        std::filesystem::exists(config), DataError,
        "{}: no run to go on with, it has no config.toml; hint: without --resume a new run begins there",
        out);
    table.load_toml(config);
  } else {
    standard(table);
  }
  apply(request.options);
  resolve_places(request.options, data_root_or_standard(data_root));
  request.resume = resume;
  request.folder = out.empty() ? standard_folder(request.options.run.train) : std::filesystem::path(out);
  return request;
}

void TrainingArguments::apply(RunOptions& options) const {
  if (!train.empty()) options.run.train = mixture_of_lines(train);
  if (!pretrain.empty()) options.run.pretrain = mixture_of_lines(pretrain);
  if (!tests.empty()) options.run.test = tests;
  if (!device.empty()) options.run.device = device;
  if (epochs > 0) {
    for (train::StageOptions* stage : {&options.train.pretrain, &options.train.finetune}) {
      if (stage->epochs == 0 && stage->steps == 0) continue;
      stage->epochs = epochs;
      stage->steps = 0;
    }
  }
  OptionTable table = options.table();
  for (const std::string& assignment : assignments) table.set(assignment);
}

}  // namespace dmf::cli
