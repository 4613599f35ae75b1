#include "dmf/cli/crop_inputs.h"

#include <gmock/gmock.h>

#include "dmf/core/error.h"
#include "dmf/core/file.h"
#include "support/message_of.h"
#include "support/temporary_folder.h"

namespace dmf::cli {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class CropInputs : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* name : {"b.jpg", "a.png", "more/c.jpg", "notes.txt"}) write_text(folder_ / name, name);
  }
  std::vector<CropInput> gather(const std::vector<std::string>& inputs, search::Crop defaults = {}) const {
    return gather_crops({inputs, "all", std::move(defaults)});
  }
  std::string csv(const std::string& text) const {
    write_text(folder_ / "crops.csv", text);
    return folder_ / "crops.csv";
  }

  test::TemporaryFolder folder_;
};

TEST_F(CropInputs, AFolderGivesItsImagesOnce) {
  const auto inputs = gather({folder_.path(), folder_ / "more/../b.jpg"}, {.camera = "gate", .tags = {"x"}});
  ASSERT_EQ(inputs.size(), 3);
  EXPECT_EQ(inputs[0].crop.source, (folder_ / "a.png").string());
  EXPECT_EQ(inputs[2].crop.source, (folder_ / "more/c.jpg").string());
  EXPECT_EQ(inputs[1].crop.camera, "gate");
  EXPECT_EQ(inputs[1].crop.tags, std::vector<std::string>{"x"});
}

TEST_F(CropInputs, TheVersionTellsAChangedFile) {
  const std::string before = gather({folder_ / "b.jpg"})[0].crop.version;
  EXPECT_EQ(gather({folder_ / "b.jpg"})[0].crop.version, before);
  write_text(folder_ / "b.jpg", "longer than it was");
  EXPECT_NE(gather({folder_ / "b.jpg"})[0].crop.version, before);
}

TEST_F(CropInputs, ATableTellsWhatIsKnown) {
  const std::string file =
      csv("time,path,camera,tags,identity\r\n"
          "2026-01-31T12:00:05Z,b.jpg,\"gate, north\",red;tall,ann\r\n"
          ",more/c.jpg,,,\r\n");
  const auto inputs = gather({file}, {.camera = "yard", .tags = {"all"}});
  ASSERT_EQ(inputs.size(), 2);
  EXPECT_EQ(inputs[0].crop.source, (folder_ / "b.jpg").string());
  EXPECT_EQ(inputs[0].crop.camera, "gate, north");
  EXPECT_EQ(inputs[0].crop.time, search::parse_time("2026-01-31T12:00:05Z"));
  EXPECT_EQ(inputs[0].crop.identity, "ann");
  EXPECT_EQ(inputs[0].crop.tags, (std::vector<std::string>{"all", "red", "tall"}));
  EXPECT_EQ(inputs[1].crop.camera, "yard") << "an empty field leaves the default";
  EXPECT_FALSE(inputs[1].crop.time.has_value());
}

TEST_F(CropInputs, ABrokenTableIsNamedWithItsLine) {
  const std::pair<const char*, const char*> broken[] = {
      {"", "expected a header line"},
      {"camera\n1\n", ":1: the header line lacks the column 'path'"},
      {"path,size\n", ":1: unknown column 'size'"},
      {"path,path\n", ":1: column 'path' twice"},
      {"path,camera\na.png\n", ":2: expected 2 fields, got 1"},
      {"path,time\na.png,noon\n", ":2: time: expected"},
      {"path,camera\na.png,1\n,2\n", ":3: the path is empty"}};
  for (const auto& [text, message] : broken) {
    const std::string file = csv(text);
    EXPECT_THAT(test::message_of<DataError>([&] { gather({file}); }),
                AllOf(HasSubstr(file), HasSubstr(message)));
  }
}

}  // namespace
}  // namespace dmf::cli
