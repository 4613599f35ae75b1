#include "dmf/world/geometry.h"

#include "dmf/world/mesh.h"
#include "dmf/world/things.h"

namespace dmf::world {
namespace {

// Cells of the meshes in metres: a pixel of an image 256 high is about 7 mm.
constexpr float kBodyCell = .025F, kClothCell = .0235F, kThingCell = .022F;
constexpr float kHeadCell = .0118F, kHandCell = .0125F, kSmallCell = .0148F;

class Builder {
 public:
  explicit Builder(const Identity& identity) : identity_(identity) {
    g_.figure = make_figure(identity);
    g_.outfit = make_outfit(identity, g_.figure);
  }

  PersonGeometry run() {
    add_body();
    add_clothes();
    add_hair();
    add_things();
    open_to_sky();
    return std::move(g_);
  }

 private:
  const Figure& figure() const { return g_.figure; }
  const Outfit& outfit() const { return g_.outfit; }

  // Appends a mesh without the triangles whose corners are all `hidden`.
  template <class Weights, class Hidden>
  void append(const Mesh& mesh, Layer layer, const Weights& weights, const Hidden& hidden) {
    std::vector<int> place(mesh.position.size(), -1);
    std::vector<bool> covered(mesh.position.size());
    for (size_t i = 0; i < covered.size(); ++i) covered[i] = hidden(mesh.position[i]);
    layer.first_vertex = static_cast<int>(g_.position.size());
    layer.first_triangle = static_cast<int>(g_.triangle.size());
    for (const auto& corners : mesh.triangle) {
      if (covered[corners[0]] && covered[corners[1]] && covered[corners[2]]) continue;
      std::array<int, 3> triangle{};
      for (int k = 0; k < 3; ++k) {
        int& v = place[corners[k]];
        if (v < 0) {
          v = static_cast<int>(g_.position.size());
          g_.position.push_back(mesh.position[corners[k]]);
          g_.normal.push_back(mesh.normal[corners[k]]);
          g_.weights.push_back(weights(mesh.position[corners[k]]));
        }
        triangle[k] = v;
      }
      g_.triangle.push_back(triangle);
    }
    layer.end_vertex = static_cast<int>(g_.position.size());
    layer.end_triangle = static_cast<int>(g_.triangle.size());
    if (layer.end_triangle > layer.first_triangle) g_.layers.push_back(layer);
  }

  static bool never(Vec3) { return false; }
  auto body_weight() const {
    return [this](Vec3 p) { return body_weights(figure(), p); };
  }

  // The mesh of a left hand or shoe and its mirror image.
  static Mesh both_sides(Mesh mesh) {
    const auto count = static_cast<int>(mesh.position.size());
    const size_t triangles = mesh.triangle.size();
    for (int i = 0; i < count; ++i) {
      const Vec3 p = mesh.position[i], n = mesh.normal[i];
      mesh.position.push_back({-p.x, p.y, p.z});
      mesh.normal.push_back({-n.x, n.y, n.z});
    }
    for (size_t t = 0; t < triangles; ++t) {
      const auto [a, b, c] = mesh.triangle[t];
      mesh.triangle.push_back({a + count, c + count, b + count});
    }
    return mesh;
  }

  bool under_upper(Vec3 p, float depth) const {
    // Hems and open fronts move away from what is below.
    if (p.y < outfit().upper_hem + .1F ||
        (outfit().has_tail && identity_.upper.is_open && p.y < outfit().tail_top))
      return false;
    return upper_distance(figure(), outfit(), p) < -depth;
  }
  bool under_lower(Vec3 p) const {
    if (outfit().is_skirt && p.y < outfit().lower_hem + .1F) return false;
    return lower_distance(figure(), outfit(), p) < -.004F;
  }
  bool under_clothes(Vec3 p) const {
    return under_upper(p, .004F) || under_lower(p) ||
           (p.y < figure().knee.y + .1F && shoe_distance(figure(), identity_, outfit(), p) < -.004F);
  }

  void add_body() {
    const Figure& f = figure();
    const float h = f.height, reach = f.wrist.x + .05F;
    const auto hidden = [this](Vec3 p) { return under_clothes(p); };
    append(mesh_surface([&](Vec3 p) { return body_distance(f, p); },
                        {{-reach, f.sole + .01F, -.16F * h}, {reach, f.chin, .16F * h}}, kBodyCell),
           {LayerKind::kBody, Part::kSkin, 0}, body_weight(), hidden);
    const float s = f.head_scale();
    append(mesh_surface([&](Vec3 p) { return head_distance(f, p); },
                        {{-.1F * s, f.shoulder_y - .02F, -.13F * s}, {.1F * s, f.chin + .24F * s, .14F * s}},
                        kHeadCell),
           {LayerKind::kHead, Part::kSkin, .001F}, body_weight(),
           [this](Vec3 p) { return under_upper(p, .006F); });
    const Vec3 tip = f.wrist + f.arm.direction * (.11F * h), margin{.06F, .05F, .065F};
    const Vec3 low{f.wrist.x, tip.y, 0}, high{tip.x, f.wrist.y, 0};
    append(both_sides(mesh_surface([&](Vec3 p) { return hand_distance(f, p); }, {low - margin, high + margin},
                                   kHandCell)),
           {LayerKind::kHands, Part::kSkin, .002F}, body_weight(), hidden);
  }

  void add_clothes() {
    const Figure& f = figure();
    const Outfit& o = outfit();
    const float reach = f.wrist.x + .13F,
                depth = .19F * f.height + .35F * (f.hip_y - std::min(o.lower_hem, o.upper_hem));
    if (o.has_lower) {
      const float low = o.is_skirt ? o.lower_hem : f.hip.y - o.lower_end;
      const float side = o.is_skirt ? .2F * f.height + .75F * (o.lower.top - o.lower_hem) : .2F * f.height;
      Layer layer{LayerKind::kLower, Part::kLower, o.is_skirt ? .02F : .004F, o.is_skirt, o.is_skirt};
      append(mesh_surface([&](Vec3 p) { return lower_distance(f, o, p); },
                          {{-side, low - .04F, -depth}, {side, o.lower.top + .03F, depth}}, kClothCell),
             layer, body_weight(), [&](Vec3 p) {
               return under_upper(p, .004F) ||
                      (o.is_skirt && p.y < o.lower_hem + .006F && is_cap(p, o.lower));
             });
    }
    const float side = std::max(o.sleeve_end > 0 ? reach : .2F * f.height,
                                o.has_tail ? o.upper.levels[0].width + .08F : 0.F);
    Layer layer{LayerKind::kUpper, Part::kUpper,
                o.has_tail   ? .025F
                : o.is_skirt ? .028F
                             : .012F,
                o.has_tail, o.upper_hem < f.hip_y};
    append(mesh_surface([&](Vec3 p) { return upper_distance(f, o, p); },
                        {{-side, o.upper_hem - .04F, -depth}, {side, f.chin + .06F, depth}}, kClothCell),
           layer, body_weight(),
           [&](Vec3 p) { return o.has_tail && p.y < o.upper_hem + .006F && is_cap(p, o.upper); });
    const float top = f.ankle.y + std::max(o.shaft, .05F) + .05F;
    append(both_sides(mesh_surface([&](Vec3 p) { return shoe_distance(f, identity_, o, p); },
                                   {{.005F, -.02F, -.1F}, {f.ankle.x + .12F, top, .25F}}, kSmallCell)),
           {LayerKind::kShoes, Part::kShoes, o.over_trousers ? .008F : .003F}, body_weight(),
           [this](Vec3 p) { return !outfit().over_trousers && under_lower(p); });
  }

  // Whether a point at the hem closes it from below; cloth that hangs is open there.
  static bool is_cap(Vec3 p, const Loft& loft) {
    const Loft::Section s = loft.levels[0];
    const float z = (p.z - s.centre) / (p.z > s.centre ? s.front : s.back), x = p.x / s.width;
    return x * x + z * z < .8F;
  }

  void add_hair() {
    const Figure& f = figure();
    const float s = f.head_scale(), bottom = hair_bottom(identity_, f) - .04F;
    const float back = bottom < f.chin - .05F ? .19F * f.height : .2F * s;
    if (has_hair_shape(identity_))
      append(
          mesh_surface([&](Vec3 p) { return hair_distance(identity_, f, outfit(), p); },
                       {{-.15F * s, bottom, -back}, {.15F * s, f.chin + .3F * s, .16F * s}}, kSmallCell),
          {LayerKind::kHair, Part::kHair, .004F}, [&](Vec3 p) { return hair_weights(f, p); }, never);
    if (identity_.hat != HatType::kNone)
      append(
          mesh_surface([&](Vec3 p) { return hat_distance(identity_, f, p); },
                       {{-.18F * s, f.chin + .09F * s, -.21F * s}, {.18F * s, f.chin + .3F * s, .23F * s}},
                       kHandCell),
          {LayerKind::kHat, Part::kHat, .005F}, [](Vec3) { return rigid_weights(Bone::kHead); }, never);
  }

  void add_rigid(FieldRef field, const Bounds& box, float cell, Layer layer, Bone bone) {
    append(
        mesh_surface(field, box, cell), layer, [&](Vec3) { return rigid_weights(bone); }, never);
  }

  void add_things() {
    const Figure& f = figure();
    const Outfit& o = outfit();
    if (identity_.scarf)
      append(
          mesh_surface([&](Vec3 p) { return scarf_distance(identity_, f, o, p); }, scarf_box(f), kSmallCell),
          {LayerKind::kScarf, Part::kScarf, .01F}, body_weight(), never);
    if (identity_.backpack)
      add_rigid([&](Vec3 p) { return backpack_distance(f, o, p); }, backpack_box(f, o), kThingCell,
                {LayerKind::kBackpack, Part::kBackpack, .012F}, Bone::kChest);
    if (identity_.shoulder_bag)
      add_rigid([&](Vec3 p) { return shoulder_bag_distance(identity_, f, o, p); },
                shoulder_bag_box(identity_, f, o), kThingCell,
                {LayerKind::kShoulderBag, Part::kShoulderBag, .012F}, Bone::kPelvis);
    if (identity_.handbag)
      add_rigid([&](Vec3 p) { return handbag_distance(identity_, p); },
                {{-.1F, -.5F, -.25F}, {.1F, .03F, .25F}}, kHandCell, {LayerKind::kHandbag, Part::kHandbag, 0},
                Bone::kHandbag);
    if (identity_.luggage)
      add_rigid([&](Vec3 p) { return luggage_distance(identity_, p); },
                {{-.28F, -kLuggageHandle - .03F, -.3F}, {.28F, .04F, .1F}}, .018F,
                {LayerKind::kLuggage, Part::kLuggage, 0}, Bone::kLuggage);
    if (identity_.umbrella)
      add_rigid([&](Vec3 p) { return umbrella_distance(p); }, {{-.58F, -.14F, -.58F}, {.58F, .84F, .58F}},
                .02F, {LayerKind::kUmbrella, Part::kUmbrella, 0}, Bone::kUmbrella);
  }

  // How near the person itself is a little before each vertex: armpits, under the chin and hems are dark.
  void open_to_sky() {
    g_.openness.assign(g_.position.size(), 1);
    const auto nearest = [this](Vec3 p) {
      const float body = p.y > figure().shoulder_y
                             ? std::min(head_distance(figure(), p), body_distance(figure(), p))
                             : body_distance(figure(), p);
      return std::min({body, upper_distance(figure(), outfit(), p), lower_distance(figure(), outfit(), p)});
    };
    for (const Layer& layer : g_.layers) {
      if (layer.kind > LayerKind::kShoes && layer.kind != LayerKind::kHair) continue;
      for (int i = layer.first_vertex; i < layer.end_vertex; ++i) {
        float closed = 0;
        for (const float step : {.035F, .1F}) {
          const float room = nearest(g_.position[i] + g_.normal[i] * step);
          closed += .5F * std::clamp(1 - room / step, 0.F, 1.F);
        }
        g_.openness[i] = 1 - .8F * closed;
      }
    }
  }

  const Identity& identity_;
  PersonGeometry g_;
};

}  // namespace

PersonGeometry make_geometry(const Identity& identity) { return Builder(identity).run(); }

PersonMesh build_person(const Identity& identity) {
  PersonMesh person;
  auto geometry = std::make_shared<PersonGeometry>(make_geometry(identity));
  person.vertices = static_cast<int>(geometry->position.size());
  person.triangles = static_cast<int>(geometry->triangle.size());
  for (const Layer& layer : geometry->layers)
    if (layer.kind <= LayerKind::kHat)
      for (int i = layer.first_vertex; i < layer.end_vertex; ++i)
        person.height = std::max(person.height, geometry->position[i].y);
  person.geometry = std::move(geometry);
  return person;
}

}  // namespace dmf::world
