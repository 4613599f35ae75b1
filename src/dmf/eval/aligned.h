#pragma once
#include <cstdint>
#include <memory>
#include <new>

namespace dmf::eval {

/// Memory of float32 on a line of the cache, not initialised.
class AlignedFloats {
 public:
  /// Room for `count` numbers; what it held is lost where it grows.
  void resize(int64_t count) {
    if (count <= count_) return;
    data_.reset(static_cast<float*>(::operator new(static_cast<size_t>(count) * sizeof(float), kAlignment)));
    count_ = count;
  }
  float* data() { return data_.get(); }
  const float* data() const { return data_.get(); }

 private:
  static constexpr std::align_val_t kAlignment{64};
  struct Free {
    void operator()(float* data) const { ::operator delete(data, kAlignment); }
  };
  std::unique_ptr<float, Free> data_;
  int64_t count_ = 0;
};

}  // namespace dmf::eval
