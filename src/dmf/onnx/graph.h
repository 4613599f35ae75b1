#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "dmf/onnx/message.h"

namespace dmf::onnx {

enum class ElementType { kFloat32 = 1, kUint8 = 2, kInt64 = 7 };

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

/// A graph of ONNX operators, in the making. Values are known by name; the first axis of inputs and outputs
/// is the batch and of any size.
///
///   Graph graph("model");
///   auto x = graph.input("x", ElementType::kFloat32, {3, 256, 128});
///   graph.output("y", graph.node("Relu", {x}), {3, 256, 128});
///   write_text("model.onnx", graph.bytes({{"key", "value"}}));
class Graph {
 public:
  explicit Graph(std::string name) : name_(std::move(name)) {}

  /// @param sizes  of the axes behind the batch
  std::string input(const std::string& name, ElementType type, const std::vector<int64_t>& sizes);
  void output(const std::string& name, const std::string& value, const std::vector<int64_t>& sizes);
  /// @return  the name of its output
  std::string node(const std::string& operation, const std::vector<std::string>& inputs,
                   const Attributes& attributes = {});
  std::string constant(const std::vector<float>& values, const std::vector<int64_t>& sizes);
  std::string constant(const std::vector<int64_t>& values);

  /// The model file. @param metadata  keys and values that programs may read
  std::string bytes(const std::map<std::string, std::string>& metadata) const;

  static constexpr int64_t kOperatorSet = 17;

 private:
  std::string new_name(const std::string& kind) { return kind + "_" + std::to_string(count_++); }
  std::string add_constant(ElementType type, const std::vector<int64_t>& sizes, std::string_view raw);

  std::string name_;
  Message graph_;
  int64_t count_ = 0;
};

}  // namespace dmf::onnx
