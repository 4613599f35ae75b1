#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "dmf/world/domain.h"
#include "dmf/world/surroundings.h"

namespace dmf::world {

/// How a world's folder is laid out.
///
///   finegpr     NNNN_cVV_wWW_lLL_pPP.jpg side by side, all to train on; the camera is the viewpoint
///   market1501  bounding_box_train/, query/ and bounding_box_test/ with NNNN_cCsS_FFFFFF_BB.jpg; the camera
///               is the domain's
enum class Layout { kFineGpr, kMarket };

/// What a world is made of, but for where it is written.
struct WorldOptions {
  std::string domain = "varied";
  double domain_shift = 1;        ///< 0 the look that all domains share … 1 the domain's own
  int64_t identities = 0;         ///< > 0
  int64_t images = 11;            ///< of each identity, > 0
  int64_t seed = 1;               ///< >= 0; with the domain's name the seed of everything
  int height = 256, width = 128;  ///< 32 … 1024
  double near_twins = 0;          ///< IdentityOptions::near_twins
  Layout layout = Layout::kFineGpr;
  int64_t test_identities = -1;  ///< market1501: the last ones, to test on; -1 half of them
  bool captions = true;
};

/// @throws InvalidArgument  a value out of range; names it
void check_world_options(const WorldOptions& options);

/// Seed of everything in a world: identities and cameras of two domains have nothing in common.
uint64_t world_seed(const WorldOptions& options);

/// One image to be made.
struct PlannedImage {
  std::string file;  ///< below the world's folder
  int camera = 1;    ///< of the domain
  Surroundings surroundings;
};

/// All images of an identity, each with its own name. Cameras take turns; in a domain of many cameras each
/// image has one of its own. In market1501's layout a test identity's first image by each camera that has
/// others is a query; where no camera has two, half of the images are.
/// @param domain  already shifted
std::vector<PlannedImage> plan_images(const WorldOptions& options, const Domain& domain, int64_t identity);

/// Files that show what a world holds: for each of up to 6 persons from all over it (the first of market1501's
/// layout are to train, the last to test) up to 8 images.
std::vector<std::vector<std::string>> sheet_images(const WorldOptions& options);

}  // namespace dmf::world
