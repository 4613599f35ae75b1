#include "dmf/cli/quickstart_world.h"

#include <array>
#include <cstdio>
#include <ctime>

#include "dmf/cli/contact_sheet.h"
#include "dmf/cli/named_set.h"
#include "dmf/cli/planned_runs.h"
#include "dmf/cli/quickstart_config.h"
#include "dmf/cli/report_page.h"
#include "dmf/cli/training_setup.h"
#include "dmf/core/log.h"
#include "dmf/core/table.h"
#include "dmf/eval/statistics.h"
#include "dmf/world/writer.h"

namespace dmf::cli {
namespace {

// Sized for 6 minutes on 2 cores, worlds and tests included.
constexpr int64_t kSteps = 120;

/// A world that the job needs.
struct Part {
  const char* folder;
  const char* role;
  world::WorldOptions options;
};

std::array<Part, 3> parts_of(int64_t people) {
  using world::Layout;
  world::WorldOptions source;
  source.domain = "varied";
  source.identities = people;
  source.images = 8;
  world::WorldOptions second = source, unseen = source;
  second.domain = "campus";
  second.identities = people * 2 / 3;
  second.layout = Layout::kMarket;
  second.test_identities = 0;
  second.captions = false;
  unseen.domain = "station";
  unseen.identities = unseen.test_identities = people / 3;
  unseen.layout = Layout::kMarket;
  return {{{"source", "stage I: images and captions", source},
           {"second", "stage II: images alone", second},
           {"unseen", "test: people and cameras never seen", unseen}}};
}

std::filesystem::path folder_of(const TrainingArguments& arguments) {
  if (!arguments.out.empty()) return arguments.out;
  return standard_run_folder("world");
}

/// The two models that are compared.
struct Model {
  const char* folder;
  const char* name;
  bool reads_texts;
  ModelTest test;
};

class WorldJob {
 public:
  WorldJob(const TrainingArguments& arguments, int64_t people)
      : arguments_(arguments), folder_(folder_of(arguments)), parts_(parts_of(people)) {}

  void run() {
    make_worlds();
    test_ = named_sets({unseen()}).front();
    for (Model& model : models_) train(model);
  }
  void report(const Measurement& measurement) const;

 private:
  std::filesystem::path world_folder(const Part& part) const { return folder_ / "world" / part.folder; }
  std::string unseen() const { return "market1501:" + world_folder(parts_[2]).string(); }
  void make_worlds();
  TrainingRequest request(const Model& model) const;
  void train(Model& model);
  std::string table() const;

  const TrainingArguments& arguments_;
  std::filesystem::path folder_;
  std::array<Part, 3> parts_;
  std::array<Model, 2> models_{
      {{"dmf", "DMF: images and words", true, {}}, {"images", "images alone", false, {}}}};
  NamedSet test_;
};

void WorldJob::make_worlds() {
  spdlog::info("no dataset is given: people, their captions and three worlds of cameras are made in {}",
               (folder_ / "world").string());
  for (const Part& part : parts_) {
    spdlog::info("{} ({}), {}", part.folder, part.options.domain, part.role);
    world::write_world(part.options, world_folder(part), /*threads=*/0);
  }
}

TrainingRequest WorldJob::request(const Model& model) const {
  TrainingArguments training = arguments_;
  training.pretrain = "finegpr:" + world_folder(parts_[0]).string();
  training.train = "market1501:" + world_folder(parts_[1]).string();
  training.tests = {unseen()};
  training.out = (folder_ / model.folder).string();
  training.resume = false;
  TrainingRequest request = training.request([&](OptionTable& table) {
    table.load_toml_text(kQuickstartConfig, "configs/quickstart.toml");
    for (const char* stage : {"pretrain", "finetune"}) table.set(fmt::format("{}.steps={}", stage, kSteps));
    table.set("embed.flip=false");
    table.set("run.cache=" + (folder_ / "tokens").string());
  });
  data::SamplerOptions& sampler = request.options.train.batch.sampler;
  if (!model.reads_texts) sampler = without_texts(sampler);
  return request;
}

void WorldJob::train(Model& model) {
  const TrainingRequest training = request(model);
  train_once(training, model.name);
  model.test = ModelTests(training.folder, training.options).result(test_, model.name);
}

std::string WorldJob::table() const {
  std::vector<std::vector<std::string>> rows;
  for (const Model& model : models_) {
    rows.push_back({model.name});
    for (const char* key : {"map", "rank1", "rank5", "rank10"})
      rows.back().push_back(fmt::format("{:.2f}", model.test.result.at(key).get<double>()));
  }
  const eval::Comparison comparison = eval::compare(models_[0].test.by_query, models_[1].test.by_query);
  return text_table({"test on an unseen world (per cent)", "mAP", "Rank-1", "Rank-5", "Rank-10"}, rows) +
         eval::verdict(comparison, models_[0].name, models_[1].name, 0.95);
}

void WorldJob::report(const Measurement& measurement) const {
  write_contact_sheet(parts_[0].options, world_folder(parts_[0]), folder_ / "contact_sheet.png");
  nlohmann::json document = measurement.document();
  for (const Model& model : models_) {
    document["results"].push_back(model.test.result);
    document["results"].back()["model"] = (folder_ / model.folder / "model.safetensors").string();
  }
  write_document(document, (folder_ / "result.json").string());
  PageRequest page;
  page.source = folder_;
  page.lists.queries = 8;
  page.lists.answers = 10;
  report_page(page);
  if (!arguments_.json.empty()) write_document(document, arguments_.json);
  if (arguments_.json == "-") return;
  const auto path = [&](const char* name) { return (folder_ / name).string(); };
  std::fputs(fmt::format("{}\n\n"
                         "the people and their captions: {}\n"
                         "queries and what was found:    {}\n"
                         "a page about it all:           {}\n"
                         "on your own images:            dmf quickstart --train DATASET --test DATASET (dmf "
                         "help --datasets)\n",
                         table(), path("contact_sheet.png"), path("report/ranked-unseen-dmf.png"),
                         path("report/report.html"))
                 .c_str(),
             stdout);
}

}  // namespace

void quickstart_on_world(const TrainingArguments& arguments, int64_t people) {
  const Measurement measurement;
  WorldJob job(arguments, people);
  job.run();
  job.report(measurement);
}

}  // namespace dmf::cli
