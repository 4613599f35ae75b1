#include "dmf/weights/pickle.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <map>

#include "dmf/core/error.h"
#include "dmf/weights/pickle_opcode.h"

namespace dmf::weights {
namespace {

constexpr int64_t kMaxSteps = 4'000'000;  // a checkpoint of 10,000 tensors takes about 400,000
constexpr size_t kMaxDimensions = 64;
constexpr size_t kMaxKeyLength = 256;  // of a storage: PyTorch's are decimal numbers

constexpr std::array kStorageTypes = {"DoubleStorage", "FloatStorage", "HalfStorage",  "BFloat16Storage",
                                      "LongStorage",   "IntStorage",   "ShortStorage", "CharStorage",
                                      "ByteStorage",   "BoolStorage"};

constexpr const char* kOrderedDict = "collections.OrderedDict";
constexpr const char* kRebuildTensor = "torch._utils._rebuild_tensor_v2";
constexpr const char* kRebuildParameter = "torch._utils._rebuild_parameter";
constexpr const char* kSize = "torch.Size";

/// The storage class that a global names ("FloatStorage"), empty where it names none that is known.
std::string storage_type_of(const std::string& global) {
  for (const char* type : kStorageTypes) {
    if (global == std::string("torch.") + type || global == std::string("torch.storage.") + type) return type;
  }
  return "";
}

bool is_known(const std::string& global) {
  return global == kOrderedDict || global == kRebuildTensor || global == kRebuildParameter ||
         global == kSize || !storage_type_of(global).empty();
}

/// A name from a hostile file, safe to print: its beginning, control characters replaced.
std::string printable(std::string_view text) {
  constexpr size_t kMaxLength = 100;
  std::string shown(text.substr(0, kMaxLength));
  std::replace_if(
      shown.begin(), shown.end(), [](unsigned char c) { return c < 0x20 || c >= 0x7f; }, '?');
  return text.size() > kMaxLength ? shown + "…" : shown;
}

}  // namespace

class PickleMachine {
 public:
  PickleMachine(Pickle& pickle, std::string_view bytes, std::string where, size_t offset)
      : pickle_(pickle), bytes_(bytes), where_(std::move(where)), position_(offset) {}

  void run() {
    if (position_ >= bytes_.size()) fail("cut short");
    if (number<uint8_t>() != kProto) fail("not a pickle of protocol 2 to 5");
    position_ -= 1;
    while (true) {
      start_ = position_;
      charge(1);
      const auto opcode = number<uint8_t>();
      if (opcode == kStop) {
        if (stack_.size() != 1 || !marks_.empty()) fail("ends with more or less than one object");
        pickle_.root_ = stack_.back();
        pickle_.end_ = position_;
        return;
      }
      step_of(opcode);
    }
  }

 private:
  /// Counts work: what an opcode copies counts too, or a few bytes could copy much, often.
  void charge(size_t count) {
    steps_ += static_cast<int64_t>(count);
    if (steps_ > kMaxSteps) fail(fmt::format("has more than {} steps", kMaxSteps));
  }

  [[noreturn]] void fail(const std::string& what) const {
    throw DataError(fmt::format("{}: pickle at byte {}: {}", where_, start_, what));
  }

  [[noreturn]] void refuse(const std::string& what, const std::string& name) const {
    throw DataError(fmt::format(
        "{}: pickle at byte {}: refuses {} {}: only tensors in dictionaries, lists and tuples are read, and "
        "nothing is "
        "executed; hint: if you trust the file, load it in Python and save its state dictionary alone "
        "(torch.save(model.state_dict(), …) or safetensors.torch.save_file)",
        where_, start_, what, printable(name)));
  }

  // Reading

  std::string_view take(uint64_t count) {
    if (count > bytes_.size() - position_)
      fail(fmt::format("cut short: {} more bytes expected, got {}", count, bytes_.size() - position_));
    const std::string_view taken = bytes_.substr(position_, count);
    position_ += count;
    return taken;
  }

  template <class T>
  T number() {
    T value;
    std::memcpy(&value, take(sizeof(T)).data(), sizeof(T));
    return value;
  }

  std::string_view line() {
    const size_t end = bytes_.find('\n', position_);
    if (end == std::string_view::npos) fail("cut short inside a line");
    const std::string_view text = take(end - position_);
    position_ += 1;
    return text;
  }

  // The stack

  template <class T>
  void push(T value) {
    stack_.push_back(&pickle_.values_.emplace_back(PickleValue{std::move(value)}));
  }

  size_t floor() const { return marks_.empty() ? 0 : marks_.back(); }

  PickleValue* pop() {
    PickleValue* value = top();
    stack_.pop_back();
    return value;
  }

  PickleValue* top() {
    if (stack_.size() <= floor()) fail("takes from an empty stack");
    return stack_.back();
  }

  std::vector<PickleRef> pop_count(size_t count) {
    if (stack_.size() - floor() < count) fail("takes from an empty stack");
    const std::vector<PickleRef> values(stack_.end() - static_cast<std::ptrdiff_t>(count), stack_.end());
    stack_.resize(stack_.size() - count);
    return values;
  }

  std::vector<PickleRef> pop_to_mark() {
    if (marks_.empty()) fail("there is no mark");
    std::vector<PickleRef> values = pop_count(stack_.size() - marks_.back());
    marks_.pop_back();
    return values;
  }

  template <class T>
  T& of_type(PickleValue* value, const char* expected) {
    T* typed = std::get_if<T>(&value->value);
    if (typed == nullptr) fail(fmt::format("expected {}", expected));
    return *typed;
  }

  template <class T>
  const T& of_type(PickleRef value, const char* expected) {
    const T* typed = value->as<T>();
    if (typed == nullptr) fail(fmt::format("expected {}", expected));
    return *typed;
  }

  // Opcodes

  void step_of(uint8_t opcode) {
    if (!step_of_atom(opcode) && !step_of_container(opcode) && !step_of_object(opcode)) {
      refuse("opcode", fmt::format("0x{:02x}", opcode));
    }
  }

  bool step_of_atom(uint8_t opcode) {
    switch (opcode) {
      case kProto: {
        const auto protocol = number<uint8_t>();
        if (protocol < 2 || protocol > 5) fail(fmt::format("protocol {}: expected 2 to 5", protocol));
        return true;
      }
      case kFrame: {
        const auto length = number<uint64_t>();
        if (length > bytes_.size() - position_) fail("cut short: its frame is longer than the file");
        return true;
      }
      case kNone:
        return push(std::monostate()), true;
      case kTrue:
        return push(true), true;
      case kFalse:
        return push(false), true;
      case kInt1:
        return push(int64_t{number<uint8_t>()}), true;
      case kInt2:
        return push(int64_t{number<uint16_t>()}), true;
      case kInt4:
        return push(int64_t{number<int32_t>()}), true;
      case kLong1:
        return push_long(take(number<uint8_t>())), true;
      case kFloat8:
        return push(std::bit_cast<double>(__builtin_bswap64(number<uint64_t>()))), true;
      case kString1:
      case kUnicode1:
        return push(std::string(take(number<uint8_t>()))), true;
      case kString4:
      case kUnicode4:
        return push(std::string(take(number<uint32_t>()))), true;
      case kUnicode8:
        return push(std::string(take(number<uint64_t>()))), true;
      default:
        return false;
    }
  }

  void push_long(std::string_view bytes) {
    if (bytes.size() > sizeof(int64_t)) return push(PickledBigInteger{std::string(bytes)});
    const bool is_negative = !bytes.empty() && (static_cast<uint8_t>(bytes.back()) & 0x80) != 0;
    int64_t value = is_negative ? -1 : 0;
    std::memcpy(&value, bytes.data(), bytes.size());
    push(value);
  }

  bool step_of_container(uint8_t opcode) {
    switch (opcode) {
      case kMark:
        return marks_.push_back(stack_.size()), true;
      case kEmptyList:
        return push(PickleSequence{{}, false}), true;
      case kEmptyTuple:
        return push(PickleSequence{{}, true}), true;
      case kEmptyDict:
        return push(PickleDict{}), true;
      case kTuple:
        return push(PickleSequence{pop_to_mark(), true}), true;
      case kTuple1:
        return push(PickleSequence{pop_count(1), true}), true;
      case kTuple2:
        return push(PickleSequence{pop_count(2), true}), true;
      case kTuple3:
        return push(PickleSequence{pop_count(3), true}), true;
      case kAppend:
        return append(pop_count(1)), true;
      case kAppends:
        return append(pop_to_mark()), true;
      case kSetItem:
        return set_items(pop_count(2)), true;
      case kSetItems:
        return set_items(pop_to_mark()), true;
      case kPut1:
        return memo_[number<uint8_t>()] = top(), true;
      case kPut4:
        return memo_[number<uint32_t>()] = top(), true;
      case kMemoize:
        return memo_[static_cast<uint32_t>(memo_.size())] = top(), true;
      case kGet1:
        return get(number<uint8_t>()), true;
      case kGet4:
        return get(number<uint32_t>()), true;
      default:
        return false;
    }
  }

  void append(const std::vector<PickleRef>& values) {
    auto& list = of_type<PickleSequence>(top(), "a list to append to");
    if (list.is_tuple) fail("expected a list to append to");
    list.items.insert(list.items.end(), values.begin(), values.end());
  }

  void set_items(const std::vector<PickleRef>& values) {
    if (values.size() % 2 != 0) fail("a key without its value");
    auto& dict = of_type<PickleDict>(top(), "a dictionary to put items into");
    for (size_t i = 0; i < values.size(); i += 2) dict.items.emplace_back(values[i], values[i + 1]);
  }

  void get(uint32_t key) {
    const auto found = memo_.find(key);
    if (found == memo_.end()) fail(fmt::format("takes object {} before it was kept", key));
    stack_.push_back(found->second);
  }

  bool step_of_object(uint8_t opcode) {
    switch (opcode) {
      case kGlobal: {
        const std::string_view module = line();
        return push_global(module, line()), true;
      }
      case kStackGlobal: {
        const std::vector<PickleRef> names = pop_count(2);
        const auto& module = of_type<std::string>(names[0], "the name of a module");
        return push_global(module, of_type<std::string>(names[1], "the name of a global")), true;
      }
      case kReduce: {
        const auto& arguments = of_type<PickleSequence>(pop(), "a tuple of arguments");
        return reduce(of_type<PickleGlobal>(pop(), "a global to reduce with").name, arguments.items), true;
      }
      case kBuild:
        // Attributes of the dictionary (state_dict's `_metadata`: module versions); no tensor is among them.
        pop();
        of_type<PickleDict>(top(), "a dictionary to give attributes to");
        return true;
      case kPersistentId:
        return push_storage(of_type<PickleSequence>(pop(), "a tuple that tells a storage").items), true;
      default:
        return false;
    }
  }

  void push_global(std::string_view module, std::string_view name) {
    const std::string global = fmt::format("{}.{}", module, name);
    if (!is_known(global)) refuse("global", global);
    push(PickleGlobal{global});
  }

  void reduce(const std::string& global, const std::vector<PickleRef>& arguments) {
    if (global == kOrderedDict) {
      push(PickleDict{});
      if (!arguments.empty()) set_pairs(of_type<PickleSequence>(arguments[0], "a list of pairs"));
    } else if (global == kRebuildTensor) {
      push(tensor_of(arguments));
    } else if (global == kRebuildParameter) {
      if (arguments.empty()) fail("a parameter without its tensor");
      push(of_type<PickledTensor>(arguments[0], "a parameter's tensor"));
    } else if (global == kSize) {
      if (arguments.size() != 1) fail("torch.Size without its numbers");
      const auto& numbers = of_type<PickleSequence>(arguments[0], "the numbers of torch.Size");
      charge(numbers.items.size());
      push(PickleSequence{numbers.items, true});
    } else {
      refuse("a call of", global);
    }
  }

  /// Python 2 wrote an OrderedDict as a list of its pairs.
  void set_pairs(const PickleSequence& pairs) {
    charge(pairs.items.size());
    for (const PickleRef pair : pairs.items) {
      const auto& items = of_type<PickleSequence>(pair, "a pair").items;
      if (items.size() != 2) fail("expected a pair");
      set_items(items);
    }
  }

  std::vector<int64_t> integers(PickleRef value, const char* what) {
    std::vector<int64_t> numbers;
    const auto& items = of_type<PickleSequence>(value, what).items;
    if (items.size() > kMaxDimensions) fail(fmt::format("a tensor of {} dimensions", items.size()));
    for (const PickleRef item : items) {
      numbers.push_back(of_type<int64_t>(item, what));
    }
    return numbers;
  }

  /// _rebuild_tensor_v2(storage, offset, sizes, strides, requires_grad, hooks[, metadata])
  PickledTensor tensor_of(const std::vector<PickleRef>& arguments) {
    if (arguments.size() < 6 || arguments.size() > 7) fail("a tensor is told by 6 or 7 values");
    return {&of_type<PickledStorage>(arguments[0], "a tensor's storage"),
            of_type<int64_t>(arguments[1], "a tensor's offset"), integers(arguments[2], "a tensor's sizes"),
            integers(arguments[3], "a tensor's strides")};
  }

  /// ("storage", class, key, device, count), without zip one more: the place in another storage, always None.
  void push_storage(const std::vector<PickleRef>& fields) {
    if (fields.size() < 5 || fields.size() > 6 ||
        of_type<std::string>(fields[0], "\"storage\"") != "storage") {
      fail("a persistent id that is not a storage");
    }
    if (fields.size() == 6) of_type<std::monostate>(fields[5], "a storage that is not a part of another");
    const auto& key = of_type<std::string>(fields[2], "a storage's key");
    if (key.size() > kMaxKeyLength) fail(fmt::format("a storage's key of {} bytes", key.size()));
    PickledStorage storage{storage_type_of(of_type<PickleGlobal>(fields[1], "a storage's class").name), key,
                           of_type<int64_t>(fields[4], "a storage's number of elements")};
    if (storage.type.empty()) fail("expected a storage's class");
    if (storage.count < 0) fail(fmt::format("a storage of {} elements", storage.count));
    push(std::move(storage));
    pickle_.storages_.push_back(stack_.back()->as<PickledStorage>());
  }

  Pickle& pickle_;
  std::string_view bytes_;
  std::string where_;
  size_t position_;
  size_t start_ = position_;  // of the opcode at work
  int64_t steps_ = 0;
  std::vector<PickleValue*> stack_;
  std::vector<size_t> marks_;
  std::map<uint32_t, PickleValue*> memo_;
};

Pickle::Pickle(std::string_view bytes, std::string where, size_t offset) {
  PickleMachine(*this, bytes, std::move(where), offset).run();
}

}  // namespace dmf::weights
