// Checkpoints of several files in their cache: what is missing comes, what is there stays, what is wrong is
// said.
#include <gmock/gmock.h>

#include <set>

#include "dmf/core/file.h"
#include "dmf/fetch/cache.h"
#include "dmf/fetch/testing_server.h"
#include "support/temporary_folder.h"

namespace dmf::fetch {
namespace {

using ::testing::HasSubstr;
using testing::Line;
using testing::Request;
using testing::Server;

class Fetching : public ::testing::Test {
 protected:
  Fetching()
      : server_([this](const Request& request, const Line& line, const auto&) { serve(request, line); }) {
    ::setenv("no_proxy", "127.0.0.1", 1);
    options_.backoff_seconds = 0.01;
    options_.retries = 1;
    const std::string weights = testing::numbered_bytes(50'000);
    files_ = {{"/config.json", "{}"}, {"/model.safetensors", weights}};
    checkpoint_ = {"tiny",
                   "a checkpoint",
                   "nobody",
                   {{"config.json", server_.url("/config.json"), 2, 0.001, ""},
                    {"model.safetensors", server_.url("/model.safetensors"), 50'000, 0.05, sha256(weights)}},
                   {"image.name=tiny", "image.weights={}"}};
  }
  void serve(const Request& request, const Line& line) {
    const auto found = files_.find(request.path);
    if (found == files_.end()) return line.answer("404 Not Found", "", "");
    testing::serve_file(request, line, found->second);
  }
  std::string error_of(const std::filesystem::path& cache) {
    try {
      fetch_checkpoint(checkpoint_, cache, options_);
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  }

  std::map<std::string, std::string> files_;
  test::TemporaryFolder cache_;
  Checkpoint checkpoint_;
  DownloadOptions options_;
  Server server_;  // last: its threads use the others
};

TEST_F(Fetching, EveryFileComesAndIsRecorded) {
  EXPECT_FALSE(state_in(cache_.path(), checkpoint_).is_complete);
  const std::vector<FetchedFile> fetched = fetch_checkpoint(checkpoint_, cache_.path(), options_);
  ASSERT_EQ(fetched.size(), 2U);
  EXPECT_EQ(read_text(cache_ / "tiny/config.json"), "{}");
  EXPECT_EQ(read_text(cache_ / "tiny/model.safetensors"), files_["/model.safetensors"]);
  EXPECT_TRUE(state_in(cache_.path(), checkpoint_).is_complete);
  const nlohmann::json record = nlohmann::json::parse(read_text(cache_ / "tiny/fetch.json"));
  EXPECT_EQ(record.at("files").at(1).at("sha256"), sha256(files_["/model.safetensors"]));
  EXPECT_EQ(record.at("files").at(1).at("checked_by"), "SHA-256 in dmf's table");
  EXPECT_EQ(record.at("files").at(0).at("checked_by"), "size only");
  EXPECT_EQ(options_of(checkpoint_, cache_.path()).at(1), "image.weights=" + (cache_ / "tiny").string());
}

TEST_F(Fetching, WhatIsThereIsNotFetchedAgain) {
  fetch_checkpoint(checkpoint_, cache_.path(), options_);
  std::filesystem::remove(cache_ / "tiny/config.json");
  const size_t before = server_.requests().size();
  const std::vector<FetchedFile> fetched = fetch_checkpoint(checkpoint_, cache_.path(), options_);
  EXPECT_EQ(server_.requests().size(), before + 1);
  EXPECT_FALSE(fetched[0].was_there);
  EXPECT_TRUE(fetched[1].was_there);
  EXPECT_EQ(fetched[1].content.checked_by, "SHA-256 in dmf's table") << "remembered";
}

TEST_F(Fetching, WhatSomebodyPutThereIsChecked) {
  write_text(cache_ / "tiny/config.json", "{}");
  write_text(cache_ / "tiny/model.safetensors", files_["/model.safetensors"]);
  EXPECT_EQ(fetch_checkpoint(checkpoint_, cache_.path(), options_)[1].content.checked_by,
            "SHA-256 in dmf's table");
  EXPECT_TRUE(server_.requests().empty());

  write_text(cache_ / "tiny/model.safetensors", std::string(50'000, 'x') + "y");
  EXPECT_THAT(
      error_of(cache_.path()),
      ::testing::AllOf(HasSubstr("wrong size"), HasSubstr("model.safetensors"), HasSubstr("delete it")));
  EXPECT_TRUE(std::filesystem::exists(cache_ / "tiny/model.safetensors")) << "not ours to delete";
}

TEST_F(Fetching, OfflineItSaysWhichFileBelongsWhere) {
  options_.mirror = "http://127.0.0.1:9";  // nobody listens at the discard port
  write_text(cache_ / "tiny/config.json", "{}");
  const std::string message = error_of(cache_.path());
  EXPECT_THAT(message, HasSubstr(server_.url("/model.safetensors")));
  EXPECT_THAT(message, HasSubstr((cache_ / "tiny/model.safetensors").string()));
  EXPECT_THAT(message, ::testing::Not(HasSubstr("tiny/config.json"))) << "is there";
  EXPECT_THAT(message, HasSubstr("dmf fetch tiny"));
}

TEST_F(Fetching, TwoAtOnceTakeTurns) {
  std::thread other([&] { fetch_checkpoint(checkpoint_, cache_.path(), options_); });
  fetch_checkpoint(checkpoint_, cache_.path(), options_);
  other.join();
  EXPECT_EQ(server_.requests().size(), 2U) << "each file once";
  EXPECT_EQ(read_text(cache_ / "tiny/model.safetensors"), files_["/model.safetensors"]);
}

TEST_F(Fetching, ACacheThatCannotBeWrittenIsSaid) {
  write_text(cache_ / "file", "");
  EXPECT_THAT(error_of(cache_ / "file"), HasSubstr("--cache"));
}

TEST(KnownCheckpoints, AreWholeAndDistinct) {
  std::set<std::string> names;
  for (const Checkpoint& checkpoint : known_checkpoints()) {
    EXPECT_TRUE(names.insert(checkpoint.name).second) << checkpoint.name;
    EXPECT_FALSE(checkpoint.files.empty());
    EXPECT_FALSE(checkpoint.options.empty());
    for (const CheckpointFile& file : checkpoint.files) {
      EXPECT_EQ(file.url.rfind("https://", 0), 0U) << file.url;
      EXPECT_THAT(file.url, ::testing::EndsWith("/" + file.name));
      EXPECT_THAT(file.sha256.size(), ::testing::AnyOf(0U, 8U, 64U));
      // A published name that carries digits of the hash must carry those of the table.
      if (file.sha256.size() == 8 || checkpoint.name.rfind("resnet50", 0) == 0) {
        EXPECT_THAT(file.name, HasSubstr(file.sha256.substr(0, 8)));
      }
      if (file.size > 0) {
        EXPECT_NEAR(static_cast<double>(file.size) / 1e6, file.megabytes, 1);
      }
    }
  }
}

TEST(KnownCheckpoints, UnknownNamesAndAbsentOnesAreSaid) {
  EXPECT_THROW(find_checkpoint("data2vec"), InvalidArgument);
  const test::TemporaryFolder cache;
  try {
    fetched_path("vit-base", cache.path());
    FAIL();
  } catch (const DataError& error) {
    EXPECT_THAT(error.what(), HasSubstr("`dmf fetch vit-base`"));
  }
  write_text(cache / "vit-base/jx_vit_base_p16_224-80ecf9dd.pth", "weights");
  EXPECT_EQ(fetched_path("vit-base", cache.path()), cache / "vit-base/jx_vit_base_p16_224-80ecf9dd.pth");
}

}  // namespace
}  // namespace dmf::fetch
