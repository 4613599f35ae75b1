#pragma once
#include "dmf/world/face.h"
#include "dmf/world/geometry.h"
#include "dmf/world/trim.h"

namespace dmf::world {

/// Colours every point of a person's surfaces from where it lies in the rest pose.
class Painter {
 public:
  /// All three must outlive the painter.
  /// @param seed  of the folds, which differ from image to image
  Painter(const PersonGeometry& geometry, const Identity& identity, uint64_t seed);

  /// @param rest       in the rest pose (things: in their own coordinates)
  /// @param normal     there
  /// @param footprint  edge of a sample on the surface in metres
  /// @param part       in: the layer's; out: what is seen there, a strap or a shirt's collar, say
  Paint at(const Layer& layer, Vec3 rest, Vec3 normal, float footprint, Part& part) const;

  /// False where an open coat has no cloth and what lies behind is seen.
  bool has_matter(Vec3 rest) const;

 private:
  Paint body(Vec3 p, Part& part) const;
  Paint upper(Vec3 p, float footprint, Part& part) const;
  Paint lower(Vec3 p, float footprint) const;
  Paint shoe(Vec3 p) const;
  Paint hat(Vec3 p) const;
  Paint thing(LayerKind kind, Vec3 p, Vec3 normal) const;
  void details_of_upper(const ClothPlace& place, Vec3 p, float soft, Paint& surface) const;
  bool neckline(Vec3 p, float soft, Paint& surface, Part& part) const;
  bool open_front(Vec3 p, float soft, Paint& surface, Part& part) const;
  bool strap(Vec3 p, Paint& surface, Part& part) const;
  float gap(float y) const;
  ClothPlace trunk_place(Vec3 p) const;
  ClothPlace leg_place(Vec3 p) const;
  float fold_depth(const ClothPlace& place, Vec3 p) const;

  const PersonGeometry& g_;
  const Identity& identity_;
  FacePaint face_;
  Trim trim_;
  FabricPaint upper_, inner_, lower_;
  Vec3 tights_, shoes_, sole_, sock_, hat_, scarf_, backpack_, handbag_, shoulder_bag_, luggage_, umbrella_,
      tie_;
  uint32_t seed_;
};

}  // namespace dmf::world
