#include <cstring>

#include "dmf/core/error.h"
#include "dmf/core/file.h"
#include "dmf/weights/element_type.h"
#include "dmf/weights/pytorch_file.h"

namespace dmf::weights {
namespace {

// 0x1950a86a20f9469cfc6c, little-endian
constexpr std::string_view kMagicNumber{"\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19", 10};
constexpr int64_t kVersion = 1001;

class LegacyReader {
 public:
  explicit LegacyReader(const std::filesystem::path& path) : file_(path), where_(path.string()) {}

  NamedTensors read() {
    const Pickle magic(file_.text(), where_, 0);
    const auto* number = magic.root().as<PickledBigInteger>();
    if (number == nullptr || number->bytes != kMagicNumber) {
      fail("does not begin with PyTorch's magic number; a pickle of another kind is not read");
    }
    const Pickle version(file_.text(), where_, magic.end());
    const auto* version_number = version.root().as<int64_t>();
    if (version_number == nullptr || *version_number != kVersion)
      fail(fmt::format("expected version {}", kVersion));
    const Pickle machine(file_.text(), where_, version.end());
    check_machine(machine.root());
    const Pickle object(file_.text(), where_, machine.end());
    const Pickle keys(file_.text(), where_, object.end());
    position_ = keys.end();
    const Storages storages = read_storages(keys.root(), named_storages(object, where_));
    return tensors_of_pickle(object, storages, file_.bytes().size(), where_);
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw DataError(fmt::format("{}: {}", where_, what));
  }

  void check_machine(const PickleValue& machine) const {
    const auto* dict = machine.as<PickleDict>();
    if (dict == nullptr) fail("the machine it was written on is not told");
    for (const auto& [key, value] : dict->items) {
      const auto* name = key->as<std::string>();
      const auto* flag = value->as<bool>();
      if (name != nullptr && *name == "little_endian" && flag != nullptr && !*flag) {
        fail("written on a big-endian machine, which is not supported");
      }
    }
  }

  Storages read_storages(const PickleValue& keys, const std::map<std::string, const PickledStorage*>& named) {
    const auto* list = keys.as<PickleSequence>();
    if (list == nullptr) fail("the list of storages is not a list");
    Storages storages;
    for (const PickleRef item : list->items) {
      const auto* key = item->as<std::string>();
      const auto found = key == nullptr ? named.end() : named.find(*key);
      if (found == named.end()) fail("a storage is listed that no tensor names");
      if (storages.contains(*key)) fail(fmt::format("storage `{}` is listed twice", *key));
      storages[*key] = read_storage(*found->second);
    }
    for (const auto& [key, storage] : named) {
      if (!storages.contains(key)) fail(fmt::format("storage `{}` is named but not in the file", key));
    }
    const size_t rest = file_.bytes().size() - position_;
    if (rest > 0) fail(fmt::format("{} bytes more than expected from byte {} on", rest, position_));
    return storages;
  }

  torch::Tensor read_storage(const PickledStorage& storage) {
    const ElementType& type = element_type_of_storage(storage.type);
    int64_t count = 0;
    std::memcpy(&count, take(sizeof(count), storage.key).data(), sizeof(count));
    if (count != storage.count) {
      fail(fmt::format("storage `{}` at byte {}: expected {} elements, got {}", storage.key,
                       position_ - sizeof(count), storage.count, count));
    }
    int64_t bytes = 0;
    if (__builtin_mul_overflow(count, type.bytes, &bytes))
      fail(fmt::format("storage `{}` is too long", storage.key));
    return tensor_from_bytes(take(static_cast<size_t>(bytes), storage.key), type);
  }

  std::span<const std::byte> take(size_t count, const std::string& key) {
    const size_t rest = file_.bytes().size() - position_;
    if (count > rest) {
      fail(fmt::format("cut short in storage `{}` at byte {}: expected {} bytes more, got {}", key, position_,
                       count, rest));
    }
    position_ += count;
    return file_.bytes().subspan(position_ - count, count);
  }

  MappedFile file_;
  std::string where_;
  size_t position_ = 0;
};

}  // namespace

NamedTensors read_pytorch_legacy(const std::filesystem::path& path) { return LegacyReader(path).read(); }

}  // namespace dmf::weights
