#include "dmf/onnx/message.h"

#include <bit>

namespace dmf::onnx {
namespace {

constexpr unsigned kVarint = 0, kLength = 2, kFixed32 = 5;

}  // namespace

void Message::varint(uint64_t value) {
  for (; value >= 0x80; value >>= 7) bytes_ += static_cast<char>(value | 0x80);
  bytes_ += static_cast<char>(value);
}

void Message::integer(int field, int64_t value) {
  key(field, kVarint);
  varint(static_cast<uint64_t>(value));
}

void Message::real(int field, float value) {
  key(field, kFixed32);
  const auto bits = std::bit_cast<uint32_t>(value);
  for (int byte = 0; byte < 4; ++byte) bytes_ += static_cast<char>(bits >> (8 * byte));
}

void Message::text(int field, std::string_view value) {
  key(field, kLength);
  varint(value.size());
  bytes_ += value;
}

}  // namespace dmf::onnx
