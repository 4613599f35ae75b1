#include "dmf/cli/gallery_place.h"

#include "dmf/pgstore/database_keeper.h"
#include "dmf/search/gallery_writer.h"

namespace dmf::cli {

void add_store_flag(CLI::App& app, std::string& store) {
  app.add_option(
         "--store", store,
         "keep the gallery in PostgreSQL with pgvector: postgres://USER@HOST/DATABASE; the password better "
         "by PGPASSWORD or ~/.pgpass")
      ->type_name("URL");
}

bool is_gallery(const GalleryPlace& place) {
  return place.is_folder() ? search::is_gallery(place.name) : pgstore::has_gallery(place.store, place.name);
}

std::unique_ptr<search::GalleryView> open_gallery(const GalleryPlace& place) {
  if (place.is_folder()) return std::make_unique<search::Gallery>(place.name);
  return std::make_unique<pgstore::DatabaseGallery>(place.store, place.name);
}

std::unique_ptr<search::GalleryKeeper> open_keeper(const GalleryPlace& place) {
  if (place.is_folder()) return std::make_unique<search::GalleryWriter>(place.name);
  return std::make_unique<pgstore::DatabaseKeeper>(place.store, place.name);
}

std::unique_ptr<search::GalleryKeeper> open_keeper(const GalleryPlace& place,
                                                   const search::GalleryKind& kind) {
  if (place.is_folder()) return std::make_unique<search::GalleryWriter>(place.name, kind);
  return std::make_unique<pgstore::DatabaseKeeper>(place.store, place.name, kind);
}

void needs_folder(const GalleryPlace& place, const std::string& what, const std::string& hint) {
  DMF_CHECK(place.is_folder(), InvalidArgument, "{}: not of a gallery in a database (--store); hint: {}",
            what, hint);
}

}  // namespace dmf::cli
