#include "dmf/cli/run_space.h"

#include <gmock/gmock.h>

#include "dmf/core/error.h"
#include "support/temporary_folder.h"
#include "support/tiny_encoder.h"

namespace dmf::cli {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::ThrowsMessage;

TEST(RunSpace, IsAskedForBeforeAnythingIsComputed) {
  const test::TemporaryFolder folder;
  EXPECT_NO_THROW(require_space(folder.path(), 1000));
  constexpr int64_t kExabyte = 1'000'000'000'000'000'000;
  EXPECT_THAT(
      [&] { require_space(folder.path(), kExabyte); },
      ThrowsMessage<DataError>(AllOf(HasSubstr(folder.path().string()),
                                     HasSubstr("1000000000000 MB for checkpoints"), HasSubstr("MB free"))));
}

TEST(RunSpace, CountsThreeCheckpointsAndTheModelFile) {
  fuse::ModelOptions options;
  options.width = 16;
  options.heads = 2;
  const fuse::DmfModel model(options, std::make_shared<test::TinyEncoder>(6, translate::TokenGrid{4, 2}), 0,
                             10, 1);
  size_t values = 0, trained = 0;
  for (const auto& [name, tensor] : model.tensors()) values += tensor.nbytes();
  for (const auto& [name, tensor] : model.parameters()) trained += tensor.nbytes();
  EXPECT_EQ(run_bytes(model, nullptr), static_cast<int64_t>(4 * values + 6 * trained));
}

}  // namespace
}  // namespace dmf::cli
