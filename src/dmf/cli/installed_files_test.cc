#include "dmf/cli/installed_files.h"

#include <gmock/gmock.h>

#include <cstdlib>

#include "dmf/core/error.h"
#include "dmf/core/file.h"
#include "support/message_of.h"
#include "support/temporary_folder.h"

namespace dmf::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// Files as they are installed, signed with a key that is thrown away.
class InstalledFiles : public testing::Test {
 protected:
  void SetUp() override {
    run("openssl genpkey -algorithm ed25519 -out " + file("secret.pem"));
    run("openssl pkey -in " + file("secret.pem") + " -pubout -out " + file("public.pem"));
    write_text(prefix() / "bin/dmf", "a program");
    write_text(prefix() / "lib/dmf/libdmf.so", "a library");
    write_text(prefix() / "share/dmf/empty", "");
    std::string text;
    for (const char* path : {"bin/dmf", "lib/dmf/libdmf.so", "share/dmf/empty"})
      text += sha256(read_text(prefix() / path)) + "  " + path + "\n";
    write_text(list(), text);
    sign();
  }
  void sign() const {
    run("openssl pkeyutl -sign -rawin -inkey " + file("secret.pem") + " -in " + list().string() + " -out " +
        list().string() + ".sig");
  }
  static void run(const std::string& command) {
    ASSERT_EQ(std::system((command + " 2>/dev/null").c_str()), 0) << command;
  }
  std::string file(const std::string& name) const { return folder_ / name; }
  std::filesystem::path prefix() const { return folder_ / "prefix"; }
  std::filesystem::path list() const { return prefix() / "share/dmf/SHA256SUMS"; }
  FileCheck check() const { return check_installed(prefix(), list(), read_text(file("public.pem"))); }
  std::string fault() const {
    return test::message_of<DataError>([this] { check(); });
  }

  test::TemporaryFolder folder_;
};

TEST_F(InstalledFiles, AreWholeAsTheyWereSigned) {
  EXPECT_TRUE(check().is_whole());
  EXPECT_EQ(check().good, 3);
}

TEST_F(InstalledFiles, WhatIsAlteredMissingOrAddedIsNamed) {
  write_text(prefix() / "bin/dmf", "b program");
  std::filesystem::remove(prefix() / "share/dmf/empty");
  write_text(prefix() / "lib/dmf/libc10.so", "planted");
  const FileCheck found = check();
  EXPECT_FALSE(found.is_whole());
  EXPECT_THAT(found.altered, ElementsAre("bin/dmf"));
  EXPECT_THAT(found.missing, ElementsAre("share/dmf/empty"));
  EXPECT_THAT(found.unknown, ElementsAre("lib/dmf/libc10.so"));
  EXPECT_EQ(found.good, 1);
}

TEST_F(InstalledFiles, AListThatWasChangedIsNotBelieved) {
  write_text(prefix() / "bin/dmf", "b program");
  std::string text = read_text(list());
  text.replace(0, 64, sha256("b program"));
  write_text(list(), text);
  EXPECT_THAT(fault(), HasSubstr("is not signed by this key"));
}

TEST_F(InstalledFiles, AnotherKeysSignatureIsNotBelieved) {
  run("openssl genpkey -algorithm ed25519 -out " + file("secret.pem"));
  sign();
  EXPECT_THAT(fault(), HasSubstr("another key made it"));
}

TEST_F(InstalledFiles, WithoutListOrSignatureNothingIsVerified) {
  std::filesystem::remove(list().string() + ".sig");
  EXPECT_THAT(fault(), HasSubstr("the list is not signed"));
  std::filesystem::remove(list());
  EXPECT_THAT(fault(), HasSubstr("no list of what was installed"));
}

TEST_F(InstalledFiles, ASignedListLeadsNowhereElse) {
  for (const std::string path : {"../secret.pem", "/etc/passwd", "bin/../../secret.pem"}) {
    write_text(list(), sha256("") + "  " + path + "\n");
    sign();
    EXPECT_THAT(fault(), HasSubstr("SHA256SUMS:1: expected a path below the prefix")) << path;
  }
  write_text(list(), "no digest\n");
  sign();
  EXPECT_THAT(fault(), HasSubstr("SHA256SUMS:1: expected 64 digits"));
}

}  // namespace
}  // namespace dmf::cli
