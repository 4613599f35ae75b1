#pragma once
#include <cstdint>
#include <string>

#include "dmf/embed/embedder.h"

namespace dmf::cli {

/// What `dmf report pointing` is asked for.
struct PointingRequest {
  std::string model;
  std::string domain = "station";  ///< of the synthetic persons
  int64_t identities = 100;
  int64_t images = 4;  ///< of each
  int64_t seed = 0;
  std::string out;  ///< folder for pointing.csv and pointing.json; empty: none
  std::string json;
  embed::EmbedOptions embedding;
};

/// Asks attention maps where something is, on synthetic persons, of whose every pixel is known what it shows:
/// Eigen-CAM, rollout and pair maps for the person, the map of each key word of a caption for what the word
/// names. Prints how often a map's largest value lies on it (the pointing game), how often a point drawn by
/// chance would, and how often the map of another image of the same kind does, which tells what is owed to
/// the place alone.
void report_pointing(const PointingRequest& request);

}  // namespace dmf::cli
