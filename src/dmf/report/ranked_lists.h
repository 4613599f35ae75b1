#pragma once
#include <string>
#include <vector>

#include "dmf/report/canvas.h"

namespace dmf::report {

/// A picture in a ranked list.
struct ListedImage {
  data::Pixels pixels;
  std::string label;  ///< a line below it: camera and similarity, say
};

struct Answer {
  ListedImage image;
  bool is_right = false;
};

/// A query and its nearest gallery images, as Fig. 4 of the paper shows them.
struct RankedList {
  ListedImage query;
  std::vector<Answer> answers;  ///< nearest first
};

struct RankedListsOptions {
  std::string title;
  std::string note;
  int64_t image_height = 128;
  int64_t image_width = 64;
};

/// Draws lists below each other: the query at the left, its answers at the right, framed green where the
/// identity is right and red where it is wrong.
/// @throws InvalidArgument  no list
Canvas draw(const std::vector<RankedList>& lists, const RankedListsOptions& options);

}  // namespace dmf::report
