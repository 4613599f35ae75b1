#pragma once
#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <utility>
#include <vector>

namespace dmf {

/// A stream of random numbers that depends only on its key: the run's seed, the stream's purpose and where in
/// the work it is used (epoch, step, sample). Two streams of different keys are independent; the order in
/// which streams are made does not matter, so results do not depend on threads, and a resumed run draws what
/// the whole run would have.
///
/// Generator: SplitMix64 (Steele, Lea, Flood 2014), the same numbers on every machine.
class RandomStream {
 public:
  /// @param purpose  what is drawn ("sampler", "erasing"), so that purposes do not share numbers
  /// @param place    epoch, step, sample …
  RandomStream(uint64_t seed, std::string_view purpose, std::initializer_list<uint64_t> place = {});

  uint64_t bits();
  /// In [0, 1).
  double uniform();
  /// In [low, high).
  double uniform(double low, double high);
  /// In [0, count); count > 0. Without bias.
  int64_t integer(int64_t count);
  /// True with `probability`.
  bool chance(double probability);
  /// Mean 0, variance 1.
  double normal();
  /// Beta(alpha, alpha), in [0, 1]; alpha > 0.
  double beta(double alpha);

  template <class T>
  void shuffle(std::vector<T>& values) {
    for (size_t i = values.size(); i > 1; --i)
      std::swap(values[i - 1], values[static_cast<size_t>(integer(static_cast<int64_t>(i)))]);
  }

 private:
  double gamma(double shape);
  uint64_t state_;
};

}  // namespace dmf
