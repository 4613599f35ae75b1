#include "dmf/cli/licences.h"

#include <gmock/gmock.h>

#include "dmf/core/error.h"
#include "dmf/core/file.h"
#include "support/message_of.h"
#include "support/temporary_folder.h"

namespace dmf::cli {
namespace {

using testing::HasSubstr;

TEST(Licences, AreReadFromTheListOfParts) {
  const test::TemporaryFolder folder;
  write_text(folder / "sbom.json", R"({"packages": [
    {"SPDXID": "SPDXRef-dmf", "name": "dmf", "versionInfo": "1", "licenseDeclared": "Apache-2.0"},
    {"SPDXID": "SPDXRef-a", "name": "zlib1g", "versionInfo": "1.2", "licenseDeclared": "Zlib", "comment": "linked"},
    {"SPDXID": "SPDXRef-b", "name": "weights", "versionInfo": "0.1", "licenseDeclared": "NOASSERTION",
     "comment": "shipped"}]})");
  const std::vector<Component> parts = read_parts(folder / "sbom.json");
  ASSERT_EQ(parts.size(), 2) << "dmf is no part of itself";
  EXPECT_EQ(parts[0].licence, "Zlib");
  EXPECT_EQ(parts_table(parts),
            "part     version  use      licence\n"
            "zlib1g   1.2      linked   Zlib\n"
            "weights  0.1      shipped  its publisher states none\n");
}

TEST(Licences, WhatIsNoListIsToldWithItsFile) {
  const test::TemporaryFolder folder;
  write_text(folder / "broken.json", R"({"packages": [{"name": "x"}]})");
  const auto message = [&](const char* name) {
    return test::message_of<DataError>([&] { read_parts(folder / name); });
  };
  EXPECT_THAT(message("broken.json"), HasSubstr("broken.json: is no list of parts"));
  EXPECT_THAT(message("none.json"), HasSubstr("`./dmf build` makes it"));
}

}  // namespace
}  // namespace dmf::cli
