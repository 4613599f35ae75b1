#include "dmf/data/mat_file.h"

#include <matio.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <numeric>

#include "dmf/core/error.h"
#include "dmf/core/file.h"

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

template <class Number, class To = double>
std::vector<To> converted(const void* data, size_t count) {
  const auto* numbers = static_cast<const Number*>(data);
  std::vector<To> result(count);
  for (size_t i = 0; i < count; ++i) result[i] = static_cast<To>(numbers[i]);
  return result;
}

// matio does not look whether a file is whole: of one that is cut short the missing variables are not there,
// and the missing end of one is whatever the memory held.
class WholeCheck {
 public:
  explicit WholeCheck(const std::filesystem::path& path) : file_(path), bytes_(file_.text()) {
    const bool is_little = mark() == "IM", is_big = mark() == "MI";
    DMF_CHECK(is_little || is_big, DataError, "{}: not a MATLAB file (version 5 or 7.3)", path.string());
    is_turned_ = is_little != (std::endian::native == std::endian::little);
    const bool is_hdf = bytes_[is_little ? kVersion + 1 : kVersion] == 2;
    const uint64_t needed = is_hdf ? hdf_end() : last_element_end();
    DMF_CHECK(needed <= bytes_.size(), DataError, "{}: cut short: expected at least {} bytes, got {}",
              path.string(), needed, bytes_.size());
  }

 private:
  static constexpr size_t kVersion = 124, kMark = 126, kHeader = 128;

  std::string_view mark() const { return bytes_.size() < kHeader ? "" : bytes_.substr(kMark, 2); }

  uint32_t word(uint64_t at) const {
    uint32_t value = 0;
    std::memcpy(&value, bytes_.data() + at, sizeof value);
    return is_turned_ ? __builtin_bswap32(value) : value;
  }

  // Version 5: elements one behind the other, each with its type and its size.
  uint64_t last_element_end() const {
    constexpr uint64_t kTag = 8;
    uint64_t end = kHeader;
    while (end + kTag <= bytes_.size()) end += kTag + word(end + 4);
    const std::string_view rest = bytes_.substr(std::min<uint64_t>(end, bytes_.size()));
    const bool is_filling = rest.find_first_not_of('\0') == std::string_view::npos;
    return is_filling ? end : end + kTag;
  }

  // Version 7.3: HDF5 behind 512 bytes, whose superblock (0 to 3) tells where the file ends.
  uint64_t hdf_end() const {
    constexpr size_t kBlock = 512, kBlockBytes = 48;
    const std::string_view block = bytes_.size() < kBlock ? "" : bytes_.substr(kBlock);
    constexpr std::string_view kSignature = "\x89HDF\r\n\x1a\n";
    if (!kSignature.starts_with(block.substr(0, kSignature.size()))) return 0;  // matio's to judge
    if (block.size() < kBlockBytes) return kBlock + kBlockBytes;
    const int version = block[kSignature.size()];
    uint64_t end = 0;
    const size_t place = version >= 2 ? 28 : version == 1 ? 44 : 40;
    std::memcpy(&end, block.data() + place, sizeof end);
    return end;
  }

  MappedFile file_;
  std::string_view bytes_;
  bool is_turned_ = false;
};

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

void MatArray::load(const char* expected) const {
  matvar_t* variable = as_array(array_);
  auto* file = static_cast<mat_t*>(owner_->file.get());
  if (variable->class_type == MAT_C_EMPTY && count() > 0 && Mat_GetVersion(file) == MAT_FT_MAT73) {
    // h5py and hdf5storage write the name of the class without a zero byte at its end, so that matio does not
    // know it. HDF5 knows what the numbers are and gives them as doubles.
    variable->class_type = MAT_C_DOUBLE;
    variable->data_type = MAT_T_DOUBLE;
    variable->data_size = sizeof(double);
  }
  if (variable->data == nullptr && count() > 0) Mat_VarReadDataAll(file, variable);
  if (variable->data == nullptr && count() > 0) fail(expected);
  if (variable->isComplex != 0) fail("real numbers, not complex ones");
}

std::vector<double> MatArray::numbers() const {
  load("numbers");
  if (count() == 0) return {};
  const matvar_t* variable = as_array(array_);
  switch (variable->class_type) {
    case MAT_C_DOUBLE:
      return converted<double>(variable->data, count());
    case MAT_C_SINGLE:
      return converted<float>(variable->data, count());
    case MAT_C_INT8:
      return converted<int8_t>(variable->data, count());
    case MAT_C_UINT8:
      return converted<uint8_t>(variable->data, count());
    case MAT_C_INT16:
      return converted<int16_t>(variable->data, count());
    case MAT_C_UINT16:
      return converted<uint16_t>(variable->data, count());
    case MAT_C_INT32:
      return converted<int32_t>(variable->data, count());
    case MAT_C_UINT32:
      return converted<uint32_t>(variable->data, count());
    case MAT_C_INT64:
      return converted<int64_t>(variable->data, count());
    case MAT_C_UINT64:
      return converted<uint64_t>(variable->data, count());
    default:
      fail("numbers");
  }
}

std::vector<int64_t> MatArray::integers(int64_t lowest) const {
  load("whole numbers");
  if (count() == 0) return {};
  const matvar_t* variable = as_array(array_);
  if (variable->class_type == MAT_C_UINT64) {
    const std::vector<int64_t> bits = converted<uint64_t, int64_t>(variable->data, count());
    DMF_CHECK(std::find(bits.begin(), bits.end(), -1) == bits.end(), DataError,
              "{}: 2^64 - 1 cannot be told from -1", place_);
    return bits;
  }
  std::vector<int64_t> whole;
  if (variable->class_type == MAT_C_INT64) {
    whole = converted<int64_t, int64_t>(variable->data, count());
  } else {
    for (const double number : numbers()) {
      DMF_CHECK(number == std::floor(number) && std::abs(number) <= 0x1p53, DataError,
                "{}: expected whole numbers (above 2^53 as int64 or uint64), got {}", place_, number);
      whole.push_back(static_cast<int64_t>(number));
    }
  }
  const int64_t least = *std::min_element(whole.begin(), whole.end());
  DMF_CHECK(least >= lowest, DataError, "{}: expected whole numbers, {} or more, got {}", place_, lowest,
            least);
  return whole;
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
  const WholeCheck check(path);
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
