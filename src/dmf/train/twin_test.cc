// The model, its losses and SGD against an independent PyTorch implementation (tools/twin.py).
#include <gtest/gtest.h>

#include "dmf/core/error.h"
#include "dmf/loss/total.h"
#include "dmf/train/trainer.h"
#include "dmf/weights/tensor_file.h"
#include "support/closeness.h"
#include "support/development_data.h"
#include "support/tiny_encoder.h"

namespace dmf::train {
namespace {

constexpr double kTolerance = 1e-5;
constexpr double kAfterTenSteps = 1e-4;

struct Case {
  const char* class_token;
  const char* distance;
};

class Twin : public ::testing::TestWithParam<Case> {
 protected:
  Twin() : golden_(weights::read_safetensors(test::golden() / "train" / "twin.safetensors").tensors) {
    options_.loss.label_smoothing = 0.1;
    options_.loss.triplet.distance = GetParam().distance;
    options_.loss.triplet_partners = "all";
    options_.optimizer.name = "sgd";
    options_.optimizer.momentum = 0.9;
    options_.optimizer.weight_decay = 1e-4;
    options_.optimizer.decay_vectors = true;
    options_.optimizer.encoder_rate = 1;
    batch_.images = golden_.at("input.images");
    batch_.texts = {golden_.at("input.texts"), golden_.at("input.mask")};
    batch_.labels = golden_.at("input.labels");
    batch_.weights = golden_.at("input.weights");
  }

  fuse::DmfModel model() const {
    fuse::ModelOptions options;
    options.width = 24;
    options.depth = 2;
    options.heads = 4;
    options.mlp_ratio = 2;
    options.class_token = GetParam().class_token;
    options.final_norm = "layer";
    options.normalise_tokens = "none";
    options.style_blend = 0;
    options.max_text_length = 8;
    fuse::DmfModel made(options, std::make_shared<test::TinyEncoder>(12, translate::TokenGrid{4, 2}), 10, 4,
                        1);
    weights::NamedTensors initial;
    for (const auto& [name, tensor] : golden_) {
      if (name.starts_with("initial.")) initial[name.substr(8)] = tensor;
    }
    made.assign(initial);
    return made;
  }

  const torch::Tensor& of_case(const std::string& name) const {
    return golden_.at(fmt::format("{}_{}.{}", GetParam().class_token, GetParam().distance, name));
  }

  weights::NamedTensors golden_;
  TrainerOptions options_;
  Batch batch_;
};

TEST_P(Twin, AgreesOnForwardLossAndEveryGradient) {
  const fuse::DmfModel made = model();
  const torch::Tensor features =
      at::cat({made.forward_image(batch_.images, true), made.forward_text(batch_.texts, true)});
  const torch::Tensor logits = made.classify(made.neck(features, true));
  const loss::Losses losses =
      loss::total_loss(features, logits, batch_.labels, batch_.weights, options_.loss);
  EXPECT_LT(test::relative_error(features, of_case("features")), kTolerance);
  EXPECT_LT(test::relative_error(logits, of_case("logits")), kTolerance);
  const torch::Tensor parts = at::stack({losses.total, losses.identity, losses.triplet});
  EXPECT_LT(test::relative_error(parts, of_case("losses")), kTolerance);

  losses.total.backward();
  const weights::NamedTensors parameters = made.parameters();
  EXPECT_EQ(parameters.size(), 39U);
  double largest =
      0;  // gradients are compared on the scale of the largest: some of them are zero but for rounding
  for (const auto& [name, parameter] : parameters) {
    largest = std::max(largest, of_case("gradient." + name).abs().max().item<double>());
  }
  for (const auto& [name, parameter] : parameters) {
    const double error = (parameter.grad() - of_case("gradient." + name)).abs().max().item<double>();
    const double scale = std::max(of_case("gradient." + name).abs().max().item<double>(), 1e-2 * largest);
    EXPECT_LT(error / scale, 5 * kTolerance) << name;
  }
}

TEST_P(Twin, AgreesOnTenStepsOfSgd) {
  fuse::DmfModel made = model();
  Trainer trainer(made, options_);
  const torch::Tensor expected = of_case("steps");
  for (int64_t step = 0; step < expected.size(0); ++step) {
    const double loss = trainer.step(batch_, 0.01, step).loss;
    const double twin = expected[step].item<double>();
    EXPECT_LT(std::abs(loss - twin) / twin, kAfterTenSteps) << step;
  }
  for (const char* name :
       {"neck.running_var", "image.encoder.norm.running_mean", "transformer.1.mlp.fc1.weight"}) {
    EXPECT_LT(test::relative_error(made.tensors().at(name), of_case(std::string("after.") + name)),
              kAfterTenSteps)
        << name;
  }
}

INSTANTIATE_TEST_SUITE_P(All, Twin,
                         ::testing::Values(Case{"learned", "squared"}, Case{"learned", "euclidean"},
                                           Case{"pooled", "squared"}, Case{"pooled", "euclidean"}),
                         [](const auto& info) {
                           return std::string(info.param.class_token) + "_" + info.param.distance;
                         });

}  // namespace
}  // namespace dmf::train
