#include <CLI/CLI.hpp>
#include <algorithm>

#include "dmf/cli/command.h"
#include "dmf/cli/data_root.h"
#include "dmf/cli/matrix_table.h"
#include "dmf/cli/named_set.h"
#include "dmf/cli/planned_runs.h"
#include "dmf/cli/table_arguments.h"
#include "dmf/cli/training_setup.h"
#include "dmf/core/error.h"
#include "dmf/core/file.h"

namespace dmf::cli {
namespace {

struct MatrixArguments {
  TableArguments table;
  std::vector<std::string> trains;
  bool in_domain = false;
};

/// One model a training set, tested on the test sets, cell by cell.
class MatrixRun {
 public:
  explicit MatrixRun(const MatrixArguments& arguments) : arguments_(arguments), folder_(arguments.table.out) {
    const std::filesystem::path root = data_root_or_standard(arguments.table.data_root);
    const auto located = [&](std::vector<std::string> names) {
      for (std::string& name : names) name = located_dataset(name, root);
      return named_sets(names);
    };
    trains_ = located(arguments.trains);
    // Without --test the tests of the configuration are taken.
    tests_ = located(arguments.table.tests.empty() ? request(trains_.at(0)).options.run.test
                                                   : arguments.table.tests);
    DMF_CHECK(!tests_.empty(), InvalidArgument, "nothing to test on: give --test DATASET");
    for (const NamedSet& test : tests_) {
      DMF_CHECK(test.has_test || arguments.in_domain || !is_only_trained_on(test), DataError,
                "{}: has no query and gallery split", test.spec);
    }
    for (const NamedSet& train : trains_) check_texts(train);
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
  bool is_only_trained_on(const NamedSet& test) const {
    return std::all_of(trains_.begin(), trains_.end(),
                       [&](const NamedSet& train) { return train.root == test.root; });
  }
  bool is_skipped(const NamedSet& train, const NamedSet& test) const {
    if (train.root != test.root) return false;
    // msmt17_all trains on msmt17's test images: no figure of that pair means anything.
    return !arguments_.in_domain || train.format != test.format || !test.has_test;
  }
  void check_texts(const NamedSet& train) const;
  void make_cells();
  TrainingRequest request(const NamedSet& train) const;
  void train(size_t row);
  void test(size_t row);
  void write() const;

  std::filesystem::path run_folder(const NamedSet& train) const { return folder_ / train.key; }

  const MatrixArguments& arguments_;
  std::filesystem::path folder_;
  std::vector<NamedSet> trains_, tests_;
  Matrix matrix_;
};

/// The last set's lack of words must not come out after the first sets' trainings.
void MatrixRun::check_texts(const NamedSet& train) const {
  const RunOptions options = request(train).options;
  const bool needs_texts = asks_for_texts(options.train) && options.run.pretrain.empty();
  DMF_CHECK(
      train.has_texts || !needs_texts, InvalidArgument,
      "{}: stage I is to learn from texts, but it has neither captions nor attributes; hint: name a set that "
      "has some by --pretrain, or leave texts out: --set batch.text_fraction=0 --set batch.texts_beside=0",
      train.spec);
}

void MatrixRun::make_cells() {
  for (const NamedSet& train : trains_) {
    matrix_.trains.push_back(train.label);
    matrix_.cells.emplace_back();
    for (const NamedSet& test : tests_) {
      matrix_.cells.back().push_back(
          {is_skipped(train, test) ? MatrixCell::State::kSkipped : MatrixCell::State::kPending, {}});
    }
  }
  for (const NamedSet& test : tests_) matrix_.tests.push_back(test.label);
}

TrainingRequest MatrixRun::request(const NamedSet& train) const {
  TrainingArguments arguments = arguments_.table.training();
  arguments.train = train.spec;
  arguments.out = run_folder(train).string();
  return arguments.request(
      [&](OptionTable& table) { load_run_configuration(table, arguments_.table.config); });
}

/// Trains a row's model, or goes on with it, unless it is there.
void MatrixRun::train(size_t row) {
  train_once(request(trains_[row]),
             fmt::format("{} ({} of {})", trains_[row].label, row + 1, trains_.size()));
}

/// Measures a row's cells that are not there, or are of another model, test set or protocol.
void MatrixRun::test(size_t row) {
  ModelTests tests(run_folder(trains_[row]), request(trains_[row]).options);
  for (size_t j = 0; j < tests_.size(); ++j) {
    MatrixCell& cell = matrix_.cells[row][j];
    if (cell.state == MatrixCell::State::kSkipped) continue;
    cell = {MatrixCell::State::kDone,
            tests.result(tests_[j], fmt::format("{} -> {}", trains_[row].label, tests_[j].label)).result};
    write();
  }
}

void MatrixRun::write() const {
  write_text(folder_ / "matrix.md", matrix_markdown(matrix_));
  write_text(folder_ / "matrix.csv", matrix_csv(matrix_));
  write_document(matrix_json(matrix_), (folder_ / "matrix.json").string());
}

void matrix_body(const MatrixArguments& arguments) {
  MatrixRun run(arguments);
  const std::string files = (run.folder() / "matrix").string();
  run_table(
      arguments.table, [&] { run.run(); },
      [&] {
        return fmt::format("{}tables: {}.md, {}.csv, {}.json\n", matrix_text(run.matrix()), files, files,
                           files);
      },
      [&] { return matrix_json(run.matrix()); });
}

std::function<void()> declare_matrix(CLI::App& app) {
  auto arguments = std::make_shared<MatrixArguments>();
  arguments->table.declare(app, "configuration of every training, as `dmf train` takes it");
  app.add_option("--train", arguments->trains, "datasets to learn from, one model each; may be repeated")
      ->required()
      ->type_name("DATASET");
  app.add_flag("--in-domain", arguments->in_domain,
               "test a model on the test half of its own training set too");
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
