#include "dmf/search/database.h"

#include <sqlite3.h>

#include "dmf/core/error.h"

namespace dmf::search {
namespace {

constexpr int kPatience = 20'000;  // milliseconds that one waits for another process to end its transaction

[[noreturn]] void fail(sqlite3* database, const std::string& path) {
  const int code = database == nullptr ? SQLITE_NOMEM : sqlite3_errcode(database);
  std::string reason = database == nullptr ? "out of memory" : sqlite3_errmsg(database);
  switch (code & 0xff) {
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
      reason = "damaged: " + reason + "; hint: take it from a copy, or index the pictures anew";
      break;
    case SQLITE_FULL:
      reason += "; hint: free some space there";
      break;
    case SQLITE_BUSY:
      reason += "; hint: another process keeps it locked";
      break;
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
      reason += "; hint: reading it, too, needs the right to write in its folder";
      break;
    default:
      break;
  }
  throw DataError(fmt::format("{}: {}", path, reason));
}

}  // namespace

Statement::Statement(sqlite3* database, sqlite3_stmt* statement, const std::string& path)
    : database_(database), statement_(statement), path_(&path) {}

Statement::Statement(Statement&& other) noexcept
    : database_(other.database_),
      statement_(std::exchange(other.statement_, nullptr)),
      path_(other.path_),
      values_(other.values_) {}

Statement::~Statement() { sqlite3_finalize(statement_); }

void Statement::reset() {
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
  values_ = 0;
}

void Statement::set(int64_t value) {
  if (sqlite3_bind_int64(statement_, ++values_, value) != SQLITE_OK) fail(database_, *path_);
}

void Statement::set(const std::string& value) {
  if (sqlite3_bind_text64(statement_, ++values_, value.data(), value.size(), SQLITE_TRANSIENT, SQLITE_UTF8) !=
      SQLITE_OK)
    fail(database_, *path_);
}

void Statement::set(const Blob& value) {
  if (sqlite3_bind_blob64(statement_, ++values_, value.bytes.data(), value.bytes.size(), SQLITE_TRANSIENT) !=
      SQLITE_OK)
    fail(database_, *path_);
}

void Statement::set(const std::optional<int64_t>& value) {
  if (value) return set(*value);
  if (sqlite3_bind_null(statement_, ++values_) != SQLITE_OK) fail(database_, *path_);
}

bool Statement::next() {
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) fail(database_, *path_);
  return false;
}

void Statement::run() {
  while (next()) {
  }
}

int64_t Statement::integer(int column) const { return sqlite3_column_int64(statement_, column); }

std::optional<int64_t> Statement::optional_integer(int column) const {
  if (sqlite3_column_type(statement_, column) == SQLITE_NULL) return std::nullopt;
  return integer(column);
}

std::string Statement::text(int column) const {
  const void* bytes = sqlite3_column_blob(statement_, column);
  const int count = sqlite3_column_bytes(statement_, column);
  return bytes == nullptr ? "" : std::string(static_cast<const char*>(bytes), static_cast<size_t>(count));
}

Database::Database(const std::filesystem::path& path, Access access) : path_(path.string()) {
  const int flags = access == Access::kWrite ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
                                             : SQLITE_OPEN_READWRITE;  // SQLite falls back to reading alone
  if (sqlite3_open_v2(path_.c_str(), &database_, flags | SQLITE_OPEN_EXRESCODE, nullptr) != SQLITE_OK) {
    const std::string reason = database_ == nullptr ? "out of memory" : sqlite3_errmsg(database_);
    sqlite3_close(database_);
    throw DataError(fmt::format("{}: {}", path_, reason));
  }
  try {
    sqlite3_busy_timeout(database_, kPatience);
    // The file may be anybody's: what is stored in it must not act.
    sqlite3_db_config(database_, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    sqlite3_db_config(database_, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
    if (access == Access::kWrite) {
      // What is deleted is overwritten, and the file can become smaller again.
      execute(
          "PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
          "PRAGMA secure_delete = ON; PRAGMA foreign_keys = ON; PRAGMA cell_size_check = ON");
    } else {
      execute("PRAGMA query_only = ON; PRAGMA cell_size_check = ON");
    }
  } catch (...) {
    sqlite3_close(database_);
    throw;
  }
}

Database::~Database() { sqlite3_close_v2(database_); }

Statement Database::prepare(const std::string& sql) const {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v2(database_, sql.data(), static_cast<int>(sql.size()), &statement, nullptr) !=
      SQLITE_OK)
    fail(database_, path_);
  return {database_, statement, path_};
}

void Database::execute(const std::string& sql) const {
  if (sqlite3_exec(database_, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) fail(database_, path_);
}

int64_t Database::number(const std::string& sql) const {
  Statement statement = prepare(sql);
  return statement.next() ? statement.integer(0) : 0;
}

int64_t Database::last_id() const { return sqlite3_last_insert_rowid(database_); }
int64_t Database::changes() const { return sqlite3_changes64(database_); }

std::pair<int64_t, int64_t> Database::state() const {
  return {number("PRAGMA data_version"), sqlite3_total_changes64(database_)};
}

Transaction::Transaction(const Database& database, Access access) : database_(database) {
  database_.execute(access == Access::kWrite ? "BEGIN IMMEDIATE" : "BEGIN");
}

Transaction::~Transaction() {
  if (!is_open_) return;
  try {
    database_.execute("ROLLBACK");
  } catch (const Error&) {
    // SQLite has rolled back already, as it does after some errors.
  }
}

void Transaction::commit() {
  database_.execute("COMMIT");
  is_open_ = false;
}

}  // namespace dmf::search
