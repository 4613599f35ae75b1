#include "dmf/cli/data_root.h"

#include <gmock/gmock.h>

#include "dmf/core/error.h"
#include "support/temporary_folder.h"

namespace dmf::cli {
namespace {

using testing::HasSubstr;

TEST(DataRoot, ANameWithAPathStaysAsItIs) {
  for (const char* name : {"market1501:/data/m", "folder:crops", "crops", "finegpr:F?seed=1", ""})
    EXPECT_EQ(located_dataset(name, "/nowhere"), name);
}

TEST(DataRoot, ANameWithoutOneIsLookedForUnderItsUsualFolders) {
  const test::TemporaryFolder root;
  std::filesystem::create_directories(root / "FineGPR");
  std::filesystem::create_directories(root / "market1501");
  EXPECT_EQ(located_dataset("finegpr:?per_identity=11&seed=0", root.path()),
            "finegpr:" + (root / "FineGPR").string() + "?per_identity=11&seed=0");
  EXPECT_EQ(located_dataset("market1501:", root.path()), "market1501:" + (root / "market1501").string());
  std::filesystem::create_directories(root / "Market-1501-v15.09.15");
  EXPECT_EQ(located_dataset("market1501:", root.path()),
            "market1501:" + (root / "Market-1501-v15.09.15").string())
      << "the publisher's name goes before";
}

TEST(DataRoot, WhatIsNotThereIsSaidWithWhatWasLookedFor) {
  const test::TemporaryFolder root;
  try {
    located_dataset("dukemtmc:", root.path());
    FAIL();
  } catch (const DataError& error) {
    EXPECT_THAT(error.what(), HasSubstr(root.path().string()));
    EXPECT_THAT(error.what(), HasSubstr("DukeMTMC-reID"));
    EXPECT_THAT(error.what(), HasSubstr("--data-root"));
  }
  EXPECT_THROW(located_dataset("folder:", root.path()), DataError) << "a format without a usual folder";
}

TEST(DataRoot, TheFlagGoesBeforeTheEnvironment) {
  ::setenv("DMF_DATA", "/environment", 1);
  EXPECT_EQ(data_root_or_standard("/flag"), "/flag");
  EXPECT_EQ(data_root_or_standard(""), "/environment");
  ::unsetenv("DMF_DATA");
  EXPECT_EQ(data_root_or_standard(""), "data");
}

}  // namespace
}  // namespace dmf::cli
