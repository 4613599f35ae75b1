#include "dmf/world/studio.h"

namespace dmf::world {
namespace {

constexpr int kWalkers = 12;

Domain domain_of(const WorldOptions& options) {
  Domain domain = shifted(find_domain(options.domain), options.domain_shift);
  domain.people.near_twins = options.near_twins;
  return domain;
}

/// Persons of no number who pass by in the background.
std::vector<Walker> gather_crowd(const Domain& domain, uint64_t world_seed) {
  const uint64_t seed = RandomStream(world_seed, "world crowd").bits();
  IdentityOptions people = domain.people;
  people.near_twins = 0;
  std::vector<Walker> crowd;
  for (int64_t number = 1; number <= kWalkers; ++number) {
    const Identity identity = draw_identity(people, seed, number);
    crowd.push_back({identity, build_person(identity)});
  }
  return crowd;
}

}  // namespace

Identity identity_of(const WorldOptions& options, int64_t number) {
  return draw_identity(domain_of(options).people, world_seed(options), number);
}

Studio::Studio(const WorldOptions& options) : options_(options), seed_(world_seed(options)) {
  check_world_options(options);
  domain_ = domain_of(options);
  crowd_ = gather_crowd(domain_, seed_);
}

void Studio::photograph(int64_t number, const std::function<void(const MadeImage&)>& take) const {
  const Identity identity = draw_identity(domain_.people, seed_, number);
  const PersonMesh person = build_person(identity);
  uint64_t index = 0;
  for (const PlannedImage& image : plan_images(options_, domain_, number)) {
    RandomStream random(seed_, "world image", {static_cast<uint64_t>(number), index++});
    const CameraStyle camera = draw_camera(domain_, seed_, image.camera);
    const Site site = site_of(camera, seed_);
    const Shot shot = draw_shot(identity, person, camera, site, image.surroundings, options_.height,
                                options_.width, random);
    Picture picture = take_picture(shot, site, identity, person, crowd_, options_.height, options_.width);
    std::string caption = write_caption(identity, picture.sight, random);
    take({image.file, number, identity, std::move(picture), std::move(caption)});
  }
}

}  // namespace dmf::world
