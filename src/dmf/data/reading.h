#pragma once
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "dmf/core/log.h"
#include "dmf/data/dataset.h"
#include "dmf/data/spec.h"

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
  bool is_drawn = false;  ///< the records are a part of the set: what is told of the others is no fault

  std::vector<Record>& split(Split split);
  /// Numbers the identities by their sorted names, from 1, and files the records under their splits.
  void add_named(std::vector<NamedRecord> records);
};

/// The path's name below the dataset's root, with '/'.
std::string relative_name(const ImagePath& path, const std::filesystem::path& root);

/// Entries of a folder, sorted by name. Throws DataError with the system's reason.
std::vector<std::filesystem::path> sorted_entries(const std::filesystem::path& folder);

/// True for an image file; anything else is counted.
bool is_image(const std::filesystem::path& path, WarningCounter& warnings);

/// Message for a file whose name does not tell what it has to.
std::string name_message(const std::filesystem::path& path, const std::string& form);

// The readers: each fills the splits of `reading`, whose dataset.root is set; format.cc is their table.

/// Folders by identity. (layouts.cc)
void read_identity_folders(Reading& reading, const Spec& spec);
/// CSV; the file lies in dataset.root. (csv.cc)
void read_csv(Reading& reading, const Spec& spec);
/// Market-1501, DukeMTMC-reID: three folders. (layouts.cc)
void read_market(Reading& reading, const Spec& spec);
void read_duke(Reading& reading, const Spec& spec);
/// CUHK03-NP's folders and CUHK03's own file. (cuhk03.cc)
void read_cuhk03(Reading& reading, const Spec& spec);
/// MSMT17's lists, as published or all in train. (msmt17.cc)
void read_msmt17(Reading& reading, const Spec& spec);
void read_msmt17_all(Reading& reading, const Spec& spec);
/// Large synthetic sets. (synthetic.cc)
void read_randperson(Reading& reading, const Spec& spec);
void read_finegpr(Reading& reading, const Spec& spec);
/// Small sets of two views. (two_views.cc)
void read_cuhk01(Reading& reading, const Spec& spec);
void read_viper(Reading& reading, const Spec& spec);
void read_grid(Reading& reading, const Spec& spec);
void read_prid(Reading& reading, const Spec& spec);
void read_ilids(Reading& reading, const Spec& spec);
/// Real photographs with sentences. (captioned.cc)
void read_cuhkpedes(Reading& reading, const Spec& spec);
void read_icfgpedes(Reading& reading, const Spec& spec);
void read_rstpreid(Reading& reading, const Spec& spec);

/// Market's three folders below dataset.root, of which any may be missing. (layouts.cc)
/// @param form  what a name has to look like, for messages
void read_flat_layout(Reading& reading, const std::string& form);

/// True where Market's folder to train or to test is there.
bool has_flat_layout(const std::filesystem::path& folder);

/// Whose names the files of Market's three folders have: "market1501", "dukemtmc" or "cuhk03".
std::string flat_style(const std::filesystem::path& folder);

/// Adds captions.jsonl and attributes.json of the root, where they are there. (annotations.cc)
void read_annotations(Reading& reading);

/// Sets has_cameras, checks the splits against each other, throws DataError where there is too little.
/// (reading.cc)
/// @param hint  asked for what to tell the user with that error
void check_reading(Reading& reading, const std::function<std::string()>& hint);

/// Fills in Record::bytes where it is not known. Throws DataError for a file that is not there. (reading.cc)
void measure_files(Dataset& dataset);

/// Fingerprint as open_dataset() documents it; sizes are known. (reading.cc)
std::string dataset_fingerprint(const Dataset& dataset);

}  // namespace dmf::data
