#pragma once
#include <string>

#include "dmf/pgstore/connection.h"
#include "dmf/search/gallery_view.h"

namespace dmf::pgstore {

inline constexpr int64_t kMostNumbers = 16000;  ///< of a `vector`
inline constexpr int64_t kMostIndexed = 2000;   ///< of a `vector` in an HNSW index

/// Whether the database has the gallery.
bool has_gallery(Connection& connection);

/// Makes the tables where they are missing, all or none; two at a time make them once.
/// @throws InvalidArgument  vectors too wide; the role may not
/// @throws DataError        the database has no extension `vector`
void create_gallery(Connection& connection, const search::GalleryKind& kind);

/// @throws DataError  no gallery, one of a newer format, or no extension `vector`
search::GalleryKind read_kind(Connection& connection);

/// Empty where there is none.
std::string read_property(Connection& connection, const std::string& key);
void write_property(Connection& connection, const std::string& key, const std::string& value);

}  // namespace dmf::pgstore
