#include "dmf/cli/labels_file.h"

#include <gmock/gmock.h>

#include "dmf/core/error.h"
#include "dmf/core/file.h"
#include "support/temporary_folder.h"

namespace dmf::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Property;
using testing::Throws;

class LabelsFileTest : public testing::Test {
 protected:
  std::filesystem::path write(const std::string& text) {
    write_text(folder_ / "labels.csv", text);
    return folder_ / "labels.csv";
  }
  void expect_error(const std::string& text, const std::string& message) {
    const auto file = write(text);
    EXPECT_THAT([&] { read_labels(file); },
                Throws<DataError>(Property(&Error::what, HasSubstr("labels.csv:" + message))));
  }

  test::TemporaryFolder folder_;
};

TEST_F(LabelsFileTest, ColumnsMayStandInAnyOrder) {
  const eval::Labels labels = read_labels(write("camera,identity,path\r\n2,7,a.jpg\r\n,-1,b, c.jpg\r\n"));
  EXPECT_THAT(labels.identities, ElementsAre(7, -1));
  EXPECT_THAT(labels.cameras, ElementsAre(2, eval::kUnknownCamera));
}

TEST_F(LabelsFileTest, AByteOrderMarkIsSkipped) {
  EXPECT_THAT(read_labels(write("\xEF\xBB\xBFidentity,camera\n7,2\n")).identities, ElementsAre(7));
}

TEST_F(LabelsFileTest, BlanksAndQuotesAboutAFieldAreLeftOut) {
  const LabelsTable table =
      read_labels_table(write("\"identity\", camera,\"weather\"\n\"7\", 2 ,\" rain \"\n8,,\n"));
  EXPECT_THAT(table.labels.identities, ElementsAre(7, 8));
  EXPECT_THAT(table.labels.cameras, ElementsAre(2, eval::kUnknownCamera));
  EXPECT_THAT(table.words.at("weather"), ElementsAre(" rain ", ""));
}

TEST_F(LabelsFileTest, CamerasMayBeMissing) {
  const eval::Labels labels = read_labels(write("identity\n7\n\n8"));
  EXPECT_THAT(labels.identities, ElementsAre(7, 8));
  EXPECT_THAT(labels.cameras, IsEmpty());
}

TEST_F(LabelsFileTest, WhatIsWrittenIsReadBack) {
  write_labels(folder_ / "labels.csv", {{.path = "x/a, b.jpg", .identity = 3, .camera = 1, .captions = {}},
                                        {.path = "c.jpg", .identity = -1, .captions = {}}});
  const eval::Labels labels = read_labels(folder_ / "labels.csv");
  EXPECT_THAT(labels.identities, ElementsAre(3, -1));
  EXPECT_THAT(labels.cameras, ElementsAre(1, eval::kUnknownCamera));
}

TEST_F(LabelsFileTest, ErrorsNameTheLine) {
  expect_error("", "1: the file is empty");
  expect_error("person,camera\n1,2\n", "1: the header line lacks the column 'identity'");
  expect_error("identity,camera\n1,2\nx,2\n",
               "3: identity: expected a whole number of 64 bits, -1 or more, got 'x'");
  expect_error("identity,camera\n1,2\n1\n", "3: expected 2 fields, got 1");
  expect_error("identity,camera\r1,2\r", "1: a carriage return within a line");
  expect_error(std::string("identity\n1\0\n", 12), "2: a zero byte; expected text in UTF-8");
}

}  // namespace
}  // namespace dmf::cli
