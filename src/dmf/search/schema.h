#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "dmf/search/crop.h"
#include "dmf/search/database.h"

namespace dmf::search {

inline constexpr const char* kDatabaseName = "gallery.sqlite";
inline constexpr int64_t kMaxWidth = 65536;

/// Makes a new gallery's tables, all or none.
void create_schema(const Database& database, const std::string& model, int64_t width);

/// Whether there are tables at all: not in what a process left that was killed while it made the gallery.
bool has_schema(const Database& database);

/// @throws DataError  not a gallery's database, or one of a newer format
void check_schema(const Database& database);

/// Empty where there is none. @throws DataError  damaged
std::string read_property(const Database& database, const std::string& name);
void write_property(const Database& database, const std::string& name, const std::string& value);

/// Digests of what else stands in the tables.
int64_t digest_of_row(int64_t segment, int64_t row, int64_t id);
int64_t digest_of_thumbnail(int64_t id, const std::string& jpeg);

/// @throws DataError  its fields do not fit their digest
std::optional<Crop> read_crop(const Database& database, int64_t id);

/// Writes a crop whose id is 0 as a new one, another in its own place.
/// @return its id
int64_t write_crop(const Database& database, Crop crop);

}  // namespace dmf::search
