#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "dmf/cli/report_lists.h"
#include "dmf/cli/report_parts.h"
#include "dmf/cli/report_source.h"
#include "dmf/core/error.h"
#include "dmf/core/file.h"
#include "dmf/eval/evaluate.h"
#include "support/temporary_folder.h"

namespace dmf::cli {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::ThrowsMessage;

class ReportTest : public testing::Test {
 protected:
  std::filesystem::path write(const std::string& name, const std::string& text) {
    write_text(folder_ / name, text);
    return folder_ / name;
  }
  test::TemporaryFolder folder_;
};

std::vector<ReportedTest> only(ReportedTest test) {
  std::vector<ReportedTest> tests;
  tests.push_back(std::move(test));
  return tests;
}

json result_of_set() {
  return {{"dataset", "folder:crops/<b>"},
          {"name", "<b>"},
          {"fingerprint", "0123456789abcdef"},
          {"protocol", "Market rules: cosine distance"},
          {"map", 41.5},
          {"rank1", 50.25},
          {"rank5", 75.0},
          {"rank10", 80.0},
          {"rank20", 90.0},
          {"minp", 20.0},
          {"cmc", {50.25, 60.0, 75.0}},
          {"queries", 12},
          {"gallery", 34},
          {"intervals", {{"map", {39.0, 44.0}}, {"rank1", {45.0, 55.0}}, {"minp", {18.0, 22.0}}}},
          {"open_set",
           {{"eer", 12.5},
            {"genuine_pairs", 10},
            {"impostor_pairs", 90},
            {"roc",
             {{{"far", 0.1}, {"rate", 80.0}, {"threshold", 0.5}},
              {{"far", 0.01}, {"rate", 40.0}, {"threshold", 0.25}}}}}},
          {"by_camera_pair",
           {{{"name", "1 -> 2"}, {"map", 30.0}, {"rank1", 35.0}, {"queries", 5}},
            {{"name", "2 -> 10"}, {"map", 60.0}, {"rank1", 65.0}, {"queries", 7}}}}};
}

TEST_F(ReportTest, ReadsARunAndAResult) {
  const json training = {{"seed", 3}};
  write("run/result.json", json{{"results", json::array({result_of_set()})},
                                {"training", training},
                                {"options", {{"embed", {{"flip", true}}}}}}
                               .dump());
  write("run/metrics.jsonl", "{\"stage\":\"pretrain\",\"step\":20,\"loss\":2.5}\n{\"stage\":\"pre");
  const ReportSource run = read_report_source(folder_ / "run");
  EXPECT_EQ(run.model, folder_ / "run/model.safetensors");
  EXPECT_TRUE(run.flip);
  EXPECT_EQ(run.name, "run");
  EXPECT_EQ(run.metrics.size(), 1) << "the line a killed run was writing is none";
  EXPECT_EQ(run.training(), training);
  EXPECT_EQ(read_report_source(folder_ / "run/result.json").folder, folder_ / "run");

  const auto file = write(
      "eval.json", json{{"results", json::array({result_of_set()})},
                        {"model", {{"file", "m.safetensors"}, {"flip", false}, {"setting", "cpu, bfloat16"}}}}
                       .dump());
  const ReportSource result = read_report_source(file);
  EXPECT_EQ(result.model, "m.safetensors");
  EXPECT_TRUE(result.folder.empty());
  EXPECT_EQ(result.precision, "bfloat16");
  EXPECT_EQ(result.results.size(), 1);
}

TEST_F(ReportTest, ReadsAResultOfSeveralModels) {
  json first = result_of_set(), second = result_of_set();
  first["model"] = "elsewhere/words/model.safetensors";
  second["model"] = "elsewhere/images/model.safetensors";
  write("result.json", json{{"results", json::array({first, second})}}.dump());
  write("words/model.safetensors", "");
  write("words/result.json", json{{"results", json::array()},
                                  {"training", {{"seed", 5}}},
                                  {"options", {{"run", {{"precision", "float32"}}}}}}
                                 .dump());
  write("words/metrics.jsonl", "{\"step\": 1}\n");
  const ReportSource source = read_report_source(folder_.path());
  EXPECT_EQ(source.model, folder_ / "words/model.safetensors") << "beside the result, wherever it was made";
  EXPECT_EQ(source.results[0]["name"], "<b> · words");
  EXPECT_EQ(source.results[1]["name"], "<b> · images");
  EXPECT_EQ(source.metrics.size(), 1);
  EXPECT_EQ(source.training()["seed"], 5);
  EXPECT_EQ(source.precision, "float32");
  EXPECT_TRUE(source.folder.empty());
}

TEST_F(ReportTest, SaysWhatIsWrongWithASource) {
  const auto read = [&](const std::string& name) {
    return [&, name] { read_report_source(folder_ / name); };
  };
  EXPECT_THAT(read("gone"), ThrowsMessage<DataError>(HasSubstr("no such folder or file")));
  std::filesystem::create_directory(folder_ / "empty");
  EXPECT_THAT(read("empty"), ThrowsMessage<DataError>(HasSubstr("no result.json")));
  write("broken.json", "{\"results\": [");
  EXPECT_THAT(read("broken.json"), ThrowsMessage<DataError>(HasSubstr("not a result")));
  write("other.json", "{\"comparisons\": []}");
  EXPECT_THAT(read("other.json"), ThrowsMessage<DataError>(HasSubstr("no `results`")));
  write("worlds.json", "{\"results\": [{\"images\": 5}]}");
  EXPECT_THAT(read("worlds.json"), ThrowsMessage<DataError>(HasSubstr("not the result of")));
  write("run/result.json", "{\"results\": [], \"training\": {}}");
  write("run/metrics.jsonl", "nonsense\n{}\n");
  EXPECT_THAT(read("run"), ThrowsMessage<DataError>(HasSubstr("metrics.jsonl:1")));
}

TEST_F(ReportTest, PartsWithoutPicturesComeFromTheResultAlone) {
  ReportSource source;
  source.model = "m.safetensors";
  source.document = {{"command", "dmf train <x>"}};
  source.metrics = {{{"stage", "pretrain"}, {"step", 20}, {"loss", 3.0}},
                    {{"stage", "finetune"}, {"step", 20}, {"loss", 1.0}, {"accuracy", 0.5}}};
  ReportedTest test;
  test.id = "set";
  test.result = result_of_set();
  test.remarks = {"gone & lost"};
  const std::vector<ReportedTest> tests = only(std::move(test));
  const ReportFolder folder(folder_ / "out", Pictures::kShown);

  const report::PagePart results = results_part(source, tests, folder);
  EXPECT_THAT(results.body.markup(), AllOf(HasSubstr("41.50<small>39.00 – 44.00</small>"),
                                           HasSubstr("&lt;b&gt;: gone &amp; lost"), Not(HasSubstr("<b>"))));
  EXPECT_THAT(read_text(folder_ / "out/results.csv"),
              HasSubstr("folder:crops/<b>,41.5,39,44,50.25,45,55,75,"));
  EXPECT_THAT(results.files, ElementsAre("results.png", "results.csv"));

  const report::PagePart training = training_part(source, folder);
  EXPECT_THAT(training.body.markup(), AllOf(HasSubstr("finetune"), HasSubstr("<polyline")));
  EXPECT_EQ(read_text(folder_ / "out/training.csv"),
            "stage,step,loss,accuracy\npretrain,20,3.0,\nfinetune,20,1.0,0.5\n");

  const report::PagePart curves = curves_part(source, tests, folder);
  EXPECT_THAT(curves.body.markup(), AllOf(HasSubstr("12.50"), HasSubstr("40.00<small>distance &lt; 0.250")));
  EXPECT_EQ(curves.command, "dmf eval --model m.safetensors --test 'folder:crops/<b>' --open-set");
  EXPECT_EQ(read_text(folder_ / "out/roc.csv"),
            "test,false_accept_rate,true_positive_rate\n<b>,0.01,40\n<b>,0.1,80\n");

  const std::string cameras = cameras_part(source, tests, folder).body.markup();
  EXPECT_LT(cameras.find("\"col\">2<"), cameras.find("\"col\">10<"))
      << "cameras are in the order of their numbers";
  EXPECT_THAT(tiles_of(tests)[0].note, "95 %: 39.0 – 44.0");
}

TEST_F(ReportTest, PartsThatHaveNothingToTellAreEmpty) {
  ReportSource source;
  source.document = json::object();
  ReportedTest test;
  test.id = "old";
  test.result = {{"name", "old"}, {"map", 12.0}};
  const std::vector<ReportedTest> tests = only(std::move(test));
  const ReportFolder folder(folder_ / "out", Pictures::kShown);
  EXPECT_TRUE(training_part(source, folder).body.is_empty());
  EXPECT_TRUE(curves_part(source, tests, folder).body.is_empty());
  EXPECT_TRUE(cameras_part(source, tests, folder).body.is_empty());
  EXPECT_TRUE(ranked_part(source, tests, folder, {}).body.is_empty());
  EXPECT_THAT(results_part(source, tests, folder).body.markup(), HasSubstr("12.00"));
}

/// Three persons in a plane: a query of person 1 by camera 1, a gallery of five.
ReportedTest plane(std::vector<float> gallery = {0.6F, 0.8F, 1, 0, 0.8F, 0.6F, 1, 0, 0, 1}) {
  const auto record = [](const char* name, int64_t identity, int64_t camera) {
    data::Record record;
    record.path = data::ImagePath("/nowhere", name);
    record.identity = identity;
    record.camera = camera;
    return record;
  };
  data::Dataset dataset;
  dataset.query = {record("secret_query.jpg", 1, 1)};
  dataset.gallery = {record("secret_a.jpg", 2, 2), record("secret_b.jpg", 1, 1), record("secret_c.jpg", 1, 2),
                     record("secret_d.jpg", -1, 2), record("secret_e.jpg", 3, 1)};
  dataset.identity_names = {"", "Ann Smith", "Bob", "Eve"};
  EmbeddedTest images{std::move(dataset),
                      false,
                      {eval::VectorSet({1, 0}, 1, 2), {.labels = {{1}, {1}}, .splits = {}, .words = {}}},
                      {eval::VectorSet(std::move(gallery), 5, 2),
                       {.labels = {{2, 1, 1, -1, 3}, {2, 1, 2, 2, 1}}, .splits = {}, .words = {}}},
                      {0},
                      {0, 1, 2, 3, 4}};
  ReportedTest test;
  test.id = "plane";
  test.result = {{"name", "plane"}, {"map", 50.0}};
  test.by_query = eval::evaluate(images.query.all(), images.gallery.all()).by_query;
  test.images = std::move(images);
  return test;
}

TEST_F(ReportTest, ListsHoldWhatCountsNearestFirst) {
  const std::vector<NearAnswer> answers = nearest_answers(plane(), 0, 15);
  ASSERT_EQ(answers.size(), 3) << "neither the same camera's image nor junk";
  EXPECT_EQ(answers[0].vector, 2);
  EXPECT_TRUE(answers[0].is_right);
  EXPECT_NEAR(answers[0].similarity, 0.8, 1e-6);
  EXPECT_EQ(answers[1].vector, 0);
  EXPECT_FALSE(answers[1].is_right);
  EXPECT_EQ(nearest_answers(plane(), 0, 2).size(), 2);
  ReportedTest keeping = plane();
  keeping.protocol.same_camera_removed = false;
  EXPECT_EQ(nearest_answers(keeping, 0, 15)[0].vector, 1);
}

TEST_F(ReportTest, ListsTellNeitherNamesNorFilesWherePicturesAreBlurred) {
  ReportSource source;
  source.document = json::object();
  for (const Pictures pictures : {Pictures::kShown, Pictures::kBlurred, Pictures::kNone}) {
    const ReportFolder folder(folder_ / "out", pictures);
    const std::string page = ranked_part(source, only(plane()), folder, {}).body.markup() +
                             hardest_part(source, only(plane()), folder, {}).body.markup() +
                             read_text(folder_ / "out/ranked-plane.csv") +
                             read_text(folder_ / "out/hardest-plane.csv");
    const bool tells = pictures == Pictures::kShown;
    EXPECT_EQ(page.find("secret") != std::string::npos, tells);
    EXPECT_EQ(page.find("Ann Smith") != std::string::npos, tells);
    EXPECT_EQ(page.find("data:image/jpeg") == std::string::npos, pictures == Pictures::kNone);
    EXPECT_THAT(page, HasSubstr("✓ c2 0.80"));
    EXPECT_THAT(page, HasSubstr("✗ c2 0.60"));
  }
}

TEST_F(ReportTest, AFirstRightAnswerBeyondTheListStandsAtItsEnd) {
  const std::vector<ReportedTest> tests = only(plane({0.9F, 0.1F, 1, 0, 0.1F, 0.9F, 1, 0, 0.8F, 0.2F}));
  ReportListsOptions options;
  options.answers = 1;
  ReportSource source;
  source.document = json::object();
  const ReportFolder folder(folder_ / "out", Pictures::kNone);
  const std::string part = hardest_part(source, tests, folder, options).body.markup();
  EXPECT_THAT(part, HasSubstr("first right answer at rank 3, right answers 1"));
  EXPECT_THAT(part, HasSubstr("<div class=\"rank\">3</div>"));
  EXPECT_THAT(read_text(folder_ / "out/hardest-plane.csv"), HasSubstr(",3,,,c2,0.1000,right\n"));
}

TEST(ShownQueries, AreOfDifferentPersonsWhileThereAreAny) {
  ReportedTest test;
  for (const int64_t identity : {1, 1, 1, 2, 3, 4}) {
    eval::QueryResult query;
    query.identity = identity;
    query.right_answers = identity == 4 ? 0 : 1;
    test.by_query.push_back(query);
  }
  std::set<int64_t> identities;
  for (const int64_t q : draw_shown_queries(test, 3, 7))
    identities.insert(test.by_query[static_cast<size_t>(q)].identity);
  EXPECT_THAT(identities, ElementsAre(1, 2, 3));
  EXPECT_EQ(draw_shown_queries(test, 10, 7).size(), 5) << "a query without a right answer is not shown";
  EXPECT_EQ(draw_shown_queries(test, 3, 7), draw_shown_queries(test, 3, 7));
}

}  // namespace
}  // namespace dmf::cli
