#pragma once
#include <string>
#include <vector>

#include "dmf/report/html.h"

namespace dmf::report {

/// A figure that stands large at the top of the page.
struct Tile {
  std::string name, value, note;
};

/// A part of a report.
struct PagePart {
  std::string id;  ///< of the anchor and of the files beside the page: letters, digits and "-_."
  std::string title;
  Html lead;  ///< what is shown, in a sentence or two
  Html body;
  std::string command;             ///< makes it anew; may be empty
  std::vector<std::string> files;  ///< the same as PNG and CSV, names beside the page
};

struct Page {
  std::string title, subtitle;
  std::vector<Tile> tiles;
  std::vector<PagePart> parts;
  Html footer;
};

/// The whole page in one file: style, drawings and pictures are inside, there is no script, and a content
/// security policy forbids the browser to load anything. Light or dark as the reader's system is, light when
/// printed.
std::string html(const Page& page);

/// An image in a row of images.
struct RowImage {
  Html picture;       ///< html_picture(), or words where there is none
  std::string label;  ///< below it
  enum class Frame { kNone, kRight, kWrong } frame = Frame::kNone;
  std::string heading;  ///< above it: its rank, say
};

/// Images side by side, as wide as the page lets them be. Right and wrong are told by a sign besides the
/// colour.
Html image_row(const std::vector<RowImage>& images, int64_t columns);

/// A line of text below or above a figure.
Html note(const Html& text);

}  // namespace dmf::report
