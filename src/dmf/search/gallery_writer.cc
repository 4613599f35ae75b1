#include "dmf/search/gallery_writer.h"

#include <set>

#include "dmf/core/error.h"
#include "dmf/search/approximate.h"
#include "dmf/search/exact.h"
#include "dmf/search/schema.h"

namespace dmf::search {
namespace {

const std::filesystem::path& existing(const std::filesystem::path& folder) {
  DMF_CHECK(is_gallery(folder), DataError, "{}: no gallery; hint: `dmf index add` makes one",
            folder.string());
  return folder;
}

}  // namespace

GalleryWriter::GalleryWriter(const std::filesystem::path& folder, const GalleryKind& kind,
                             const WriterOptions& options)
    : GalleryWriter(folder, &kind, options) {}

GalleryWriter::GalleryWriter(const std::filesystem::path& folder, const WriterOptions& options)
    : GalleryWriter(existing(folder), nullptr, options) {}

GalleryWriter::GalleryWriter(const std::filesystem::path& folder, const GalleryKind* kind,
                             const WriterOptions& options)
    : lock_(folder), options_(options), gallery_(folder, Access::kWrite) {
  open(kind);
}

void GalleryWriter::open(const GalleryKind* kind) {
  std::filesystem::create_directories(gallery_.segments());
  if (kind != nullptr && !has_schema(database())) gallery_.create(*kind);
  gallery_.read_kind();
  if (kind != nullptr) check_kind(gallery_.place(), gallery_.kind(), *kind);
  remove_leftovers();
}

void GalleryWriter::remove_leftovers() const {
  remove_parts(gallery_.folder());
  std::set<std::string> known;
  Statement blocks = database().prepare("SELECT DISTINCT segment FROM blocks");
  while (blocks.next()) known.insert(segment_name(blocks.integer(0)));
  for (const auto& entry : std::filesystem::directory_iterator(gallery_.segments())) {
    const std::string name = entry.path().filename();
    if (segment_number(name) > 0 && !known.contains(name)) std::filesystem::remove(entry.path());
  }
}

// Numbers are not used again: who still reads an old segment must not find another under its name.
int64_t GalleryWriter::new_segment() const {
  const std::string last = gallery_.property("last_segment");
  return last.empty() ? 1 : std::stoll(last) + 1;
}

GalleryWriter::Room GalleryWriter::room() const {
  Statement last = database().prepare(
      "SELECT segment, max(first + rows) FROM blocks WHERE segment = (SELECT max(segment) FROM blocks) "
      "GROUP BY segment");
  if (!last.next()) return {new_segment(), 0};
  const Room room{last.integer(0), last.integer(1)};
  const int64_t width = gallery_.kind().width;
  if (room.rows * width * static_cast<int64_t>(sizeof(float)) >= options_.segment_bytes)
    return {new_segment(), 0};
  try {
    if (MappedSegment(gallery_.segments(), room.segment, width).rows() >= room.rows) return room;
  } catch (const DataError&) {
    // Nobody would find what is written behind it.
  }
  return {new_segment(), 0};
}

std::vector<int64_t> GalleryWriter::add(eval::VectorView vectors, std::span<const NewCrop> crops) {
  return write_batch(vectors, crops, [] {});
}

std::vector<int64_t> GalleryWriter::write_batch(eval::VectorView vectors, std::span<const NewCrop> crops,
                                                const std::function<void()>& also) {
  check_addition(gallery_.place(), gallery_.kind(), vectors, crops);
  std::vector<int64_t> ids;
  if (crops.empty()) {
    also();
    return ids;
  }
  const std::vector<float> values = unit_rows(vectors);
  const Room place = room();
  const Block block =
      append_rows(gallery_.segments(), place.segment, place.rows, {values, vectors.count, vectors.width});
  Transaction transaction(database(), Access::kWrite);
  if (place.rows == 0) set_property("last_segment", std::to_string(place.segment));
  database()
      .prepare("INSERT INTO blocks VALUES (?, ?, ?, ?)")
      .bind(block.segment, block.first, block.rows, block.digest)
      .run();
  Statement replace = database().prepare("DELETE FROM crops WHERE source = ?");
  Statement vector = database().prepare("INSERT INTO vectors VALUES (?, ?, ?, ?)");
  Statement thumbnail = database().prepare("INSERT INTO thumbnails VALUES (?, ?, ?)");
  for (const NewCrop& each : crops) {
    Crop crop = each.crop;
    crop.id = 0;
    if (!crop.source.empty()) replace.bind(crop.source).run();
    const int64_t id = write_crop(database(), crop), row = block.first + static_cast<int64_t>(ids.size());
    vector.bind(block.segment, row, id, digest_of_row(block.segment, row, id)).run();
    if (!each.thumbnail.empty())
      thumbnail.bind(id, Blob{each.thumbnail}, digest_of_thumbnail(id, each.thumbnail)).run();
    ids.push_back(id);
  }
  also();
  transaction.commit();
  return ids;
}

int64_t GalleryWriter::remove(const std::vector<int64_t>& ids) {
  Transaction transaction(database(), Access::kWrite);
  Statement statement = database().prepare("DELETE FROM crops WHERE id = ?");
  int64_t count = 0;
  for (const int64_t id : ids) {
    statement.bind(id).run();
    count += database().changes();
  }
  transaction.commit();
  return count;
}

void GalleryWriter::update(const std::vector<int64_t>& ids, const CropUpdate& change) {
  Transaction transaction(database(), Access::kWrite);
  for (const int64_t id : ids) write_crop(database(), updated(gallery_.crop(id), change));
  transaction.commit();
}

void GalleryWriter::set_property(const std::string& key, const std::string& value) {
  write_property(database(), key, value);
}

void GalleryWriter::refresh_approximate() { search::refresh_approximate(gallery_); }

}  // namespace dmf::search
