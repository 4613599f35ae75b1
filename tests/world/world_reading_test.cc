#include <gmock/gmock.h>

#include <set>

#include "dmf/core/progress.h"
#include "dmf/data/dataset.h"
#include "dmf/world/writer.h"
#include "support/temporary_folder.h"

namespace dmf::world {
namespace {

class WorldReading : public testing::Test {
 protected:
  WorldReading() { Progress::set_enabled(false); }
  ~WorldReading() override { Progress::set_enabled(true); }
  test::TemporaryFolder folder_;
};

TEST_F(WorldReading, FineGprsReaderReadsImagesWordsAndAttributes) {
  const WorldOptions options{.identities = 3, .images = 4, .height = 64, .width = 32};
  write_world(options, folder_ / "w", 2);
  for (const std::string prefix : {"finegpr:", ""}) {
    const data::Dataset dataset = data::open_dataset(prefix + (folder_ / "w").string());
    EXPECT_EQ(dataset.name, "finegpr") << "a bare path is recognised";
    ASSERT_EQ(dataset.train.size(), 12U);
    EXPECT_TRUE(dataset.query.empty() && dataset.gallery.empty());
    EXPECT_TRUE(dataset.warnings.empty()) << dataset.warnings.begin()->first;
    for (const data::Record& record : dataset.train) {
      EXPECT_EQ(record.captions.size(), 1U);
      EXPECT_GE(record.identity, 1);
      EXPECT_LE(record.identity, 3);
    }
    EXPECT_EQ(dataset.attributes.size(), 3U);
    EXPECT_TRUE(dataset.attributes.at(1).contains("upper_colour"));
    for (const data::Record& record : dataset.train) {
      const text::Attributes known = data::image_attributes(dataset, record);
      for (const char* key : {"viewpoint", "weather", "illumination", "scene", "upper_colour", "gender"})
        EXPECT_TRUE(known.contains(key)) << key << " of " << record.path;
      const bool is_front = record.camera <= 5 || record.camera >= 33;
      EXPECT_EQ(known.at("viewpoint") == "front", is_front) << record.path;
    }
  }
}

TEST_F(WorldReading, MarketsReaderReadsAllSplits) {
  WorldOptions options{.domain = "mall", .identities = 6, .images = 10, .height = 64, .width = 32};
  options.layout = Layout::kMarket;
  write_world(options, folder_ / "w", 2);
  const data::Dataset dataset = data::open_dataset((folder_ / "w").string());
  EXPECT_EQ(dataset.name, "market1501");
  EXPECT_EQ(dataset.train.size(), 30U);
  EXPECT_EQ(dataset.query.size() + dataset.gallery.size(), 30U);
  EXPECT_TRUE(dataset.warnings.empty());
  std::set<int64_t> trained;
  for (const data::Record& record : dataset.train) {
    trained.insert(record.identity);
    EXPECT_EQ(record.captions.size(), 1U);
    EXPECT_GE(record.camera, 1);
    EXPECT_LE(record.camera, 8);
  }
  for (const data::Record& query : dataset.query) {
    EXPECT_FALSE(trained.contains(query.identity));
    const bool has_answer = std::ranges::any_of(dataset.gallery, [&](const data::Record& r) {
      return r.identity == query.identity && r.camera != query.camera;
    });
    EXPECT_TRUE(has_answer) << query.path.string();
  }
}

}  // namespace
}  // namespace dmf::world
