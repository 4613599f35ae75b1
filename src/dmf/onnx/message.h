#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace dmf::onnx {

/// A message of protocol buffers, written field by field in their wire format
/// (https://protobuf.dev/programming-guides/encoding/).
class Message {
 public:
  void integer(int field, int64_t value);
  void real(int field, float value);
  void text(int field, std::string_view value);
  void message(int field, const Message& value) { text(field, value.bytes_); }
  const std::string& bytes() const { return bytes_; }

 private:
  void varint(uint64_t value);
  void key(int field, unsigned wire_type) { varint(static_cast<uint64_t>(field) << 3 | wire_type); }
  std::string bytes_;
};

}  // namespace dmf::onnx
