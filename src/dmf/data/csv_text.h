#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace dmf::data {

struct CsvRow {
  int64_t line = 0;  ///< where it starts, from 1
  std::vector<std::string> fields;
};

/// Rows of a CSV text as in RFC 4180: fields may be quoted, "" is a quote within quotes, line ends are LF or
/// CRLF, a byte-order mark before the first row is left out.
class CsvText {
 public:
  /// @param text  must outlive it
  /// @param file  names the text in messages
  CsvText(std::string_view text, std::string file);

  /// The next row that is not an empty line; false at the end.
  /// @throws DataError  text after a closing quote, a quote that is not closed, naming file and line
  bool next(CsvRow& row);

  /// Throws a DataError of the line that is read now.
  [[noreturn]] void fail(const std::string& what) const;

 private:
  bool take(char c);
  std::string field();
  std::string quoted();

  std::string_view text_;
  std::string file_;
  size_t at_ = 0;
  int64_t line_ = 1;
};

}  // namespace dmf::data
