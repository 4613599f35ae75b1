#pragma once
#include <memory>
#include <string>

#include "dmf/pgstore/connection.h"
#include "dmf/search/gallery_view.h"

namespace dmf::pgstore {

/// A gallery in a PostgreSQL database with the extension pgvector: a schema of its name with the tables
///
///   crops       what is known of each crop, and its vector
///   thumbnails  small JPEGs
///   properties  the model's fingerprint, the width, where the model file is
///
/// Read and written by any number of processes on any number of machines at the same time. Similarities are the
/// database's, in single precision. Used by one thread at a time.
class DatabaseGallery : public search::GalleryView {
 public:
  /// @throws as Connection; DataError  no such gallery there
  DatabaseGallery(const std::string& url, const std::string& name);

  std::string place() const override { return connection_->place(); }
  std::string title() const override { return connection_->name(); }
  const search::GalleryKind& kind() const override { return kind_; }
  std::string property(const std::string& key) const override;
  int64_t count() const override;
  std::optional<search::Crop> find(int64_t id) const override;
  std::string thumbnail(int64_t id) const override;
  std::vector<int64_t> select(const search::Filter& filter) const override;
  std::unordered_map<std::string, std::string> sources() const override;
  search::GalleryStatistics statistics() const override;
  /// Nothing: a database tells damage by an error.
  std::vector<std::string> damage() const override { return {}; }
  std::vector<float> vector(int64_t id) const override;
  /// Through the HNSW index where there is one; where a filter leaves so little that the index finds too few,
  /// exactly.
  search::SearchResult search(eval::VectorView queries, int64_t count, const search::Filter& filter,
                              bool is_exact) const override;

 private:
  friend class DatabaseKeeper;
  explicit DatabaseGallery(std::unique_ptr<Connection> connection);
  int64_t searched(const search::Filter& filter, bool is_exact) const;
  std::vector<search::Hit> nearest(std::span<const float> query, int64_t count, const search::Filter& filter,
                                   bool is_exact) const;

  std::unique_ptr<Connection> connection_;  // reading changes what it has read
  search::GalleryKind kind_;
  mutable std::optional<std::pair<double, int64_t>> counted_;  ///< when, and how many crops there were
};

/// Whether a database has a gallery of this name. @throws as Connection
bool has_gallery(const std::string& url, const std::string& name);

}  // namespace dmf::pgstore
