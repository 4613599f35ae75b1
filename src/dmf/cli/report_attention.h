#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "dmf/cli/report_parts.h"
#include "dmf/embed/attention.h"
#include "dmf/report/overlay.h"

namespace dmf::cli {

/// A map of a model as it is drawn.
report::PatchMap patch_map(const torch::Tensor& map);

/// Attention maps of some queries of each test (Fig. 5 of the paper): Eigen-CAM, rollout, what makes the
/// query like its first right and its first wrong answer and, where it has a caption and the model reads
/// texts, what its key words look at.
/// @param queries  of each test
report::PagePart attention_part(const ReportSource& source, const embed::Embedder& embedder,
                                const std::vector<ReportedTest>& tests, const ReportFolder& folder,
                                int64_t queries);

/// What `dmf report attention` is asked for.
struct AttentionRequest {
  std::string model;
  std::vector<std::string> images;
  std::vector<std::string> pair;  ///< a query and a gallery image; may be empty
  std::string text;               ///< whose key words are looked for in each image; may be empty
  std::filesystem::path out;
  std::string json;
  embed::EmbedOptions embedding;
};

/// Writes each map as a 256 × 128 PNG over its image, all of them as one sheet, and their values.
/// @throws InvalidArgument  nothing is asked for; texts of a model that reads none
void report_attention(const AttentionRequest& request);

}  // namespace dmf::cli
