#pragma once
#include <torch/types.h>

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "dmf/onnx/graph.h"
#include "dmf/weights/tensors.h"

namespace dmf::onnx {

/// Smallest and largest of the numbers that a product reads.
struct ValueRange {
  float low = 0, high = 0;
};

/// What products (of convolutions and linear layers) are computed in.
struct Products {
  enum class Kind {
    kFloat32,
    kObserved,  ///< float32, and what each product reads is an output, `read_0`, `read_1` …
    kInt8  ///< what they read as uint8, by `ranges`; weights as int8, each output channel by its own scale
  };
  Kind kind = Kind::kFloat32;
  std::vector<ValueRange> ranges{};  ///< of `read_0`, `read_1` … for kInt8
};

/// ONNX operators with constants out of tensors. Values are names of the graph.
///
/// int8 is written as ONNX runtimes look for it: QuantizeLinear and DequantizeLinear around a product
/// (Jacob et al. 2018, arXiv:1712.05877).
class Operators {
 public:
  explicit Operators(std::string name, Products products = {})
      : graph_(std::move(name)), products_(std::move(products)) {}

  Graph& graph() { return graph_; }

  /// A tensor as a float32 constant.
  std::string constant(const torch::Tensor& tensor);
  std::string scalar(double value) {
    return graph_.constant(std::vector<float>{static_cast<float>(value)}, {});
  }
  /// One-dimensional, int64: sizes, axes.
  std::string numbers(const std::vector<int64_t>& values) {
    return graph_.constant(values, {static_cast<int64_t>(values.size())});
  }

  std::string add(const std::string& a, const std::string& b) { return graph_.node("Add", {a, b}); }
  std::string multiply(const std::string& a, const std::string& b) { return graph_.node("Mul", {a, b}); }
  std::string concat(const std::vector<std::string>& parts, int64_t axis) {
    return graph_.node("Concat", parts, {{"axis", axis}});
  }
  std::string cast(const std::string& value, ElementType type) {
    return graph_.node("Cast", {value}, {{"to", static_cast<int64_t>(type)}});
  }
  /// 0 keeps a size, -1 is what remains.
  std::string reshape(const std::string& value, const std::vector<int64_t>& sizes) {
    return graph_.node("Reshape", {value, numbers(sizes)});
  }
  std::string transpose(const std::string& value, const std::vector<int64_t>& axes) {
    return graph_.node("Transpose", {value}, {{"perm", axes}});
  }
  /// Means and sums keep their axes, of size 1.
  std::string mean(const std::string& value, const std::vector<int64_t>& axes) {
    return graph_.node("ReduceMean", {value}, {{"axes", axes}, {"keepdims", int64_t{1}}});
  }
  std::string sum(const std::string& value, const std::vector<int64_t>& axes) {
    return graph_.node("ReduceSum", {value, numbers(axes)}, {{"keepdims", int64_t{1}}});
  }
  /// Positions [first, last) of an axis; negative ones count from the end.
  std::string slice(const std::string& value, int64_t axis, int64_t first, int64_t last) {
    return graph_.node("Slice", {value, numbers({first}), numbers({last}), numbers({axis})});
  }
  /// Size of an axis, [1] int64.
  std::string size(const std::string& value, int64_t axis) {
    return graph_.node("Shape", {value}, {{"start", axis}, {"end", axis + 1}});
  }
  /// A constant [1, …] once for each sample of `like`.
  std::string for_each_sample(const torch::Tensor& tensor, const std::string& like);

  std::string layer_norm(const std::string& value, const torch::Tensor& weight, const torch::Tensor& bias,
                         double epsilon);
  /// By its running statistics, over the last axis.
  std::string batch_norm(const std::string& value, const weights::Scope& norm, double epsilon);
  /// GELU, exact.
  std::string gelu(const std::string& value);
  /// Rows of [B, D] divided by their length.
  std::string unit_rows(const std::string& value);

  /// A product over the last axis. @param bias  may be undefined
  std::string linear(const std::string& value, const torch::Tensor& weight, const torch::Tensor& bias);
  /// @param weight  [outputs, inputs / group, h, w]
  std::string convolution(const std::string& value, const torch::Tensor& weight, const torch::Tensor& bias,
                          Attributes attributes);
  /// Whatever comes from here on is computed in float32.
  void keep_float32() { products_ = {}; }
  /// A value as products read it: itself, or rounded to 256 steps. What is rounded already stays.
  std::string rounded(const std::string& value);

 private:
  /// A weight, or an int8 one with a scale for each entry of `axis`.
  std::string weight(const torch::Tensor& tensor, int64_t axis);

  Graph graph_;
  Products products_;
  size_t read_ = 0;                             ///< values that products read so far
  std::map<std::string, std::string> rounded_;  ///< what each was rounded to
  std::map<std::string, double> steps_;         ///< width of a rounded value's steps
};

}  // namespace dmf::onnx
