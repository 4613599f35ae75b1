#include "dmf/embed/modality_distance.h"

#include <gtest/gtest.h>

#include <cmath>

#include "dmf/core/error.h"

namespace dmf::embed {
namespace {

TEST(ModalityDistance, IsAMeanOverIdentitiesOfPairs) {
  // Person 1: image at (1, 0), texts at (1, 0) and (0, 1). Person 2: image at (0, 1), text at (0, 3), of unit
  // length (0, 1).
  const ModalityVectors images{torch::tensor({{1.0f, 0.0f}, {0.0f, 1.0f}}), {1, 2}};
  const ModalityVectors texts{torch::tensor({{2.0f, 0.0f}, {0.0f, 1.0f}, {0.0f, 3.0f}}), {1, 1, 2}};
  const ModalityDistance distance = modality_distance(images, texts);
  const double root = std::sqrt(2.0);
  EXPECT_NEAR(distance.same, ((0 + root) / 2 + 0) / 2, 1e-6);
  EXPECT_NEAR(distance.other, ((root + 0) / 2 + root) / 2, 1e-6);
  EXPECT_NEAR(distance.ratio(), 1.0 / 3, 1e-6);
}

TEST(ModalityDistance, OfSpacesWithoutCommonCoordinatesTellsNothing) {
  // Images use the first two coordinates of three, texts one: continued with zeros they are as far from
  // everybody.
  const ModalityVectors images{torch::tensor({{0.0f, 1.0f, 0.0f}, {0.0f, 0.0f, 1.0f}}), {1, 2}};
  const ModalityVectors texts{torch::tensor({{1.0f}, {2.0f}}), {1, 2}};
  EXPECT_NEAR(modality_distance(images, texts).ratio(), 1, 1e-6);
}

TEST(ModalityDistance, NeedsTwoPersonsWithBoth) {
  const ModalityVectors images{torch::ones({2, 2}), {1, 2}};
  EXPECT_THROW(modality_distance(images, {torch::ones({2, 2}), {1, 3}}), InvalidArgument);
}

TEST(PrincipalPlane, KeepsTheDirectionsOfMostVariation) {
  const torch::Tensor vectors =
      torch::tensor({{0.0f, 5.0f, 0.0f}, {0.0f, -5.0f, 0.0f}, {0.1f, 0.0f, 2.0f}, {-0.1f, 0.0f, -2.0f}});
  const torch::Tensor plane = principal_plane(vectors);
  EXPECT_NEAR(plane[0][0].abs().item<double>(), 5, 1e-4);
  EXPECT_NEAR(plane[2][1].abs().item<double>(), 2, 0.01);
  EXPECT_NEAR(plane[2][0].item<double>(), 0, 1e-4);
  EXPECT_GT(plane.amax().item<double>(), 4.99);
}

}  // namespace
}  // namespace dmf::embed
