#include "dmf/translate/depthwise.h"

#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include "dmf/core/error.h"
#include "dmf/core/processor.h"
#include "dmf/core/shape.h"
#include "dmf/translate/depthwise_kernel.h"

namespace dmf::translate {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

constexpr int64_t kAlignment = 64;

struct Kernels {
  decltype(&generic::forward) forward;
  decltype(&generic::backward) backward;
};

Kernels best_kernels() {
#if defined(__x86_64__)
  if (has_x86_64_v4()) return {v4::forward, v4::backward};
  if (has_x86_64_v3()) return {v3::forward, v3::backward};
#endif
  return {generic::forward, generic::backward};
}

const Kernels& kernels() {
  static const Kernels chosen = best_kernels();
  return chosen;
}

DepthwiseType type_of(const torch::Tensor& tensor) {
  return tensor.scalar_type() == torch::kBFloat16 ? DepthwiseType::kBfloat16 : DepthwiseType::kFloat32;
}

DepthwiseShape shape_of(const torch::Tensor& input, const torch::Tensor& weight, int64_t stride,
                        Padding padding) {
  const int64_t kernel = weight.size(2);
  const auto out = [&](int64_t size) {
    return (size + padding.before + padding.behind - kernel) / stride + 1;
  };
  return {input.size(0),      input.size(1), input.size(2), input.size(3), out(input.size(2)),
          out(input.size(3)), kernel,        stride,        padding.before};
}

torch::Tensor channels_last(const torch::Tensor& tensor) {
  return tensor.contiguous(at::MemoryFormat::ChannelsLast);
}

torch::Tensor empty_channels_last(at::IntArrayRef sizes, const torch::Tensor& like) {
  return torch::empty(sizes,
                      like.options().memory_format(at::MemoryFormat::ChannelsLast).requires_grad(false));
}

/// [C, 1, k, k] → [k, k, C], the kernels' order.
torch::Tensor taps_of(const torch::Tensor& weight) {
  return weight.detach().to(torch::kFloat32).squeeze(1).permute({1, 2, 0}).contiguous();
}

/// Aligned scratch of one thread: the padded blocks of the input and of its gradient.
class Scratch {
 public:
  explicit Scratch(const DepthwiseShape& shape)
      : memory_(static_cast<float*>(::operator new(2 * depthwise_block_floats(shape) * sizeof(float),
                                                   std::align_val_t(kAlignment)))) {}
  ~Scratch() { ::operator delete(memory_, std::align_val_t(kAlignment)); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  float* data() { return memory_; }

 private:
  float* memory_;
};

template <class Work>
void over_blocks(const DepthwiseShape& shape, const Work& work) {
  at::parallel_for(0, shape.channels / kDepthwiseBlock, 1, [&](int64_t first, int64_t last) {
    Scratch scratch(shape);
    work(scratch.data(), first, last);
  });
}

struct DepthwiseFunction : torch::autograd::Function<DepthwiseFunction> {
  static torch::Tensor forward(AutogradContext* context, const torch::Tensor& given,
                               const torch::Tensor& weight, int64_t stride, int64_t before, int64_t behind) {
    const torch::Tensor input = channels_last(given);
    const torch::Tensor taps = taps_of(weight);
    const DepthwiseShape shape = shape_of(input, weight, stride, {before, behind});
    const torch::Tensor output =
        empty_channels_last({shape.batch, shape.channels, shape.out_height, shape.out_width}, input);
    over_blocks(shape, [&](float* scratch, int64_t first, int64_t last) {
      kernels().forward(shape, type_of(input), input.const_data_ptr(), taps.const_data_ptr<float>(),
                        output.mutable_data_ptr(), scratch, first, last);
    });
    context->save_for_backward({input, weight});
    context->saved_data["stride"] = stride;
    context->saved_data["before"] = before;
    context->saved_data["behind"] = behind;
    return output;
  }

  static variable_list backward(AutogradContext* context, const variable_list& grad_outputs) {
    const variable_list saved = context->get_saved_variables();
    const torch::Tensor &input = saved[0], &weight = saved[1];
    const torch::Tensor taps = taps_of(weight);
    const torch::Tensor grad_output = channels_last(grad_outputs[0].to(input.scalar_type()));
    const DepthwiseShape shape =
        shape_of(input, weight, context->saved_data["stride"].toInt(),
                 {context->saved_data["before"].toInt(), context->saved_data["behind"].toInt()});
    torch::Tensor grad_input, grad_taps;
    if (context->needs_input_grad(0)) grad_input = empty_channels_last(input.sizes(), input);
    if (context->needs_input_grad(1)) grad_taps = torch::empty_like(taps);
    over_blocks(shape, [&](float* scratch, int64_t first, int64_t last) {
      kernels().backward(
          shape, type_of(input), input.const_data_ptr(), taps.const_data_ptr<float>(),
          grad_output.const_data_ptr(), grad_input.defined() ? grad_input.mutable_data_ptr() : nullptr,
          grad_taps.defined() ? grad_taps.mutable_data_ptr<float>() : nullptr, scratch, first, last);
    });
    torch::Tensor grad_weight;
    if (grad_taps.defined()) grad_weight = grad_taps.permute({2, 0, 1}).unsqueeze(1).to(weight.scalar_type());
    return {grad_input, grad_weight, {}, {}, {}};
  }
};

bool is_ours(const torch::Tensor& input, const torch::Tensor& weight, int64_t stride) {
  const int64_t kernel = weight.size(2);
  return input.is_cpu() &&
         (input.scalar_type() == torch::kFloat32 || input.scalar_type() == torch::kBFloat16) &&
         weight.scalar_type() == torch::kFloat32 && weight.size(3) == kernel &&
         (kernel == 3 || kernel == 5) && (stride == 1 || stride == 2) && input.size(1) % kDepthwiseBlock == 0;
}

}  // namespace

torch::Tensor depthwise_conv2d(const torch::Tensor& input, const torch::Tensor& weight, int64_t stride,
                               Padding padding) {
  check_shape(input, {kAnySize, weight.size(0), kAnySize, kAnySize}, "depthwise_conv2d", "input");
  check_shape(weight, {kAnySize, 1, kAnySize, kAnySize}, "depthwise_conv2d", "weight");
  const int64_t kernel = weight.size(2);
  DMF_CHECK(padding.before >= 0 && padding.before < kernel && padding.behind >= 0 && padding.behind < kernel,
            InvalidArgument, "[depthwise_conv2d] padding must be 0 … {}, got {} and {}", kernel - 1,
            padding.before, padding.behind);
  if (!is_ours(input, weight, stride)) {
    const auto [before, behind] = padding;
    return at::conv2d(at::constant_pad_nd(input, {before, behind, before, behind}),
                      weight.to(input.scalar_type()), {}, at::IntArrayRef({stride, stride}),
                      at::IntArrayRef({0, 0}), at::IntArrayRef({1, 1}), weight.size(0));
  }
  return DepthwiseFunction::apply(input, weight, stride, padding.before, padding.behind);
}

}  // namespace dmf::translate
