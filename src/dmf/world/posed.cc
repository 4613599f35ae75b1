#include "dmf/world/posed.h"

namespace dmf::world {
namespace {

class Skinner {
 public:
  Skinner(const PersonGeometry& geometry, const Skeleton& skeleton) : g_(geometry), skeleton_(skeleton) {}

  Transform blend(int vertex) const {
    const SkinWeights& w = g_.weights[vertex];
    if (w.weight[0] > .999F) return skeleton_[w.bone[0]];
    Transform sum;
    for (Vec3& row : sum.rotation.row) row = {};
    for (int k = 0; k < 4 && w.weight[k] > 0; ++k) {
      const Transform& bone = skeleton_[w.bone[k]];
      for (int r = 0; r < 3; ++r) sum.rotation.row[r] += bone.rotation.row[r] * w.weight[k];
      sum.offset += bone.offset * w.weight[k];
    }
    return sum;
  }

  // A hanging cloth: its own weight keeps it below the pelvis, each leg pushes it outwards on its side, and
  // it is never inside of where the skin goes.
  Vec3 hang(Vec3 p, Vec3 with_skin) const {
    const Figure& f = g_.figure;
    const Transform& pelvis = skeleton_[static_cast<size_t>(Bone::kPelvis)];
    const Vec3 still = pelvis(p), outwards = pelvis.rotation * normalized(Vec3{p.x, 0, p.z});
    Vec3 moved = still;
    const float knee = smoothstep(f.knee.y + .1F, f.knee.y - .1F, p.y);
    for (const bool right : {false, true}) {
      const float side = smoothstep(-.09F, .09F, right ? -p.x : p.x);
      const auto push = [&](Bone left_bone) {
        const Vec3 d = skeleton_[static_cast<size_t>(left_bone) + (right ? 1 : 0)](p) - still;
        return d * smoothstep(-.03F, .05F, dot(d, outwards));
      };
      const Vec3 d = push(Bone::kThighLeft) * (1 - knee) + push(Bone::kShinLeft) * (.6F * knee);
      moved += d * side;
    }
    const Vec3 d = with_skin - moved;
    const float near_hip = smoothstep(f.hip_y - .13F * f.height, f.hip_y - .04F * f.height, p.y);
    return moved + d * (near_hip * smoothstep(-.005F, .015F, dot(d, outwards)));
  }

 private:
  const PersonGeometry& g_;
  const Skeleton& skeleton_;
};

void smooth_normals(const PersonGeometry& g, const Layer& layer, PosedPerson& posed) {
  for (int i = layer.first_vertex; i < layer.end_vertex; ++i) posed.normal[i] = {};
  for (int t = layer.first_triangle; t < layer.end_triangle; ++t) {
    const auto& [a, b, c] = g.triangle[t];
    const Vec3 n = cross(posed.position[b] - posed.position[a], posed.position[c] - posed.position[a]);
    posed.normal[a] += n, posed.normal[b] += n, posed.normal[c] += n;
  }
  for (int i = layer.first_vertex; i < layer.end_vertex; ++i) posed.normal[i] = normalized(posed.normal[i]);
}

}  // namespace

PosedPerson pose_person(const PersonGeometry& g, const Identity& identity, const Pose& pose) {
  Skeleton skeleton = pose_skeleton(g.figure, identity, pose);
  float lowest = 1e9F;
  for (const Layer& layer : g.layers)
    if (layer.kind == LayerKind::kShoes)
      for (int i = layer.first_vertex; i < layer.end_vertex; ++i)
        lowest = std::min(lowest, Skinner(g, skeleton).blend(i)(g.position[i]).y);
  for (Transform& bone : skeleton) bone.offset.y -= lowest;
  attach_things(g.figure, identity, pose, skeleton);

  PosedPerson posed;
  posed.position.resize(g.position.size());
  posed.normal.resize(g.position.size());
  const Skinner skinner(g, skeleton);
  for (const Layer& layer : g.layers) {
    const float high = g.figure.hip_y + .02F, middle = g.figure.hip_y - .05F;
    for (int i = layer.first_vertex; i < layer.end_vertex; ++i) {
      const Transform bones = skinner.blend(i);
      Vec3 p = bones(g.position[i]);
      if (layer.hangs && g.position[i].y < high && arm_share(g.figure, g.position[i]) == 0)
        p = mix(p, skinner.hang(g.position[i], p), smoothstep(high, middle, g.position[i].y));
      posed.position[i] = p;
      posed.normal[i] = normalized(bones.rotation * g.normal[i]);
    }
    if (layer.hangs) smooth_normals(g, layer, posed);
  }
  const Vec3 sole{g.figure.ankle.x, 0, .05F * g.figure.height};
  posed.feet[0] = skeleton[static_cast<size_t>(Bone::kFootLeft)](sole);
  posed.feet[1] = skeleton[static_cast<size_t>(Bone::kFootRight)]({-sole.x, sole.y, sole.z});
  return posed;
}

}  // namespace dmf::world
