#include <gmock/gmock.h>
#include <torch/types.h>

namespace {

/// Every test starts from the same random state, whatever ran before it.
class SeedBeforeEachTest : public testing::EmptyTestEventListener {
  void OnTestStart(const testing::TestInfo&) override { torch::manual_seed(7); }
};

}  // namespace

int main(int argc, char** argv) {
  testing::InitGoogleMock(&argc, argv);
  testing::UnitTest::GetInstance()->listeners().Append(new SeedBeforeEachTest);
  return RUN_ALL_TESTS();
}
