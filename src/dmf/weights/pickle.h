#pragma once
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace dmf::weights {

struct PickleValue;
using PickleRef = const PickleValue*;  // owned by the Pickle it came from; may be part of a cycle

/// A list or a tuple.
struct PickleSequence {
  std::vector<PickleRef> items;
  bool is_tuple;
};

struct PickleDict {
  std::vector<std::pair<PickleRef, PickleRef>> items;  ///< in the file's order; a key may stand twice
};

/// A class or function, by name. It is never looked up, only compared.
struct PickleGlobal {
  std::string name;  ///< "torch.FloatStorage"
};

/// Memory that tensors share, by the key it has in the file.
struct PickledStorage {
  std::string type;  ///< "FloatStorage"
  std::string key;
  int64_t count;  ///< elements, >= 0
};

/// A tensor's place in a storage, as the file tells it: nothing is checked yet against the storage.
struct PickledTensor {
  const PickledStorage* storage;
  int64_t offset;  ///< elements
  std::vector<int64_t> sizes, strides;
};

/// An integer of more than 64 bits, as its little-endian bytes.
struct PickledBigInteger {
  std::string bytes;
};

struct PickleValue {
  std::variant<std::monostate, bool, int64_t, double, std::string, PickleSequence, PickleDict, PickleGlobal,
               PickledStorage, PickledTensor, PickledBigInteger>
      value;

  template <class T>
  const T* as() const {
    return std::get_if<T>(&value);
  }
};

/// One pickle, as torch.save writes it, read without executing anything.
///
/// A pickle is a program for a stack machine. Of its opcodes (protocols 2 to 5) only those are known that
/// build None, booleans, numbers, texts, lists, tuples and dictionaries; of globals only those below, each of
/// which is a case of this class, not a call:
///   collections.OrderedDict, torch._utils._rebuild_tensor_v2, torch._utils._rebuild_parameter, torch.Size,
///   torch.XStorage and torch.storage.XStorage for the element types of element_type.h.
/// Any other opcode or global is refused, by name, where it is named, be it called or not.
///
/// Time and memory are bounded: each opcode takes at most a few hundred bytes, their number is limited,
/// lengths are checked against the file before they are used, and nothing recurses.
class Pickle {
 public:
  /// Reads the pickle that begins at `bytes[offset]`.
  /// @param where  the file (and its part), for messages
  /// @throws DataError  naming `where` and the offset
  Pickle(std::string_view bytes, std::string where, size_t offset = 0);
  Pickle(const Pickle&) = delete;
  Pickle& operator=(const Pickle&) = delete;

  const PickleValue& root() const { return *root_; }
  /// Offset of the first byte behind the pickle.
  size_t end() const { return end_; }
  /// Every storage that is named, once for each time it is named.
  const std::vector<const PickledStorage*>& storages() const { return storages_; }

 private:
  friend class PickleMachine;
  std::deque<PickleValue> values_;
  std::vector<const PickledStorage*> storages_;
  PickleRef root_ = nullptr;
  size_t end_ = 0;
};

}  // namespace dmf::weights
