#pragma once
#include <filesystem>
#include <string>

#include "dmf/cli/result.h"
#include "dmf/embed/embedder.h"
#include "dmf/eval/protocol.h"

namespace dmf::cli {

/// Embeds the queries and the gallery of a dataset and measures the answers.
///
/// A dataset without these splits (a folder by identity, say) gives one image of each identity and camera as
/// query, drawn with seed 0, which the result's protocol says.
/// @param spec  as open_dataset() takes it
/// @throws what open_dataset(), Embedder::images() and evaluate() throw
TestResult measure(const embed::Embedder& embedder, const std::string& spec,
                   const eval::ProtocolOptions& protocol);

/// Measures vectors that anything may have made: FOLDER/query.npy and gallery.npy, [N, D] of a floating type,
/// and beside each a .csv of N rows (labels_file.h), as `dmf embed --split` writes them.
TestResult measure_vectors(const std::filesystem::path& folder, const eval::ProtocolOptions& protocol);

}  // namespace dmf::cli
