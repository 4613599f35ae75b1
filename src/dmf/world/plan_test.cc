#include "dmf/world/plan.h"

#include <gmock/gmock.h>

#include <map>
#include <set>

#include "dmf/core/error.h"
#include "dmf/text/attributes.h"

namespace dmf::world {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;
using testing::ThrowsMessage;

WorldOptions some(const std::string& domain, Layout layout, int64_t identities, int64_t images) {
  return {.domain = domain, .identities = identities, .images = images, .layout = layout};
}

std::vector<PlannedImage> plan(const WorldOptions& options, int64_t identity) {
  return plan_images(options, shifted(find_domain(options.domain), options.domain_shift), identity);
}

TEST(PlanImages, NamesTellWhatFineGprsReaderUnderstands) {
  const WorldOptions options = some("varied", Layout::kFineGpr, 12, 30);
  for (int64_t identity = 1; identity <= 12; ++identity) {
    std::set<std::string> names;
    for (const PlannedImage& image : plan(options, identity)) {
      EXPECT_TRUE(names.insert(image.file).second) << image.file;
      EXPECT_EQ(image.file.substr(0, 5), (identity < 10 ? "000" : "00") + std::to_string(identity) + "_");
      const text::Attributes told = text::surroundings_from_finegpr(image.file);
      EXPECT_EQ(told.at("weather"), weather_name(image.surroundings.weather));
      EXPECT_EQ(told.at("illumination"), illumination_name(image.surroundings.illumination));
      const std::string_view place = place_name(image.surroundings.place);
      const bool is_wild = place == "park" || place == "wood" || place == "meadow";
      EXPECT_EQ(told.at("scene"), is_wild ? "wild" : "urban") << place;
    }
  }
}

TEST(PlanImages, OfManyImagesEachHasItsName) {
  std::set<std::string> names;
  for (const PlannedImage& image : plan(some("mall", Layout::kFineGpr, 1, 300), 1)) names.insert(image.file);
  EXPECT_EQ(names.size(), 300U);
  EXPECT_THAT([] { plan(some("mall", Layout::kFineGpr, 1, 1000), 1); },
              ThrowsMessage<InvalidArgument>(HasSubstr("images per identity: 1000 are more")));
}

TEST(PlanImages, QueriesHaveRightAnswersInOtherCameras) {
  for (const int64_t images : {2, 4, 8, 11}) {
    const WorldOptions options = some("campus", Layout::kMarket, 20, images);
    for (int64_t identity = 1; identity <= 20; ++identity) {
      std::map<std::string, std::set<int>> cameras;
      for (const PlannedImage& image : plan(options, identity)) {
        const std::string folder = image.file.substr(0, image.file.find('/'));
        EXPECT_THAT(image.file, HasSubstr("_c" + std::to_string(image.camera) + "s1_"));
        if (folder == "query") {
          EXPECT_TRUE(cameras[folder].insert(image.camera).second) << "one query of each camera";
        }
        cameras[folder].insert(image.camera);
      }
      if (identity <= 10) {
        EXPECT_EQ(cameras.size(), 1U);
        EXPECT_TRUE(cameras.contains("bounding_box_train"));
        continue;
      }
      ASSERT_FALSE(cameras["query"].empty());
      for (const int camera : cameras["query"]) {
        std::set<int> others = cameras["bounding_box_test"];
        others.erase(camera);
        EXPECT_FALSE(others.empty()) << images << " images, identity " << identity;
      }
    }
  }
}

TEST(PlanImages, TheLastIdentitiesAreToTestOn) {
  WorldOptions options = some("mall", Layout::kMarket, 10, 4);
  const auto count = [&](int64_t tests) {
    options.test_identities = tests;
    int64_t found = 0;
    for (int64_t identity = 1; identity <= 10; ++identity)
      found += plan(options, identity)[0].file.starts_with("bounding_box_train") ? 0 : 1;
    return found;
  };
  EXPECT_EQ(count(0), 0);
  EXPECT_EQ(count(3), 3);
  EXPECT_EQ(count(10), 10);
  EXPECT_EQ(count(-1), 5);
}

TEST(WorldOptions, NameWhatIsWrong) {
  const auto refuses = [](WorldOptions options, const std::string& message) {
    EXPECT_THAT([&] { check_world_options(options); }, ThrowsMessage<InvalidArgument>(HasSubstr(message)));
  };
  WorldOptions good = some("varied", Layout::kFineGpr, 5, 5);
  EXPECT_NO_THROW(check_world_options(good));
  WorldOptions bad = good;
  bad.domain = "campsu";
  EXPECT_THAT(
      [&] { check_world_options(bad); },
      ThrowsMessage<InvalidArgument>(AllOf(StartsWith("unknown domain 'campsu'"), HasSubstr("varied, campus"),
                                           HasSubstr("did you mean 'campus'?"))));
  bad = good, bad.identities = 0;
  refuses(bad, "identities: expected 1 … 1000000, got 0");
  bad = good, bad.domain_shift = 1.5;
  refuses(bad, "domain shift: expected 0 … 1, got 1.5");
  bad = good, bad.near_twins = -0.1;
  refuses(bad, "near twins: expected 0 … 1");
  bad = good, bad.test_identities = 6;
  refuses(bad, "test identities");
  bad = good, bad.height = 8;
  refuses(bad, "height");
}

TEST(Domain, TheDialLeadsToOneLook) {
  const Domain campus = shifted(find_domain("campus"), 0), station = shifted(find_domain("station"), 0);
  const CameraStyle a = draw_camera(campus, 1, 1), b = draw_camera(station, 1, 1);
  EXPECT_EQ(a.temperature, b.temperature);
  EXPECT_EQ(a.rows, b.rows);
  EXPECT_EQ(a.noise, b.noise);
  EXPECT_EQ(a.eye_height, b.eye_height);
  EXPECT_EQ(campus.places, station.places);
  EXPECT_DOUBLE_EQ(campus.people.warmth, station.people.warmth);
}

TEST(Domain, AtOneItIsItself) {
  const Domain& station = find_domain("station");
  const Domain same = shifted(station, 1), half = shifted(station, .5);
  EXPECT_FLOAT_EQ(same.look.noise.low, station.look.noise.low);
  EXPECT_FLOAT_EQ(same.look.rows.high, station.look.rows.high);
  EXPECT_LT(half.look.noise.high, same.look.noise.high);
  EXPECT_GT(half.look.rows.low, same.look.rows.low);
}

TEST(Domain, CamerasDifferAndAreFixed) {
  for (const Domain& domain : domains()) {
    const CameraStyle first = draw_camera(domain, 1, 1), second = draw_camera(domain, 1, 2);
    EXPECT_NE(first.temperature, second.temperature) << domain.name;
    EXPECT_EQ(first.temperature, draw_camera(domain, 1, 1).temperature);
    EXPECT_NE(first.temperature, draw_camera(domain, 2, 1).temperature);
    for (int number = 1; number <= domain.cameras; ++number) {
      const CameraStyle camera = draw_camera(domain, 1, number);
      EXPECT_GT(domain.places[static_cast<size_t>(camera.place - 1)], 0);
      EXPECT_LE(camera.eye_height, camera.distance) << "not from straight above";
    }
  }
}

TEST(WorldSeed, HangsOnTheDomain) {
  const WorldOptions a = some("campus", Layout::kMarket, 1, 1), b = some("mall", Layout::kMarket, 1, 1);
  EXPECT_NE(world_seed(a), world_seed(b)) << "no person is in two domains";
}

}  // namespace
}  // namespace dmf::world
