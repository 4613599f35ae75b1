#pragma once
#include <cstdint>
#include <filesystem>

#include "dmf/fuse/model.h"

namespace dmf::cli {

/// Bytes a run folder grows to at most: three checkpoints (the newest, the one before it, and a new one that
/// is written beside them) and the model file.
/// @param text_encoder  null where there is none
int64_t run_bytes(const fuse::DmfModel& model, const translate::TextEncoder* text_encoder);

/// A disk that is full at the first checkpoint would cost the training up to there: better to know before.
/// @throws DataError  `folder`, which exists, is on a disk with less than `bytes` free
void require_space(const std::filesystem::path& folder, int64_t bytes);

}  // namespace dmf::cli
