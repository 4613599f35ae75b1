#include <gtest/gtest.h>

#include <map>

#include "dmf/world/mesh.h"
#include "dmf/world/pattern.h"
#include "dmf/world/raster.h"
#include "dmf/world/sdf.h"

namespace dmf::world {
namespace {

TEST(Distances, AreMetresOutsideAndNegativeInside) {
  EXPECT_NEAR(capsule({3, 1, 0}, {0, 0, 0}, {0, 2, 0}, .5F), 2.5F, 1e-6);
  EXPECT_NEAR(capsule({0, 4, 0}, {0, 0, 0}, {0, 2, 0}, .5F), 1.5F, 1e-6);
  EXPECT_NEAR(ellipsoid({2, 0, 0}, {0, 0, 0}, {1, 1, 1}), 1, 1e-6);
  EXPECT_NEAR(ellipsoid({1, 2, 3}, {1, 2, 3}, {1, 2, 3}), -1, 1e-6);
  EXPECT_NEAR(round_box({2, 0, 0}, {0, 0, 0}, {1, 1, 1}, .2F), 1, 1e-6);
  EXPECT_NEAR(round_box({0, 0, 0}, {0, 0, 0}, {1, 2, 3}, .2F), -1, 1e-6);
  EXPECT_LT(smooth_min(.1F, .1F, .1F), .1F);
  EXPECT_FLOAT_EQ(smooth_min(.1F, .5F, .1F), .1F);
}

TEST(Curve, GoesThroughItsKnotsAndStaysConstantBeyond) {
  const Knot knots[] = {{0, 1}, {1, 3}, {2, 2}};
  EXPECT_FLOAT_EQ(curve(knots, -5), 1);
  EXPECT_FLOAT_EQ(curve(knots, 1), 3);
  EXPECT_FLOAT_EQ(curve(knots, 9), 2);
  EXPECT_GT(curve(knots, .5F), 1.9F);
}

TEST(Loft, IsTheCylinderThatItsSectionsTell) {
  Loft loft;
  loft.bottom = 0, loft.top = 2;
  for (Loft::Section& s : loft.levels) s = {.3F, .3F, .3F, .1F};
  EXPECT_NEAR(loft.distance({0, 1, .6F}), .2F, 1e-5);
  EXPECT_NEAR(loft.distance({0, 2.5F, .1F}), .5F, 1e-5);
  EXPECT_LT(loft.distance({.1F, 1, .1F}), 0);
}

TEST(Patterns, HaveTheirShareOfTheSecondColour) {
  for (const Pattern pattern :
       {Pattern::kStripes, Pattern::kVerticalStripes, Pattern::kDots, Pattern::kChecks})
    for (uint32_t make = 0; make < 4; ++make) {
      double fine = 0, coarse = 0;
      for (int i = 0; i < 100; ++i)
        for (int j = 0; j < 100; ++j) {
          const float u = 3 + .04F * static_cast<float>(i), v = -2 + .04F * static_cast<float>(j);
          const float share = pattern_share(pattern, {u, v, .02F}, .4F, make << 4);
          ASSERT_GE(share, 0);
          ASSERT_LE(share, 1.0001F);
          fine += share / 1e4;
          coarse += pattern_share(pattern, {u, v, .95F}, .4F, make << 4) / 1e4;
        }
      EXPECT_GT(fine, .12);
      EXPECT_LT(fine, .6);
      if (make == 0) {
        EXPECT_NEAR(fine, .4, .04);
        EXPECT_NEAR(coarse, .4, .04) << "too fine to see";
      }
    }
  EXPECT_EQ(pattern_share(Pattern::kStripes, {.1F, .2F, .01F}, .4F, 0), 1);
  EXPECT_EQ(pattern_share(Pattern::kStripes, {.1F, .7F, .01F}, .4F, 0), 0);
}

TEST(Patterns, PrintsEndWithinTheirSize) {
  for (uint32_t seed = 0; seed < 8; ++seed) {
    float sum = 0;
    for (float x = -1; x < 1; x += .1F)
      for (float y = -1; y < 1; y += .1F) sum += print_share({x, y, .02F}, seed);
    EXPECT_GT(sum, 20) << seed;
    EXPECT_EQ(print_share({0, 1.5F, .02F}, seed), 0);
  }
}

TEST(SurfaceNet, MakesAClosedSphere) {
  const auto sphere = [](Vec3 p) { return length(p - Vec3{.1F, 0, 0}) - .3F; };
  const Mesh mesh = mesh_surface(sphere, {{-.4F, -.5F, -.5F}, {.6F, .5F, .5F}}, .03F);
  ASSERT_GT(mesh.triangle.size(), 500U);
  for (size_t i = 0; i < mesh.position.size(); ++i) {
    EXPECT_NEAR(sphere(mesh.position[i]), 0, 1e-3);
    EXPECT_GT(dot(mesh.normal[i], normalized(mesh.position[i] - Vec3{.1F, 0, 0})), .99F);
  }
  double volume = 0;
  std::map<std::pair<int, int>, int> edges;
  for (const auto& [a, b, c] : mesh.triangle) {
    volume += dot(mesh.position[a], cross(mesh.position[b], mesh.position[c])) / 6;
    for (const auto& [from, to] : {std::pair{a, b}, {b, c}, {c, a}}) ++edges[{from, to}];
  }
  EXPECT_NEAR(volume, 4. / 3 * 3.14159265 * .027,
              .002);  // positive: seen from outside the corners go around anticlockwise
  for (const auto& [edge, count] : edges) {
    EXPECT_EQ(count, 1);
    EXPECT_EQ((edges.count({edge.second, edge.first})), 1U);
  }
}

// Corners of a right angle in samples, seen from the side that faces the camera (clockwise with y down).
const std::array<Vec3, 3> kNear{{{1, 1, 2}, {1, 5, 2}, {5, 1, 2}}};

TEST(SampleBuffer, CoversTheSamplesInsideATriangle) {
  SampleBuffer buffer(0, 0, 6, 6);
  buffer.draw(kNear, 7, 0, 1, false);
  int covered = 0;
  for (int y = 0; y < 6; ++y)
    for (int x = 0; x < 6; ++x) covered += buffer.at(y, x).triangle == 7;
  EXPECT_EQ(covered, 10);  // 4 + 3 + 2 + 1: samples on the long side count
  EXPECT_EQ(buffer.at(1, 1).triangle, 7);
  EXPECT_EQ(buffer.at(0, 0).triangle, -1);
  EXPECT_FLOAT_EQ(buffer.at(1, 1).nearness, .5F);
  EXPECT_NEAR(buffer.at(1, 3).b2, 2.5F / 4, 1e-6);
}

TEST(SampleBuffer, TheNearestTriangleIsSeenAndBiasCanDecide) {
  std::array<Vec3, 3> far = kNear;
  for (Vec3& corner : far) corner.z = 2.01F;
  SampleBuffer buffer(0, 0, 6, 6);
  buffer.draw(far, 1, 0, 1, false);
  buffer.draw(kNear, 2, 0, 2, false);
  EXPECT_EQ(buffer.at(1, 1).triangle, 2);
  EXPECT_EQ(buffer.mask(1, 1), 3U);
  buffer.draw(far, 3, .02F, 4, false);
  EXPECT_EQ(buffer.at(1, 1).triangle, 3);
}

TEST(SampleBuffer, DrawsBacksOnlyOfOpenSurfaces) {
  const std::array<Vec3, 3> back{kNear[0], kNear[2], kNear[1]};
  SampleBuffer buffer(0, 0, 6, 6);
  buffer.draw(back, 1, 0, 1, false);
  EXPECT_EQ(buffer.at(1, 1).triangle, -1);
  buffer.draw(back, 1, 0, 1, true);
  EXPECT_EQ(buffer.at(1, 1).triangle, 1);
}

TEST(SampleBuffer, DrawsNothingOutsideItsRectangle) {
  SampleBuffer buffer(2, 2, 4, 4);
  buffer.draw(kNear, 1, 0, 1, false);
  EXPECT_EQ(buffer.at(2, 2).triangle, 1);
  EXPECT_EQ(buffer.at(3, 3).triangle, -1);
}

TEST(ShadowMap, ShadesWhatLiesBehindATriangle) {
  const std::vector<Vec3> points{{-1, 1, -1}, {1, 1, -1}, {0, 1, 1}, {-3, 0, -3}, {3, 0, 3}};
  ShadowMap map({0, 1, 0}, points, 128);
  map.draw(points[0], points[1], points[2], true);
  EXPECT_FLOAT_EQ(map.shade({0, 0, 0}, .01F, 0, 1), 1);
  EXPECT_FLOAT_EQ(map.shade({0, 2, 0}, .01F, 0, 1), 0);   // above it
  EXPECT_FLOAT_EQ(map.shade({2, 0, 0}, .01F, 0, 1), 0);   // beside it
  EXPECT_FLOAT_EQ(map.shade({50, 0, 0}, .01F, 0, 1), 0);  // far outside
  const float edge = map.shade({0, 0, -1}, .2F, 0, 2);
  EXPECT_GT(edge, .2F);
  EXPECT_LT(edge, .8F);
}

}  // namespace
}  // namespace dmf::world
