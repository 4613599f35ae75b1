#pragma once
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "dmf/core/log.h"
#include "dmf/data/dataset.h"

namespace dmf::data {

/// A record before its identity's name has got a number.
struct NamedRecord {
  Record record;
  std::string identity_name;
  Split split = Split::kTrain;
};

/// A dataset while it is being read, and what was odd about it.
struct Reading {
  Dataset dataset;
  WarningCounter warnings;

  std::vector<Record>& split(Split split);
  /// Numbers the identities by their sorted names, from 1, and files the records under their splits.
  void add_named(std::vector<NamedRecord> records);
};

/// The path's name below the dataset's root, with '/'.
std::string relative_name(const std::filesystem::path& path, const std::filesystem::path& root);

/// Entries of a folder, sorted by name. Throws DataError with the system's reason.
std::vector<std::filesystem::path> sorted_entries(const std::filesystem::path& folder);

// The readers: each fills the splits of `reading`, whose dataset.root is set. (layouts.cc, csv.cc)

/// Market-1501's and CUHK03-NP's layout.
/// @param form  what a name has to look like, for messages
void read_flat_layout(Reading& reading, const std::string& form);
/// Folders by identity.
void read_identity_folders(Reading& reading);
/// CSV; `file` lies in dataset.root.
void read_csv(Reading& reading, const std::filesystem::path& file);

/// True where any of Market's three folders is there.
bool has_flat_layout(const std::filesystem::path& folder);

/// Adds captions.jsonl and attributes.json of the root, where they are there. (annotations.cc)
void read_annotations(Reading& reading);

/// Sets has_cameras, checks the splits against each other, throws DataError where there is too little.
/// (reading.cc)
void check_reading(Reading& reading);

/// Fingerprint as open_dataset() documents it. (reading.cc)
std::string dataset_fingerprint(const Dataset& dataset);

}  // namespace dmf::data
