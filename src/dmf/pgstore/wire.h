#pragma once
#include <bit>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace dmf::pgstore {

/// A value in PostgreSQL's binary format, as a parameter of a statement or as a field of a row that is copied
/// in. No value ever becomes a part of a statement's text.
struct Value {
  uint32_t type = 0;                 ///< the server's number of the type; 0: the statement says
  std::optional<std::string> bytes;  ///< none: NULL
};

Value of(int64_t number);
Value of(const std::optional<int64_t>& number);
Value of(const std::string& text);
/// NULL where it is empty.
Value text_or_null(const std::string& text);
Value bytes_of(const std::string& bytes);
Value of(const std::vector<int64_t>& numbers);
Value of(const std::vector<std::string>& texts);
/// NULL where it is empty: what a filter does not ask for.
template <class T>
Value list_or_null(const std::vector<T>& list) {
  Value value = of(list);
  if (list.empty()) value.bytes.reset();
  return value;
}
/// pgvector's `vector`.
Value embedding_of(std::span<const float> numbers);

/// The rows as COPY … FROM STDIN (FORMAT binary) reads them.
std::string copied_rows(const std::vector<std::vector<Value>>& rows);

/// Reads what the server sends. @throws DataError  other bytes than that type has
int64_t read_integer(std::string_view bytes);
double read_double(std::string_view bytes);
std::vector<float> read_vector(std::string_view bytes);
std::vector<std::string> read_texts(std::string_view bytes);

}  // namespace dmf::pgstore
