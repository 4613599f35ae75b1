#pragma once
#include <filesystem>
#include <vector>

#include "dmf/data/record.h"
#include "dmf/eval/labels.h"

namespace dmf::cli {

/// Labels of vectors, row by row, as CSV with a header line: columns `identity` (a whole number; -1 junk),
/// `camera` (a whole number; empty or -1 = not known; the column may be missing) and any others, which are
/// not read. Fields are not quoted; the last may hold commas.
/// @throws DataError  naming file and line
eval::Labels read_labels(const std::filesystem::path& file);

/// Writes identity,camera,path of each record, in the form that read_labels() reads.
void write_labels(const std::filesystem::path& file, const std::vector<data::Record>& records);

}  // namespace dmf::cli
