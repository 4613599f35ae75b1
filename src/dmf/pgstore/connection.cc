#include "dmf/pgstore/connection.h"

#include <libpq-fe.h>

#include <algorithm>
#include <cctype>

#include "dmf/core/error.h"
#include "dmf/core/log.h"

namespace dmf::pgstore {
namespace {

constexpr int kBinary = 1, kOldestServer = 130000, kMostTries = 5;

/// Another session was in the way; the transaction may be done again.
class Conflict : public DataError {
 public:
  using DataError::DataError;
};

std::string trimmed(std::string text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back())) != 0) text.pop_back();
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

// libpq's own words on a URL that it cannot read quote parts of it: of the password, too.
void check_url(const std::string& url) {
  char* ignored = nullptr;
  PQconninfoOption* options = url.starts_with("postgres://") || url.starts_with("postgresql://")
                                  ? PQconninfoParse(url.c_str(), &ignored)
                                  : nullptr;
  PQfreemem(ignored);
  bool is_good = options != nullptr;
  for (const PQconninfoOption* each = options; is_good && each->keyword != nullptr; ++each) {
    const std::string keyword = each->keyword, value = each->val == nullptr ? "" : each->val;
    if (keyword == "port")
      is_good = std::all_of(value.begin(), value.end(), [](unsigned char c) { return std::isdigit(c) != 0; });
    if (keyword == "host") is_good = value.find('@') == std::string::npos;
  }
  PQconninfoFree(options);
  DMF_CHECK(
      is_good, InvalidArgument,
      "--store: expected postgres://USER@HOST:PORT/DATABASE; hint: write other characters than letters and "
      "digits in a password as %XX, or give it by PGPASSWORD or ~/.pgpass");
}

void check_name(const std::string& name) {
  const bool is_good = !name.empty() && name.size() <= 63 && !name.starts_with("pg_") && name != "public" &&
                       name != "information_schema" &&
                       std::all_of(name.begin(), name.end(), [](unsigned char c) {
                         return c < 128 && (std::isalnum(c) != 0 || c == '_' || c == '-');
                       });
  DMF_CHECK(
      is_good, InvalidArgument,
      "'{}': no name of a gallery in a database; hint: up to 63 letters, digits, _ and -, not 'public' or "
      "'pg_…'",
      name);
}

void log_notice(void*, const char* message) { spdlog::warn("database: {}", trimmed(message)); }

std::string field(const PGresult* result, int code) {
  const char* text = PQresultErrorField(result, code);
  return text == nullptr ? "" : trimmed(text);
}

}  // namespace

Rows::Rows(pg_result* result) : result_(result, PQclear) {}
int64_t Rows::count() const { return PQntuples(result_.get()); }
int64_t Rows::changed() const { return std::atoll(PQcmdTuples(result_.get())); }
bool Rows::is_null(int64_t row, int column) const {
  return PQgetisnull(result_.get(), static_cast<int>(row), column) != 0;
}
std::optional<int64_t> Rows::optional_integer(int64_t row, int column) const {
  return is_null(row, column) ? std::nullopt : std::optional<int64_t>(integer(row, column));
}
std::string_view Rows::bytes(int64_t row, int column) const {
  return {PQgetvalue(result_.get(), static_cast<int>(row), column),
          static_cast<size_t>(PQgetlength(result_.get(), static_cast<int>(row), column))};
}

Connection::Connection(const std::string& url, const std::string& name)
    : url_(url), name_(name), connection_(nullptr, PQfinish) {
  check_url(url);
  check_name(name);
  connect();
}

Connection::~Connection() = default;

void Connection::connect() {
  // What stands later wins: the time-out is for a URL that says none.
  const char* const keys[] = {"connect_timeout", "fallback_application_name", "dbname", "client_encoding",
                              nullptr};
  const char* const values[] = {"10", "dmf", url_.c_str(), "UTF8", nullptr};
  connection_.reset(PQconnectdbParams(keys, values, /*expand_dbname=*/1));
  pg_conn* const made = connection_.get();
  const auto text = [](const char* part) { return std::string(part == nullptr ? "" : part); };
  place_ = fmt::format("{} in {}@{}:{}/{}", name_, text(PQuser(made)), text(PQhost(made)), text(PQport(made)),
                       text(PQdb(made)));
  if (PQstatus(made) != CONNECTION_OK)
    throw Unreachable(fmt::format("{}: the database is not reached: {}", place_, problem()));
  PQsetNoticeProcessor(made, log_notice, nullptr);
  DMF_CHECK(PQserverVersion(made) >= kOldestServer, DataError, "{}: PostgreSQL {}; 13 or later is needed",
            place_, PQserverVersion(made) / 10000);
  char* quoted = PQescapeIdentifier(made, name_.c_str(), name_.size());
  schema_ = quoted;
  PQfreemem(quoted);
  prepare_session();
}

void Connection::prepare_session() {
  // Nobody else's tables of these names; a commit that is told is on the disk; compiling a search takes longer
  // than the search; a filter must not make an approximate search come back short.
  try_run(
      "SELECT set_config('search_path', $1 || coalesce((SELECT ', ' || quote_ident(n.nspname) FROM "
      "pg_extension e "
      "JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'vector'), ''), false), "
      "set_config('jit', 'off', false), set_config('hnsw.iterative_scan', 'strict_order', false), "
      "set_config('synchronous_commit', CASE current_setting('synchronous_commit') WHEN 'off' THEN 'on' "
      "ELSE current_setting('synchronous_commit') END, false), set_config('client_min_messages', 'warning', "
      "false)",
      {of(schema_)});
}

std::string Connection::problem() const { return trimmed(PQerrorMessage(connection_.get())); }

void Connection::lost(const std::string& why) const {
  throw Unreachable(fmt::format("{}: the connection to the database is lost: {}", place_, why));
}

void Connection::reconnect() {
  spdlog::warn("{}: the connection is lost; connecting once more", place_);
  connect();
}

Rows Connection::checked(pg_result* result) {
  Rows rows(result);
  const ExecStatusType status = PQresultStatus(result);
  if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_COPY_IN) return rows;
  const std::string state = field(result, PG_DIAG_SQLSTATE);
  std::string message = field(result, PG_DIAG_MESSAGE_PRIMARY);
  if (PQstatus(connection_.get()) != CONNECTION_OK) lost(message.empty() ? problem() : message);
  if (message.empty()) message = problem();
  DMF_CHECK(state != "42501", InvalidArgument,
            "{}: this role may not do that: {}; hint: GRANT it, or give the role of who made the gallery in "
            "--store",
            place_, message);
  DMF_CHECK(state != "25006", InvalidArgument, "{}: the database is read only (a replica?): {}", place_,
            message);
  DMF_CHECK(!state.starts_with("22"), InvalidArgument, "{}: a value that the database cannot hold: {}",
            place_, message);
  if (state == "23505" || state == "40P01" || state == "40001")
    throw Conflict(fmt::format("{}: {}", place_, message));
  throw DataError(fmt::format("{}: {} ({})", place_, message, state));
}

Rows Connection::try_run(const std::string& sql, const std::vector<Value>& values) {
  std::vector<Oid> types;
  std::vector<const char*> bytes;
  std::vector<int> lengths;
  const std::vector<int> formats(values.size(), kBinary);
  for (const Value& value : values) {
    types.push_back(value.type);
    bytes.push_back(value.bytes ? value.bytes->data() : nullptr);
    lengths.push_back(value.bytes ? static_cast<int>(value.bytes->size()) : 0);
  }
  return checked(PQexecParams(connection_.get(), sql.c_str(), static_cast<int>(values.size()), types.data(),
                              bytes.data(), lengths.data(), formats.data(), kBinary));
}

Rows Connection::run(const std::string& sql, const std::vector<Value>& values) {
  if (is_in_transaction_) return try_run(sql, values);
  try {
    return try_run(sql, values);
  } catch (const Unreachable&) {
    reconnect();
    return try_run(sql, values);
  }
}

void Connection::copy(const std::string& sql, const std::vector<std::vector<Value>>& rows) {
  constexpr size_t kPiece = 1 << 20;
  try_run(sql, {});
  pg_conn* const made = connection_.get();
  const std::string bytes = copied_rows(rows);
  for (size_t first = 0; first < bytes.size(); first += kPiece) {
    const size_t count = std::min(kPiece, bytes.size() - first);
    if (PQputCopyData(made, bytes.data() + first, static_cast<int>(count)) != 1) break;  // the end says why
  }
  PQputCopyEnd(made, nullptr);
  std::unique_ptr<pg_result, void (*)(pg_result*)> result(PQgetResult(made), PQclear);
  while (pg_result* more = PQgetResult(made)) PQclear(more);
  checked(result.release());
}

void Connection::transaction(const std::function<void()>& work) {
  bool has_reconnected = false;
  for (int tries = 1;; ++tries) {
    bool is_committing = false;
    is_in_transaction_ = true;
    try {
      try_run("BEGIN", {});
      work();
      is_committing = true;
      try_run("COMMIT", {});
      is_in_transaction_ = false;
      return;
    } catch (const Unreachable& error) {
      is_in_transaction_ = false;
      if (is_committing)
        throw Unreachable(
            fmt::format("{}; it may have been done or not; hint: look, then do it again", error.what()));
      if (has_reconnected) throw;
      has_reconnected = true;
      reconnect();
    } catch (const std::exception& error) {
      is_in_transaction_ = false;
      PQclear(PQexec(connection_.get(), "ROLLBACK"));
      if (dynamic_cast<const Conflict*>(&error) == nullptr || tries == kMostTries) throw;
    }
  }
}

}  // namespace dmf::pgstore
