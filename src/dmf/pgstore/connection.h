#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "dmf/pgstore/wire.h"
#include "dmf/search/gallery_view.h"

struct pg_conn;
struct pg_result;

namespace dmf::pgstore {

using search::Unreachable;

/// What a statement gave.
class Rows {
 public:
  explicit Rows(pg_result* result);
  int64_t count() const;
  /// Rows that an INSERT, UPDATE or DELETE changed.
  int64_t changed() const;
  bool is_null(int64_t row, int column) const;
  int64_t integer(int64_t row, int column) const { return read_integer(bytes(row, column)); }
  std::optional<int64_t> optional_integer(int64_t row, int column) const;
  double number(int64_t row, int column) const { return read_double(bytes(row, column)); }
  std::string text(int64_t row, int column) const { return std::string(bytes(row, column)); }
  std::vector<std::string> texts(int64_t row, int column) const { return read_texts(bytes(row, column)); }
  std::vector<float> vector(int64_t row, int column) const { return read_vector(bytes(row, column)); }

 private:
  std::string_view bytes(int64_t row, int column) const;
  std::shared_ptr<pg_result> result_;
};

/// A connection to one gallery of a database. Statements are constants; values go beside them, in binary.
/// Where the server was lost, it connects once more and does what was asked again. Used by one thread at a time.
class Connection {
 public:
  /// @param url   postgres://USER:PASSWORD@HOST:PORT/DATABASE; what it leaves out is libpq's (PGPASSWORD,
  ///              ~/.pgpass). Its password is in no message.
  /// @param name  of the gallery: a schema of the database
  /// @throws InvalidArgument  no such URL or name
  /// @throws Unreachable      no server there, or it does not let us in
  Connection(const std::string& url, const std::string& name);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  const std::string& name() const { return name_; }
  /// "NAME in USER@HOST:PORT/DATABASE"
  const std::string& place() const { return place_; }
  /// The schema, quoted as SQL wants it.
  const std::string& schema() const { return schema_; }

  /// @throws InvalidArgument  the role may not, a replica, a text the database cannot hold
  /// @throws Unreachable      the server is gone
  /// @throws DataError        anything else it refuses
  Rows run(const std::string& sql, const std::vector<Value>& values = {});
  /// Adds rows by COPY. @param sql  COPY … FROM STDIN (FORMAT binary)
  void copy(const std::string& sql, const std::vector<std::vector<Value>>& rows);
  /// Does `work` in a transaction and commits it. Where another session was in the way, `work` is done again.
  /// Where the server is lost while it commits, nothing is done again: nobody knows which it was.
  void transaction(const std::function<void()>& work);
  /// Looks up where the extension is; to be called once more when it was made.
  void prepare_session();

 private:
  void connect();
  void reconnect();
  Rows try_run(const std::string& sql, const std::vector<Value>& values);
  Rows checked(pg_result* result);
  [[noreturn]] void lost(const std::string& why) const;
  std::string problem() const;

  std::string url_, name_, place_, schema_;
  std::unique_ptr<pg_conn, void (*)(pg_conn*)> connection_;
  bool is_in_transaction_ = false;
};

}  // namespace dmf::pgstore
