#include "dmf/data/mat_file.h"

#include <matio.h>

#include <cstdlib>
#include <mutex>
#include <numeric>

#include "dmf/core/error.h"

namespace dmf::data {

/// What matio has read of one variable.
struct MatArray::Variable {
  std::shared_ptr<void> file;
  matvar_t* top = nullptr;

  Variable(std::shared_ptr<void> open, matvar_t* read) : file(std::move(open)), top(read) {}
  ~Variable() { Mat_VarFree(top); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;
};

namespace {

matvar_t* as_array(void* array) { return static_cast<matvar_t*>(array); }

template <class Number>
std::vector<double> to_doubles(const void* data, size_t count) {
  const auto* numbers = static_cast<const Number*>(data);
  std::vector<double> doubles(count);
  for (size_t i = 0; i < count; ++i) doubles[i] = static_cast<double>(numbers[i]);
  return doubles;
}

}  // namespace

MatArray::MatArray(std::shared_ptr<const Variable> owner, void* array, std::string place)
    : owner_(std::move(owner)), array_(array), place_(std::move(place)) {
  const matvar_t* variable = as_array(array_);
  sizes_.assign(variable->dims, variable->dims + variable->rank);
}

void MatArray::fail(const std::string& expected) const {
  throw DataError(Expectation{place_, "not what was looked for", expected,
                              fmt::format("MATLAB class {}", static_cast<int>(as_array(array_)->class_type)),
                              ""}
                      .message());
}

size_t MatArray::count() const {
  return std::accumulate(sizes_.begin(), sizes_.end(), size_t{1}, std::multiplies<>());
}

bool MatArray::is_cell() const { return as_array(array_)->class_type == MAT_C_CELL; }

bool MatArray::is_bytes() const { return as_array(array_)->class_type == MAT_C_UINT8; }

MatArray MatArray::cell(size_t i) const {
  const matvar_t* variable = as_array(array_);
  if (!is_cell() || i >= count() || variable->data == nullptr)
    fail(fmt::format("a cell array with element {}", i + 1));
  matvar_t* element = static_cast<matvar_t**>(variable->data)[i];
  const std::string place = fmt::format("{}{{{}}}", place_, i + 1);
  DMF_CHECK(element != nullptr, DataError, "{}: the element is empty", place);
  return {owner_, element, place};
}

MatArray MatArray::field(size_t i) const {
  matvar_t* variable = as_array(array_);
  matvar_t* field = variable->class_type == MAT_C_STRUCT && i < Mat_VarGetNumberOfFields(variable)
                        ? Mat_VarGetStructFieldByIndex(variable, i, 0)
                        : nullptr;
  if (field == nullptr) fail(fmt::format("a struct with {} fields or more", i + 1));
  return {owner_, field, fmt::format("{}, field {}", place_, i + 1)};
}

std::vector<double> MatArray::numbers() const {
  matvar_t* variable = as_array(array_);
  if (variable->data == nullptr && count() > 0)
    Mat_VarReadDataAll(static_cast<mat_t*>(owner_->file.get()), variable);
  if (count() == 0) return {};
  if (variable->data == nullptr) fail("numbers");
  switch (variable->class_type) {
    case MAT_C_DOUBLE:
      return to_doubles<double>(variable->data, count());
    case MAT_C_SINGLE:
      return to_doubles<float>(variable->data, count());
    case MAT_C_INT8:
      return to_doubles<int8_t>(variable->data, count());
    case MAT_C_UINT8:
      return to_doubles<uint8_t>(variable->data, count());
    case MAT_C_INT16:
      return to_doubles<int16_t>(variable->data, count());
    case MAT_C_UINT16:
      return to_doubles<uint16_t>(variable->data, count());
    case MAT_C_INT32:
      return to_doubles<int32_t>(variable->data, count());
    case MAT_C_UINT32:
      return to_doubles<uint32_t>(variable->data, count());
    case MAT_C_INT64:
      return to_doubles<int64_t>(variable->data, count());
    case MAT_C_UINT64:
      return to_doubles<uint64_t>(variable->data, count());
    default:
      fail("numbers");
  }
}

std::string MatArray::text() const {
  const matvar_t* variable = as_array(array_);
  if (variable->class_type != MAT_C_CHAR || variable->data == nullptr) fail("a text");
  const bool is_wide = variable->data_type == MAT_T_UINT16 || variable->data_type == MAT_T_UTF16;
  std::string text;
  for (size_t i = 0; i < count(); ++i) {
    const unsigned code = is_wide ? static_cast<const uint16_t*>(variable->data)[i]
                                  : static_cast<const unsigned char*>(variable->data)[i];
    text += code < 128 ? static_cast<char>(code) : '?';
  }
  return text;
}

std::vector<uint8_t> MatArray::bytes() const {
  matvar_t* variable = as_array(array_);
  if (!is_bytes()) fail("uint8 numbers");
  if (variable->data == nullptr && count() > 0)
    Mat_VarReadDataAll(static_cast<mat_t*>(owner_->file.get()), variable);
  if (variable->data == nullptr) fail("uint8 numbers that can be read");
  const auto* data = static_cast<const uint8_t*>(variable->data);
  std::vector<uint8_t> bytes(data, data + count());
  // matio keeps what it has read: of thousands of pictures that would be gigabytes.
  std::free(variable->data);
  variable->data = nullptr;
  return bytes;
}

MatFile::MatFile(const std::filesystem::path& path) : path_(path) {
  DMF_CHECK(std::filesystem::is_regular_file(path), DataError, "{}: no such file", path.string());
  mat_t* file = Mat_Open(path.c_str(), MAT_ACC_RDONLY);
  DMF_CHECK(file != nullptr, DataError, "{}: not a MATLAB file (version 5 or 7.3)", path.string());
  file_ = std::shared_ptr<void>(file, [](void* open) { Mat_Close(static_cast<mat_t*>(open)); });
}

bool MatFile::has(const std::string& name) const {
  matvar_t* variable = Mat_VarReadInfo(static_cast<mat_t*>(file_.get()), name.c_str());
  Mat_VarFree(variable);
  return variable != nullptr;
}

std::vector<std::string> MatFile::names() const {
  size_t count = 0;
  char* const* found = Mat_GetDir(static_cast<mat_t*>(file_.get()), &count);
  if (found == nullptr) return {};
  return {found, found + count};
}

MatArray MatFile::find(const std::string& name) const {
  auto* file = static_cast<mat_t*>(file_.get());
  matvar_t* variable = Mat_GetVersion(file) == MAT_FT_MAT73 ? Mat_VarReadInfo(file, name.c_str())
                                                            : Mat_VarRead(file, name.c_str());
  DMF_CHECK(variable != nullptr, DataError, "{}: no variable '{}', or a broken one", path_.string(), name);
  return {std::make_shared<const MatArray::Variable>(file_, variable), variable,
          fmt::format("{}: {}", path_.string(), name)};
}

}  // namespace dmf::data
