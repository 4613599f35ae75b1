// A picture: its header, and what is decoded behind it.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "dmf/serve/message.h"
#include "dmf/serve/picture.h"

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  ::setenv("OPENCV_IO_MAX_IMAGE_PIXELS", "65536", 1);
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  constexpr int64_t kMostPixels = 65536;
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  try {
    dmf::serve::check_picture(bytes, kMostPixels);
    const dmf::data::Pixels whole = dmf::serve::decode_picture(bytes);
    if (whole.height * whole.width > kMostPixels) std::abort();  // the header lied
    const dmf::data::Pixels small = dmf::serve::decode_picture(bytes, 16, 8);
    if (small.rgb.size() != 16 * 8 * 3) std::abort();
  } catch (const dmf::serve::Refusal&) {
  }
  return 0;
}
