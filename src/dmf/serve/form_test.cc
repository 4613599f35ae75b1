#include "dmf/serve/form.h"

#include <gmock/gmock.h>

#include "dmf/serve/message.h"
#include "support/message_of.h"

namespace dmf::serve {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

std::string refused(const std::function<void()>& work) { return test::message_of<Refusal>(work); }

TEST(Form, PercentSignsAreDecodedOrRefused) {
  EXPECT_EQ(percent_decoded("a%20b+c%C3%A9", false), "a b+cé");
  EXPECT_EQ(percent_decoded("a+b", true), "a b");
  for (const char* text : {"%", "%2", "%zz", "a%"})
    EXPECT_THAT(refused([&] { percent_decoded(text, true); }), HasSubstr("percent sign")) << text;
  for (const char* text : {"%00", "%ff", "%C0%AF", "%ED%A0%80", "%F5%80%80%80"})
    EXPECT_THAT(refused([&] { percent_decoded(text, true); }), HasSubstr("not UTF-8")) << text;
}

TEST(Form, QueriesKeepTheirOrder) {
  EXPECT_THAT(parse_query("a=1&b=%3D%26&a=&c"),
              ElementsAre(Pair("a", "1"), Pair("b", "=&"), Pair("a", ""), Pair("c", "")));
  EXPECT_THAT(parse_query(""), testing::IsEmpty());
  std::string many;
  for (int i = 0; i < 300; ++i) many += "a=1&";
  EXPECT_THAT(refused([&] { parse_query(many); }), HasSubstr("too many"));
}

TEST(Form, PathsHaveNoWayUp) {
  EXPECT_THAT(path_parts("/persons/a%2Fb%20c"), ElementsAre("persons", "a/b c"));
  EXPECT_THAT(path_parts("/"), testing::IsEmpty());
  for (const char* path : {"/../etc/passwd", "/a/%2e%2e/b", "//a", "/./a", "a", ""})
    EXPECT_THAT(refused([&] { path_parts(path); }), HasSubstr("path")) << path;
}

TEST(Form, MultipartGivesItsParts) {
  const std::string body =
      "before\r\n--B\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\na red coat\r\n"
      "--B  \r\ncontent-disposition: form-data; name=\"picture\"; filename=\"a; b.jpg\"\r\n"
      "Content-Type: image/jpeg\r\n\r\n\xFF\xD8\r\n--not\r\n--B--\r\nbehind";
  const auto parts = parse_multipart(body, "multipart/form-data; charset=x; Boundary=\"B\"");
  ASSERT_EQ(parts.size(), 2);
  EXPECT_EQ(parts[0].name, "text");
  EXPECT_FALSE(parts[0].is_file);
  EXPECT_EQ(parts[0].content, "a red coat");
  EXPECT_EQ(parts[1].name, "picture");
  EXPECT_TRUE(parts[1].is_file);
  EXPECT_EQ(parts[1].type, "image/jpeg");
  EXPECT_EQ(parts[1].content, "\xFF\xD8\r\n--not");
}

TEST(Form, BrokenMultipartIsRefused) {
  const std::string head = "--B\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n";
  const std::pair<std::string, const char*> cases[] = {{"", "not in the body"},
                                                       {head + "value", "last boundary"},
                                                       {"--B\r\nno end", "last boundary"},
                                                       {"--B\r\nno end\r\n--B--", "empty line"},
                                                       {"--B\r\n\r\nvalue\r\n--B--", "without a name"}};
  for (const auto& [body, message] : cases)
    EXPECT_THAT(refused([&] { parse_multipart(body, "multipart/form-data; boundary=B"); }),
                HasSubstr(message))
        << body;
  EXPECT_THAT(refused([] { parse_multipart("--B--", "multipart/form-data"); }), HasSubstr("no boundary"));
  std::string many;
  for (int i = 0; i < 70; ++i) many += head + "\r\n";
  EXPECT_THAT(refused([&] { parse_multipart(many + "--B--", "multipart/form-data; boundary=B"); }),
              HasSubstr("too many parts"));
}

TEST(Form, MediaTypesLoseTheirParameters) {
  EXPECT_EQ(media_type(" Image/PNG ; q=1"), "image/png");
  EXPECT_EQ(media_type(""), "");
}

}  // namespace
}  // namespace dmf::serve
