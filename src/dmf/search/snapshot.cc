#include "dmf/search/snapshot.h"

#include <algorithm>
#include <tuple>

#include "dmf/core/error.h"
#include "dmf/eval/parallel.h"
#include "dmf/search/database.h"
#include "dmf/search/schema.h"

namespace dmf::search {
namespace {

auto place_of(const Block& block) { return std::tie(block.segment, block.first); }

bool is_checked(const Snapshot* before, const Block& block) {
  if (before == nullptr) return false;
  const auto& blocks = before->blocks();
  const auto found =
      std::lower_bound(blocks.begin(), blocks.end(), block,
                       [](const Block& a, const Block& b) { return place_of(a) < place_of(b); });
  if (found == blocks.end() || place_of(*found) != place_of(block) || found->digest != block.digest ||
      found->rows != block.rows)
    return false;
  return std::none_of(before->damage().begin(), before->damage().end(), [&](const Damage& damage) {
    return damage.segment == block.segment && damage.first <= block.first &&
           block.first < damage.first + damage.rows;
  });
}

const Part* part_of(const std::vector<Part>& parts, int64_t segment) {
  const auto found =
      std::find_if(parts.begin(), parts.end(), [&](const Part& part) { return part.number == segment; });
  return found == parts.end() ? nullptr : &*found;
}

}  // namespace

std::shared_ptr<const Snapshot> Snapshot::load(const Database& database, const std::filesystem::path& folder,
                                               int64_t width, const Snapshot* before) {
  constexpr int kAttempts = 5;
  for (int attempt = 1;; ++attempt) {
    std::shared_ptr<Snapshot> snapshot(new Snapshot);
    snapshot->width_ = width;
    const auto state = database.state();
    snapshot->read(database);
    snapshot->map(folder, before);
    // Compaction may have taken a file away between the two: what it left in its place is read then.
    if (!snapshot->damage_.empty() && attempt < kAttempts && database.state() != state) continue;
    snapshot->check(before);
    snapshot->place();
    return snapshot;
  }
}

void Snapshot::read(const Database& database) {
  const Transaction transaction(database, Access::kRead);
  Statement blocks =
      database.prepare("SELECT segment, first, rows, digest FROM blocks ORDER BY segment, first");
  while (blocks.next())
    blocks_.push_back({blocks.integer(0), blocks.integer(1), blocks.integer(2), blocks.integer(3)});
  rows_.reserve(static_cast<size_t>(database.number("SELECT count(*) FROM vectors")));
  Statement rows = database.prepare("SELECT segment, row, id, digest FROM vectors ORDER BY segment, row");
  while (rows.next()) {
    const Row row{rows.integer(0), rows.integer(1), rows.integer(2)};
    if (digest_of_row(row.segment, row.row, row.id) == rows.integer(3)) {
      rows_.push_back(row);
    } else {
      unknown_.push_back({database.path(), row.segment, row.row, 1,
                          fmt::format("damaged: whose row of segment {} it is", row.segment)});
    }
  }
}

void Snapshot::map(const std::filesystem::path& folder, const Snapshot* before) {
  for (const Block& block : blocks_) {
    if (parts_.empty() || parts_.back().number != block.segment)
      parts_.push_back({nullptr, block.segment, 0, 0});
    parts_.back().rows = std::max(parts_.back().rows, block.first + block.rows);
  }
  for (Part& part : parts_) {
    const Part* old = before == nullptr ? nullptr : part_of(before->parts(), part.number);
    if (old != nullptr && old->segment != nullptr && old->segment->rows() >= part.rows) {
      part.segment = old->segment;
    } else {
      try {
        part.segment = std::make_shared<MappedSegment>(folder, part.number, width_);
      } catch (const DataError& error) {
        const std::string file = folder / segment_name(part.number);
        damage_.push_back(
            {file, part.number, 0, part.rows, std::string(error.what()).substr(file.size() + 2)});
      }
    }
    part.first = positions_;
    part.rows = part.segment == nullptr ? 0 : std::min(part.rows, part.segment->rows());
    positions_ += part.rows;
    if (part.rows > 0) space_.parts.push_back({part.segment->row(0), part.first, part.rows});
  }
  space_.width = width_;
}

void Snapshot::check(const Snapshot* before) {
  std::vector<std::string> faults(blocks_.size());
  eval::run_in_parallel(static_cast<int64_t>(blocks_.size()), 16, 0, [&](eval::Rows some, int64_t) {
    for (auto i = static_cast<size_t>(some.first); i < static_cast<size_t>(some.last); ++i) {
      const Part* part = part_of(parts_, blocks_[i].segment);
      if (part->segment != nullptr && !is_checked(before, blocks_[i]))
        faults[i] = part->segment->fault(blocks_[i]);
    }
  });
  for (size_t i = 0; i < blocks_.size(); ++i) {
    if (faults[i].empty()) continue;
    const Block& block = blocks_[i];
    const auto& segment = part_of(parts_, block.segment)->segment;
    damage_.push_back({segment->path(), block.segment, block.first, block.rows, faults[i]});
  }
  std::sort(damage_.begin(), damage_.end(), [](const Damage& a, const Damage& b) {
    return std::tie(a.segment, a.first) < std::tie(b.segment, b.first);
  });
}

void Snapshot::place() {
  auto damage = damage_.begin();
  auto part = parts_.begin();
  ids_.reserve(rows_.size());
  places_.reserve(rows_.size());
  for (const Row& row : rows_) {
    while (damage != damage_.end() &&
           std::tuple(damage->segment, damage->first + damage->rows) <= std::tuple(row.segment, row.row))
      ++damage;
    if (damage != damage_.end() && damage->segment == row.segment && damage->first <= row.row) continue;
    while (part != parts_.end() && part->number < row.segment) ++part;
    // Crops are numbered, and written again by compaction, in the order of their rows.
    DMF_CHECK(part != parts_.end() && part->number == row.segment && row.row >= 0 && row.row < part->rows &&
                  (ids_.empty() || ids_.back() < row.id),
              DataError, "damaged: crop {} cannot be in row {} of segment {}; hint: take it from a copy",
              row.id, row.row, row.segment);
    ids_.push_back(row.id);
    places_.push_back(part->first + row.row);
  }
  rows_ = {};
  damage_.insert(damage_.end(), unknown_.begin(), unknown_.end());
}

const float* Snapshot::vector(int64_t id) const {
  const auto found = std::lower_bound(ids_.begin(), ids_.end(), id);
  if (found == ids_.end() || *found != id) return nullptr;
  return row(places_[static_cast<size_t>(found - ids_.begin())]);
}

int64_t Snapshot::id_at(int64_t position) const {
  const auto found = std::lower_bound(places_.begin(), places_.end(), position);
  return ids_[static_cast<size_t>(found - places_.begin())];
}

Selection Snapshot::all() const {
  Selection selection{std::vector<uint8_t>(static_cast<size_t>(positions_)), count()};
  for (const int64_t place : places_) selection.is_meant[static_cast<size_t>(place)] = 1;
  return selection;
}

Selection Snapshot::of(const std::vector<int64_t>& ids) const {
  Selection selection{std::vector<uint8_t>(static_cast<size_t>(positions_)), 0};
  auto at = ids_.begin();
  for (const int64_t id : ids) {
    at = std::lower_bound(at, ids_.end(), id);
    if (at == ids_.end() || *at != id) continue;
    selection.is_meant[static_cast<size_t>(places_[static_cast<size_t>(at - ids_.begin())])] = 1;
    ++selection.count;
  }
  return selection;
}

}  // namespace dmf::search
