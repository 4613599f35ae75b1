#pragma once
#include "dmf/world/fabric.h"
#include "dmf/world/person.h"

namespace dmf::world {

/// Colours of head and hair of one identity, ready to paint; linear.
class FacePaint {
 public:
  explicit FacePaint(const Identity& identity);
  /// What is seen at a point of the head, in head coordinates (Figure::head_local), and the part it belongs
  /// to.
  Paint at(Vec3 head_local, float footprint, Part& part) const;
  /// Hair of a shape of its own.
  Paint hair(Vec3 head_local, Vec3 rest) const;
  Paint skin(Vec3 rest) const;

 private:
  Paint bare(Vec3 q, float soft) const;
  bool cover(Vec3 q, float soft, Paint& surface, Part& part) const;

  const Identity& identity_;
  Vec3 skin_, hair_, brow_, lips_, iris_, mask_;
  float eye_width_, eye_height_, mouth_width_;
  uint32_t seed_;
};

}  // namespace dmf::world
