#include "dmf/kernels/packed_weights.h"

#include <ATen/Parallel.h>
#include <c10/core/TensorImpl.h>

#include <map>
#include <mutex>
#include <tuple>

namespace dmf::kernels {
namespace {

torch::Tensor pack(const Kernels& kernels, const WeightPart& part) {
  const torch::Tensor rows = part.weight.detach().narrow(0, part.first, part.rows).contiguous();
  const int64_t inputs = rows.size(1);
  const int64_t depth = part.is_reversed ? part.rows : inputs,
                columns = part.is_reversed ? inputs : part.rows;
  const torch::Tensor words = at::empty({kernels.packed_words(depth, columns)}, torch::kInt32);
  auto* to = reinterpret_cast<uint32_t*>(words.mutable_data_ptr<int32_t>());
  const auto* from = rows.const_data_ptr<float>();
  at::parallel_for(0, (columns + kPanel - 1) / kPanel, 1, [&](int64_t first, int64_t last) {
    kernels.pack(from, depth, columns, !part.is_reversed, to, first, last);
  });
  return words;
}

/// Packed weights of tensors that live.
class Cache {
 public:
  torch::Tensor get(const Kernels& kernels, const WeightPart& part) {
    const std::scoped_lock lock(mutex_);
    const Key key{part.weight.unsafeGetTensorImpl(), part.first, part.rows, part.is_reversed, &kernels};
    const int64_t version = part.weight._version();
    const auto found = entries_.find(key);
    if (found != entries_.end() && found->second.version == version && !found->second.weight.expired())
      return found->second.words;
    std::erase_if(entries_, [](const auto& entry) { return entry.second.weight.expired(); });
    const torch::Tensor words = pack(kernels, part);
    entries_.insert_or_assign(key, Entry{Weak(part.weight.getIntrusivePtr()), version, words});
    return words;
  }

 private:
  using Key = std::tuple<const c10::TensorImpl*, int64_t, int64_t, bool, const Kernels*>;
  using Weak = c10::weak_intrusive_ptr<c10::TensorImpl, c10::UndefinedTensorImpl>;
  struct Entry {
    Weak weight;
    int64_t version;
    torch::Tensor words;
  };
  std::mutex mutex_;
  std::map<Key, Entry> entries_;
};

}  // namespace

torch::Tensor packed(const Kernels& kernels, const WeightPart& part, bool is_kept) {
  static Cache cache;
  return is_kept && !part.weight.is_inference() ? cache.get(kernels, part) : pack(kernels, part);
}

}  // namespace dmf::kernels
