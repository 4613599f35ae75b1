#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "dmf/cli/labels_file.h"
#include "dmf/eval/evaluate.h"
#include "dmf/eval/vector_file.h"

namespace dmf::cli {

/// Vectors with their labels, the memory included.
struct LabelledSet {
  eval::VectorSet vectors;
  LabelsTable table;
  eval::LabelledVectors all() const { return {vectors.view(), table.labels}; }
};

/// A test made of vectors that any program may have written.
struct VectorInput {
  std::string name;         ///< of the folder, or of the gallery's file
  std::string fingerprint;  ///< 16 digits, of all the files
  LabelledSet query, gallery;
};

/// Reads FOLDER/query.npy and gallery.npy, [N, D] of a floating type, and beside each a .csv of N rows
/// (labels_file.h), as `dmf embed --split` writes them.
/// @throws DataError  naming the file that does not fit
VectorInput read_vector_folder(const std::filesystem::path& folder);

/// Reads two files of vectors, .npy or .mat, and one file of labels with the column `split`.
///
/// A .mat (version 5 or 7.3) holds one matrix of numbers, [N, D] or, as MATLAB code has it, [D, N]: N is the
/// number of labels.
/// @throws DataError  naming the file that does not fit
VectorInput read_vector_files(const std::filesystem::path& query, const std::filesystem::path& gallery,
                              const std::filesystem::path& labels);

/// Reads one .mat that holds vectors and labels under the names that Person_reID_baseline_pytorch's
/// evaluation reads: query_f, query_label, query_cam, gallery_f, gallery_label, gallery_cam. Where a part has
/// as many vectors as numbers in each, its vectors are rows or columns as the other part's are.
/// @throws DataError  naming the variable that is missing or does not fit
VectorInput read_vector_mat(const std::filesystem::path& file);

}  // namespace dmf::cli
