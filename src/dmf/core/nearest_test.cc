#include "dmf/core/nearest.h"

#include <gtest/gtest.h>

namespace dmf {
namespace {

TEST(Nearest, IsTheNameOfTheFewestEdits) {
  const std::vector<std::string> names{"viper", "grid", "market1501", "msmt17"};
  EXPECT_EQ(nearest("vipr", names), "viper");
  EXPECT_EQ(nearest("msmt71", names), "msmt17");
  EXPECT_EQ(nearest("viper", names), "viper");
}

TEST(Nearest, ANameThatBeginsSoComesFirst) {
  EXPECT_EQ(nearest("mark", {"grid", "market1501"}), "market1501") << "grid takes fewer edits";
}

TEST(Nearest, HasNoAnswerWithoutNames) {
  EXPECT_EQ(nearest("x", {}), "");
  EXPECT_EQ(nearest("", {"viper", "grid"}), "grid");
}

}  // namespace
}  // namespace dmf
