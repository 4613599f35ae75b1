#include "dmf/eval/camera_means.h"

#include <gmock/gmock.h>

#include <random>

#include "dmf/core/error.h"

namespace dmf::eval {
namespace {

using testing::FloatNear;
using testing::HasSubstr;
using testing::Pointwise;

LabelledVectors set_of(const std::vector<float>& values, int64_t width, Labels labels) {
  return {{values, labels.count(), width}, std::move(labels)};
}

TEST(CameraMeans, TakesEachCamerasShareByHand) {
  // Camera 1: two images, sum (4, 8); camera 2: one image (6, 0); mean of all (10, 8) / 3.
  const std::vector<float> gallery{1, 2, 3, 6, 6, 0}, query{5, 5, 5, 5};
  const auto centred =
      without_camera_means(set_of(query, 2, {{7, 8}, {1, 9}}), set_of(gallery, 2, {{7, 8, 9}, {1, 1, 2}}),
                           Metric::kSquaredEuclidean);
  const double x = 10.0 / 3, y = 8.0 / 3;
  const auto first = [&](double sum, double all, double count) { return (sum + all) / (count + 1); };
  const auto f = [](double value) { return static_cast<float>(value); };
  EXPECT_THAT(
      centred.gallery.values,
      Pointwise(FloatNear(1e-6f), {f(1 - first(4, x, 2)), f(2 - first(8, y, 2)), f(3 - first(4, x, 2)),
                                   f(6 - first(8, y, 2)), f(6 - first(6, x, 1)), f(0 - first(0, y, 1))}));
  EXPECT_THAT(centred.query.values,
              Pointwise(FloatNear(1e-6f), {f(5 - first(4, x, 2)), f(5 - first(8, y, 2)), f(5 - x), f(5 - y)}))
      << "camera 9 is not in the gallery: the mean of all";
}

TEST(CameraMeans, CosineForgetsTheVectorsLengths) {
  const std::vector<float> gallery{1, 2, 3, -6, 6, 1}, query{5, -5};
  std::vector<float> longer = gallery;
  for (size_t i = 0; i < 2; ++i) longer[i] *= 7;
  const Labels who{{7, 8, 9}, {1, 1, 2}};
  const auto one =
                 without_camera_means(set_of(query, 2, {{7}, {1}}), set_of(gallery, 2, who), Metric::kCosine),
             other =
                 without_camera_means(set_of(query, 2, {{7}, {1}}), set_of(longer, 2, who), Metric::kCosine);
  EXPECT_THAT(one.gallery.values, Pointwise(FloatNear(1e-6f), other.gallery.values));
  EXPECT_THAT(one.query.values, Pointwise(FloatNear(1e-6f), other.query.values));
}

// Persons are directions, and each camera adds one of its own, far longer: the nearest image is a stranger's of
// the same camera, until the cameras' means are taken away.
TEST(CameraMeans, FindsThePersonBehindTheCamera) {
  constexpr int64_t kWidth = 16, kPersons = 40;
  std::mt19937 generator(1);
  std::normal_distribution<float> normal;
  const auto direction = [&](float length) {
    std::vector<float> values(kWidth);
    for (float& value : values) value = length * normal(generator);
    return values;
  };
  const std::vector<std::vector<float>> looks{direction(4), direction(4)};
  std::vector<float> query, gallery;
  Labels asked, searched;
  for (int64_t person = 1; person <= kPersons; ++person) {
    const std::vector<float> own = direction(1);
    for (int64_t camera = 0; camera < 2; ++camera) {
      for (int64_t k = 0; k < kWidth; ++k)
        gallery.push_back(own[static_cast<size_t>(k)] +
                          looks[static_cast<size_t>(camera)][static_cast<size_t>(k)] +
                          0.2f * normal(generator));
      searched.identities.push_back(person);
      searched.cameras.push_back(camera + 1);
    }
    for (int64_t k = 0; k < kWidth; ++k)
      query.push_back(own[static_cast<size_t>(k)] + looks[0][static_cast<size_t>(k)] +
                      0.2f * normal(generator));
    asked.identities.push_back(person);
    asked.cameras.push_back(1);
  }
  const LabelledVectors queries = set_of(query, kWidth, asked), images = set_of(gallery, kWidth, searched);
  const auto centred = without_camera_means(queries, images, Metric::kCosine);
  const double before = evaluate(queries, images, {}).rank1,
               after = evaluate({centred.query.view(), asked}, {centred.gallery.view(), searched}, {}).rank1;
  EXPECT_LT(before, 30);
  EXPECT_GT(after, 90);
}

TEST(CameraMeans, RefusesWhatHasNoCameras) {
  const std::vector<float> values{1, 2};
  const auto failure = [&](const Labels& gallery) {
    try {
      without_camera_means(set_of(values, 2, {{7}, {}}), set_of(values, 2, gallery), Metric::kCosine);
    } catch (const InvalidArgument& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  EXPECT_THAT(failure({{7}, {}}), HasSubstr("no camera of the gallery is known"));
  EXPECT_THAT(failure({{7}, {kUnknownCamera}}), HasSubstr("no camera of the gallery is known"));
  EXPECT_THAT(failure({{7}, {1}}), HasSubstr("without its cameras' means")) << "one image is its own mean";
}

}  // namespace
}  // namespace dmf::eval
