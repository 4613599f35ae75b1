#pragma once
#include <cstdint>

namespace dmf::weights {

// clang-format off
/// The opcodes of Python's pickle protocols 2 to 5 that the reader knows; the library's names are in pickletools.
enum Opcode : uint8_t {
  kProto = 0x80, kFrame = 0x95, kStop = '.', kMark = '(',
  kNone = 'N', kTrue = 0x88, kFalse = 0x89,
  kInt1 = 'K', kInt2 = 'M', kInt4 = 'J', kLong1 = 0x8a, kFloat8 = 'G',
  kUnicode1 = 0x8c, kUnicode4 = 'X', kUnicode8 = 0x8d, kString1 = 'U', kString4 = 'T',
  kEmptyList = ']', kAppend = 'a', kAppends = 'e',
  kEmptyTuple = ')', kTuple = 't', kTuple1 = 0x85, kTuple2 = 0x86, kTuple3 = 0x87,
  kEmptyDict = '}', kSetItem = 's', kSetItems = 'u',
  kPut1 = 'q', kPut4 = 'r', kMemoize = 0x94, kGet1 = 'h', kGet4 = 'j',
  kGlobal = 'c', kStackGlobal = 0x93, kReduce = 'R', kBuild = 'b', kPersistentId = 'Q'
};
// clang-format on

}  // namespace dmf::weights
