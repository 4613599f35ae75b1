#pragma once
#include <cstdint>
#include <string>

#include "dmf/core/option_table.h"

namespace dmf::embed {

/// How vectors are made; which vectors (before or after BNNeck) the model itself says.
struct EmbedOptions {
  std::string device = "auto";
  std::string precision = "auto";
  int64_t batch = 64;
  bool flip = false;
  bool skip_broken = false;

  template <class Visitor>
  void visit(Visitor& v) {
    v("device", device, "cpu, cuda, cuda:1 or auto (a GPU where there is one)");
    v("precision", precision, Choices{{"auto", "float32", "bfloat16"}},
      "type of the heavy products; auto: bfloat16 where the hardware has it");
    v("batch", batch, Range<int64_t>{1, 4096}, "images or sentences that go through the model together");
    v("flip", flip, "an image's vector is the mean of its own and its mirror image's");
    v("skip_broken", skip_broken,
      "leave images that cannot be decoded out, counted, instead of stopping at the first");
  }
};

}  // namespace dmf::embed
