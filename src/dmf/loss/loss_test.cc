#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "dmf/core/error.h"
#include "dmf/loss/identity.h"
#include "dmf/loss/total.h"
#include "dmf/loss/triplet.h"
#include "support/message_of.h"

namespace dmf::loss {
namespace {

using ::testing::HasSubstr;

torch::Tensor labels_of(std::vector<int64_t> values) { return torch::tensor(values, torch::kInt64); }

torch::Tensor random64(at::IntArrayRef sizes, double scale = 1.0) {
  return (scale * at::randn(sizes, torch::kFloat64)).requires_grad_();
}

/// Largest difference between the gradient of `function` at `input` and central differences.
double jacobian_error(const std::function<torch::Tensor(const torch::Tensor&)>& function,
                      torch::Tensor input) {
  function(input).backward();
  const torch::Tensor analytic = input.grad().flatten();
  const torch::NoGradGuard no_grad;
  constexpr double kStep = 1e-6;
  torch::Tensor flat = input.view({-1});
  double worst = 0;
  for (int64_t i = 0; i < flat.numel(); ++i) {
    const double value = flat[i].item<double>();
    flat[i] = value + kStep;
    const double above = function(input).item<double>();
    flat[i] = value - kStep;
    const double below = function(input).item<double>();
    flat[i] = value;
    worst = std::max(worst, std::abs((above - below) / (2 * kStep) - analytic[i].item<double>()));
  }
  return worst;
}

TEST(Identity, IsTheLogarithmOfTheClassesForEqualLogits) {
  const torch::Tensor logits = at::zeros({3, 8});
  EXPECT_NEAR(identity_loss(logits, labels_of({0, 3, 7}), {}, 0.0).item<double>(), std::log(8.0), 1e-6);
  EXPECT_NEAR(identity_loss(logits, labels_of({0, 3, 7}), {}, 0.3).item<double>(), std::log(8.0), 1e-6);
}

TEST(Identity, WorkedByHand) {
  const torch::Tensor logits = torch::tensor({{std::log(3.0), 0.0}}, torch::kFloat64);  // p = 3/4, 1/4
  EXPECT_NEAR(identity_loss(logits, labels_of({0}), {}, 0.0).item<double>(), std::log(4.0 / 3.0), 1e-12);
  const double smoothed = 0.95 * std::log(4.0 / 3.0) + 0.05 * std::log(4.0);
  EXPECT_NEAR(identity_loss(logits, labels_of({0}), {}, 0.1).item<double>(), smoothed, 1e-12);
}

TEST(Identity, WeightsChooseTheSamples) {
  const torch::Tensor logits = random64({4, 5});
  const torch::Tensor labels = labels_of({1, 2, 3, 4});
  const torch::Tensor weights = torch::tensor({1.0, 0.0, 1.0, 0.0}, torch::kFloat64);
  const torch::Tensor chosen =
      identity_loss(logits.index({torch::tensor({0, 2})}), labels_of({1, 3}), {}, 0.1);
  EXPECT_NEAR(identity_loss(logits, labels, weights, 0.1).item<double>(), chosen.item<double>(), 1e-12);
}

TEST(Identity, SurvivesHugeLogits) {
  const torch::Tensor logits = torch::tensor({{1e4F, -1e4F}}).requires_grad_();
  const torch::Tensor loss = identity_loss(logits, labels_of({1}), {}, 0.0);
  loss.backward();
  EXPECT_FLOAT_EQ(loss.item<float>(), 2e4F);
  EXPECT_TRUE(logits.grad().isfinite().all().item<bool>());
}

TEST(Identity, GradientIsRight) {
  const torch::Tensor labels = labels_of({0, 2, 4, 1});
  const torch::Tensor weights = torch::tensor({1.0, 0.5, 1.0, 0.25}, torch::kFloat64);
  const auto function = [&](const torch::Tensor& x) { return identity_loss(x, labels, weights, 0.1); };
  EXPECT_LT(jacobian_error(function, random64({4, 5})), 1e-8);
}

TEST(Identity, RefusesLabelsOutsideOfTheClasses) {
  const auto work = [] { identity_loss(at::zeros({2, 3}), labels_of({0, 3}), {}, 0.1); };
  EXPECT_THAT(test::message_of<InvalidArgument>(work),
              HasSubstr("[identity_loss] labels: expected 0 … 2, got 0 … 3"));
}

TEST(Triplet, WorkedByHand) {
  // On a line: identity 0 at 0 and 1, identity 1 at 3 and 7.
  const torch::Tensor x = torch::tensor({{0.0}, {1.0}, {3.0}, {7.0}}, torch::kFloat64);
  const torch::Tensor labels = labels_of({0, 0, 1, 1});
  const auto soft = [](double z) { return std::log1p(std::exp(z)); };
  const double euclidean = (soft(1 - 3) + soft(1 - 2) + soft(4 - 2) + soft(4 - 6)) / 4;
  const double squared = (soft(1 - 9) + soft(1 - 4) + soft(16 - 4) + soft(16 - 36)) / 4;
  EXPECT_NEAR(triplet_loss(x, labels, {}, {.distance = "euclidean"}).item<double>(), euclidean, 1e-12);
  EXPECT_NEAR(triplet_loss(x, labels, {}, {.distance = "squared"}).item<double>(), squared, 1e-12);
  EXPECT_NEAR(
      triplet_loss(x, labels, {}, {.distance = "euclidean", .scale = 2, .margin = 0.5}).item<double>(),
      (soft(.5 - 4) + soft(.5 - 2) + soft(.5 + 4) + soft(.5 - 4)) / 4, 1e-12);
}

TEST(Triplet, PartnersAlonePullAndPush) {
  // As above, and a text of identity 0 at 5, one of identity 1 at 2.
  const torch::Tensor x = torch::tensor({{0.0}, {1.0}, {3.0}, {7.0}, {5.0}, {2.0}}, torch::kFloat64);
  const torch::Tensor labels = labels_of({0, 0, 1, 1, 0, 1});
  const torch::Tensor is_image = torch::tensor({true, true, true, true, false, false});
  const auto soft = [](double z) { return std::log1p(std::exp(z)); };
  const double images =
      (soft(1 - 3) + soft(1 - 2) + soft(4 - 2) + soft(4 - 6) + soft(5 - 2) + soft(5 - 1)) / 6;
  EXPECT_NEAR(triplet_loss(x, labels, {}, {}, is_image).item<double>(), images, 1e-12);
  const double all = (soft(5 - 2) + soft(4 - 1) + soft(4 - 2) + soft(5 - 2) + soft(5 - 2) + soft(5 - 1)) / 6;
  EXPECT_NEAR(triplet_loss(x, labels, {}, {}).item<double>(), all, 1e-12);

  LossOptions options;
  options.triplet_partners = "images";
  EXPECT_NEAR(total_loss(x, at::zeros({6, 2}), labels, {}, options, is_image).triplet.item<double>(), images,
              1e-12);
  options.triplet_partners = "all";
  EXPECT_NEAR(total_loss(x, at::zeros({6, 2}), labels, {}, options, is_image).triplet.item<double>(), all,
              1e-12);
}

TEST(Triplet, WithoutAPartnerOfItsLabelAnyPositiveServes) {
  // Identity 0 has one image at 0 and a text at 2, identity 1 images at 5 and 6.
  const torch::Tensor x = torch::tensor({{0.0}, {2.0}, {5.0}, {6.0}}, torch::kFloat64);
  const auto soft = [](double z) { return std::log1p(std::exp(z)); };
  EXPECT_NEAR(triplet_loss(x, labels_of({0, 0, 1, 1}), {}, {}, torch::tensor({true, false, true, true}))
                  .item<double>(),
              (soft(2 - 5) + soft(2 - 3) + soft(1 - 5) + soft(1 - 6)) / 4, 1e-12);
}

TEST(Triplet, DoesNotDependOnTheOrderOfTheBatch) {
  const torch::Tensor x = random64({8, 3});
  const torch::Tensor labels = labels_of({0, 0, 1, 1, 2, 2, 3, 3});
  const torch::Tensor order = torch::tensor({5, 2, 7, 0, 1, 4, 6, 3});
  EXPECT_NEAR(triplet_loss(x, labels, {}, {}).item<double>(),
              triplet_loss(x.index({order}), labels.index({order}), {}, {}).item<double>(), 1e-12);
}

TEST(Triplet, NormaliseForgetsTheLength) {
  const torch::Tensor x = random64({6, 3});
  const torch::Tensor length = at::rand({6, 1}, torch::kFloat64) + 0.5;
  const torch::Tensor labels = labels_of({0, 0, 1, 1, 2, 2});
  EXPECT_NEAR(triplet_loss(x, labels, {}, {.normalise = true}).item<double>(),
              triplet_loss(x * length, labels, {}, {.normalise = true}).item<double>(), 1e-12);
}

TEST(Triplet, SurvivesEqualAndHugeFeatures) {
  const torch::Tensor labels = labels_of({0, 0, 1, 1});
  for (const double scale : {0.0, 1e15}) {
    for (const char* distance : {"squared", "euclidean"}) {
      const torch::Tensor x = (scale * torch::tensor({{1.0F}, {9.0F}, {2.0F}, {3.0F}})).requires_grad_();
      const torch::Tensor loss = triplet_loss(x, labels, {}, {.distance = distance});
      loss.backward();
      EXPECT_TRUE(loss.isfinite().item<bool>()) << distance << scale;
      EXPECT_TRUE(x.grad().isfinite().all().item<bool>()) << distance << scale;
    }
  }
}

TEST(Triplet, GradientIsRight) {
  const torch::Tensor labels = labels_of({0, 1, 2, 0, 1, 2, 0, 1, 2});
  const torch::Tensor weights = at::linspace(0.1, 1.0, 9, torch::kFloat64);
  for (const char* distance : {"squared", "euclidean"}) {
    for (const bool normalise : {false, true}) {
      const TripletOptions options{.distance = distance, .normalise = normalise, .scale = 1.5, .margin = 0.1};
      const auto function = [&](const torch::Tensor& x) { return triplet_loss(x, labels, weights, options); };
      EXPECT_LT(jacobian_error(function, random64({9, 4})), 1e-7) << distance << normalise;
    }
  }
}

TEST(Triplet, NamesAnAnchorWithoutAPair) {
  EXPECT_THAT(
      test::message_of<InvalidArgument>([] {
        triplet_loss(at::zeros({3, 2}), labels_of({4, 4, 6}), {}, {});
      }),
      HasSubstr("anchor 2 of label 6: expected another sample of the same label, got none in the batch"));
  EXPECT_THAT(test::message_of<InvalidArgument>([] {
                triplet_loss(at::zeros({2, 2}), labels_of({4, 4}), {}, {});
              }),
              HasSubstr("anchor 0 of label 4: expected another sample of another label"));
}

TEST(Total, IsTheWeightedSumOfItsParts) {
  const torch::Tensor features = random64({4, 3}), logits = random64({4, 2});
  const torch::Tensor labels = labels_of({0, 0, 1, 1});
  const LossOptions options{.identity_weight = 0.5, .triplet_weight = 2.0};
  const Losses losses = total_loss(features, logits, labels, {}, options);
  EXPECT_NEAR(losses.total.item<double>(),
              0.5 * losses.identity.item<double>() + 2 * losses.triplet.item<double>(), 1e-12);
  EXPECT_NEAR(losses.identity.item<double>(), identity_loss(logits, labels, {}, 0.1).item<double>(), 1e-12);
  EXPECT_NEAR(losses.triplet.item<double>(), triplet_loss(features, labels, {}, {}).item<double>(), 1e-12);
}

TEST(Total, LeavesOutAPartOfWeightZero) {
  const LossOptions options{.triplet_weight = 0.0};
  const Losses losses = total_loss(at::zeros({1, 3}), at::zeros({1, 2}), labels_of({0}), {}, options);
  EXPECT_EQ(losses.triplet.item<float>(), 0.0F);  // one sample has no triplet: it was not asked for
  EXPECT_NEAR(losses.total.item<double>(), std::log(2.0), 1e-6);
}

}  // namespace
}  // namespace dmf::loss
