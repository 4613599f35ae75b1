#include "dmf/pgstore/wire.h"

#include <gmock/gmock.h>

#include "dmf/core/error.h"

namespace dmf::pgstore {
namespace {

using namespace std::string_literals;

TEST(Wire, WritesTheFormatsOfTheManual) {
  EXPECT_EQ(*of(int64_t{258}).bytes, "\0\0\0\0\0\0\1\2"s);
  EXPECT_EQ(of(std::optional<int64_t>()).bytes, std::nullopt);
  const std::vector<float> numbers = {1.0F, -2.0F};
  EXPECT_EQ(*embedding_of(numbers).bytes, "\0\2\0\0\x3f\x80\0\0\xc0\0\0\0"s);
  EXPECT_EQ(*of(std::vector<std::string>{"ab"}).bytes,
            "\0\0\0\1\0\0\0\0\0\0\0\x19\0\0\0\1\0\0\0\1\0\0\0\2ab"s);
  EXPECT_EQ(*of(std::vector<int64_t>{}).bytes, "\0\0\0\0\0\0\0\0\0\0\0\x14"s);
  EXPECT_EQ(copied_rows({{of("x"s), text_or_null("")}}),
            "PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0\0\2\0\0\0\1x\xff\xff\xff\xff\xff\xff"s);
}

TEST(Wire, ReadsWhatItWrites) {
  const std::vector<float> numbers = {0.25F, -1e-30F, 3.0F};
  EXPECT_EQ(read_vector(*embedding_of(numbers).bytes), numbers);
  EXPECT_EQ(read_integer(*of(int64_t{-5}).bytes), -5);
  const std::vector<std::string> texts = {"", "a'b", "{c,\"d\"}"};
  EXPECT_EQ(read_texts(*of(texts).bytes), texts);
  EXPECT_EQ(read_texts(*of(std::vector<std::string>{}).bytes), std::vector<std::string>{});
}

TEST(Wire, RefusesOtherBytes) {
  EXPECT_THROW(read_integer("1234567"), DataError);
  EXPECT_THROW(read_integer("123456789"), DataError);
  EXPECT_THROW(read_vector("\0\2\0\0\x3f\x80\0\0"s), DataError);
  EXPECT_THROW(read_texts("\0\0\0\1\0\0\0\0\0\0\0\x19\x7f\xff\xff\xff\0\0\0\1"s), DataError);
}

}  // namespace
}  // namespace dmf::pgstore
