#include "dmf/cli/vector_input.h"

#include <gmock/gmock.h>
#include <matio.h>

#include "dmf/core/error.h"
#include "dmf/core/file.h"
#include "support/temporary_folder.h"

namespace dmf::cli {
namespace {

using testing::AnyOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Property;
using testing::Throws;

// A .mat that is being written.
class MatWriter {
 public:
  MatWriter(const std::filesystem::path& path, mat_ft version)
      : file_(Mat_CreateVer(path.c_str(), nullptr, version)) {}
  ~MatWriter() { Mat_Close(file_); }
  MatWriter(const MatWriter&) = delete;
  MatWriter& operator=(const MatWriter&) = delete;

  /// Numbers by columns.
  template <class T>
  void write(const std::string& name, matio_classes kind, matio_types type, std::vector<T> numbers,
             size_t rows, size_t columns) {
    size_t sizes[2] = {rows, columns};
    put(Mat_VarCreate(name.c_str(), kind, type, 2, sizes, numbers.data(), 0));
  }
  void write(const std::string& name, std::vector<float> numbers, size_t rows, size_t columns) {
    write(name, MAT_C_SINGLE, MAT_T_SINGLE, std::move(numbers), rows, columns);
  }
  void write(const std::string& name, std::vector<double> numbers) {
    const size_t count = numbers.size();
    write(name, MAT_C_DOUBLE, MAT_T_DOUBLE, std::move(numbers), 1, count);
  }
  void write_complex(const std::string& name, std::vector<float> numbers, size_t rows, size_t columns) {
    size_t sizes[2] = {rows, columns};
    mat_complex_split_t both{numbers.data(), numbers.data()};
    put(Mat_VarCreate(name.c_str(), MAT_C_SINGLE, MAT_T_SINGLE, 2, sizes, &both, MAT_F_COMPLEX));
  }

 private:
  void put(matvar_t* variable) {
    Mat_VarWrite(file_, variable, MAT_COMPRESSION_ZLIB);
    Mat_VarFree(variable);
  }
  mat_t* file_;
};

class VectorMatTest : public testing::Test {
 protected:
  // Three queries and four images of width 3, as columns.
  void write(mat_ft version = MAT_FT_MAT5, const std::vector<double>& queries = {1, 2, 3}) {
    MatWriter file(path_, version);
    file.write("query_f", {1, 2, 3, 4, 5, 6, 7, 8, 9}, 3, 3);
    file.write("query_label", queries);
    file.write("query_cam", {1, 1, 1});
    file.write("gallery_f", {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}, 3, 4);
    file.write("gallery_label", {1, 2, 3, -1});
    file.write("gallery_cam", {2, 2, 2, 2});
  }
  void expect_error(const testing::Matcher<const char*>& message) {
    EXPECT_THAT([&] { read_vector_mat(path_); }, Throws<DataError>(Property(&Error::what, message)));
  }

  test::TemporaryFolder folder_;
  std::filesystem::path path_ = folder_ / "a.mat";
};

TEST_F(VectorMatTest, ASquareMatrixIsReadAsTheOtherPart) {
  write();
  const VectorInput columns = read_vector_mat(path_);
  EXPECT_THAT(std::vector(columns.query.vectors.view().row(0), columns.query.vectors.view().row(1)),
              ElementsAre(1, 2, 3));
  {
    MatWriter file(path_, MAT_FT_MAT5);
    file.write("query_f", {1, 2, 3, 4, 5, 6, 7, 8, 9}, 3, 3);
    file.write("query_label", {1, 2, 3});
    file.write("gallery_f", {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}, 4, 3);
    file.write("gallery_label", {1, 2, 3, -1});
  }
  const VectorInput rows = read_vector_mat(path_);
  EXPECT_THAT(std::vector(rows.query.vectors.view().row(0), rows.query.vectors.view().row(1)),
              ElementsAre(1, 4, 7));
}

TEST_F(VectorMatTest, AFileThatIsCutShortIsRefusedWhereverItIsCut) {
  for (const mat_ft version : {MAT_FT_MAT5, MAT_FT_MAT73}) {
    write(version);
    const std::string whole = read_text(path_);
    for (size_t part = 0; part < 40; ++part) {
      write_text(path_, whole.substr(0, whole.size() * part / 40));
      expect_error(AnyOf(HasSubstr("a.mat: cut short"), HasSubstr("a.mat: not a MATLAB file"),
                         HasSubstr("a.mat: no variable")));
    }
    write_text(path_, whole.substr(0, whole.size() - 1));
    expect_error(HasSubstr("cut short"));
  }
}

TEST_F(VectorMatTest, LabelsAreWholeNumbersOfSixtyFourBits) {
  {
    MatWriter file(path_, MAT_FT_MAT5);
    file.write("query_f", {1, 2, 3, 4, 5, 6}, 2, 3);
    file.write<uint64_t>("query_label", MAT_C_UINT64, MAT_T_UINT64, {1ULL << 63, (1ULL << 63) + 1}, 1, 2);
    file.write("gallery_f", {1, 2, 3}, 1, 3);
    file.write<int64_t>("gallery_label", MAT_C_INT64, MAT_T_INT64, {(1LL << 62) + 1}, 1, 1);
  }
  const VectorInput input = read_vector_mat(path_);
  EXPECT_EQ(input.gallery.table.labels.identities[0], (1LL << 62) + 1);
  EXPECT_EQ(static_cast<uint64_t>(input.query.table.labels.identities[1]), (1ULL << 63) + 1);
  write(MAT_FT_MAT5, {1, 2.5, 3});
  expect_error(HasSubstr("query_label: expected whole numbers (above 2^53 as int64 or uint64), got 2.5"));
  write(MAT_FT_MAT5, {1, -2, 3});
  expect_error(HasSubstr("query_label: expected whole numbers, -1 or more, got -2"));
}

TEST_F(VectorMatTest, RefusesComplexNumbers) {
  {
    MatWriter file(path_, MAT_FT_MAT5);
    file.write_complex("query_f", {1, 2, 3}, 1, 3);
    file.write("query_label", {1});
    file.write("gallery_f", {1, 2, 3}, 1, 3);
    file.write("gallery_label", {1});
  }
  expect_error(HasSubstr("query_f] not what was looked for: expected real numbers, not complex ones"));
}

}  // namespace
}  // namespace dmf::cli
