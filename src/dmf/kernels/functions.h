// Functions of sixteen numbers at once, and the elements that the kernels read and write. Included like
// lanes.h,
// inside a file that names its type of elements in DMF_BFLOAT16 (defined: bfloat16).
#include "dmf/kernels/block.h"
#include "dmf/kernels/lanes.h"

namespace dmf::kernels::DMF_ISA {
namespace {

#if defined(DMF_BFLOAT16)
typedef uint16_t Element;  // its 16 bits
#else
typedef float Element;
#endif
constexpr int64_t kOfWord = 4 / sizeof(Element);  // elements of a word of 32 bits

DMF_INLINE int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }
DMF_INLINE int64_t words_of(int64_t depth) { return (depth + kOfWord - 1) / kOfWord; }
DMF_INLINE int64_t round_up(int64_t value, int64_t multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

DMF_INLINE Lanes all(float value) { return Lanes{} + value; }

/// The lanes `Step` further on, round about.
template <int Step>
DMF_INLINE Lanes turned(Lanes lanes) {
  typedef int32_t Places __attribute__((vector_size(kLanes * sizeof(int32_t))));
  constexpr Places kPlaces = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  return __builtin_shuffle(lanes, (kPlaces + Step) & static_cast<int32_t>(kLanes - 1));
}

DMF_INLINE float sum_of(Lanes lanes) {
  lanes += turned<8>(lanes);
  lanes += turned<4>(lanes);
  lanes += turned<2>(lanes);
  return lanes[0] + lanes[1];
}

DMF_INLINE Lanes larger(Lanes a, Lanes b) { return a > b ? a : b; }

DMF_INLINE float largest_of(Lanes lanes) {
  lanes = larger(lanes, turned<8>(lanes));
  lanes = larger(lanes, turned<4>(lanes));
  lanes = larger(lanes, turned<2>(lanes));
  return lanes[0] > lanes[1] ? lanes[0] : lanes[1];
}

/// e^x of x <= 0 to about 2e-7 of it, 1e-5 where elements are bfloat16; not below e^-87.
DMF_INLINE Lanes exponential(Lanes x) {
  constexpr float kSmallest = -87.0f, kRounding = 12582912.0f;  // 1.5 2^23
  x = larger(x, all(kSmallest));
  const Lanes shifted = x * 1.44269504f + kRounding;  // the lowest bits hold x / ln 2, rounded
  const Lanes whole = shifted - kRounding;
  const Lanes rest = (x - whole * 0.693359375f) + whole * 2.12194440e-4f;
#if defined(DMF_BFLOAT16)
  Lanes series = rest * 4.1666668e-2f + 0.16666667f;
#else
  Lanes series = rest * 1.3888889e-3f + 8.3333333e-3f;
  series = series * rest + 4.1666668e-2f;
  series = series * rest + 0.16666667f;
#endif
  series = series * rest + 0.5f;
  series = series * rest + 1.0f;
  series = series * rest + 1.0f;
  return (Lanes)((BitLanes)series + ((BitLanes)shifted << 23));
}

/// GELU (exact) of x and its derivative there.
struct Gelu {
  Lanes value, slope;
};

/// The distribution function by Abramowitz and Stegun 7.1.26, to 1.5e-7.
DMF_INLINE Gelu gelu(Lanes x) {
  const Lanes size = (Lanes)((BitLanes)x & 0x7fffffffu);
  const Lanes bell = exponential(x * x * -0.5f);
  const Lanes t = 1.0f / (size * (0.3275911f * 0.70710678f) + 1.0f);
  Lanes series = t * 1.061405429f - 1.453152027f;
  series = series * t + 1.421413741f;
  series = series * t - 0.284496736f;
  series = series * t + 0.254829592f;
  const Lanes tail = series * t * bell * 0.5f;  // beyond |x|
  const Lanes share = x < 0.0f ? tail : 1.0f - tail;
  return {x * share, share + x * bell * 0.39894228f};
}

/// LayerNorm of a row: writes (x - mean) / deviation, and that times weight plus bias. @return 1 / deviation
DMF_INLINE float normalise(const float* x, int64_t width, const float* weight, const float* bias,
                           float epsilon, Element* normalised, Element* result) {
  Lanes sum{}, squares{};
  for (int64_t j = 0; j < width; j += kLanes) sum += load(x + j);
  const float mean = sum_of(sum) / static_cast<float>(width);
  for (int64_t j = 0; j < width; j += kLanes) {
    const Lanes apart = load(x + j) - mean;
    squares += apart * apart;
  }
  const float inverse = 1.0f / __builtin_sqrtf(sum_of(squares) / static_cast<float>(width) + epsilon);
  for (int64_t j = 0; j < width; j += kLanes) {
    const Lanes value = (load(x + j) - mean) * inverse;
    if (normalised != nullptr) store(normalised + j, value);
    store(result + j, value * load(weight + j) + load(bias + j));
  }
  return inverse;
}

/// LayerNorm of a row in reverse: to = base + gradient of its input; adds to the gradients of weight and
/// bias.
/// @param grad  of the norm's output
DMF_INLINE void normalise_back(const float* grad, const Element* normalised, float inverse, int64_t width,
                               const float* weight, const float* base, float* to, float* weight_sum,
                               float* bias_sum) {
  Lanes sum{}, product{};
  for (int64_t j = 0; j < width; j += kLanes) {
    const Lanes g = load(grad + j), value = load(normalised + j), scaled = g * load(weight + j);
    sum += scaled;
    product += scaled * value;
    store(weight_sum + j, load(weight_sum + j) + g * value);
    store(bias_sum + j, load(bias_sum + j) + g);
  }
  const float mean = sum_of(sum) / static_cast<float>(width),
              along = sum_of(product) / static_cast<float>(width);
  for (int64_t j = 0; j < width; j += kLanes) {
    const Lanes scaled = load(grad + j) * load(weight + j);
    store(to + j, load(base + j) + (scaled - mean - load(normalised + j) * along) * inverse);
  }
}

}  // namespace
}  // namespace dmf::kernels::DMF_ISA
