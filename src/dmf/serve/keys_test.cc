#include "dmf/serve/keys.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <thread>

#include "dmf/core/error.h"
#include "dmf/core/file.h"
#include "support/message_of.h"
#include "support/temporary_folder.h"

namespace dmf::serve {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(Keys, AreKeptAsDigestsAndFound) {
  const test::TemporaryFolder folder;
  const std::string file = folder / "keys.json";
  const std::string desk = add_key(file, {.name = "desk", .role = Role::kRead, .digest = {}, .rate = 5});
  const std::string gate = add_key(file, {.name = "gate", .role = Role::kWrite, .digest = {}});
  EXPECT_NE(desk, gate);
  EXPECT_THAT(read_text(file), Not(HasSubstr(desk)));
  struct stat status {};
  ::stat(file.c_str(), &status);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
  const KeyRing keys(file);
  ASSERT_TRUE(keys.find(desk));
  EXPECT_EQ(keys.find(desk)->name, "desk");
  EXPECT_EQ(keys.find(desk)->rate, 5);
  EXPECT_EQ(keys.find(gate)->role, Role::kWrite);
  EXPECT_FALSE(keys.find(desk + " ") || keys.find("") || keys.find(desk.substr(1)));
  EXPECT_TRUE(KeyRing("").is_empty());
}

TEST(Keys, OneThatIsRemovedIsRefusedSoon) {
  const test::TemporaryFolder folder;
  const std::string file = folder / "keys.json";
  const std::string desk = add_key(file, {.name = "desk", .role = Role::kAdmin, .digest = {}});
  const std::string other = add_key(file, {.name = "other", .role = Role::kRead, .digest = {}});
  const KeyRing keys(file);
  remove_key(file, "desk");
  std::this_thread::sleep_for(std::chrono::milliseconds(1100));
  EXPECT_FALSE(keys.find(desk));
  EXPECT_TRUE(keys.find(other));
  write_text(file, "{");
  std::this_thread::sleep_for(std::chrono::milliseconds(1100));
  EXPECT_FALSE(keys.find(other)) << "a file that cannot be read lets nobody in";
}

TEST(Keys, WhatIsWrongIsNamed) {
  const test::TemporaryFolder folder;
  const std::string file = folder / "keys.json";
  add_key(file, {.name = "desk", .role = Role::kRead, .digest = {}});
  const auto message = [&](const Key& key) {
    return test::message_of<InvalidArgument>([&] { add_key(file, key); });
  };
  EXPECT_THAT(message({.name = "desk", .digest = {}}), HasSubstr("there is a key 'desk' already"));
  EXPECT_THAT(message({.name = "", .digest = {}}), HasSubstr("a key's name"));
  EXPECT_THAT(message({.name = "a b", .digest = {}}), HasSubstr("a key's name"));
  EXPECT_THAT(test::message_of<InvalidArgument>([&] { remove_key(file, "gate"); }),
              HasSubstr("no key 'gate'"));
  EXPECT_THAT(test::message_of<InvalidArgument>([] { role_by_name("root"); }),
              HasSubstr("read, write or admin"));
  for (const char* text :
       {"", "[]", R"({"keys": 1})", R"({"keys": [{"name": "a", "role": "root", "sha256": ""}]})",
        R"({"keys": [{"name": "a", "role": "read", "sha256": "12"}]})", R"({"keys": [3]})"}) {
    write_text(file, text);
    EXPECT_THAT(test::message_of<DataError>([&] { KeyRing ring(file); }), HasSubstr("keys.json")) << text;
  }
}

TEST(RateLimits, GiveASecondsWorthAtOnceAndThenSay) {
  RateLimits limits;
  for (int i = 0; i < 3; ++i) EXPECT_EQ(limits.wait_for("a", 3), 0);
  const double wait = limits.wait_for("a", 3);
  EXPECT_GT(wait, 0.2);
  EXPECT_LE(wait, 1.0 / 3);
  EXPECT_EQ(limits.wait_for("b", 3), 0) << "each has its own";
  std::this_thread::sleep_for(std::chrono::milliseconds(400));
  EXPECT_EQ(limits.wait_for("a", 3), 0);
  EXPECT_EQ(limits.wait_for("c", 0.1), 0) << "one at least";
  EXPECT_GT(limits.wait_for("c", 0.1), 9);
}

}  // namespace
}  // namespace dmf::serve
