#include <bit>

#include "dmf/world/geometry.h"
#include "dmf/world/paint.h"
#include "dmf/world/posed.h"
#include "dmf/world/raster.h"

namespace dmf::world {
namespace {

constexpr int kSide = 2;  // samples along an edge of a pixel
constexpr int kShadowSize = 224;

// One picture in the making.
class Renderer {
 public:
  Renderer(const PersonGeometry& geometry, const Identity& identity, const Pose& pose, const Camera& camera,
           const Lighting& lighting, int height, int width, uint64_t seed)
      : g_(geometry),
        identity_(identity),
        camera_(camera),
        light_(lighting),
        axes_(camera_axes(camera)),
        posed_(pose_person(geometry, identity, pose)),
        painter_(geometry, identity, seed),
        shadow_(lighting.sun_direction, posed_.position, kShadowSize),
        screen_(on_screen()),
        samples_(bounds(height, width)) {
    image_.height = height, image_.width = width;
    const size_t pixels = static_cast<size_t>(height) * width;
    image_.rgb.resize(pixels), image_.alpha.resize(pixels), image_.depth.resize(pixels);
    image_.shadow.resize(pixels), image_.contact.resize(pixels), image_.parts.resize(pixels);
  }

  PersonImage run() {
    if (light_.shadow_strength > 0)
      for (const Layer& layer : g_.layers)
        for (int t = layer.first_triangle; t < layer.end_triangle; ++t) {
          const auto& [a, b, c] = g_.triangle[t];
          shadow_.draw(posed_.position[a], posed_.position[b], posed_.position[c], layer.is_open);
        }
    draw();
    shade();
    shade_ground();
    return std::move(image_);
  }

 private:
  // Vertices in samples.
  std::vector<Vec3> on_screen() const {
    std::vector<Vec3> screen(posed_.position.size());
    for (size_t i = 0; i < screen.size(); ++i) {
      const Vec3 p = project(camera_, axes_, posed_.position[i]);
      screen[i] = {p.x * kSide, p.y * kSide, p.z};
    }
    return screen;
  }

  // The part of the image that the person may cover, whole pixels.
  SampleBuffer bounds(int height, int width) const {
    float left = 1e9F, top = 1e9F, right = -1e9F, bottom = -1e9F;
    for (const Vec3& p : screen_) {
      left = std::min(left, p.x), right = std::max(right, p.x);
      top = std::min(top, p.y), bottom = std::max(bottom, p.y);
    }
    const auto pixel = [](float sample, int last) {
      return static_cast<int>(std::clamp(sample / kSide, 0.F, static_cast<float>(last)));
    };
    return {pixel(left, width) * kSide, pixel(top, height) * kSide, pixel(right + kSide, width) * kSide,
            pixel(bottom + kSide, height) * kSide};
  }

  void draw() {
    const std::vector<Vec3>& screen = screen_;
    layer_of_.resize(g_.triangle.size());
    for (size_t l = 0; l < g_.layers.size(); ++l) {
      const Layer& layer = g_.layers[l];
      const uint32_t mask = 1U << l;
      const bool holes = layer.kind == LayerKind::kUpper && layer.is_open && identity_.upper.is_open;
      for (int t = layer.first_triangle; t < layer.end_triangle; ++t) {
        layer_of_[t] = static_cast<uint8_t>(l);
        const auto& [a, b, c] = g_.triangle[t];
        if (std::min({screen[a].z, screen[b].z, screen[c].z}) < .2F) continue;
        const std::array<Vec3, 3> corner{screen[a], screen[b], screen[c]};
        if (!holes) {
          samples_.draw(corner, t, layer.bias, mask, layer.is_open);
          continue;
        }
        const Vec3 p = g_.position[a], q = g_.position[b] - p, r = g_.position[c] - p;
        samples_.draw(corner, t, layer.bias, mask, layer.is_open,
                      [&](float s, float u) { return painter_.has_matter(p + q * s + r * u); });
      }
    }
  }

  Vec3 light(const Paint& surface, Vec3 place, Vec3 normal, float open) const {
    const Vec3 to_eye = normalized(camera_.eye - place);
    const float facing = dot(normal, light_.sun_direction);
    float sun = std::max(0.F, (facing + .08F) / 1.08F);
    if (sun > 0 && light_.shadow_strength > 0)
      sun *= 1 - light_.shadow_strength * shadow_.shade(place + normal * .012F, .012F, .02F, 1);
    const float up = .5F + .5F * normal.y;
    const Vec3 ambient = mix(light_.ground, light_.sky, up) * open;
    Vec3 out = surface.colour * (1 - .25F * light_.wetness) * (light_.sun * sun + ambient);
    const float gloss = surface.gloss + .25F * light_.wetness;
    if (gloss > 0) {
      const Vec3 half = normalized(to_eye + light_.sun_direction);
      const float peak = std::max(0.F, dot(normal, half));
      const float p2 = peak * peak, p4 = p2 * p2, p8 = p4 * p4, p16 = p8 * p8;
      out += light_.sun * (gloss * .35F * p16 * std::min(1.F, sun * 2));
      const float rim = 1 - std::max(0.F, dot(normal, to_eye));
      out += light_.sky * (gloss * .25F * rim * rim * rim * open);
    }
    return out;
  }

  // The normal as folds turn it: slopes along two edges of the triangle, carried over from the rest pose.
  Vec3 folded(Vec3 normal, const std::array<int, 3>& triangle, Vec3 folds) const {
    const auto& [a, b, c] = triangle;
    const Vec3 w1 = posed_.position[b] - posed_.position[a], w2 = posed_.position[c] - posed_.position[a];
    const Vec3 n = cross(w1, w2);
    const float size = dot(n, n);
    if (size < 1e-14F) return normal;
    const float s1 = dot(folds, g_.position[b] - g_.position[a]);
    const float s2 = dot(folds, g_.position[c] - g_.position[a]);
    return normalized(normal - (cross(w2, n) * s1 + cross(n, w1) * s2) * (1 / size));
  }

  Vec3 shade_sample(const SampleBuffer::Sample& sample, Part& part) const {
    const auto& [a, b, c] = g_.triangle[sample.triangle];
    const float b0 = 1 - sample.b1 - sample.b2;
    const auto blend = [&](const std::vector<Vec3>& values) {
      return values[a] * b0 + values[b] * sample.b1 + values[c] * sample.b2;
    };
    const Layer& layer = g_.layers[layer_of_[sample.triangle]];
    const Vec3 place = blend(posed_.position);
    const float open = g_.openness[a] * b0 + g_.openness[b] * sample.b1 + g_.openness[c] * sample.b2;
    const float footprint = 1 / (sample.nearness * camera_.focal * kSide);
    part = layer.part;
    const Paint surface = painter_.at(layer, blend(g_.position), blend(g_.normal), footprint, part);
    Vec3 normal = normalized(blend(posed_.normal));
    const bool inside = layer.is_open && dot(normal, camera_.eye - place) < 0;
    if (dot(surface.folds, surface.folds) > 0)
      normal = folded(normal, g_.triangle[sample.triangle], surface.folds);
    if (inside) normal = -normal;
    return light(surface, place, normal, open);
  }

  void shade() {
    for (int y = samples_.top(); y < samples_.bottom(); y += kSide)
      for (int x = samples_.left(); x < samples_.right(); x += kSide) shade_pixel(y, x);
  }

  // Where all samples see one surface, those of the diagonal stand for the others.
  void shade_pixel(int y, int x) {
    int layers[kSide * kSide];
    bool same = true, covered = false;
    for (int k = 0; k < kSide * kSide; ++k) {
      const int triangle = samples_.at(y + k / kSide, x + k % kSide).triangle;
      covered = covered || samples_.mask(y + k / kSide, x + k % kSide) != 0;
      layers[k] = triangle < 0 ? -1 : layer_of_[triangle];
      same = same && layers[k] == layers[0];
    }
    if (!covered) return;
    same = same && layers[0] >= 0 && g_.layers[layers[0]].kind != LayerKind::kHead;
    const size_t pixel = static_cast<size_t>(y / kSide) * image_.width + x / kSide;
    Part seen = Part::kCount;
    int samples = 0;
    for (int k = 0; k < kSide * kSide; ++k) {
      const int sy = y + k / kSide, sx = x + k % kSide;
      const SampleBuffer::Sample& sample = samples_.at(sy, sx);
      const bool stands_in = same && k / kSide != k % kSide;
      if (sample.triangle >= 0 && !stands_in)
        image_.rgb[pixel] += shade_sample(sample, seen) * (same ? 2.F : 1.F);
      if (sample.triangle >= 0) {
        ++samples;
        image_.depth[pixel] += 1 / sample.nearness;
        ++image_.visible[static_cast<size_t>(seen)];
        image_.parts[pixel] |= 1U << static_cast<int>(seen);
      }
      count(samples_.mask(sy, sx), sample.triangle >= 0 ? seen : Part::kCount);
    }
    if (samples == 0) return;
    constexpr float kShare = 1.F / (kSide * kSide);
    image_.rgb[pixel] = image_.rgb[pixel] * kShare;
    image_.alpha[pixel] = static_cast<float>(samples) * kShare;
    image_.depth[pixel] /= static_cast<float>(samples);
  }

  // What covers a sample, each part once, whether it is seen or not.
  void count(uint32_t mask, Part seen) {
    uint32_t parts = seen == Part::kCount ? 0 : 1U << static_cast<int>(seen);
    for (size_t l = 0; l < g_.layers.size(); ++l)
      if (mask >> l & 1) parts |= 1U << static_cast<int>(g_.layers[l].part);
    for (; parts != 0; parts &= parts - 1) ++image_.total[static_cast<size_t>(std::countr_zero(parts))];
  }

  void shade_ground() {
    const Vec3 down = axes_.row[1], right = axes_.row[0], forward = axes_.row[2];
    const bool sun = light_.shadow_strength > 0 && light_.sun_direction.y > .05F;
    for (int y = 0; y < image_.height; ++y)
      for (int x = 0; x < image_.width; ++x) {
        const float u = (static_cast<float>(x) + .5F - camera_.centre_x) / camera_.focal;
        const float v = (static_cast<float>(y) + .5F - camera_.centre_y) / camera_.focal;
        const Vec3 ray = forward + right * u + down * v;
        if (ray.y > -1e-4F) continue;
        const Vec3 place = camera_.eye - ray * (camera_.eye.y / ray.y);
        const Vec3 middle = (posed_.feet[0] + posed_.feet[1]) * .5F, from = place - middle;
        const float far = from.x * from.x + from.z * from.z;
        if (far > 36) continue;
        const size_t pixel = static_cast<size_t>(y) * image_.width + x;
        if (sun)
          image_.shadow[pixel] = light_.shadow_strength *
                                 shadow_.shade(place, light_.shadow_blur * (.4F + std::sqrt(far)), 0, 2);
        if (far > 1) continue;
        float closed = .35F * std::exp(-far / .16F);
        for (const Vec3& foot : posed_.feet) {
          const float dx = place.x - foot.x, dz = place.z - foot.z;
          closed += .5F * std::exp(-(dx * dx + dz * dz) / .018F - std::max(0.F, foot.y) * 12);
        }
        image_.contact[pixel] = std::min(.9F, closed);
      }
  }

  const PersonGeometry& g_;
  const Identity& identity_;
  const Camera& camera_;
  const Lighting& light_;
  Mat3 axes_;
  PosedPerson posed_;
  Painter painter_;
  ShadowMap shadow_;
  std::vector<Vec3> screen_;
  SampleBuffer samples_;
  std::vector<uint8_t> layer_of_;  // of each triangle
  PersonImage image_;
};

}  // namespace

Mat3 camera_axes(const Camera& camera) {
  const Vec3 forward = normalized(camera.target - camera.eye);
  const Vec3 right = normalized(cross(forward, {0, 1, 0})), down = cross(forward, right);
  const float c = std::cos(camera.roll), s = std::sin(camera.roll);
  return {{right * c + down * s, down * c - right * s, forward}};
}

Vec3 project(const Camera& camera, const Mat3& axes, Vec3 point) {
  const Vec3 p = axes * (point - camera.eye);
  const float scale = camera.focal / std::max(p.z, 1e-3F);
  return {camera.centre_x + p.x * scale, camera.centre_y + p.y * scale, p.z};
}

PersonImage render_person(const PersonMesh& person, const Identity& identity, const Pose& pose,
                          const Camera& camera, const Lighting& lighting, int height, int width,
                          uint64_t seed) {
  return Renderer(*person.geometry, identity, pose, camera, lighting, height, width, seed).run();
}

}  // namespace dmf::world
