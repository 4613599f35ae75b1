#include "dmf/serve/picture.h"

#include <span>

#include "dmf/data/image_header.h"
#include "dmf/data/stored_size.h"
#include "dmf/serve/message.h"

namespace dmf::serve {
namespace {

// In the place of a path: messages of the decoder begin with it, and it is taken off.
constexpr std::string_view kName = "picture";

[[noreturn]] void unreadable(const DataError& error) {
  std::string reason = error.what();
  const size_t at = reason.find(": ");
  if (at != std::string::npos) reason = reason.substr(at + 2);
  throw Refusal(422, "unreadable_picture", "the picture " + reason);
}

}  // namespace

void check_picture(const std::string& bytes, int64_t most_pixels) {
  const auto view = std::as_bytes(std::span(bytes));
  const auto format = data::image_format(view);
  if (!format || *format == data::ImageFormat::kTiff)
    throw Refusal(415, "unsupported_picture", "not a picture of a format that is read",
                  "JPEG, PNG, WebP, BMP and PNM are");
  try {
    const data::ImageSize size = data::stored_size(view, kName);
    if (size.height > most_pixels / size.width)
      throw Refusal(422, "picture_too_large",
                    fmt::format("a picture of {} x {} pixels; at most {} pixels are read", size.width,
                                size.height, most_pixels),
                    "send the crop of the person, not the whole photograph");
  } catch (const DataError& error) {
    unreadable(error);
  }
}

data::Pixels decode_picture(const std::string& bytes, int64_t height, int64_t width) {
  try {
    return data::decode_bytes(std::as_bytes(std::span(bytes)), kName, height, width).pixels;
  } catch (const DataError& error) {
    unreadable(error);
  }
}

}  // namespace dmf::serve
