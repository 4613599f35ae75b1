#pragma once
#include <cstdint>
#include <string>

#include "dmf/data/record.h"
#include "dmf/embed/embedder.h"
#include "dmf/report/canvas.h"

namespace dmf::cli {

struct RankedPicturesOptions {
  int64_t queries =
      8;  ///< drawn from those that have a right answer, each of another person while there are any
  int64_t answers = 10;  ///< nearest gallery images of each
  uint64_t seed = 0;
};

/// Fig. 4 of the paper: queries of a test set with their nearest gallery images by Market-1501's rules, right
/// ones framed green, wrong ones red, camera and cosine similarity below each.
/// @throws DataError  the set has no query with a right answer
/// @throws what Embedder::images() throws
report::Canvas ranked_pictures(const embed::Embedder& embedder, const data::Dataset& dataset,
                               const RankedPicturesOptions& options, const std::string& title);

}  // namespace dmf::cli
