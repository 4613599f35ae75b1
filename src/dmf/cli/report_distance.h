#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "dmf/embed/embedder.h"
#include "dmf/embed/modality_distance.h"
#include "dmf/report/scatter.h"

namespace dmf::cli {

/// Whose images and texts are looked at.
struct DistanceSample {
  std::vector<std::filesystem::path> images;
  std::vector<int64_t> image_identities;
  std::vector<std::string> texts;
  std::vector<int64_t> text_identities;
};

/// Draws identities of a dataset that have images and captions, in any split, and of each at most `samples`
/// of both.
/// @throws DataError  fewer than two such identities
DistanceSample draw_distance_sample(const std::string& spec, int64_t identities, int64_t samples,
                                    uint64_t seed);

/// Fig. 3 of the paper, measured: how far an identity's texts are from its images before translation (the
/// encoders' outputs) and after it (the fused model's features).
struct DistanceReport {
  embed::ModalityDistance before, after;
  std::vector<report::ScatterPanel> panels;

  report::Canvas plot() const;
  std::string svg() const;
};

/// @throws what Embedder throws; InvalidArgument where the model reads no texts
DistanceReport measure_distance(const embed::Embedder& embedder, const DistanceSample& sample);

}  // namespace dmf::cli
