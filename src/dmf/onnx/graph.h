#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "dmf/onnx/message.h"

namespace dmf::onnx {

enum class ElementType { kFloat32 = 1, kUint8 = 2, kInt8 = 3, kInt32 = 6, kInt64 = 7, kBool = 9 };

/// An axis of an input or output: of a size, or of any, by a name ("batch").
struct Axis {
  Axis(int64_t fixed) : size(fixed) {}                  // NOLINT
  Axis(const char* of_any_size) : name(of_any_size) {}  // NOLINT
  std::string name{};
  int64_t size = 0;
};

/// Value of a node's attribute.
struct Attribute {
  Attribute(int64_t value) : ints{value} {}                                         // NOLINT
  Attribute(std::vector<int64_t> value) : ints(std::move(value)), is_list(true) {}  // NOLINT
  Attribute(float value) : real(value), is_real(true) {}                            // NOLINT
  std::vector<int64_t> ints{};
  float real = 0;
  bool is_list = false, is_real = false;
};
using Attributes = std::vector<std::pair<std::string, Attribute>>;

/// A graph of ONNX operators, in the making. Values are known by name.
///
///   Graph graph("model");
///   auto x = graph.input("x", ElementType::kFloat32, {"batch", 3, 256, 128});
///   graph.output("y", graph.node("Relu", {x}), {"batch", 3, 256, 128});
///   write_text("model.onnx", graph.bytes({{"key", "value"}}));
class Graph {
 public:
  explicit Graph(std::string name) : name_(std::move(name)) {}

  std::string input(const std::string& name, ElementType type, const std::vector<Axis>& axes);
  /// @param value  float32
  void output(const std::string& name, const std::string& value, const std::vector<Axis>& axes);
  /// @return  the name of its output
  std::string node(const std::string& operation, const std::vector<std::string>& inputs,
                   const Attributes& attributes = {});
  /// @param sizes  of a tensor; none = a single number
  template <class Number>
  std::string constant(const std::vector<Number>& values, const std::vector<int64_t>& sizes) {
    return add_constant(element_type<Number>(), sizes,
                        {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(Number)});
  }

  /// The model file. @param metadata  keys and values that programs may read
  std::string bytes(const std::map<std::string, std::string>& metadata) const;

  static constexpr int64_t kOperatorSet = 17;

 private:
  template <class Number>
  static constexpr ElementType element_type() {
    if constexpr (std::is_same_v<Number, float>) return ElementType::kFloat32;
    if constexpr (std::is_same_v<Number, uint8_t>) return ElementType::kUint8;
    if constexpr (std::is_same_v<Number, int8_t>) return ElementType::kInt8;
    if constexpr (std::is_same_v<Number, int32_t>) return ElementType::kInt32;
    if constexpr (std::is_same_v<Number, int64_t>) return ElementType::kInt64;
  }
  std::string new_name(const std::string& kind) { return kind + "_" + std::to_string(count_++); }
  std::string add_constant(ElementType type, const std::vector<int64_t>& sizes, std::string_view raw);

  std::string name_;
  Message graph_;
  int64_t count_ = 0;
};

}  // namespace dmf::onnx
