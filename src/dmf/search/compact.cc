// GalleryWriter::compact().
#include <algorithm>

#include "dmf/core/error.h"
#include "dmf/core/interrupt.h"
#include "dmf/search/gallery_writer.h"
#include "dmf/search/schema.h"

namespace dmf::search {
namespace {

int64_t bytes_of_folder(const std::filesystem::path& folder) {
  int64_t bytes = 0;
  std::error_code failed;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    const auto size = entry.file_size(failed);  // fails for folders, and for what a reader has just removed
    if (!failed) bytes += static_cast<int64_t>(size);
  }
  return bytes;
}

}  // namespace

/// The new segments, not yet the gallery's.
struct GalleryWriter::Rewritten {
  std::vector<Block> blocks;
  std::vector<int64_t> ids;  // of all rows, in the order of the blocks
};

std::vector<int64_t> GalleryWriter::lost_crops(const Snapshot& snapshot) const {
  std::vector<int64_t> lost;
  for (const int64_t id : gallery_.select({})) {
    if (!std::binary_search(snapshot.ids().begin(), snapshot.ids().end(), id)) lost.push_back(id);
  }
  return lost;
}

GalleryWriter::Rewritten GalleryWriter::rewrite(const Snapshot& snapshot) const {
  const int64_t width = gallery_.kind().width, row_bytes = width * static_cast<int64_t>(sizeof(float));
  Rewritten result{{}, snapshot.ids()};
  int64_t segment = new_segment(), rows = 0;
  std::vector<float> values;
  for (int64_t first = 0; first < snapshot.count(); first += options_.block_rows) {
    stop_if_interrupted("compacting");
    const int64_t end = std::min(first + options_.block_rows, snapshot.count());
    values.clear();
    for (int64_t i = first; i < end; ++i) {
      const float* row = snapshot.row(snapshot.places()[static_cast<size_t>(i)]);
      values.insert(values.end(), row, row + width);
    }
    if (rows * row_bytes >= options_.segment_bytes) {
      ++segment;
      rows = 0;
    }
    result.blocks.push_back(append_rows(gallery_.segments(), segment, rows, {values, end - first, width}));
    rows += end - first;
  }
  return result;
}

void GalleryWriter::switch_to(const Rewritten& rewritten, const std::vector<int64_t>& lost) {
  Transaction transaction(database(), Access::kWrite);
  Statement crop = database().prepare("DELETE FROM crops WHERE id = ?");
  for (const int64_t each : lost) crop.bind(each).run();
  database().execute("DELETE FROM blocks; DELETE FROM vectors");
  Statement block = database().prepare("INSERT INTO blocks VALUES (?, ?, ?, ?)");
  Statement vector = database().prepare("INSERT INTO vectors VALUES (?, ?, ?, ?)");
  auto id = rewritten.ids.begin();
  for (const Block& each : rewritten.blocks) {
    block.bind(each.segment, each.first, each.rows, each.digest).run();
    for (int64_t row = each.first; row < each.first + each.rows; ++row, ++id)
      vector.bind(each.segment, row, *id, digest_of_row(each.segment, row, *id)).run();
  }
  if (!rewritten.blocks.empty())
    set_property("last_segment", std::to_string(rewritten.blocks.back().segment));
  transaction.commit();
}

CompactionResult GalleryWriter::compact(bool drop_damaged) {
  const int64_t before = bytes_of_folder(gallery_.folder());
  auto snapshot = gallery_.snapshot();
  std::vector<int64_t> lost;
  if (!snapshot->damage().empty()) {
    DMF_CHECK(drop_damaged, DataError,
              "{} (and {} more like it); hint: drop the damaged crops, then index their pictures again",
              snapshot->damage().front().message(), snapshot->damage().size() - 1);
    lost = lost_crops(*snapshot);
  }
  const GalleryStatistics statistics = gallery_.statistics();
  const int64_t fewest_blocks = statistics.crops / options_.block_rows + statistics.segments.value_or(0);
  if (statistics.deleted_rows > 0 || !lost.empty() || statistics.blocks > 2 * fewest_blocks)
    switch_to(rewrite(*snapshot), lost);
  snapshot.reset();
  gallery_.snapshot_.reset();  // its files are deleted, but stay on the disk while they are mapped
  remove_leftovers();
  database().execute("PRAGMA incremental_vacuum; PRAGMA wal_checkpoint(TRUNCATE)");
  return {statistics.deleted_rows, static_cast<int64_t>(lost.size()),
          before - bytes_of_folder(gallery_.folder())};
}

}  // namespace dmf::search
