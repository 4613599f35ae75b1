#include "dmf/onnx/operators.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "dmf/core/error.h"

namespace dmf::onnx {
namespace {

constexpr double kSteps = 255;        // of uint8
constexpr double kLargestInt8 = 127;  // symmetric: -127 … 127

template <class Number>
std::vector<Number> values_of(const torch::Tensor& tensor, torch::Dtype type) {
  const torch::Tensor values = tensor.detach().to(torch::kCPU, type).contiguous();
  const auto* first = static_cast<const Number*>(values.const_data_ptr());
  return {first, first + values.numel()};
}

/// The width of a step for each entry of an axis; entries without a number other than zero get 1.
torch::Tensor steps_along(const torch::Tensor& tensor, int64_t axis) {
  const torch::Tensor largest = tensor.abs().transpose(0, axis).flatten(1).amax(1);
  return at::where(largest > 0, largest / kLargestInt8, at::ones_like(largest));
}

}  // namespace

std::string Operators::constant(const torch::Tensor& tensor) {
  return graph_.constant(values_of<float>(tensor, torch::kFloat32), tensor.sizes().vec());
}

std::string Operators::for_each_sample(const torch::Tensor& tensor, const std::string& like) {
  const std::vector<int64_t> ones(static_cast<size_t>(tensor.dim() - 1), 1);
  return graph_.node("Expand", {constant(tensor), concat({size(like, 0), numbers(ones)}, 0)});
}

std::string Operators::layer_norm(const std::string& value, const torch::Tensor& weight,
                                  const torch::Tensor& bias, double epsilon) {
  return graph_.node("LayerNormalization", {value, constant(weight), constant(bias)},
                     {{"axis", int64_t{-1}}, {"epsilon", static_cast<float>(epsilon)}});
}

std::string Operators::batch_norm(const std::string& value, const weights::Scope& norm, double epsilon) {
  const torch::Tensor scale = norm["weight"] * (norm["running_var"] + epsilon).rsqrt();
  return add(multiply(value, constant(scale)), constant(norm["bias"] - norm["running_mean"] * scale));
}

std::string Operators::gelu(const std::string& value) {
  const std::string error = graph_.node("Erf", {multiply(value, scalar(std::sqrt(0.5)))});
  return multiply(multiply(value, scalar(0.5)), add(error, scalar(1)));
}

std::string Operators::unit_rows(const std::string& value) {
  const std::string length =
      graph_.node("ReduceL2", {value}, {{"axes", std::vector<int64_t>{1}}, {"keepdims", int64_t{1}}});
  return graph_.node("Div", {value, graph_.node("Max", {length, scalar(1e-12)})});
}

std::string Operators::rounded(const std::string& value) {
  if (products_.kind == Products::Kind::kFloat32 || steps_.contains(value)) return value;
  const auto known = rounded_.find(value);
  if (known != rounded_.end()) return known->second;
  const size_t number = read_++;
  std::string result = value;
  if (products_.kind == Products::Kind::kObserved) {
    graph_.output(fmt::format("read_{}", number), value, {});
  } else {
    DMF_CHECK(number < products_.ranges.size(), InvalidArgument,
              "[onnx] ranges: expected one for each value that a product reads, got {}",
              products_.ranges.size());
    const double low = std::min(0.0F, products_.ranges[number].low);
    const double high = std::max(0.0F, products_.ranges[number].high);
    const double step = high > low ? (high - low) / kSteps : 1.0;
    const std::string width = scalar(step);
    const std::string zero =
        graph_.constant(std::vector<uint8_t>{static_cast<uint8_t>(std::lround(-low / step))}, {});
    result =
        graph_.node("DequantizeLinear", {graph_.node("QuantizeLinear", {value, width, zero}), width, zero});
    steps_[result] = static_cast<float>(step);
  }
  rounded_[value] = result;
  return result;
}

std::string Operators::weight(const torch::Tensor& tensor, int64_t axis) {
  if (products_.kind != Products::Kind::kInt8) return constant(tensor);
  const torch::Tensor steps = steps_along(tensor, axis);
  std::vector<int64_t> sizes(static_cast<size_t>(tensor.dim()), 1);
  sizes[static_cast<size_t>(axis)] = -1;
  const torch::Tensor whole = (tensor / steps.view(sizes)).round().clamp(-kLargestInt8, kLargestInt8);
  const std::vector<int8_t> zeros(static_cast<size_t>(steps.size(0)), 0);
  return graph_.node("DequantizeLinear",
                     {graph_.constant(values_of<int8_t>(whole, torch::kInt8), tensor.sizes().vec()),
                      constant(steps), graph_.constant(zeros, {steps.size(0)})},
                     {{"axis", axis}});
}

std::string Operators::linear(const std::string& value, const torch::Tensor& weight_,
                              const torch::Tensor& bias) {
  const std::string product =
      graph_.node("MatMul", {rounded(value), weight(weight_.detach().t().contiguous(), 1)});
  return bias.defined() ? add(product, constant(bias)) : product;
}

std::string Operators::convolution(const std::string& value, const torch::Tensor& weight_,
                                   const torch::Tensor& bias, Attributes attributes) {
  const std::string input = rounded(value);
  const torch::Tensor filters = weight_.detach().contiguous();
  std::string added;
  if (products_.kind == Products::Kind::kInt8) {
    // The bias in the product's own steps, so that runtimes add it to the sum of whole numbers.
    const torch::Tensor steps = steps_along(filters, 0) * steps_.at(input);
    const std::vector<int32_t> whole = values_of<int32_t>((bias.detach() / steps).round(), torch::kInt32);
    const auto count = static_cast<int64_t>(whole.size());
    added = graph_.node("DequantizeLinear",
                        {graph_.constant(whole, {count}), constant(steps),
                         graph_.constant(std::vector<int32_t>(whole.size(), 0), {count})},
                        {{"axis", int64_t{0}}});
  } else {
    added = constant(bias);
  }
  return graph_.node("Conv", {input, weight(filters, 0), added}, attributes);
}

}  // namespace dmf::onnx
