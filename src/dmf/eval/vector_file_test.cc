#include "dmf/eval/vector_file.h"

#include <gmock/gmock.h>

#include "dmf/core/error.h"
#include "support/temporary_folder.h"

namespace dmf::eval {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Property;
using testing::Throws;

class NpyVectorsTest : public testing::Test {
 protected:
  template <class T>
  std::filesystem::path write(const std::string& type, const std::string& shape, const std::string& fortran,
                              const std::vector<T>& values) {
    std::string header =
        fmt::format("{{'descr': '{}', 'fortran_order': {}, 'shape': {}, }}", type, fortran, shape);
    header.append(118 - header.size() - 1, ' ');
    header += '\n';
    std::string text("\x93NUMPY\x01\x00\x76\x00", 10);
    text += header;
    text.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T));
    write_text(folder_ / "a.npy", text);
    return folder_ / "a.npy";
  }

  test::TemporaryFolder folder_;
};

TEST_F(NpyVectorsTest, OfEveryFloatingTypeAndOrder) {
  const auto check = [](const VectorSet& set) {
    EXPECT_EQ(set.view().count, 2);
    EXPECT_EQ(set.view().width, 3);
    EXPECT_THAT(set.view().values, ElementsAre(1, -2, 0.5F, 4, 0, 6));
  };
  check(read_npy_vectors(write<float>("<f4", "(2, 3)", "False", {1, -2, 0.5F, 4, 0, 6})));
  check(read_npy_vectors(write<double>("<f8", "(2, 3)", "False", {1, -2, 0.5, 4, 0, 6})));
  check(read_npy_vectors(write<float>("<f4", "(2, 3)", "True", {1, 4, -2, 0, 0.5F, 6})));
  check(read_npy_vectors(write<uint32_t>(">f4", "(2, 3)", "False", {0x803f, 0xc0, 0x3f, 0x8040, 0, 0xc040})));
  check(read_npy_vectors(
      write<uint16_t>("<f2", "(2, 3)", "False", {0x3c00, 0xc000, 0x3800, 0x4400, 0x8000, 0x4600})));
}

TEST_F(NpyVectorsTest, HalfPrecisionHasItsSmallestAndItsLargestNumbers) {
  const VectorSet set =
      read_npy_vectors(write<uint16_t>("<f2", "(1, 4)", "False", {0x0001, 0x7bff, 0xfc00, 0x7e00}));
  EXPECT_EQ(set.view().values[0], 0x1p-24F);
  EXPECT_EQ(set.view().values[1], 65504);
  EXPECT_EQ(find_unrankable(set.view()).not_finite, std::vector<int64_t>{0});
}

TEST_F(NpyVectorsTest, RefusesWhatIsNoVectors) {
  const auto refuses = [](const std::filesystem::path& file, const std::string& what) {
    EXPECT_THAT([&] { read_npy_vectors(file); }, Throws<DataError>(Property(&Error::what, HasSubstr(what))));
  };
  refuses(write<float>("<f4", "(4,)", "False", {1, 2, 3, 4}), "a.npy: expected [N, D] of a floating type");
  refuses(write<int32_t>("<i4", "(2, 2)", "False", {1, 2, 3, 4}), "element type <i4 is not supported");
  refuses(write<float>("<f4", "(2, 3)", "False", {1, 2, 3, 4}), "data of 24 bytes expected, got 16");
  refuses(write<float>("<f4", "(3, 0)", "False", {}), "width 0");
}

}  // namespace
}  // namespace dmf::eval
