#include <CLI/CLI.hpp>
#include <algorithm>
#include <cctype>
#include <cstdio>
#include <optional>

#include "dmf/cli/command.h"
#include "dmf/cli/data_root.h"
#include "dmf/cli/flags.h"
#include "dmf/cli/matrix_table.h"
#include "dmf/cli/measure.h"
#include "dmf/cli/paper.h"
#include "dmf/cli/training_arguments.h"
#include "dmf/cli/training_setup.h"
#include "dmf/core/error.h"
#include "dmf/core/file.h"
#include "dmf/core/log.h"
#include "dmf/data/dataset.h"

namespace dmf::cli {
namespace {

struct MatrixArguments {
  std::string config, pretrain, out, data_root, json;
  std::vector<std::string> trains, tests, assignments;
  int64_t epochs = -1;
  bool in_domain = false;
};

/// A row or a column.
struct MatrixSet {
  std::string spec, format, label, key, fingerprint;
  std::filesystem::path root;
  bool has_test = false, has_texts = false;
};

/// A name that is a folder's: of letters, digits and `-_.`
std::string as_folder(std::string text) {
  for (char& c : text) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '_' && c != '.') c = '-';
  }
  return text;
}

MatrixSet describe_set(const std::string& spec) {
  const data::Dataset dataset = data::open_dataset(spec);
  MatrixSet set{spec, dataset.name, "", "", dataset.fingerprint, {}};
  set.root = std::filesystem::weakly_canonical(dataset.root);
  set.has_test = !dataset.query.empty() && !dataset.gallery.empty();
  set.has_texts = has_words(dataset);
  const bool is_official = dataset.title == dataset.name;
  const std::string folder = set.root.filename().string();
  set.label = is_official ? paper_dataset_name(dataset.name) : fmt::format("{} ({})", folder, dataset.name);
  set.key = as_folder(dataset.name + "-" + folder);
  return set;
}

/// Sets with keys of their own, in the order given.
std::vector<MatrixSet> describe_sets(const std::vector<std::string>& specs) {
  std::vector<MatrixSet> sets;
  for (const std::string& spec : specs) {
    MatrixSet set = describe_set(spec);
    for (const MatrixSet& other : sets) {
      DMF_CHECK(other.spec != set.spec, InvalidArgument, "{} is given twice", spec);
      if (other.key == set.key) set.key += "-" + set.fingerprint.substr(0, 8);
      if (other.label == set.label) set.label = spec;
    }
    sets.push_back(std::move(set));
  }
  return sets;
}

/// One model a training set, tested on the test sets, cell by cell.
class MatrixRun {
 public:
  explicit MatrixRun(const MatrixArguments& arguments) : arguments_(arguments), folder_(arguments.out) {
    const std::filesystem::path root = data_root_or_standard(arguments.data_root);
    const auto located = [&](std::vector<std::string> names) {
      for (std::string& name : names) name = located_dataset(name, root);
      return describe_sets(names);
    };
    trains_ = located(arguments.trains);
    // Without --test the tests of the configuration are taken.
    tests_ = located(arguments.tests.empty() ? request(trains_.at(0)).options.run.test : arguments.tests);
    DMF_CHECK(!tests_.empty(), InvalidArgument, "nothing to test on: give --test DATASET");
    for (const MatrixSet& test : tests_) {
      DMF_CHECK(test.has_test || arguments.in_domain || !is_only_trained_on(test), DataError,
                "{}: has no query and gallery split", test.spec);
    }
    for (const MatrixSet& train : trains_) check_texts(train);
    make_cells();
  }

  void run() {
    for (size_t i = 0; i < trains_.size(); ++i) {
      write();
      train(i);
      test(i);
    }
    write();
  }

  const Matrix& matrix() const { return matrix_; }
  std::filesystem::path folder() const { return folder_; }

 private:
  bool is_only_trained_on(const MatrixSet& test) const {
    return std::all_of(trains_.begin(), trains_.end(),
                       [&](const MatrixSet& train) { return train.root == test.root; });
  }
  bool is_skipped(const MatrixSet& train, const MatrixSet& test) const {
    if (train.root != test.root) return false;
    // msmt17_all trains on msmt17's test images: no figure of that pair means anything.
    return !arguments_.in_domain || train.format != test.format || !test.has_test;
  }
  void check_texts(const MatrixSet& train) const;
  void make_cells();
  TrainingRequest request(const MatrixSet& train) const;
  void train(size_t row);
  void test(size_t row);
  void write() const;

  std::filesystem::path run_folder(const MatrixSet& train) const { return folder_ / train.key; }
  std::filesystem::path cell_file(const MatrixSet& train, const MatrixSet& test) const {
    return run_folder(train) / "tests" / (test.key + ".json");
  }

  const MatrixArguments& arguments_;
  std::filesystem::path folder_;
  std::vector<MatrixSet> trains_, tests_;
  Matrix matrix_;
};

/// The last set's lack of words must not come out after the first sets' trainings.
void MatrixRun::check_texts(const MatrixSet& train) const {
  const RunOptions options = request(train).options;
  const bool needs_texts = asks_for_texts(options.train) && options.run.pretrain.empty();
  DMF_CHECK(
      train.has_texts || !needs_texts, InvalidArgument,
      "{}: stage I is to learn from texts, but it has neither captions nor attributes; hint: name a set that "
      "has some by --pretrain, or leave texts out: --set batch.text_fraction=0 --set batch.texts_beside=0",
      train.spec);
}

void MatrixRun::make_cells() {
  for (const MatrixSet& train : trains_) {
    matrix_.trains.push_back(train.label);
    matrix_.cells.emplace_back();
    for (const MatrixSet& test : tests_) {
      matrix_.cells.back().push_back(
          {is_skipped(train, test) ? MatrixCell::State::kSkipped : MatrixCell::State::kPending, {}});
    }
  }
  for (const MatrixSet& test : tests_) matrix_.tests.push_back(test.label);
}

TrainingRequest MatrixRun::request(const MatrixSet& train) const {
  TrainingArguments arguments;
  arguments.train = train.spec;
  arguments.pretrain = arguments_.pretrain;
  arguments.out = run_folder(train).string();
  arguments.data_root = arguments_.data_root;
  arguments.assignments = arguments_.assignments;
  arguments.epochs = arguments_.epochs;
  return arguments.request([&](OptionTable& table) { load_run_configuration(table, arguments_.config); });
}

/// Options of a run that make its weights what they are.
nlohmann::json weight_options(const RunOptions& options) {
  nlohmann::json values = options.values();
  for (const char* key : {"test", "cache", "device"}) values["run"].erase(key);
  values.erase("embed");
  values.erase("eval");
  return values;
}

/// Trains a row's model, or goes on with it, unless it is there.
void MatrixRun::train(size_t row) {
  TrainingRequest training = request(trains_[row]);
  training.options.run.test.clear();  // test() does that, cell by cell
  if (std::filesystem::exists(training.folder / "config.toml")) {
    RunOptions there;
    there.table().load_toml(training.folder / "config.toml");
    DMF_CHECK(
        weight_options(there) == weight_options(training.options), InvalidArgument,
        "{} holds a run with other options (compare its config.toml); hint: name another folder by --out, "
        "or delete it",
        training.folder.string());
  }
  if (std::filesystem::exists(training.folder / "result.json")) {
    spdlog::info("{}: is trained", trains_[row].label);
    return;
  }
  training.resume = std::filesystem::exists(training.folder / "checkpoint");
  spdlog::info("{}: training {} of {}{}", trains_[row].label, row + 1, trains_.size(),
               training.resume ? ", from its checkpoint" : "");
  run_training(std::move(training));
}

/// Measures a row's cells that are not there, or are of another model, test set or protocol.
void MatrixRun::test(size_t row) {
  const RunOptions options = request(trains_[row]).options;
  const std::filesystem::path model = run_folder(trains_[row]) / "model.safetensors";
  const nlohmann::json made_by = {{"model", fingerprint(MappedFile(model).text())},
                                  {"embed", options.values().at("embed")},
                                  {"eval", options.values().at("eval")}};
  std::optional<embed::Embedder> embedder;
  for (size_t j = 0; j < tests_.size(); ++j) {
    MatrixCell& cell = matrix_.cells[row][j];
    if (cell.state == MatrixCell::State::kSkipped) continue;
    const std::filesystem::path file = cell_file(trains_[row], tests_[j]);
    if (std::filesystem::exists(file)) {
      const nlohmann::json there = nlohmann::json::parse(read_text(file), nullptr, false);
      if (there.is_object() && there.value("made_by", nlohmann::json()) == made_by &&
          there.at("result").value("fingerprint", "") == tests_[j].fingerprint) {
        cell = {MatrixCell::State::kDone, there.at("result")};
        continue;
      }
    }
    if (!embedder) embedder.emplace(model, test_embedding(options));
    spdlog::info("{} -> {}: testing", trains_[row].label, tests_[j].label);
    cell = {MatrixCell::State::kDone, to_json(measure(*embedder, tests_[j].spec, options.eval))};
    write_document({{"made_by", made_by}, {"result", cell.result}}, file.string());
    write();
  }
}

void MatrixRun::write() const {
  write_text(folder_ / "matrix.md", matrix_markdown(matrix_));
  write_text(folder_ / "matrix.csv", matrix_csv(matrix_));
  write_document(matrix_json(matrix_), (folder_ / "matrix.json").string());
}

void matrix_body(const MatrixArguments& arguments) {
  const Measurement measurement;
  MatrixRun run(arguments);
  try {
    run.run();
  } catch (const Interrupted& error) {
    throw Interrupted(fmt::format("{}; the same command goes on, what is in {} is kept", error.what(),
                                  run.folder().string()));
  }
  if (arguments.json != "-") {
    const std::string table = (run.folder() / "matrix").string();
    std::fputs(
        fmt::format("{}tables: {}.md, {}.csv, {}.json\n", matrix_text(run.matrix()), table, table, table)
            .c_str(),
        stdout);
  }
  if (arguments.json.empty()) return;
  nlohmann::json document = measurement.document();
  document.update(matrix_json(run.matrix()));
  write_document(document, arguments.json);
}

std::function<void()> declare_matrix(CLI::App& app) {
  auto arguments = std::make_shared<MatrixArguments>();
  app.add_option("config", arguments->config, "configuration of every training, as `dmf train` takes it")
      ->type_name("FILE");
  app.add_option("--train", arguments->trains, "datasets to learn from, one model each; may be repeated")
      ->required()
      ->type_name("DATASET");
  app.add_option("--test", arguments->tests,
                 "datasets to test every model on; may be repeated; standard is the configuration's run.test")
      ->type_name("DATASET");
  app.add_option("--pretrain", arguments->pretrain, "dataset of stage I of every training (run.pretrain)")
      ->type_name("DATASET");
  app.add_option("--out", arguments->out,
                 "folder of the runs and the tables; called again, the command goes on in it")
      ->required()
      ->type_name("DIR");
  app.add_option("--epochs", arguments->epochs, "epochs of each stage that has any")
      ->check(CLI::PositiveNumber)
      ->type_name("N");
  app.add_flag("--in-domain", arguments->in_domain,
               "test a model on the test half of its own training set too");
  app.add_option("--set", arguments->assignments, "option of every run, see `dmf help --options`")
      ->type_name("TABLE.KEY=VALUE");
  add_data_root_flag(app, arguments->data_root);
  add_json_flag(app, arguments->json, "instead of the table");
  return [arguments] { matrix_body(*arguments); };
}

}  // namespace

Command matrix_command() {
  return {"matrix", "Trains on each of several sets and tests on others: Table II of the paper",
          "dmf matrix configs/paper/table2-market1501-to-msmt17.toml --out runs/table2 \\\n"
          "  --train market1501: --train msmt17: --train msmt17_all: --train randperson: \\\n"
          "  --test market1501: --test cuhk03: --test msmt17:",
          declare_matrix};
}

}  // namespace dmf::cli
