#pragma once
#include "dmf/pgstore/database_gallery.h"

namespace dmf::pgstore {

/// What was measured of an HNSW index.
struct ApproximateFacts {
  double recall = 0;      ///< share of the exact nearest ten that it finds, on crops of the gallery
  int64_t ef_search = 0;  ///< candidates it looks at for that
};

/// One of those who write a gallery in a database. Each call is one transaction: what it has returned from is
/// committed.
class DatabaseKeeper : public search::GalleryKeeper {
 public:
  /// Opens a gallery, or makes one where there is none.
  /// @throws InvalidArgument  it holds vectors of another kind; the role may not make it
  /// @throws DataError        as DatabaseGallery; no extension `vector`
  DatabaseKeeper(const std::string& url, const std::string& name, const search::GalleryKind& kind);
  /// Opens the gallery that is there.
  DatabaseKeeper(const std::string& url, const std::string& name);

  const search::GalleryView& view() const override { return gallery_; }
  std::vector<int64_t> add(eval::VectorView vectors, std::span<const search::NewCrop> crops) override;
  int64_t remove(const std::vector<int64_t>& ids) override;
  void update(const std::vector<int64_t>& ids, const search::CropUpdate& change) override;
  /// Writes the tables and their indexes anew; searches wait meanwhile. Nothing where nothing was deleted since.
  /// @throws InvalidArgument  the role does not own the tables
  search::CompactionResult compact(bool drop_damaged) override;
  void set_property(const std::string& key, const std::string& value) override;
  /// Nothing: the database keeps its index itself.
  void refresh_approximate() override {}

  /// Makes the HNSW index anew, and finds how far it must look for this recall.
  /// @throws InvalidArgument  too few crops, vectors too wide; DataError  a pgvector before 0.8
  ApproximateFacts build_approximate(double recall);

 private:
  Connection& connection() const { return *gallery_.connection_; }
  void count_deleted(int64_t rows);

  /// A crop and its nearest, exactly.
  struct Known {
    int64_t id;
    std::vector<float> query;
    std::vector<search::Hit> exact;
  };
  double recall_with(int64_t ef_search, const std::vector<Known>& known) const;
  ApproximateFacts least_ef_search(double recall, const std::vector<Known>& known) const;

  DatabaseGallery gallery_;
};

}  // namespace dmf::pgstore
