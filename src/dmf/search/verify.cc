// Gallery::verify(): reads all, changes nothing.
#include "dmf/core/error.h"
#include "dmf/core/interrupt.h"
#include "dmf/search/gallery.h"
#include "dmf/search/schema.h"

namespace dmf::search {
namespace {

/// The faults of one gallery, while they are looked for.
class Faults {
 public:
  explicit Faults(const Database& database) : database_(database) {}

  /// Whether the tables can be read at all.
  bool check_database() {
    try {
      Statement statement = database_.prepare("PRAGMA integrity_check");
      while (statement.next()) {
        if (statement.text(0) != "ok") add(statement.text(0));
      }
      return true;
    } catch (const DataError& error) {
      faults_.push_back(error.what());
      return false;
    }
  }

  void check_crops() {
    Statement ids = database_.prepare("SELECT id FROM crops ORDER BY id");
    while (ids.next()) {
      stop_if_interrupted("verifying");
      try {
        read_crop(database_, ids.integer(0));
      } catch (const DataError& error) {
        faults_.push_back(error.what());
      }
    }
    Statement thumbnails = database_.prepare("SELECT id, jpeg, digest FROM thumbnails ORDER BY id");
    while (thumbnails.next()) {
      if (digest_of_thumbnail(thumbnails.integer(0), thumbnails.text(1)) != thumbnails.integer(2))
        add(fmt::format("the thumbnail of crop {} is damaged", thumbnails.integer(0)));
    }
  }

  void check_properties() {
    Statement names = database_.prepare("SELECT name FROM properties");
    while (names.next()) read_property(database_, names.text(0));
  }

  void check_references() {
    each("SELECT id FROM crops WHERE id NOT IN (SELECT id FROM vectors) ORDER BY id",
         "crop {} has no vector");
    each("SELECT id FROM vectors WHERE id NOT IN (SELECT id FROM crops) ORDER BY id",
         "a vector belongs to crop {}, which is not there");
    each("SELECT id FROM tags WHERE id NOT IN (SELECT id FROM crops) ORDER BY id",
         "a tag belongs to crop {}, which is not there");
    each("SELECT id FROM thumbnails WHERE id NOT IN (SELECT id FROM crops) ORDER BY id",
         "a thumbnail belongs to crop {}, which is not there");
  }

  void add(const std::string& what) { faults_.push_back(fmt::format("{}: {}", database_.path(), what)); }
  void add_line(const std::string& line) { faults_.push_back(line); }
  std::vector<std::string> take() { return std::move(faults_); }

 private:
  void each(const std::string& sql, const char* form) {
    Statement statement = database_.prepare(sql);
    while (statement.next()) add(fmt::format(fmt::runtime(form), statement.integer(0)));
  }

  const Database& database_;
  std::vector<std::string> faults_;
};

}  // namespace

std::vector<std::string> Gallery::verify() const {
  Faults faults(database_);
  if (!faults.check_database()) return faults.take();
  try {
    const Transaction transaction(database_, Access::kRead);
    faults.check_properties();
    faults.check_crops();
    faults.check_references();
  } catch (const DataError& error) {
    faults.add_line(error.what());
  }
  try {
    const auto vectors = Snapshot::load(database_, segments(), kind_.width, nullptr);
    for (const Damage& damage : vectors->damage()) faults.add_line(damage.message());
  } catch (const DataError& error) {
    faults.add(error.what());
  }
  return faults.take();
}

}  // namespace dmf::search
