#include "dmf/onnx/graph.h"

#include <gmock/gmock.h>

namespace dmf::onnx {
namespace {

using testing::HasSubstr;

// The examples of the encoding's documentation: 150 in field 1, "testing" in field 2.
TEST(Message, IsEncodedAsDocumented) {
  Message message;
  message.integer(1, 150);
  EXPECT_EQ(message.bytes(), "\x08\x96\x01");
  Message text;
  text.text(2, "testing");
  EXPECT_EQ(text.bytes(), "\x12\x07testing");
  Message outer;
  outer.message(3, message);
  EXPECT_EQ(outer.bytes(), "\x1a\x03\x08\x96\x01");
  Message real;
  real.real(2, 1.0F);
  EXPECT_EQ(real.bytes(), std::string("\x15\x00\x00\x80\x3f", 5));
  Message negative;
  negative.integer(1, -1);
  EXPECT_EQ(negative.bytes(), "\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01");
}

TEST(Graph, GivesEachValueItsOwnName) {
  Graph graph("g");
  const std::string x = graph.input("x", ElementType::kFloat32, {"batch", 3});
  const std::string a = graph.node("Relu", {x}), b = graph.node("Relu", {x});
  EXPECT_NE(a, b);
  EXPECT_NE(graph.constant(std::vector<float>{1, 2}, {2}), graph.constant(std::vector<float>{1, 2}, {2}));
  graph.output("y", b, {"batch", 3});
  const std::string bytes = graph.bytes({{"key", "value"}});
  for (const char* part : {"Relu_0", "Relu_1", "batch", "dmf", "value", "Identity"})
    EXPECT_THAT(bytes, HasSubstr(part));
}

}  // namespace
}  // namespace dmf::onnx
