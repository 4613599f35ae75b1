// Galleries as a user makes and searches them.
#include <gmock/gmock.h>
#include <signal.h>
#include <unistd.h>

#include "cli/figures.h"
#include "cli/program.h"
#include "cli/tiny_training.h"
#include "dmf/core/file.h"
#include "support/development_data.h"

namespace dmf::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

/// A model and pictures, made once for all tests here.
class Galleries : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (packages().empty()) return;
    folder_ = new TemporaryFolder;
    dataset_ = draw_figures(*folder_ / "figures", {.train_identities = 8, .test_identities = 6});
    trained_ = run_program(tiny_training("train", dataset_, *folder_ / "run", 20) +
                           std::vector<std::string>{"--set", "run.finetune_texts=true"});
  }
  static void TearDownTestSuite() { delete folder_; }
  void SetUp() override {
    if (packages().empty()) GTEST_SKIP() << "no .deps/site";
    ASSERT_EQ(trained_.exit_code, 0) << trained_.errors;
    std::filesystem::remove_all(gallery());
  }

  static std::string gallery() { return *folder_ / "gallery"; }
  static std::string model() { return *folder_ / "run/run/model.safetensors"; }
  static std::string figure(const std::string& name) { return *folder_ / "figures" / name; }
  static std::vector<std::string> index(const std::string& action,
                                        const std::vector<std::string>& arguments) {
    return std::vector<std::string>{"index", action, gallery()} + arguments +
           std::vector<std::string>{"--json"};
  }
  static nlohmann::json done(const std::string& action, const std::vector<std::string>& arguments) {
    const Finished finished = run_program(index(action, arguments));
    EXPECT_EQ(finished.exit_code, 0) << finished.errors;
    return finished.json()["result"];
  }
  static nlohmann::json search(const std::vector<std::string>& arguments) {
    const Finished finished = run_program(std::vector<std::string>{"search", gallery()} + arguments +
                                          std::vector<std::string>{"--json"});
    EXPECT_EQ(finished.exit_code, 0) << finished.errors;
    return finished.json()["results"];
  }
  static void add_all() { done("add", {dataset_, "--split", "gallery", "--model", model()}); }

  static inline TemporaryFolder* folder_ = nullptr;
  static inline std::string dataset_;
  static inline Finished trained_;
};

TEST_F(Galleries, FindAPictureByItselfByItsNumberAndByWords) {
  const nlohmann::json added =
      done("add", {dataset_, "--split", "gallery", "--model", model(), "--tag", "figures"});
  const auto count = added["added"].get<int64_t>();
  ASSERT_GT(count, 5);
  EXPECT_EQ(done("add", {dataset_, "--split", "gallery"})["known"], count) << "is not embedded again";

  const nlohmann::json third = search({"--id", "3", "--top", "4"})[0];
  EXPECT_EQ(third["hits"].size(), 4);
  for (const auto& hit : third["hits"]) EXPECT_NE(hit["id"], 3);
  const std::string source = search({"--id", "1", "--top", "100"})[0]["hits"][1]["source"];
  const nlohmann::json own = search({source, "--top", "2", "--picture", *folder_ / "found.png"})[0]["hits"];
  EXPECT_EQ(own[0]["source"], source);
  EXPECT_GT(own[0]["similarity"], 0.99);
  EXPECT_FALSE(own[0].contains("person")) << "no threshold is known";
  EXPECT_TRUE(read_text(*folder_ / "found.png").starts_with("\x89PNG"));

  const Finished words = run_program(
      {"search", gallery(), "--text", "a woman in a red coat without a hat, zorbing", "--top", "3"});
  EXPECT_EQ(words.exit_code, 0) << words.errors;
  EXPECT_THAT(words.output, AllOf(HasSubstr("read as: woman, red coat"), HasSubstr("not known")));
  EXPECT_THAT(words.errors, AllOf(HasSubstr("hat"), HasSubstr("zorbing")));
  EXPECT_GE(done("approximate", {"--recall", "0.9"})["recall"], 0.9);
  EXPECT_EQ(search({source, "--top", "1"})[0]["hits"][0]["source"], source);
  const nlohmann::json both = search({source, "--text", "a red coat", "--text-weight", "0"})[0];
  EXPECT_EQ(both["hits"][0]["source"], source) << "the words weigh nothing";
  EXPECT_EQ(search({source, source, "--together"}).size(), 1);
  const nlohmann::json re_ranked = search({source, "--re-rank", "5,2,0.3"})[0]["hits"];
  EXPECT_EQ(re_ranked[0]["source"], source);
  EXPECT_TRUE(re_ranked[0].contains("re_ranked_distance"));
}

TEST_F(Galleries, SentencesAreEvaluatedAgainstPictures) {
  const Finished finished =
      run_program({"eval", "--model", model(), "--test", dataset_, "--text", "--open-set", "--json"});
  ASSERT_EQ(finished.exit_code, 0) << finished.errors;
  const nlohmann::json result = finished.json()["results"][0];
  EXPECT_THAT(result["protocol"].get<std::string>(), HasSubstr("the queries are captions"));
  EXPECT_EQ(result["queries"], 24) << "of six persons by two cameras, two pictures each with a caption";
  const Finished calibrated =
      run_program({"eval", "--model", model(), "--test", dataset_, "--text", "--calibrate", "0.1"});
  EXPECT_EQ(calibrated.exit_code, 2) << "a threshold is one for pairs of pictures";
}

TEST_F(Galleries, FilterUpdateDeleteMergeAndCompact) {
  add_all();
  const nlohmann::json info = done("info", {});
  const auto count = info["crops"].get<int64_t>();
  const nlohmann::json hits = search({"--id", "1", "--camera", "2", "--top", "100"})[0]["hits"];
  EXPECT_EQ(hits.size(), info["cameras"]["2"].get<size_t>());
  EXPECT_EQ(done("update", {"--id", "2", "--set", "camera=gate", "--set", "time=2026-01-31", "--set",
                            "tag+=seen"})["updated"],
            1);
  const nlohmann::json seen = search({"--id", "1", "--tag", "seen", "--before", "2026-02-01"})[0]["hits"];
  ASSERT_EQ(seen.size(), 1);
  EXPECT_EQ(seen[0]["time"], "2026-01-31T00:00:00Z");
  EXPECT_EQ(done("delete", {"--camera", "gate"})["deleted"], 1);
  EXPECT_EQ(done("compact", {})["rows_removed"], 1);
  const std::string other = *folder_ / "other";
  std::filesystem::remove_all(other);
  const Finished second =
      run_program({"index", "add", other, dataset_, "--split", "query", "--model", model()});
  ASSERT_EQ(second.exit_code, 0) << second.errors;
  EXPECT_GT(done("merge", {other})["added"], 0);
  EXPECT_EQ(done("merge", {other})["added"], 0);
  EXPECT_GT(done("info", {})["crops"], count - 1);
  EXPECT_EQ(done("verify", {})["faults"], 0);
  const Finished nothing = run_program(index("delete", {}));
  EXPECT_EQ(nothing.exit_code, 2);
  EXPECT_THAT(nothing.errors, HasSubstr("which crops?"));
}

TEST_F(Galleries, ABrokenPictureIsCountedOrEndsIt) {
  write_text(*folder_ / "broken/a.jpg", "no picture");
  std::filesystem::copy_file(figure("1_c1_0.ppm"), *folder_ / "broken/b.ppm",
                             std::filesystem::copy_options::overwrite_existing);
  const Finished counted = run_program(index("add", {*folder_ / "broken", "--model", model()}));
  EXPECT_EQ(counted.exit_code, 0) << counted.errors;
  EXPECT_EQ(counted.json()["result"]["broken_images"], 1);
  EXPECT_EQ(counted.json()["result"]["crops"], 1);
  EXPECT_THAT(counted.errors, HasSubstr("a.jpg"));
  const Finished ended = run_program(index("add", {*folder_ / "broken", "--stop-at-broken"}));
  EXPECT_EQ(ended.exit_code, 3);
  EXPECT_THAT(ended.errors, HasSubstr("a.jpg"));
}

TEST_F(Galleries, AnotherModelIsRefused) {
  add_all();
  const Finished trained = run_program(tiny_training("train", dataset_, *folder_ / "second", 1));
  ASSERT_EQ(trained.exit_code, 0) << trained.errors;
  const std::string other = *folder_ / "second/run/model.safetensors";
  for (const auto& arguments : {std::vector<std::string>{"index", "add", gallery(), figure("1_c1_0.ppm")},
                                std::vector<std::string>{"search", gallery(), figure("1_c1_0.ppm")}}) {
    const Finished refused = run_program(arguments + std::vector<std::string>{"--model", other});
    EXPECT_EQ(refused.exit_code, 2) << refused.errors;
    EXPECT_THAT(refused.errors, HasSubstr("holds vectors of model"));
  }
}

TEST_F(Galleries, ADamagedSegmentIsNamedAndTheRestServed) {
  add_all();
  done("add", {dataset_, "--split", "query"});
  const std::filesystem::path segment = gallery() + "/segments/000001.vectors";
  std::string bytes = read_text(segment);
  bytes[bytes.size() - 1] = static_cast<char>(bytes[bytes.size() - 1] ^ 1);
  write_text(segment, bytes);
  const Finished verified = run_program(index("verify", {}));
  EXPECT_EQ(verified.exit_code, 3);
  EXPECT_THAT(verified.errors, AllOf(HasSubstr(segment.string()), HasSubstr("does not fit its digest")));
  const Finished searched = run_program({"search", gallery(), "--id", "1"});
  EXPECT_EQ(searched.exit_code, 0) << searched.errors;
  EXPECT_THAT(searched.errors, HasSubstr(segment.string()));
  EXPECT_THAT(searched.output, Not(HasSubstr("nothing found")));
}

TEST_F(Galleries, KilledOverAndOverIndexingComesToItsEnd) {
  add_all();
  const auto expected = done("info", {})["crops"].get<int64_t>();
  std::filesystem::remove_all(gallery());
  for (const int wait : {1500, 2000, 2500}) {
    Program program({"index", "add", gallery(), dataset_, "--split", "gallery", "--model", model()});
    ::usleep(static_cast<useconds_t>(wait) * 1000);
    program.send(SIGKILL);
    program.wait();
  }
  add_all();
  EXPECT_EQ(done("info", {})["crops"], expected);
  EXPECT_EQ(done("verify", {})["faults"], 0);
}

}  // namespace
}  // namespace dmf::test
