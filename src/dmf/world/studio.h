#pragma once
#include <functional>
#include <string>
#include <vector>

#include "dmf/world/plan.h"
#include "dmf/world/shot.h"

namespace dmf::world {

/// An image of a world as it is made.
struct MadeImage {
  std::string file;  ///< below the world's folder
  int64_t identity;
  const Identity& person;
  Picture picture;
  std::string caption;
};

/// A person of a world.
Identity identity_of(const WorldOptions& options, int64_t number);

/// Makes a world's images, one identity after another. The same options give the same images. Several threads
/// may photograph at once.
class Studio {
 public:
  /// @throws InvalidArgument  as check_world_options()
  explicit Studio(const WorldOptions& options);

  /// Makes all images of an identity, in the order of plan_images().
  void photograph(int64_t identity, const std::function<void(const MadeImage&)>& take) const;

 private:
  WorldOptions options_;
  Domain domain_;
  uint64_t seed_;
  std::vector<Walker> crowd_;
};

}  // namespace dmf::world
