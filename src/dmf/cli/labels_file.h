#pragma once
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "dmf/data/record.h"
#include "dmf/eval/labels.h"

namespace dmf::cli {

/// Columns of words by name, a word for each row; what is not known is an empty word.
using Words = std::map<std::string, std::vector<std::string>>;

/// A file of labels: what stands in it, column by column.
struct LabelsTable {
  eval::Labels labels;
  std::vector<std::string> splits;  ///< one a row; empty without the column
  Words words;                      ///< the other columns

  int64_t count() const { return labels.count(); }
  /// The rows of one split. Throws DataError (naming `file`) without the column `split`, where such a row
  /// follows one of another split that follows this one, or where there is none.
  LabelsTable split(const std::string& name, const std::filesystem::path& file) const;
};

/// Labels of vectors, row by row, as CSV with a header line: columns `identity` (a whole number; -1 junk, or
/// one of 64 bits without sign), `camera` (a whole number; empty or -1 = not known; the column may be
/// missing), `split` (query or gallery) and any others, whose words can part a test's queries. Blanks and
/// quotes about a field are left out; commas stand in the last one only. Lines end with LF or CRLF; a
/// byte-order mark before the first is skipped.
/// @throws DataError  naming file and line
LabelsTable read_labels_table(const std::filesystem::path& file);

/// Identities and cameras of such a file.
eval::Labels read_labels(const std::filesystem::path& file);

/// Writes identity,camera,path of each record, in the form that read_labels() reads.
void write_labels(const std::filesystem::path& file, const std::vector<data::Record>& records);

}  // namespace dmf::cli
