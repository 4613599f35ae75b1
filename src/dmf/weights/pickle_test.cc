#include "dmf/weights/pickle.h"

#include <gmock/gmock.h>

#include "dmf/core/error.h"
#include "dmf/weights/testing_pickle.h"

namespace dmf::weights {
namespace {

using namespace testing_pickle;  // NOLINT: the assembler's words
using testing::AllOf;
using testing::HasSubstr;
using testing::ThrowsMessage;

auto reading(const std::string& bytes) {
  return [bytes] { Pickle(bytes, "file.pth"); };
}

auto refuses(const std::string& what) {
  return ThrowsMessage<DataError>(AllOf(HasSubstr("file.pth"), HasSubstr(what)));
}

TEST(Pickle, ReadsNumbersTextsAndContainers) {
  const std::string bytes = pickle(
      list({"N", "\x88", "\x89", "K\xff", "M\xff\xff", "J\xff\xff\xff\xff", std::string("\x8a\x01\xfe", 3),
            std::string("\x8a\x00", 2), std::string("G\x40\x04\0\0\0\0\0\0", 9), text("word"),
            std::string("U\x02py", 4), tuple({"K\x01", "K\x02"}), "K\x05\x85"}));
  const Pickle read(bytes, "file.pth");
  const auto& items = read.root().as<PickleSequence>()->items;
  ASSERT_EQ(items.size(), 13U);
  EXPECT_NE(items[0]->as<std::monostate>(), nullptr);
  EXPECT_TRUE(*items[1]->as<bool>());
  EXPECT_FALSE(*items[2]->as<bool>());
  EXPECT_EQ(*items[3]->as<int64_t>(), 255);
  EXPECT_EQ(*items[4]->as<int64_t>(), 65535);
  EXPECT_EQ(*items[5]->as<int64_t>(), -1);
  EXPECT_EQ(*items[6]->as<int64_t>(), -2);
  EXPECT_EQ(*items[7]->as<int64_t>(), 0);
  EXPECT_EQ(*items[8]->as<double>(), 2.5);
  EXPECT_EQ(*items[9]->as<std::string>(), "word");
  EXPECT_EQ(*items[10]->as<std::string>(), "py");
  EXPECT_EQ(items[11]->as<PickleSequence>()->items.size(), 2U);
  EXPECT_TRUE(items[12]->as<PickleSequence>()->is_tuple);
  EXPECT_EQ(read.end(), bytes.size());
}

TEST(Pickle, ReadsAnOrderedDictionaryWithAttributesAndAsPython2WroteIt) {
  const std::string ordered = global("collections", "OrderedDict");
  const Pickle with_attributes(
      pickle(ordered + ")R" + "(" + text("a") + "K\x01u" + dict({{"_metadata", ordered + ")R"}}) + "b"),
      "file.pth");
  ASSERT_NE(with_attributes.root().as<PickleDict>(), nullptr);
  EXPECT_EQ(with_attributes.root().as<PickleDict>()->items.size(), 1U);

  const Pickle python2(
      pickle(ordered + tuple({list({list({text("a"), "K\x01"}), list({text("b"), "K\x02"})})}) + "R"),
      "file.pth");
  EXPECT_EQ(python2.root().as<PickleDict>()->items.size(), 2U);
}

TEST(Pickle, ReadsATensorsPlace) {
  const Pickle read(pickle(tensor(storage("7", 12, "HalfStorage"), 3, {2, 2}, {4, 1})), "file.pth");
  const auto* place = read.root().as<PickledTensor>();
  ASSERT_NE(place, nullptr);
  EXPECT_EQ(place->storage->key, "7");
  EXPECT_EQ(place->storage->type, "HalfStorage");
  EXPECT_EQ(place->storage->count, 12);
  EXPECT_EQ(place->offset, 3);
  EXPECT_THAT(place->sizes, testing::ElementsAre(2, 2));
  EXPECT_THAT(place->strides, testing::ElementsAre(4, 1));
  EXPECT_EQ(read.storages().size(), 1U);
}

TEST(Pickle, RefusesToCallTheSystem) {
  const std::string call = global("os", "system") + tuple({text("touch pwned")}) + "R";
  EXPECT_THAT(reading(pickle(call)), refuses("byte 2: refuses global os.system"));
  EXPECT_THAT(reading(pickle(dict({{"weight", dict({{"deep", list({call})}})}}))),
              refuses("refuses global os.system"));
  EXPECT_THAT(reading(pickle(text("posix") + text("system") + "\x93" + tuple({text("ls")}) + "R")),
              refuses("refuses global posix.system"));
  // named, but not called
  EXPECT_THAT(reading(pickle(dict({{"weight", global("builtins", "eval")}}))),
              refuses("refuses global builtins.eval"));
  EXPECT_THAT(reading(pickle(call)), refuses("hint: "));
}

TEST(Pickle, RefusesGlobalsThatLookLikeKnownOnes) {
  EXPECT_THAT(reading(pickle(global("torch", "load"))), refuses("torch.load"));
  EXPECT_THAT(reading(pickle(global("torch.storage", "_load_from_bytes"))),
              refuses("torch.storage._load_from_bytes"));
  EXPECT_THAT(reading(pickle(global("torch", "ComplexFloatStorage"))), refuses("torch.ComplexFloatStorage"));
  EXPECT_THAT(reading(pickle(global("evil.collections", "OrderedDict"))),
              refuses("evil.collections.OrderedDict"));
  EXPECT_THAT(reading(pickle(global("os\x1b[2J", "system"))), refuses("refuses global os?[2J.system"));
  EXPECT_THAT(reading(pickle(global(std::string(5000, 'a'), "b"))), refuses("aaa…"));
}

TEST(Pickle, RefusesToCallAStorageClass) {
  EXPECT_THAT(reading(pickle(global("torch", "FloatStorage") + tuple({}) + "R")),
              refuses("refuses a call of torch.FloatStorage"));
  EXPECT_THAT(reading(pickle(text("os.system") + tuple({}) + "R")),
              refuses("expected a global to reduce with"));
}

TEST(Pickle, RefusesOpcodesThatMakeObjects) {
  for (const char* opcode : {"i", "o", "\x81", "\x92", "P", "\x82", "2", "0", "1", "I", "c"}) {
    EXPECT_THROW(Pickle(pickle(std::string("]]") + opcode), "file.pth"), DataError) << opcode;
  }
  EXPECT_THAT(reading(pickle(")\x81")), refuses("refuses opcode 0x81"));
  EXPECT_THAT(reading(pickle("]" + dict({{"a", "N"}}) + "b")), refuses("a dictionary to give attributes to"));
}

TEST(Pickle, NamesTheOffsetWhereItIsCutShort) {
  const std::string whole = pickle(dict({{"weight", tensor(storage("0", 4), 0, {4}, {1})}}));
  for (size_t length = 0; length < whole.size(); ++length) {
    EXPECT_THAT(reading(whole.substr(0, length)), refuses("pickle at byte ")) << length;
  }
  EXPECT_THAT(reading("\x80\x02X" + bytes_of(uint32_t{0xffffffff}) + "ab."),
              refuses("cut short: 4294967295 more bytes"));
  EXPECT_THAT(reading("\x80\x04\x8d" + bytes_of(UINT64_MAX) + "ab."), refuses("cut short"));
  EXPECT_THAT(reading("\x80\x04\x95" + bytes_of(UINT64_MAX) + "N."),
              refuses("frame is longer than the file"));
}

TEST(Pickle, RefusesBrokenPrograms) {
  EXPECT_THAT(reading("\x80\x01N."), refuses("protocol 1"));
  EXPECT_THAT(reading("}."), refuses("not a pickle of protocol 2 to 5"));
  EXPECT_THAT(reading(pickle("")), refuses("ends with more or less than one object"));
  EXPECT_THAT(reading(pickle("NN")), refuses("ends with more or less than one object"));
  EXPECT_THAT(reading(pickle("Nt")), refuses("there is no mark"));
  EXPECT_THAT(reading(pickle("N(\x85t")), refuses("takes from an empty stack"));
  EXPECT_THAT(reading(pickle("h\x07")), refuses("takes object 7 before it was kept"));
  EXPECT_THAT(reading(pickle("NNa")), refuses("expected a list to append to"));
  EXPECT_THAT(reading(pickle(")Na")), refuses("expected a list to append to"));
  EXPECT_THAT(reading(pickle("](NNNu")), refuses("a key without its value"));
  EXPECT_THAT(reading(pickle("](NNu")), refuses("expected a dictionary"));
  EXPECT_THAT(reading(pickle(text("0") + "Q")), refuses("a tuple that tells a storage"));
  EXPECT_THAT(reading(pickle(storage("0", -1))), refuses("a storage of -1 elements"));
  EXPECT_THAT(reading(pickle(storage(std::string(300, '0'), 1))), refuses("a storage's key of 300 bytes"));
  EXPECT_THAT(reading(pickle(tensor(storage("0", 1), 0, std::vector<int64_t>(65, 1), {1}))),
              refuses("65 dimensions"));
  EXPECT_THAT(reading(pickle(tensor("N", 0, {1}, {1}))), refuses("expected a tensor's storage"));
}

TEST(Pickle, BoundsItsWork) {
  EXPECT_THAT(reading(pickle(std::string(5'000'000, 'N'))), refuses("more than 4000000 steps"));
  // A tuple of a million numbers, copied again and again by a few bytes each.
  const std::string copies = "(" + std::string(1'000'000, 'N') + "tq\x01" + global("torch", "Size") + "q\x02";
  std::string again;
  for (int i = 0; i < 20; ++i) again += "h\x02h\x01\x85R";
  EXPECT_THAT(reading(pickle(copies + again)), refuses("more than 4000000 steps"));
}

TEST(Pickle, BuildsDeepAndCyclicListsWithoutRecursion) {
  constexpr size_t kDeep = 1'000'000;
  EXPECT_NO_THROW(Pickle(pickle(std::string(kDeep, ']') + std::string(kDeep - 1, 'a')), "file.pth"));
  EXPECT_NO_THROW(Pickle(pickle(std::string("]q\0h\0a", 6)), "file.pth"));
}

}  // namespace
}  // namespace dmf::weights
