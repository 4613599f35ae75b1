#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "dmf/cli/crop_inputs.h"
#include "dmf/embed/embedder.h"
#include "dmf/search/gallery_view.h"

namespace dmf::cli {

struct IndexingOptions {
  int64_t thumbnail = 128;  ///< height of the small pictures that are kept; 0: none are
  int64_t together = 256;   ///< pictures that are written together: what a kill can cost
};

struct IndexingResult {
  int64_t added = 0;   ///< new, or changed since they were added
  int64_t known = 0;   ///< were in already, unchanged
  int64_t broken = 0;  ///< could not be decoded
};

/// Embeds pictures and adds them to a gallery, those that it does not have, a part at a time: killed or
/// stopped, the same call goes on where it was. Pictures that cannot be decoded are told and counted, or end
/// it, as the embedder's options say.
/// @throws Interrupted  Ctrl-C: what was embedded is in
/// @throws DataError    a broken picture, unless the embedder skips them; the disk is full
IndexingResult index_images(search::GalleryKeeper& writer, const embed::Embedder& embedder,
                            std::vector<CropInput> inputs, const IndexingOptions& options);

/// What a gallery of this model's vectors is.
search::GalleryKind kind_of(const embed::Embedder& embedder, const std::string& model_file);

}  // namespace dmf::cli
