#include "dmf/cli/search_result.h"

#include <gmock/gmock.h>

#include "dmf/search/gallery_writer.h"
#include "support/temporary_folder.h"

namespace dmf::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr search::SameThreshold kThreshold{.distance = 0.30, .low = 0.28, .high = 0.33, .far = 0.001};

TEST(HitTable, JudgesPicturesAlone) {
  const test::TemporaryFolder folder;
  search::GalleryWriter writer(folder / "g", {"m", 2});
  std::vector<search::NewCrop> crops(1);
  crops[0].crop = {.source = "/a.jpg", .camera = "gate", .time = 1000, .identity = "ann"};
  writer.add({std::vector<float>{1, 0}, 1, 2}, crops);
  Found found{.query = "q.jpg", .hits = {{1, 0.7, {}}}};
  const std::string table = hit_table(found, writer.gallery(), kThreshold);
  for (const char* part : {"q.jpg", "0.7000", "unsure", "gate", "1970-01-01T00:00:01Z", "ann", "/a.jpg"})
    EXPECT_THAT(table, HasSubstr(part));
  EXPECT_EQ(to_json(found, writer.gallery(), kThreshold)["hits"][0]["person"], "unsure");
  EXPECT_THAT(hit_table(found, writer.gallery(), std::nullopt), Not(HasSubstr("unsure")));
  found.is_judged = false;
  EXPECT_THAT(hit_table(found, writer.gallery(), kThreshold), Not(HasSubstr("unsure")));
  found.hits[0].re_ranked = 0.125;
  EXPECT_THAT(hit_table(found, writer.gallery(), kThreshold), HasSubstr("0.1250"));
  found.hits.clear();
  EXPECT_THAT(hit_table(found, writer.gallery(), kThreshold), HasSubstr("nothing found"));
  EXPECT_THAT(threshold_text(std::nullopt), HasSubstr("not known"));
}

}  // namespace
}  // namespace dmf::cli
