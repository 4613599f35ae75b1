// Galleries in PostgreSQL as a user makes, searches and serves them.
#include <gmock/gmock.h>
#include <signal.h>

#include "cli/figures.h"
#include "cli/program.h"
#include "cli/running_service.h"
#include "cli/tiny_training.h"
#include "dmf/core/file.h"
#include "support/development_data.h"
#include "support/postgres_server.h"

namespace dmf::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class Postgres : public testing::Test {
 protected:
  void SetUp() override {
    if (packages().empty()) GTEST_SKIP() << "no .deps/site";
    if (PostgresServer::programs().empty())
      GTEST_SKIP() << "no PostgreSQL with pgvector: DMF_POSTGRES or deps/python-tests.txt (CONTRIBUTING.md)";
    server_ = std::make_unique<PostgresServer>();
    dataset_ = draw_figures(folder_ / "figures", {.train_identities = 8, .test_identities = 6});
    const Finished trained = run_program(tiny_training("train", dataset_, folder_ / "run", 20));
    ASSERT_EQ(trained.exit_code, 0) << trained.errors;
  }
  std::string model() const { return folder_ / "run/run/model.safetensors"; }
  Finished run(const std::vector<std::string>& arguments, bool is_stored = true) const {
    return run_program(is_stored ? arguments + std::vector<std::string>{"--store", server_->url()}
                                 : arguments);
  }

  TemporaryFolder folder_;
  std::unique_ptr<PostgresServer> server_;
  std::string dataset_;
};

TEST_F(Postgres, AnswersAsAFolderDoes) {
  const std::string folder = folder_ / "gallery", picture = folder_ / "figures/1_c1_0.ppm";
  const auto both = [&](std::vector<std::string> before, const std::vector<std::string>& after) {
    std::vector<nlohmann::json> documents;
    for (const bool is_stored : {false, true}) {
      const Finished finished = run(before + std::vector<std::string>{is_stored ? "people" : folder} + after +
                                        std::vector<std::string>{"--json"},
                                    is_stored);
      EXPECT_EQ(finished.exit_code, 0) << finished.errors;
      EXPECT_THAT(finished.output + finished.errors, Not(HasSubstr(PostgresServer::kPassword)));
      documents.push_back(finished.json());
    }
    return documents;
  };
  const auto added = both({"index", "add"}, {dataset_, "--split", "gallery", "--model", model()});
  EXPECT_EQ(added[0]["result"], added[1]["result"]);
  EXPECT_GT(added[1]["result"]["added"], 5);
  EXPECT_EQ(both({"index", "add"}, {dataset_, "--split", "gallery"})[1]["result"]["added"], 0)
      << "they are known";
  const auto found = both({"search"}, {picture, "--top", "5", "--re-rank"});
  const nlohmann::json &first = found[0]["results"][0]["hits"], &second = found[1]["results"][0]["hits"];
  ASSERT_EQ(first.size(), 5);
  ASSERT_EQ(second.size(), 5);
  for (size_t i = 0; i < 5; ++i) {
    EXPECT_EQ(first[i]["source"], second[i]["source"]);
    EXPECT_NEAR(first[i]["similarity"], second[i]["similarity"], 1e-5);
  }
  EXPECT_EQ(both({"index", "delete"}, {"--id", "2", "--compact"})[1]["result"]["deleted"], 1);
  EXPECT_EQ(both({"index", "info"}, {})[1]["result"]["deleted_rows"], 0);
  for (const std::string action : {"merge", "verify"}) {
    const Finished refused = run({"index", action, "people", "other"});
    EXPECT_EQ(refused.exit_code, 2);
    EXPECT_THAT(refused.errors,
                AllOf(HasSubstr(action + ": not of a gallery in a database"), HasSubstr("hint:")));
  }
}

TEST_F(Postgres, TwoServersSeeEachOthersCrops) {
  const Finished added = run({"index", "add", "people", dataset_, "--split", "gallery", "--model", model()});
  ASSERT_EQ(added.exit_code, 0) << added.errors;
  const auto service = [&](const std::string& audit) {
    return std::vector<std::string>{"people", "--store", server_->url(), "--audit", folder_ / audit};
  };
  const RunningService one(service("one.jsonl")), two(service("two.jsonl"));
  const std::string picture = read_text(folder_ / "figures/1_c1_0.ppm");
  const nlohmann::json crop =
      one.json("POST", "/crops?identity=visitor&camera=door", picture, "image/x-portable-pixmap");
  ASSERT_TRUE(crop["id"].is_number()) << crop;
  const auto found = [&](const RunningService& running) {
    return running.json("POST", "/search?camera=door", picture, "image/x-portable-pixmap")["hits"];
  };
  ASSERT_EQ(found(two).size(), 1) << "the other has added it";
  EXPECT_EQ(found(two)[0]["id"], crop["id"]);
  EXPECT_NEAR(found(two)[0]["similarity"], 1, 1e-4);
  EXPECT_EQ(two.json("DELETE", "/persons/visitor")["removed"], 1);
  EXPECT_EQ(found(one).size(), 0);
  server_->stop();
  EXPECT_EQ(found(one).is_null(), true);
  EXPECT_EQ(one.json("GET", "/crops/1")["error"]["code"], "store_unreachable");
  EXPECT_EQ(one.json("GET", "/health")["status"], "ok");
  server_->start();
  EXPECT_EQ(one.json("GET", "/crops/1")["id"], 1);
}

}  // namespace
}  // namespace dmf::test
