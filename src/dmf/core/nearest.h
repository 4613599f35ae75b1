#pragma once
#include <string>
#include <vector>

namespace dmf {

/// The name that begins with `text`, or else takes the fewest edits (a letter put in, left out or changed) to
/// make of `text`: for messages about unknown names. The first of several; empty where there are no names.
std::string nearest(const std::string& text, const std::vector<std::string>& names);

}  // namespace dmf
