#pragma once
#include <filesystem>
#include <vector>

#include "dmf/cli/labels_file.h"
#include "dmf/data/dataset.h"
#include "dmf/eval/labels.h"

namespace dmf::cli {

/// Image files below a folder, sorted. @throws DataError  there is none
std::vector<std::filesystem::path> images_below(const std::filesystem::path& folder);

/// The records of a split ("train", "query", "gallery") or of "all" of them.
/// @throws DataError  the dataset has none
std::vector<data::Record> records_of(const data::Dataset& dataset, const std::string& split);

/// Image files of records, as the embedder takes them.
std::vector<std::filesystem::path> paths_of(const std::vector<data::Record>& records);

/// 0, 1, … : all of them.
std::vector<int64_t> all_rows(const std::vector<data::Record>& records);

/// Identities and cameras of records, as the evaluation takes them.
/// @param rows  places in `records`
eval::Labels labels_of(const std::vector<data::Record>& records, const std::vector<int64_t>& rows);

/// What is known of each image (data::image_attributes()), a column for each attribute that any of them has;
/// an empty word where it is not known of an image.
Words words_of(const data::Dataset& dataset, const std::vector<data::Record>& records,
               const std::vector<int64_t>& rows);

/// Draws the queries of a set that has neither query nor gallery images (one of each identity and camera,
/// seed 0).
/// @return whether it did
/// @throws DataError  one of the two is there and the other is not
bool complete_test_half(data::Dataset& dataset);

}  // namespace dmf::cli
