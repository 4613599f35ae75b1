#include "dmf/eval/vectors.h"

#include <gmock/gmock.h>

#include <limits>

#include "dmf/core/error.h"

namespace dmf::eval {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Property;
using testing::Throws;

TEST(Vectors, ThatCannotBeRankedAreNamed) {
  const float nan = std::numeric_limits<float>::quiet_NaN(),
              infinity = std::numeric_limits<float>::infinity();
  const std::vector<float> bad{1, 1, 0, nan, 0, 0, -infinity, 1, 0, -0.0F};
  const UnrankableVectors found = find_unrankable({bad, 5, 2});
  EXPECT_THAT(found.not_finite, ElementsAre(1, 3));
  EXPECT_THAT(found.zero, ElementsAre(2, 4));
  EXPECT_THAT(
      [&] {
        check_vectors({bad, 5, 2}, "gallery");
      },
      Throws<InvalidArgument>(
          Property(&Error::what,
                   HasSubstr("gallery vectors cannot be ranked: expected finite vectors, not all zero, got "
                             "NaN or infinity in 2 (first: row 1), nothing but zeros in 2 (first: row 2), "
                             "of 5"))));
}

TEST(Vectors, OfTheWrongSizeAreRefused) {
  const std::vector<float> values{1, 2, 3};
  EXPECT_THAT(
      [&] {
        check_vectors({values, 2, 2}, "query");
      },
      Throws<InvalidArgument>(Property(&Error::what, HasSubstr("expected 2 x 2 numbers, got 3"))));
}

TEST(Vectors, DuplicatesAreFoundInGroups) {
  const std::vector<float> values{1, 2, 3, 4, 1, 2, 5, 6, 3, 4, 1, 2};
  EXPECT_THAT(find_duplicates({values, 6, 2}), ElementsAre(ElementsAre(0, 2, 5), ElementsAre(1, 4)));
  EXPECT_THAT(find_duplicates({values, 2, 2}), IsEmpty());
}

}  // namespace
}  // namespace dmf::eval
