#pragma once
#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "dmf/search/gallery_view.h"

namespace dmf::cli {

/// Where a gallery is kept, as it is typed.
struct GalleryPlace {
  std::string name;   ///< a folder, or a name in the store
  std::string store;  ///< postgres://…; empty: a folder
  bool is_folder() const { return store.empty(); }
};

/// Declares --store URL.
void add_store_flag(CLI::App& app, std::string& store);

bool is_gallery(const GalleryPlace& place);

/// @throws DataError  no gallery there; of a store also search::Unreachable
std::unique_ptr<search::GalleryView> open_gallery(const GalleryPlace& place);
std::unique_ptr<search::GalleryKeeper> open_keeper(const GalleryPlace& place);
/// Makes one where there is none. @throws InvalidArgument  it holds vectors of another kind
std::unique_ptr<search::GalleryKeeper> open_keeper(const GalleryPlace& place,
                                                   const search::GalleryKind& kind);

/// @throws InvalidArgument  a store does not take `what`; what to do instead is the hint
void needs_folder(const GalleryPlace& place, const std::string& what, const std::string& hint);

}  // namespace dmf::cli
