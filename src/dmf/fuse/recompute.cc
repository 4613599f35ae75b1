#include "dmf/fuse/recompute.h"

#include <torch/csrc/autograd/custom_function.h>

#include <mutex>
#include <utility>

#include "dmf/core/precision.h"

namespace dmf::fuse {
namespace {

using Work = std::function<torch::Tensor(const torch::Tensor&)>;

/// State of the device's random numbers.
torch::Tensor random_state(const torch::Device& device) {
  at::Generator generator = at::globalContext().defaultGenerator(device);
  const std::scoped_lock lock(generator.mutex());
  return generator.get_state();
}

void set_random_state(const torch::Device& device, const torch::Tensor& state) {
  at::Generator generator = at::globalContext().defaultGenerator(device);
  const std::scoped_lock lock(generator.mutex());
  generator.set_state(state);
}

/// What the second forward pass needs besides its input.
struct Kept : torch::CustomClassHolder {
  Work work;
  torch::Dtype precision;
  torch::Tensor random;
  Kept(Work work_, torch::Dtype precision_, torch::Tensor random_)
      : work(std::move(work_)), precision(precision_), random(std::move(random_)) {}
};

class Recomputed : public torch::autograd::Function<Recomputed> {
 public:
  // The forward and backward of autograd::Function: their names and parameters are libtorch's.
  static torch::Tensor forward(torch::autograd::AutogradContext* context, const torch::Tensor& input,
                               const c10::intrusive_ptr<Kept>& kept) {
    context->save_for_backward({input});
    context->saved_data["kept"] = c10::IValue::make_capsule(kept);
    return kept->work(input);
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 const torch::autograd::variable_list& gradients) {
    const auto kept = c10::static_intrusive_pointer_cast<Kept>(context->saved_data["kept"].toCapsule());
    const torch::Tensor saved = context->get_saved_variables().at(0);
    const torch::Device device = saved.device();
    const torch::Tensor input = saved.detach().requires_grad_(true);
    const torch::Tensor now = random_state(device);
    torch::Tensor output;
    {
      const at::AutoGradMode with_gradients(true);
      const PrecisionScope precision(kept->precision, device);
      set_random_state(device, kept->random);
      output = kept->work(input);
      set_random_state(device, now);
    }
    output.backward(gradients.at(0));
    return {input.grad(), torch::Tensor()};
  }
};

}  // namespace

torch::Tensor recomputed(Work work, const torch::Tensor& input) {
  if (!at::GradMode::is_enabled()) return work(input);
  const torch::Device device = input.device();
  auto kept = c10::make_intrusive<Kept>(std::move(work), current_precision(device), random_state(device));
  // Without an input that requires a gradient libtorch would not call backward.
  const torch::Tensor leaf = input.requires_grad() ? input : input.detach().requires_grad_(true);
  return Recomputed::apply(leaf, kept);
}

}  // namespace dmf::fuse
