#include "dmf/core/npy.h"

#include <gmock/gmock.h>

#include "dmf/core/error.h"
#include "dmf/core/file.h"
#include "support/temporary_folder.h"

namespace dmf {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::ThrowsMessage;

class NpyTest : public testing::Test {
 protected:
  auto reading(const std::string& bytes) {
    write_text(path_, bytes);
    return [this] { read_npy(path_); };
  }

  static std::string npy_of(std::string header, const std::string& data) {
    header += '\n';
    return std::string("\x93NUMPY\x01\x00", 8) + static_cast<char>(header.size()) + '\0' + header + data;
  }

  auto refuses(const std::string& what) {
    return ThrowsMessage<DataError>(AllOf(HasSubstr(path_.string()), HasSubstr(what)));
  }

  test::TemporaryFolder folder_;
  std::filesystem::path path_ = folder_ / "a.npy";
};

TEST_F(NpyTest, KeepsTypesShapesAndValues) {
  for (const auto type :
       {torch::kFloat32, torch::kFloat64, torch::kInt64, torch::kInt32, torch::kUInt8, torch::kBool}) {
    const torch::Tensor values = torch::randint(0, 2, {2, 3, 4}).to(type).transpose(0, 2);
    write_npy(path_, values);
    const torch::Tensor read = read_npy(path_);
    EXPECT_EQ(read.scalar_type(), type);
    EXPECT_TRUE(read.equal(values)) << c10::toString(type);
  }
  for (const torch::Tensor& values : {torch::tensor(2.5F), torch::zeros({0, 3}), torch::ones({1})}) {
    write_npy(path_, values);
    EXPECT_TRUE(read_npy(path_).equal(values));
  }
}

TEST_F(NpyTest, WritesHalfPrecisionAsFloat32) {
  write_npy(path_, torch::tensor({1.5F, -2.0F}).to(torch::kBFloat16));
  EXPECT_TRUE(read_npy(path_).equal(torch::tensor({1.5F, -2.0F})));
  EXPECT_THAT([this] { write_npy(path_, torch::zeros({1}, torch::kComplexFloat)); },
              testing::Throws<InvalidArgument>());
}

TEST_F(NpyTest, HasTheBytesNumpyAsksFor) {
  write_npy(path_, torch::tensor({1, 2}, torch::kUInt8));
  const std::string text = read_text(path_);
  EXPECT_EQ(text.substr(0, 10), std::string("\x93NUMPY\x01\x00\x76\x00", 10));
  EXPECT_THAT(text, HasSubstr("{'descr': '|u1', 'fortran_order': False, 'shape': (2, ), }"));
  EXPECT_EQ(text.size(), 130U);
  EXPECT_EQ(text.substr(127), "\n\x01\x02");
}

TEST_F(NpyTest, RefusesEveryTruncation) {
  write_npy(path_, torch::arange(4));
  const std::string whole = read_text(path_);
  for (size_t length = 0; length < whole.size(); length += 3) {
    EXPECT_THAT(reading(whole.substr(0, length)), refuses("")) << length;
  }
  EXPECT_THAT(reading(whole + "x"), refuses("data of 32 bytes expected, got 33"));
}

TEST_F(NpyTest, RefusesWhatItDoesNotKnow) {
  EXPECT_THAT(reading("PK and more text"), refuses("not a .npy file"));
  EXPECT_THAT(reading(npy_of("{'descr': '<f4', 'fortran_order': True, 'shape': (1,), }", "1234")),
              refuses("Fortran order"));
  EXPECT_THAT(reading(npy_of("{'descr': '>f4', 'fortran_order': False, 'shape': (1,), }", "1234")),
              refuses("element type >f4"));
  EXPECT_THAT(reading(npy_of("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }", "1234")),
              refuses("element type |O"));
  EXPECT_THAT(reading(npy_of("{}", "1234")), refuses("header not understood"));
  for (const char* shape : {"-1", "99999999999999999999", "4611686018427387904, 4611686018427387904", "x1"}) {
    EXPECT_THAT(
        reading(npy_of(fmt::format("{{'descr': '<f4', 'fortran_order': False, 'shape': ({},), }}", shape),
                       "1234")),
        refuses("is not one"))
        << shape;
  }
}

}  // namespace
}  // namespace dmf
