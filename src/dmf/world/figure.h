#pragma once
#include "dmf/world/identity.h"
#include "dmf/world/sdf.h"

namespace dmf::world {

/// The measures of a person in the rest pose: standing at the origin on y = 0, facing +z, arms and legs
/// straight and spread. Both sides are alike: limbs are those of the left (x > 0).
struct Figure {
  float height = 1.75F;  ///< of the body, soles to skull
  float head = .228F;    ///< chin to skull
  float chin = 0;        ///< height of the chin; hence head coordinates: y from the chin, unit head / 0.228
  float crotch = 0;
  float waist = 0;                  ///< height of the narrowest place of the trunk
  float shoulder_y = 0, hip_y = 0;  ///< of the joints
  float neck_y = 0;                 ///< where a round collar lies
  Vec3 shoulder, elbow, wrist;
  Vec3 hip, knee, ankle;
  float upper_arm = 0, forearm = 0;  ///< lengths
  float thigh = 0, shin = 0;
  float neck_radius = 0;
  float foot_length = 0;
  float sole = 0;  ///< of the shoes: the body stands this much above the ground
  float male = 1;  ///< 0 female … 1 male shape
  Loft trunk;      ///< crotch to neck
  Limb arm, leg;   ///< shoulder to wrist, hip to ankle

  /// A point in head coordinates: metres as on a head of 0.228 from the chin, x = 0 the middle.
  Vec3 head_local(Vec3 p) const { return (p - Vec3{0, chin, head_z}) * (.228F / head); }
  float head_scale() const { return head / .228F; }
  float head_z = .012F;
  /// Height of the point `share` of the way from the hip joint to the ankle.
  float leg_y(float share) const { return mix(hip.y, ankle.y, share); }
};

Figure make_figure(const Identity& identity);

/// The distance to the naked body without head and hands, to the head with the neck, and to the left hand.
float body_distance(const Figure& figure, Vec3 p);
float head_distance(const Figure& figure, Vec3 p);
float hand_distance(const Figure& figure, Vec3 p);

/// Which limb a point of the rest pose belongs to: 0 the trunk … 1 the arm.
float arm_share(const Figure& figure, Vec3 p);

}  // namespace dmf::world
