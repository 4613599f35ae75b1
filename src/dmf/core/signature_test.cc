#include "dmf/core/signature.h"

#include <gmock/gmock.h>

#include "dmf/core/error.h"
#include "support/message_of.h"

namespace dmf {
namespace {

using testing::HasSubstr;

// RFC 8032, section 7.1, test 2: the message is the one byte 72.
const std::string kPublic =
    "-----BEGIN PUBLIC KEY-----\n"
    "MCowBQYDK2VwAyEAPUAXw+hDiVqStwqnTRt+vJyYLM8uxJaMwM1V8Sr0Zgw=\n"
    "-----END PUBLIC KEY-----\n";

std::string bytes(const std::string& hexadecimal) {
  std::string result;
  for (size_t i = 0; i < hexadecimal.size(); i += 2)
    result += static_cast<char>(std::stoi(hexadecimal.substr(i, 2), nullptr, 16));
  return result;
}

const std::string kSignature = bytes(
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
    "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00");

TEST(Signature, IsThatOfTheStandard) {
  EXPECT_TRUE(is_signed("\x72", kSignature, kPublic));
  EXPECT_FALSE(is_signed("\x73", kSignature, kPublic));
  std::string other = kSignature;
  other[5] ^= 1;
  EXPECT_FALSE(is_signed("\x72", other, kPublic));
  EXPECT_FALSE(is_signed("\x72", "", kPublic));
  EXPECT_FALSE(is_signed("\x72", kSignature + kSignature, kPublic));
}

TEST(Signature, WhatIsNoKeyIsRefused) {
  EXPECT_THAT(test::message_of<InvalidArgument>([] { is_signed("a", "b", "hello"); }),
              HasSubstr("no public Ed25519 key"));
}

}  // namespace
}  // namespace dmf
