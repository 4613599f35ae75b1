#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace dmf::data {

/// A variable of a MATLAB file, a cell or a field of one. Holds its file open.
class MatArray {
 public:
  const std::vector<size_t>& sizes() const { return sizes_; }
  size_t count() const;  ///< elements
  bool is_cell() const;
  /// Element of a cell array, by columns as MATLAB counts, from 0.
  MatArray cell(size_t i) const;
  /// Field of a struct by its place, from 0.
  MatArray field(size_t i) const;
  /// Real numbers of any type, by columns.
  std::vector<double> numbers() const;
  /// Whole numbers, by columns; of uint64 those from 2^63 on are the same bits.
  /// @throws DataError  another number, or one below `lowest`; 2^64 - 1, which would be -1
  std::vector<int64_t> integers(int64_t lowest) const;
  std::string text() const;
  bool is_bytes() const;
  /// uint8 elements, by columns; read from the file now, and not kept.
  std::vector<uint8_t> bytes() const;

 private:
  friend class MatFile;
  struct Variable;
  MatArray(std::shared_ptr<const Variable> owner, void* array, std::string place);
  [[noreturn]] void fail(const std::string& expected) const;
  void load(const char* expected) const;

  std::shared_ptr<const Variable> owner_;
  void* array_;  // matvar_t of matio, which owner_ frees
  std::string place_;
  std::vector<size_t> sizes_;
};

/// A MATLAB file, version 5 (compressed or not) or 7.3 (HDF5). Read by matio.
class MatFile {
 public:
  /// @throws DataError  missing, not a MATLAB file, or cut short
  explicit MatFile(const std::filesystem::path& path);

  bool has(const std::string& name) const;
  /// Names of its variables, in its order.
  std::vector<std::string> names() const;
  /// A variable: all of it (version 5) or what it is made of (7.3), whose pictures are read by bytes().
  /// @throws DataError  not there, broken
  MatArray find(const std::string& name) const;

 private:
  std::filesystem::path path_;
  std::shared_ptr<void> file_;  // mat_t of matio
};

}  // namespace dmf::data
