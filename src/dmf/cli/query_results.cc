#include "dmf/cli/query_results.h"

#include "dmf/core/error.h"

namespace dmf::cli {
namespace {

/// Calls `visit(name, member)` for each column.
template <class Visit>
void for_each_column(const Visit& visit) {
  using Query = eval::QueryResult;
  visit("identity", &Query::identity);
  visit("camera", &Query::camera);
  visit("average_precision", &Query::average_precision);
  visit("inverse_negative_penalty", &Query::inverse_negative_penalty);
  visit("first_hit_rank", &Query::first_hit_rank);
  visit("right_answers", &Query::right_answers);
}

}  // namespace

nlohmann::json identity_json(int64_t identity) {
  return identity < eval::kJunk ? nlohmann::json(static_cast<uint64_t>(identity)) : nlohmann::json(identity);
}

nlohmann::json query_columns(const std::vector<eval::QueryResult>& queries) {
  nlohmann::json columns;
  for_each_column([&](const char* name, auto member) {
    nlohmann::json& column = columns[name] = nlohmann::json::array();
    for (const eval::QueryResult& query : queries) column.push_back(query.*member);
  });
  for (nlohmann::json& identity : columns["identity"]) identity = identity_json(identity.get<int64_t>());
  return columns;
}

std::vector<eval::QueryResult> query_results(const nlohmann::json& columns, const std::string& where) {
  try {
    std::vector<eval::QueryResult> queries(columns.at("identity").size());
    for_each_column([&](const char* name, auto member) {
      const nlohmann::json& column = columns.at(name);
      DMF_CHECK(column.size() == queries.size(), DataError, "{}: `{}` has {} queries, `identity` {}", where,
                name, column.size(), queries.size());
      for (size_t i = 0; i < queries.size(); ++i) column[i].get_to(queries[i].*member);
    });
    for (const eval::QueryResult& query : queries) {
      DMF_CHECK(query.average_precision >= 0 && query.average_precision <= 1, DataError,
                "{}: an average precision of {:g}; expected 0 to 1", where, query.average_precision);
    }
    return queries;
  } catch (const nlohmann::json::exception& error) {
    throw DataError(fmt::format("{}: not the queries of a test: {}", where, error.what()));
  }
}

}  // namespace dmf::cli
