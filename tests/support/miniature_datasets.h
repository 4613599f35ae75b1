#pragma once
#include <filesystem>
#include <string>
#include <vector>

namespace dmf::test {

/// Names that make_miniature() knows.
std::vector<std::string> miniature_names();

/// Writes a dataset of a few small made-up pictures (persons are coloured rectangles) with the folders, names
/// and lists of the published one into `folder`, which is created.
///
/// @param name  one of miniature_names(); without a variant it is a name that open_dataset() knows:
///   market1501     8 training and 4 test identities, 2 cameras, 2 images by each; junk, distractors
///   market1501+500k  the same with the folder images/ of the distractors
///   dukemtmc, cuhk03 (CUHK03-NP)   likewise
///   cuhk03-raw     cuhk-03.mat and both files of the new protocol
///   msmt17 (V1), msmt17-v2, msmt17_all (V1)
///   randperson (the subset), randperson-whole
///   finegpr        folders by identity with captions (FineGPR-C) and attributes.json; finegpr-subset
///   cuhk01, viper, grid, prid, ilids, cuhkpedes, icfgpedes, rstpreid
/// @return what comes behind `NAME:` in a dataset's name, a folder
/// @throws std::invalid_argument  another name
std::filesystem::path make_miniature(const std::string& name, const std::filesystem::path& folder);

}  // namespace dmf::test
