#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>

struct sqlite3;
struct sqlite3_stmt;

namespace dmf::search {

/// A text of any bytes, stored as such.
struct Blob {
  const std::string& bytes;
};

/// One SQL statement. Values are bound to its `?`, never part of its text.
///
///   Statement crop = database.prepare("SELECT camera FROM crops WHERE id = ?");
///   crop.bind(7);
///   while (crop.next()) use(crop.text(0));
class Statement {
 public:
  ~Statement();
  Statement(Statement&& other) noexcept;
  Statement& operator=(Statement&&) = delete;

  /// Begins anew with these values for its `?`, in their order. An empty optional is NULL.
  template <class... Values>
  Statement& bind(const Values&... values) {
    reset();
    (set(values), ...);
    return *this;
  }
  /// Begins anew, without values; push() then adds them one by one.
  void reset();
  void push(int64_t value) { set(value); }
  void push(const std::string& value) { set(value); }

  /// Steps to the next row; false at the end.
  bool next();
  /// Steps to the end.
  void run();

  int64_t integer(int column) const;
  std::optional<int64_t> optional_integer(int column) const;
  /// A text or bytes; empty for NULL.
  std::string text(int column) const;

 private:
  friend class Database;
  Statement(sqlite3* database, sqlite3_stmt* statement, const std::string& path);
  void set(int64_t value);
  void set(const std::string& value);
  void set(const Blob& value);
  void set(const std::optional<int64_t>& value);

  sqlite3* database_;
  sqlite3_stmt* statement_;
  const std::string* path_;
  int values_ = 0;
};

enum class Access { kRead, kWrite };

/// An SQLite database in a file, in write-ahead mode: one writes, any number read at the same time, each the
/// state at the beginning of its transaction. What was committed outlives the process and a power cut.
/// Used by one thread at a time.
class Database {
 public:
  /// @param access  kWrite makes the file where it is missing
  /// @throws DataError  it cannot be opened or is no such database, naming it
  Database(const std::filesystem::path& path, Access access);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  /// @throws DataError  the database is damaged or the disk is full (from all that runs a statement)
  Statement prepare(const std::string& sql) const;
  /// Runs statements without values or rows.
  void execute(const std::string& sql) const;
  /// The first column of the first row of a statement without values; 0 where there is none.
  int64_t number(const std::string& sql) const;

  /// Key of the row that was inserted last.
  int64_t last_id() const;
  /// Rows that the last statement changed.
  int64_t changes() const;
  /// A number that differs after any change, by whoever made it.
  std::pair<int64_t, int64_t> state() const;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
  sqlite3* database_ = nullptr;
};

/// All that is done in its life is committed together, or (without commit()) not at all.
class Transaction {
 public:
  /// @param access  kRead: a state to read from, for the time it lives
  Transaction(const Database& database, Access access);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  /// @throws DataError  it could not be written; then nothing was
  void commit();

 private:
  const Database& database_;
  bool is_open_ = true;
};

}  // namespace dmf::search
