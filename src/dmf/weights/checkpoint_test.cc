#include "dmf/weights/checkpoint.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "dmf/core/error.h"
#include "dmf/core/file.h"
#include "dmf/weights/tensor_file.h"

namespace dmf::weights {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::ThrowsMessage;
namespace fs = std::filesystem;

class Checkpoint : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::path(::testing::TempDir()) /
              ("checkpoint-" + std::string(::testing::UnitTest::GetInstance()->current_test_info()->name()));
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  void write(const std::string& file, const std::vector<std::string>& names) const {
    NamedTensors tensors;
    for (const std::string& name : names) tensors[name] = torch::full({2}, static_cast<float>(name.size()));
    write_safetensors(folder_ / file, tensors);
  }
  void write_index(const std::map<std::string, std::string>& shards) const {
    write_text(folder_ / "model.safetensors.index.json",
               nlohmann::json{{"metadata", {{"total_size", 16}}}, {"weight_map", shards}}.dump());
  }

  fs::path folder_;
};

TEST_F(Checkpoint, ReadsASingleFileByItselfAndByItsFolder) {
  write("model.safetensors", {"a", "bcd"});
  for (const fs::path& path : {folder_, folder_ / "model.safetensors"}) {
    const NamedTensors tensors = read_checkpoint(path);
    EXPECT_EQ(tensors.size(), 2U);
    EXPECT_EQ(tensors.at("bcd")[1].item<float>(), 3.0F);
  }
}

TEST_F(Checkpoint, PutsShardsTogether) {
  write("model-00001-of-00002.safetensors", {"a", "not.listed"});
  write("model-00002-of-00002.safetensors", {"bcd", "ef"});
  write_index({{"a", "model-00001-of-00002.safetensors"},
               {"bcd", "model-00002-of-00002.safetensors"},
               {"ef", "model-00002-of-00002.safetensors"}});
  for (const fs::path& path : {folder_, folder_ / "model.safetensors.index.json"}) {
    const NamedTensors tensors = read_checkpoint(path);
    EXPECT_EQ(tensors.size(), 4U);
    EXPECT_EQ(tensors.at("bcd")[0].item<float>(), 3.0F);
    EXPECT_EQ(tensors.at("a")[0].item<float>(), 1.0F);
  }
}

TEST_F(Checkpoint, NamesAllThatIsWrongWithShardsAtOnce) {
  write("one.safetensors", {"a", "moved", "twice"});
  write("two.safetensors", {"bcd", "twice"});
  write_index({{"a", "one.safetensors"},
               {"moved", "two.safetensors"},
               {"bcd", "two.safetensors"},
               {"lost", "two.safetensors"},
               {"gone", "three.safetensors"}});
  EXPECT_THAT(
      [&] { read_checkpoint(folder_); },
      ThrowsMessage<DataError>(AllOf(
          HasSubstr("model.safetensors.index.json: the shards are not what the index lists (4 problems)"),
          HasSubstr("shard three.safetensors is missing"),
          HasSubstr("tensor moved is listed in two.safetensors but is in one.safetensors"),
          HasSubstr("tensor lost is listed in two.safetensors but is in no shard"),
          HasSubstr("tensor twice is in one.safetensors and in two.safetensors"), Not(HasSubstr("gone")))));
}

TEST_F(Checkpoint, RefusesABrokenIndex) {
  const fs::path index = folder_ / "model.safetensors.index.json";
  for (const char* text : {"no json", "[]", "{}", R"({"weight_map": {}})", R"({"weight_map": ["a"]})"}) {
    write_text(index, text);
    EXPECT_THAT([&] { read_checkpoint(folder_); },
                ThrowsMessage<DataError>(HasSubstr("not an index of shards")))
        << text;
  }
  write_text(index, R"({"weight_map": {"a": 3}})");
  EXPECT_THAT([&] { read_checkpoint(folder_); },
              ThrowsMessage<DataError>(HasSubstr("`a`: expected a file name, got 3")));
  for (const char* shard : {"../model.safetensors", "/model.safetensors", "..", ""}) {
    write_text(index, nlohmann::json{{"weight_map", {{"a", shard}}}}.dump());
    EXPECT_THAT([&] { read_checkpoint(folder_); },
                ThrowsMessage<DataError>(HasSubstr("expected the name of a file beside the index")))
        << shard;
  }
}

TEST_F(Checkpoint, FindsTheOnlyFileOfWeights) {
  write_text(folder_ / "README.md", "weights");
  EXPECT_THAT([&] { read_checkpoint(folder_); },
              ThrowsMessage<DataError>(HasSubstr("no weights in this folder (model.safetensors")));
  write("vit.safetensors", {"a"});
  EXPECT_EQ(checkpoint_file(folder_), folder_ / "vit.safetensors");
  EXPECT_EQ(read_checkpoint(folder_).size(), 1U);
  write("another.safetensors", {"a"});
  EXPECT_THAT([&] { read_checkpoint(folder_); },
              ThrowsMessage<DataError>(HasSubstr("another.safetensors, vit.safetensors")));
  write("model.safetensors", {"usual"});
  EXPECT_TRUE(read_checkpoint(folder_).contains("usual"));
  EXPECT_THAT([&] { read_checkpoint(folder_ / "nowhere"); },
              ThrowsMessage<DataError>(HasSubstr("no such file or folder")));
}

}  // namespace
}  // namespace dmf::weights
