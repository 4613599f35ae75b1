#pragma once
#include <torch/types.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "dmf/data/augment.h"
#include "dmf/data/record.h"
#include "dmf/translate/image_encoder.h"
#include "dmf/translate/token_file.h"

namespace dmf::translate {

/// How a token store is built and where it is kept.
struct TokenStoreOptions {
  std::filesystem::path folder;    ///< cache folder; made where it is missing
  int64_t views = 1;               ///< stored looks of each image, >= 1; view 0 is the image itself
  data::ViewOptions view_options;  ///< of views 1, 2 … (data::make_view)
  uint64_t seed = 0;               ///< of views 1, 2 …
  std::string precision = "auto";  ///< of the computation, see compute_type(); stored is bfloat16 in any case
};

/// The images of a store, in order.
struct TokenStoreImages {
  std::string name;                   ///< for file name and messages: "market1501-train"
  std::string fingerprint;            ///< Dataset::fingerprint
  std::vector<data::Record> records;  ///< image i is records[i]
};

/// The processes that build a store together, seen from one of them (train::Ranks).
struct StoreBuilders {
  int64_t rank = 0, size = 1;
  std::function<int64_t(int64_t)> sum{};  ///< of every process' number; returns when all have called it
};

/// Frozen encoder output of many images, kept in a memory-mapped file (token_file.h): [images, views, C, h,
/// w] bfloat16.
///
///   auto store = TokenStore::open_or_build({"market1501-train", dataset.fingerprint, dataset.train},
///   *encoder, options); torch::Tensor stored = store->gather({0, 7, 7}, {0, 0, 2});   // for
///   ImageEncoder::trained
///
/// The file's name and header hold fingerprints of the images, the encoder's frozen part and the views: a
/// store that does not fit is never used, a new one is built. A build that was killed or interrupted goes on
/// where it was; two processes that want the same store build it once. Safe to use from several threads.
class TokenStore {
 public:
  /// Opens the store, building what is missing of it: decoding (several threads) runs beside computing.
  ///
  /// Of several builders each translates every size-th chunk, where they all see the first one's cache folder;
  /// a host that does not see it builds a store of its own.
  /// @throws DataError        an image cannot be decoded (its path); the folder cannot be written; too little
  ///                          space on the disk (bytes needed and free); the store's file is broken
  /// @throws InvalidArgument  no images, views < 1
  /// @throws Interrupted      Ctrl-C; what is built is kept
  static std::shared_ptr<TokenStore> open_or_build(const TokenStoreImages& images,
                                                   const ImageEncoder& encoder,
                                                   const TokenStoreOptions& options,
                                                   const StoreBuilders& builders = {});

  /// Where open_or_build() keeps the store of these arguments.
  static std::filesystem::path path_of(const TokenStoreImages& images, const ImageEncoder& encoder,
                                       const TokenStoreOptions& options);

  /// Copies stored maps together, in parallel, reading only these from the disk.
  /// @param indices  of images; @param views  as many view numbers
  /// @param type     kBFloat16 or kFloat32
  /// @return         [B, C, h, w], CPU, contiguous
  /// @throws InvalidArgument  an index or view that is not there, lists of different length
  torch::Tensor gather(const std::vector<int64_t>& indices, const std::vector<int64_t>& views,
                       torch::Dtype type = torch::kBFloat16) const;

  int64_t images() const { return file_.layout().rows / views_; }
  int64_t views() const { return views_; }
  /// {C, h, w}
  const std::vector<int64_t>& sizes() const { return sizes_; }
  /// ImageEncoder::extra_rows() of the encoder that made it.
  int64_t extra_rows() const { return extra_rows_; }
  const std::filesystem::path& path() const { return file_.path(); }
  int64_t bytes() const { return file_.layout().payload_bytes(); }

 private:
  TokenStore(const std::filesystem::path& path, const TokenLayout& layout, int64_t views,
             const ImageEncoder& encoder)
      : file_(path, layout),
        views_(views),
        sizes_(encoder.stored_sizes()),
        extra_rows_(encoder.extra_rows()) {}

  TokenFile file_;
  int64_t views_;
  std::vector<int64_t> sizes_;
  int64_t extra_rows_;
};

}  // namespace dmf::translate
