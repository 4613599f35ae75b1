// The service as a user runs it.
#include <gmock/gmock.h>
#include <signal.h>

#include <cstdlib>
#include <fstream>
#include <regex>

#include "cli/figures.h"
#include "cli/program.h"
#include "cli/running_service.h"
#include "cli/tiny_training.h"
#include "dmf/core/file.h"
#include "support/development_data.h"

namespace dmf::test {
namespace {

using serve::testing_client::request;
using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

class Serve : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (packages().empty()) return;
    folder_ = new TemporaryFolder;
    dataset_ = draw_figures(*folder_ / "figures", {.train_identities = 8, .test_identities = 6});
    const Finished trained = run_program(tiny_training("train", dataset_, *folder_ / "run", 20));
    ASSERT_EQ(trained.exit_code, 0) << trained.errors;
  }
  static void TearDownTestSuite() { delete folder_; }
  void SetUp() override {
    if (packages().empty()) GTEST_SKIP() << "no .deps/site";
    std::filesystem::remove_all(gallery());
    const Finished added = run_program({"index", "add", gallery(), dataset_, "--split", "gallery", "--model",
                                        model(), "--camera", "gate", "--time", "2026-01-31T12:00"});
    ASSERT_EQ(added.exit_code, 0) << added.errors;
  }

  static std::string gallery() { return *folder_ / "gallery"; }
  static std::string model() { return *folder_ / "run/run/model.safetensors"; }
  static std::string picture() { return read_text(*folder_ / "figures/1_c1_0.ppm"); }

  /// A service on the gallery.
  struct Running : RunningService {
    explicit Running(const std::vector<std::string>& more = {})
        : RunningService(std::vector<std::string>{gallery()} + more) {}
  };

  static inline TemporaryFolder* folder_ = nullptr;
  static inline std::string dataset_;
};

TEST_F(Serve, AnswersAndStopsWhenItIsTold) {
  Running running;
  EXPECT_THAT(running.ask(request("GET", "/")),
              AllOf(StartsWith("HTTP/1.1 200"), HasSubstr("<!DOCTYPE html>")));
  const auto found = running.json("POST", "/search?top=3", picture(), "image/x-portable-pixmap");
  ASSERT_EQ(found["hits"].size(), 3) << found;
  const Finished by_command =
      run_program({"search", gallery(), *folder_ / "figures/1_c1_0.ppm", "--top", "3", "--json"});
  const auto expected = by_command.json()["results"][0]["hits"];
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(found["hits"][i]["id"], expected[i]["id"]);
    EXPECT_NEAR(found["hits"][i]["similarity"].get<double>(), expected[i]["similarity"].get<double>(), 1e-5);
  }
  EXPECT_EQ(running.json("POST", "/search",
                         R"({"text": "a woman in a red coat without a hat, zorbing"})")["reading"]["unknown"],
            nlohmann::json::array({"zorbing"}));
  EXPECT_EQ(running.json("GET", "/compare?first=1&second=2&maps=true")["maps"]["first"]["values"].size(),
            running.json("GET", "/compare?first=1&second=2&maps=true")["maps"]["second"]["values"].size());
  const Finished beside = run_program({"index", "compact", gallery()});
  EXPECT_EQ(beside.exit_code, 2) << "one process writes a gallery";
  running.program.send(SIGTERM);
  EXPECT_EQ(running.program.wait().exit_code, 130);
}

TEST_F(Serve, WhatWasAnsweredOutlivesSigkill) {
  int64_t last = 0;
  for (int round = 0; round < 2; ++round) {
    Running running;
    if (last > 0) {
      EXPECT_EQ(running.json("GET", "/crops/" + std::to_string(last))["source"], "new");
    }
    last = running.json("POST", "/crops?source=new&identity=ann", picture(), "image/x-portable-pixmap")["id"];
    running.program.send(SIGKILL);
    running.program.wait();
  }
  Running running({"--retain-days", "30"});
  EXPECT_EQ(running.json("GET", "/crops")["crops"].size(), 1) << "the others are of January";
  EXPECT_EQ(running.json("DELETE", "/persons/ann")["removed"], 1);
  EXPECT_EQ(running.json("GET", "/crops")["crops"].size(), 0);
  EXPECT_THAT(read_text(gallery() + "/audit.jsonl"),
              AllOf(HasSubstr("retention"), HasSubstr(R"("person":"ann")")));
}

TEST_F(Serve, IsNotPublicWithoutKeys) {
  const Finished refused = run_program({"serve", gallery(), "--host", "0.0.0.0"});
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_THAT(refused.errors, AllOf(HasSubstr("everybody"), HasSubstr("--add-key")));
  const std::string keys = *folder_ / "keys.json";
  const Finished added = run_program({"serve", "--keys", keys, "--add-key", "desk:read:5"});
  ASSERT_EQ(added.exit_code, 0) << added.errors;
  EXPECT_THAT(added.output, StartsWith("dmf_"));
  EXPECT_THAT(run_program({"serve", "--keys", keys, "--list-keys"}).output,
              AllOf(HasSubstr("desk"), HasSubstr("5")));
  EXPECT_EQ(run_program({"serve", "--keys", keys, "--add-key", "desk:god"}).exit_code, 2);
  EXPECT_EQ(run_program({"serve", *folder_ / "nowhere"}).exit_code, 3);
  const Running running({"--keys", keys, "--host", "0.0.0.0", "--read-only"});
  EXPECT_THAT(running.ask(request("GET", "/model")), StartsWith("HTTP/1.1 401"));
  const std::string key = "Authorization: Bearer " + added.output.substr(0, added.output.size() - 1) + "\r\n";
  EXPECT_THAT(running.ask(request("GET", "/model", "", key)), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(running.ask(request("DELETE", "/crops/1", "", key)), StartsWith("HTTP/1.1 403"));
}

TEST_F(Serve, TheDocumentsExamplesWork) {
  if (std::system("curl --version > /dev/null 2>&1") != 0) GTEST_SKIP() << "no curl on this machine";
  const Running running;
  for (const char* name : {"photo.jpg", "other.jpg"}) write_text(*folder_ / name, picture());
  std::ifstream document(project_root() / "docs/serve.md");
  int run = 0;
  for (std::string line; std::getline(document, line);) {
    if (!line.starts_with("curl ")) continue;
    line =
        std::regex_replace(line, std::regex("localhost:8080"), "127.0.0.1:" + std::to_string(running.port));
    const std::string command =
        "cd '" + folder_->path().string() + "' && " + line + " --noproxy '*' -sS --fail-with-body > out 2>&1";
    EXPECT_EQ(std::system(command.c_str()), 0) << line << "\n" << read_text(*folder_ / "out");
    ++run;
  }
  EXPECT_GT(run, 12);
}

}  // namespace
}  // namespace dmf::test
