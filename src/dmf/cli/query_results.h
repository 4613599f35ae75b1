#pragma once
#include <nlohmann/json.hpp>
#include <vector>

#include "dmf/eval/result.h"

namespace dmf::cli {

/// An identity as it was written: what is kept as a negative number, except junk, was one from 2^63 on.
nlohmann::json identity_json(int64_t identity);

/// What became of each query, as columns, so that two tests can be compared query by query later:
/// {"identity": […], "camera": […], "average_precision": […], "inverse_negative_penalty": […],
/// "first_hit_rank": […], "right_answers": […]}.
nlohmann::json query_columns(const std::vector<eval::QueryResult>& queries);

/// The way back; nearest answers are not kept.
/// @throws DataError  columns that are missing, of another type or of different lengths. @param where  file,
/// for the message
std::vector<eval::QueryResult> query_results(const nlohmann::json& columns, const std::string& where);

}  // namespace dmf::cli
