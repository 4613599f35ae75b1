#include <set>

#include "dmf/core/error.h"
#include "dmf/core/shape.h"
#include "dmf/weights/element_type.h"
#include "dmf/weights/pytorch_file.h"

namespace dmf::weights {
namespace {

constexpr int kMaxDepth = 64;              // of nested dictionaries and lists
constexpr int64_t kMaxVisits = 4'000'000;  // a dictionary may stand in itself many times over
constexpr size_t kMaxNameLength = 4096;
constexpr int kSharingFactor = 4;

/// Whether all elements lie inside a storage of `count`.
bool is_inside(const PickledTensor& tensor, int64_t count) {
  if (tensor.sizes.size() != tensor.strides.size() || tensor.offset < 0) return false;
  int64_t last = tensor.offset;
  bool is_empty = false;
  for (size_t i = 0; i < tensor.sizes.size(); ++i) {
    const int64_t size = tensor.sizes[i];
    const int64_t stride = tensor.strides[i];
    int64_t reach = 0;
    if (size < 0 || stride < 0) return false;
    is_empty = is_empty || size == 0;
    if (size > 0 &&
        (__builtin_mul_overflow(size - 1, stride, &reach) || __builtin_add_overflow(last, reach, &last))) {
      return false;
    }
  }
  return is_empty || last < count;
}

class Flattener {
 public:
  Flattener(const Storages& storages, size_t file_bytes, const std::string& where)
      : storages_(storages), bytes_left_(static_cast<int64_t>(file_bytes) * kSharingFactor), where_(where) {}

  NamedTensors flatten(const PickleValue& root) {
    walk(root, "", 0);
    if (result_.empty()) fail("holds no tensor");
    return std::move(result_);
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw DataError(fmt::format("{}: {}", where_, what));
  }

  void walk(const PickleValue& value, const std::string& name, int depth) {
    if (depth > kMaxDepth) fail(fmt::format("`{:.80}…` is nested deeper than {}", name, kMaxDepth));
    if (++visits_ > kMaxVisits) fail(fmt::format("more than {} objects", kMaxVisits));
    if (const auto* tensor = value.as<PickledTensor>()) {
      if (!result_.emplace(name, tensor_of(*tensor, name)).second)
        fail(fmt::format("tensor `{}` stands twice", name));
    } else if (const auto* sequence = value.as<PickleSequence>()) {
      for (size_t i = 0; i < sequence->items.size(); ++i) {
        if (is_holder(*sequence->items[i]))
          walk(*sequence->items[i], joined(name, std::to_string(i)), depth + 1);
      }
    } else if (const auto* dict = value.as<PickleDict>()) {
      for (const auto& [key, item] : dict->items) {
        if (is_holder(*item)) walk(*item, joined(name, key_text(*key, name)), depth + 1);
      }
    }
  }

  /// Whether there may be tensors in it; what is not (an epoch, a version) is left out and needs no name.
  static bool is_holder(const PickleValue& value) {
    return value.as<PickledTensor>() != nullptr || value.as<PickleSequence>() != nullptr ||
           value.as<PickleDict>() != nullptr;
  }

  std::string key_text(const PickleValue& key, const std::string& name) const {
    if (const auto* text = key.as<std::string>()) return *text;
    if (const auto* number = key.as<int64_t>()) return std::to_string(*number);
    fail(fmt::format("`{}`: a key that is neither text nor integer", name));
  }

  std::string joined(const std::string& name, const std::string& key) const {
    if (name.size() + key.size() > kMaxNameLength)
      fail(fmt::format("`{:.80}…`: a name of {} bytes", name, name.size() + key.size()));
    return name.empty() ? key : name + "." + key;
  }

  torch::Tensor tensor_of(const PickledTensor& tensor, const std::string& name) {
    const torch::Tensor& storage = storages_.at(tensor.storage->key);
    if (!is_inside(tensor, storage.numel())) {
      fail(fmt::format(
          "tensor `{}`: offset {}, sizes {}, strides {} reach beyond its storage `{}` of {} elements", name,
          tensor.offset, shape_text(tensor.sizes), shape_text(tensor.strides), tensor.storage->key,
          storage.numel()));
    }
    const auto bytes = bytes_of_sizes(tensor.sizes, element_type_of_storage(tensor.storage->type));
    if (!bytes)
      fail(fmt::format("tensor `{}`: sizes {} are beyond all memory", name, shape_text(tensor.sizes)));
    const torch::Tensor view = storage.as_strided(tensor.sizes, tensor.strides, tensor.offset);
    // A tensor that is all of its storage takes it over; others get a copy, so that no two share memory.
    const bool is_whole = view.is_contiguous() && view.numel() == storage.numel();
    if (is_whole && taken_.insert(tensor.storage->key).second) return view;
    if (*bytes > bytes_left_) {
      fail(fmt::format("tensor `{}`: the tensors take more than {} times the file", name, kSharingFactor));
    }
    bytes_left_ -= *bytes;
    return view.clone(at::MemoryFormat::Contiguous);
  }

  const Storages& storages_;
  int64_t bytes_left_;
  std::string where_;
  NamedTensors result_;
  std::set<std::string> taken_;
  int64_t visits_ = 0;
};

/// The state dictionary inside a training checkpoint, or the checkpoint itself where it is one.
const PickleValue& unwrapped(const PickleValue& root) {
  const auto* dict = root.as<PickleDict>();
  if (dict == nullptr) return root;
  for (const char* wrapper : {"state_dict", "model_state_dict", "model"}) {
    for (const auto& [key, item] : dict->items) {
      const auto* text = key->as<std::string>();
      if (text != nullptr && *text == wrapper && item->as<PickleDict>() != nullptr) return *item;
    }
  }
  return root;
}

}  // namespace

std::map<std::string, const PickledStorage*> named_storages(const Pickle& pickle, const std::string& where) {
  std::map<std::string, const PickledStorage*> storages;
  for (const PickledStorage* storage : pickle.storages()) {
    const PickledStorage* first = storages.try_emplace(storage->key, storage).first->second;
    DMF_CHECK(first->type == storage->type && first->count == storage->count, DataError,
              "{}: storage `{}` is once {} {} and once {} {}", where, storage->key, first->count, first->type,
              storage->count, storage->type);
  }
  return storages;
}

NamedTensors tensors_of_pickle(const Pickle& pickle, const Storages& storages, size_t file_bytes,
                               const std::string& where) {
  const PickleValue& root = unwrapped(pickle.root());
  DMF_CHECK(root.as<PickleDict>() != nullptr || root.as<PickleSequence>() != nullptr, DataError,
            "{}: expected a dictionary or list of tensors, got a single value", where);
  return Flattener(storages, file_bytes, where).flatten(root);
}

}  // namespace dmf::weights
