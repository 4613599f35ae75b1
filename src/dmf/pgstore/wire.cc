#include "dmf/pgstore/wire.h"

#include <algorithm>
#include <concepts>

#include "dmf/core/error.h"

namespace dmf::pgstore {
namespace {

constexpr uint32_t kBytes = 17, kInteger = 20, kText = 25, kTexts = 1009, kIntegers = 1016;

template <std::unsigned_integral T>
void put(std::string& out, T value) {
  for (int shift = static_cast<int>(8 * sizeof(T)) - 8; shift >= 0; shift -= 8)
    out += static_cast<char>(static_cast<unsigned char>(value >> shift));
}

/// Takes numbers off the front of bytes.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}
  template <std::unsigned_integral T>
  T take() {
    T value = 0;
    for (const char c : text(sizeof(T))) value = static_cast<T>((value << 8) | static_cast<unsigned char>(c));
    return value;
  }
  std::string_view text(size_t count) {
    DMF_CHECK(count <= rest_.size(), DataError, "database: a value has too few bytes");
    const std::string_view taken = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return taken;
  }
  void end() const { DMF_CHECK(rest_.empty(), DataError, "database: a value has too many bytes"); }

 private:
  std::string_view rest_;
};

template <class T>
Value array_of(const std::vector<T>& list, uint32_t type, uint32_t element) {
  std::string bytes;
  put(bytes, uint32_t{list.empty() ? 0U : 1U});
  put(bytes, uint32_t{0});  // no element is NULL
  put(bytes, element);
  if (!list.empty()) {
    put(bytes, static_cast<uint32_t>(list.size()));
    put(bytes, uint32_t{1});
  }
  for (const T& each : list) {
    const Value value = of(each);
    put(bytes, static_cast<uint32_t>(value.bytes->size()));
    bytes += *value.bytes;
  }
  return {type, std::move(bytes)};
}

}  // namespace

Value of(int64_t number) {
  std::string bytes;
  put(bytes, static_cast<uint64_t>(number));
  return {kInteger, std::move(bytes)};
}

Value of(const std::optional<int64_t>& number) { return number ? of(*number) : Value{kInteger, {}}; }
Value of(const std::string& text) { return {kText, text}; }
Value text_or_null(const std::string& text) { return text.empty() ? Value{kText, {}} : of(text); }
Value bytes_of(const std::string& bytes) { return {kBytes, bytes}; }
Value of(const std::vector<int64_t>& numbers) { return array_of(numbers, kIntegers, kInteger); }
Value of(const std::vector<std::string>& texts) { return array_of(texts, kTexts, kText); }

Value embedding_of(std::span<const float> numbers) {
  std::string bytes;
  bytes.reserve(4 + 4 * numbers.size());
  put(bytes, static_cast<uint16_t>(numbers.size()));
  put(bytes, uint16_t{0});
  for (const float number : numbers) put(bytes, std::bit_cast<uint32_t>(number));
  return {0, std::move(bytes)};
}

std::string copied_rows(const std::vector<std::vector<Value>>& rows) {
  std::string bytes("PGCOPY\n\377\r\n\0", 11);
  put(bytes, uint32_t{0});
  put(bytes, uint32_t{0});
  for (const std::vector<Value>& row : rows) {
    put(bytes, static_cast<uint16_t>(row.size()));
    for (const Value& value : row) {
      put(bytes, value.bytes ? static_cast<uint32_t>(value.bytes->size()) : ~uint32_t{0});
      if (value.bytes) bytes += *value.bytes;
    }
  }
  put(bytes, static_cast<uint16_t>(0xFFFF));
  return bytes;
}

int64_t read_integer(std::string_view bytes) {
  Reader reader(bytes);
  const auto value = static_cast<int64_t>(reader.take<uint64_t>());
  reader.end();
  return value;
}

double read_double(std::string_view bytes) { return std::bit_cast<double>(read_integer(bytes)); }

std::vector<float> read_vector(std::string_view bytes) {
  Reader reader(bytes);
  std::vector<float> numbers(reader.take<uint16_t>());
  reader.take<uint16_t>();
  for (float& number : numbers) number = std::bit_cast<float>(reader.take<uint32_t>());
  reader.end();
  return numbers;
}

std::vector<std::string> read_texts(std::string_view bytes) {
  Reader reader(bytes);
  const auto dimensions = reader.take<uint32_t>();
  reader.take<uint32_t>();
  reader.take<uint32_t>();
  std::vector<std::string> texts;
  if (dimensions > 0) {
    DMF_CHECK(dimensions == 1, DataError, "database: a list of {} dimensions", dimensions);
    const auto count = reader.take<uint32_t>();
    reader.take<uint32_t>();
    for (uint32_t i = 0; i < count; ++i) texts.emplace_back(reader.text(reader.take<uint32_t>()));
  }
  reader.end();
  return texts;
}

}  // namespace dmf::pgstore
