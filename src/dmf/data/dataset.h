#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "dmf/data/record.h"

namespace dmf::data {

/// Reads a dataset's file names, captions and attributes (not its pixels).
///
/// @param spec  one of
///   market1501:FOLDER  bounding_box_train/, query/, bounding_box_test/ (any of them may be missing) with
///   names
///                      `0002_c1s1_000451_03.jpg`: identity (-1 junk, 0000 distractor), camera, sequence,
///                      frame, box
///   cuhk03:FOLDER      the same folders, CUHK03-NP's names `0003_c1_21.png`: identity, camera, number
///   folder:FOLDER      a folder for each identity, on its own (all images are `train`) or under train/,
///   query/ and
///                      gallery/; cameras from a part `cN` of the file's name (`a_c2_01.jpg`) if every file
///                      has one
///   csv:FILE           header line `path,identity[,camera[,split[,caption]]]` (columns in any order), quoted
///   fields
///                      as in RFC 4180, UTF-8 with or without BOM, LF or CRLF; paths relative to the file's
///                      folder; split is train (the default), query or gallery; a path given again with
///                      another caption adds the caption
///   a bare path        one of these, recognised by its content
/// Identities of folder and csv are any text; they get the numbers 1, 2 … in the order of their sorted names.
///
/// Beside the images (in FOLDER or the CSV's folder) may lie
///   captions.jsonl   a line for each image: {"image": "query/x.jpg", "captions": ["…", "…"]}
///   attributes.json  {"identity": {…}}, Market's 27 numbers or plain {"upper_colour": "red"} texts
///
/// @return records sorted by name in each split. Dataset::fingerprint covers each image's relative name, file
/// size,
///   identity, camera, split and captions, and the attributes; it does not cover the pixels, so that opening
///   a dataset reads no image: a file changed without changing its size keeps the fingerprint.
/// @throws DataError  a missing folder or file, a broken line (with path:line), a camera or identity that
/// cannot be read
///   from the name (market1501, cuhk03), a path twice, no image at all, a train split with fewer than two
///   identities
/// @throws InvalidArgument  an unknown dataset format
/// @note Everything else that is odd is logged and counted in Dataset::warnings: files of an unknown type,
/// empty
///   identity folders, captions and attributes without image or identity, identities in both train and query,
///   query identities missing from the gallery, files without a camera where others have one.
Dataset open_dataset(const std::string& spec);

enum class Split { kTrain, kQuery, kGallery };

/// "train", "query" or "gallery".
const char* split_name(Split split);

/// Records of a split that the caller cannot do without.
/// @throws DataError  the split is empty; the message says what the dataset has and how to get the split
const std::vector<Record>& require_split(const Dataset& dataset, Split split);

/// Makes query and gallery out of a dataset that came without splits: its train records become the test
/// records.
///
/// For each identity one image of each camera is a query, drawn with `seed`; without cameras the first image
/// is. The rest is the gallery. An identity keeps at least one image in the gallery: its last cameras give no
/// query where nothing else would be left, and an identity of one image has none (counted in
/// Dataset::warnings). The fingerprint changes with it.
/// @throws InvalidArgument  the dataset already has a query or gallery split
/// @throws DataError        no identity has two images
void split_queries(Dataset& dataset, uint64_t seed);

/// Images, identities, cameras and captions of each split, as a table for the terminal.
std::string describe(const Dataset& dataset);

/// How messages call an identity: its name where it has one, else its number.
std::string identity_name(const Dataset& dataset, int64_t identity);

}  // namespace dmf::data
