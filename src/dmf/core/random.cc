#include "dmf/core/random.h"

#include <cmath>
#include <numbers>

#include "dmf/core/error.h"

namespace dmf {
namespace {

uint64_t mix(uint64_t value) {
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9ULL;
  value = (value ^ (value >> 27)) * 0x94d049bb133111ebULL;
  return value ^ (value >> 31);
}

constexpr uint64_t kGolden = 0x9e3779b97f4a7c15ULL;

}  // namespace

RandomStream::RandomStream(uint64_t seed, std::string_view purpose, std::initializer_list<uint64_t> place)
    : state_(mix(seed + kGolden)) {
  for (const char letter : purpose) state_ = mix(state_ ^ static_cast<unsigned char>(letter)) + kGolden;
  for (const uint64_t index : place) state_ = mix(state_ ^ mix(index + kGolden)) + kGolden;
}

uint64_t RandomStream::bits() { return mix(state_ += kGolden); }

double RandomStream::uniform() { return static_cast<double>(bits() >> 11) * 0x1.0p-53; }

double RandomStream::uniform(double low, double high) { return low + (high - low) * uniform(); }

int64_t RandomStream::integer(int64_t count) {
  DMF_ASSERT(count > 0);
  const auto n = static_cast<uint64_t>(count);
  const uint64_t limit =
      UINT64_MAX - UINT64_MAX % n;  // the largest multiple of n: above it the remainder is biased
  uint64_t value = bits();
  while (value >= limit) value = bits();
  return static_cast<int64_t>(value % n);
}

bool RandomStream::chance(double probability) { return uniform() < probability; }

double RandomStream::normal() {
  const double radius = std::sqrt(-2.0 * std::log(1.0 - uniform()));
  return radius * std::cos(2.0 * std::numbers::pi * uniform());
}

// Marsaglia and Tsang 2000; below 1 by the power trick of the same paper.
double RandomStream::gamma(double shape) {
  if (shape < 1.0) return gamma(shape + 1.0) * std::pow(1.0 - uniform(), 1.0 / shape);
  const double d = shape - 1.0 / 3.0;
  const double c = 1.0 / std::sqrt(9.0 * d);
  while (true) {
    const double x = normal();
    const double v = std::pow(1.0 + c * x, 3);
    if (v <= 0) continue;
    if (std::log(1.0 - uniform()) < 0.5 * x * x + d - d * v + d * std::log(v)) return d * v;
  }
}

double RandomStream::beta(double alpha) {
  const double a = gamma(alpha);
  const double b = gamma(alpha);
  return a + b > 0 ? a / (a + b) : 0.5;
}

}  // namespace dmf
