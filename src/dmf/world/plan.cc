#include "dmf/world/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>
#include <set>

#include "dmf/core/error.h"
#include "dmf/core/random.h"

namespace dmf::world {
namespace {

constexpr int kFewCameras = 40;  // a domain of more is a mixture, where no camera returns

/// Viewpoint of a walk: most people go along the path before a camera, there or back.
int draw_viewpoint(const CameraStyle& camera, bool is_mixture, RandomStream& random) {
  if (is_mixture || random.chance(0.3)) return 1 + static_cast<int>(random.integer(kViewpoints));
  const double heading = camera.path + (random.chance(0.5) ? std::numbers::pi : 0) + 0.3 * random.normal();
  const auto step = static_cast<int>(std::lround(heading * kViewpoints / (2 * std::numbers::pi)));
  return 1 + ((step % kViewpoints) + kViewpoints) % kViewpoints;
}

std::string market_name(const std::string& folder, int64_t identity, int camera, size_t frame) {
  return fmt::format("{}/{:04}_c{}s1_{:06}_00.jpg", folder, identity, camera, frame + 1);
}

/// Which images of a test identity are queries.
std::vector<bool> choose_queries(const std::vector<PlannedImage>& images) {
  std::map<int, int> count;
  for (const PlannedImage& image : images) ++count[image.camera];
  std::vector<bool> is_query(images.size());
  std::set<int> asked;
  for (size_t i = 0; i < images.size(); ++i)
    is_query[i] = count[images[i].camera] > 1 && asked.insert(images[i].camera).second;
  if (asked.empty()) std::fill_n(is_query.begin(), images.size() / 2, true);
  return is_query;
}

void name_for_market(std::vector<PlannedImage>& images, int64_t identity, bool is_test) {
  const std::vector<bool> is_query = choose_queries(images);
  for (size_t i = 0; i < images.size(); ++i) {
    const char* folder = !is_test ? "bounding_box_train" : is_query[i] ? "query" : "bounding_box_test";
    images[i].file = market_name(folder, identity, images[i].camera, i);
  }
}

}  // namespace

void check_world_options(const WorldOptions& o) {
  const auto check = [](bool holds, const char* name, const char* allowed, const auto& got) {
    DMF_CHECK(holds, InvalidArgument, "{}: expected {}, got {}", name, allowed, got);
  };
  check(o.identities >= 1 && o.identities <= 1'000'000, "identities", "1 … 1000000", o.identities);
  check(o.images >= 1 && o.images <= 1000, "images per identity", "1 … 1000", o.images);
  check(o.seed >= 0, "seed", "0 or more", o.seed);
  check(o.height >= 32 && o.height <= 1024, "height", "32 … 1024", o.height);
  check(o.width >= 16 && o.width <= 1024, "width", "16 … 1024", o.width);
  check(o.near_twins >= 0 && o.near_twins <= 1, "near twins", "0 … 1", o.near_twins);
  check(o.test_identities >= -1 && o.test_identities <= o.identities, "test identities",
        "at most the number of identities", o.test_identities);
  shifted(find_domain(o.domain), o.domain_shift);
}

uint64_t world_seed(const WorldOptions& options) {
  return RandomStream(static_cast<uint64_t>(options.seed), "world of " + options.domain).bits();
}

std::vector<PlannedImage> plan_images(const WorldOptions& options, const Domain& domain, int64_t identity) {
  const uint64_t seed = world_seed(options);
  RandomStream random(seed, "world plan", {static_cast<uint64_t>(identity)});
  const bool is_mixture = domain.cameras > kFewCameras;
  std::vector<int> turns(static_cast<size_t>(domain.cameras));
  for (size_t i = 0; i < turns.size(); ++i) turns[i] = static_cast<int>(i) + 1;
  random.shuffle(turns);
  std::vector<PlannedImage> images(static_cast<size_t>(options.images));
  std::set<std::string> names;
  for (size_t i = 0; i < images.size(); ++i) {
    PlannedImage& image = images[i];
    image.camera = turns[i % turns.size()];
    const CameraStyle camera = draw_camera(domain, seed, image.camera);
    // A name that is taken is drawn anew; names are thousands, but a hall's are few.
    for (int trial = 0; trial == 0 || !names.insert(image.file).second; ++trial) {
      DMF_CHECK(
          trial < 10'000, InvalidArgument,
          "images per identity: {} are more than the domain '{}' has names for in FineGPR's layout; hint: "
          "--layout market1501",
          options.images, options.domain);
      image.surroundings = draw_surroundings(domain, random);
      image.surroundings.place = camera.place;
      image.surroundings.viewpoint = draw_viewpoint(camera, is_mixture, random);
      if (options.layout == Layout::kMarket) break;
      image.file = image.surroundings.file_name(identity);
    }
  }
  if (options.layout == Layout::kMarket) {
    const int64_t tests = options.test_identities < 0 ? options.identities / 2 : options.test_identities;
    name_for_market(images, identity, identity > options.identities - tests);
  }
  return images;
}

std::vector<std::vector<std::string>> sheet_images(const WorldOptions& options) {
  constexpr int64_t kPersons = 6, kImages = 8;
  const Domain domain = shifted(find_domain(options.domain), options.domain_shift);
  const int64_t persons = std::min(kPersons, options.identities);
  std::vector<std::vector<std::string>> rows(static_cast<size_t>(persons));
  for (int64_t row = 0; row < persons; ++row) {
    const std::vector<PlannedImage> images =
        plan_images(options, domain, 1 + row * options.identities / persons);
    for (size_t i = 0; i < std::min<size_t>(kImages, images.size()); ++i)
      rows[static_cast<size_t>(row)].push_back(images[i].file);
  }
  return rows;
}

}  // namespace dmf::world
