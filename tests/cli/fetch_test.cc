// `dmf fetch` as a user calls it, from a server in this process.
#include <gmock/gmock.h>
#include <signal.h>

#include "cli/program.h"
#include "dmf/core/file.h"
#include "dmf/fetch/testing_server.h"

namespace dmf::test {
namespace {

using fetch::testing::Line;
using fetch::testing::Request;
using fetch::testing::Server;
using testing::HasSubstr;

class Fetch : public testing::Test {
 protected:
  Fetch() { ::setenv("no_proxy", "127.0.0.1", 1); }
  std::vector<std::string> arguments(const std::string& name, const std::string& mirror) const {
    return {"fetch", name, "--cache", (folder_ / "cache").string(), "--mirror", mirror, "--retries", "0"};
  }

  const std::string content_ = fetch::testing::numbered_bytes(50'000);
  TemporaryFolder folder_;
};

/// As Hugging Face: tells the hash, then sends the file.
void serve(const Request& request, const Line& line, const std::string& content) {
  const std::string body = request.path.find("config.json") != std::string::npos ? "{}" : content;
  line.answer("200 OK", "X-Repo-Commit: 123\r\nX-Linked-ETag: \"" + sha256(body) + "\"\r\n", body);
}

TEST_F(Fetch, WithoutANameListsWhatIsKnown) {
  const Finished finished = run_program({"fetch", "--cache", (folder_ / "cache").string()});
  EXPECT_EQ(finished.exit_code, 0);
  for (const char* name :
       {"data2vec-vision-base", "data2vec-text-base", "vit-base", "dinov2-small", "resnet50"})
    EXPECT_THAT(finished.output, HasSubstr(std::string("\n") + name + " "));
  const Finished json = run_program({"fetch", "--json", "-", "--cache", (folder_ / "cache").string()});
  EXPECT_FALSE(json.json().at("checkpoints").at(0).at("is_there"));
}

TEST_F(Fetch, ACheckpointComesAndSaysHowToUseIt) {
  const Server server(
      [&](const Request& request, const Line& line, const auto&) { serve(request, line, content_); });
  const Finished finished = run_program(arguments("vit-base-augreg", server.url()));
  ASSERT_EQ(finished.exit_code, 0) << finished.errors;
  const std::string folder = folder_ / "cache/vit-base-augreg";
  EXPECT_THAT(finished.output, HasSubstr("--set model.initial=" + folder));
  EXPECT_THAT(finished.output, HasSubstr("SHA-256, told by the publisher's server"));
  EXPECT_EQ(read_text(folder + "/model.safetensors"), content_);
  EXPECT_EQ(server.requests().at(1).path,
            "/timm/vit_base_patch16_224.augreg_in21k_ft_in1k/resolve/main/model.safetensors");

  const Finished again =
      run_program({"fetch", "vit-base-augreg", "--cache", (folder_ / "cache").string(), "--json", "-"});
  ASSERT_EQ(again.exit_code, 0) << again.errors;
  EXPECT_TRUE(again.json().at("results").at(0).at("files").at(1).at("was_there"));
  EXPECT_EQ(server.requests().size(), 2U);
}

TEST_F(Fetch, WrongBytesEndWithTheCodeForData) {
  const Server server(
      [&](const Request& request, const Line& line, const auto&) { serve(request, line, content_); });
  const Finished finished = run_program(arguments("deit-small", server.url()));
  EXPECT_EQ(finished.exit_code, 3);
  EXPECT_THAT(finished.errors, HasSubstr("wrong content"));
  EXPECT_THAT(finished.errors, HasSubstr("cd65a155"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "cache/deit-small/deit_small_patch16_224-cd65a155.pth"));
}

TEST_F(Fetch, OfflineItSaysWhatToDo) {
  const Finished finished = run_program(arguments("vit-base", "http://127.0.0.1:9"));
  EXPECT_EQ(finished.exit_code, 1);
  EXPECT_THAT(finished.errors, HasSubstr("/releases/download/v0.1-vitjx/jx_vit_base_p16_224-80ecf9dd.pth"));
  EXPECT_THAT(finished.errors,
              HasSubstr((folder_ / "cache/vit-base/jx_vit_base_p16_224-80ecf9dd.pth").string()));
}

TEST_F(Fetch, CtrlCKeepsThePart) {
  const Server server([&](const Request& request, const Line& line, const std::atomic<bool>& is_ending) {
    fetch::testing::serve_and_drop(request, line, content_, 20'000);
    line.stall(is_ending);
  });
  const std::filesystem::path part = folder_ / "cache/vit-base/jx_vit_base_p16_224-80ecf9dd.pth.part";
  Program program(arguments("vit-base", server.url()));
  for (int i = 0; i < 2000 && !(std::filesystem::exists(part) && std::filesystem::file_size(part) == 20'000);
       ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  program.send(SIGINT);
  const Finished finished = program.wait();
  EXPECT_EQ(finished.exit_code, 130) << finished.errors;
  EXPECT_THAT(finished.errors, HasSubstr("goes on from there"));
  EXPECT_EQ(std::filesystem::file_size(part), 20'000U);
}

TEST_F(Fetch, AnUnknownNameIsAnsweredWithTheKnownOnes) {
  const Finished finished = run_program({"fetch", "vit-bas"});
  EXPECT_EQ(finished.exit_code, 2);
  EXPECT_THAT(finished.errors, HasSubstr("did you mean `vit-base`?"));
  EXPECT_THAT(finished.errors, HasSubstr("data2vec-vision-base"));
}

}  // namespace
}  // namespace dmf::test
