#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "dmf/data/record.h"

namespace dmf::data {

/// Reads a dataset's file names, captions and attributes (not its pixels). docs/datasets.md tells where each
/// format is published, with its counts.
///
/// @param spec  `NAME:PATH`, `NAME:PATH?key=value&key=value` (reader_options.h lists the keys), or a bare
/// path, which is recognised by its content. NAME is one of
///   market1501  bounding_box_train/, query/, bounding_box_test/ (any may be missing) with names
///               `0002_c1s1_000451_03.jpg`: identity (-1 junk, 0000 distractor), camera, sequence, frame,
///               box; ?distractors=true adds images/, the 500k
///   dukemtmc    the same folders, names `0001_c2_f0046182.jpg`: identity, camera, frame
///   cuhk03      the same folders with CUHK03-NP's names `0003_c1_21.png` (identity, camera, number), or
///               detected/ and labeled/ above them (?boxes=); or `cuhk-03.mat` as published, whose pictures
///               are unpacked into .cache/images once: ?protocol=new (767/700, from
///               `cuhk03_new_protocol_config_*.mat` beside it) or classic with ?split=0 … 19
///   msmt17      list_train.txt, list_val.txt, list_query.txt, list_gallery.txt (`PATH IDENTITY`), images in
///               train/ and test/ (V1) or mask_train_v2/ and mask_test_v2/ (V2)
///   msmt17_all  all of them to train
///   randperson  `000000_s00_c00_f000264.jpg`: identity, scene, camera in it, frame; the subset's folder or
///               the whole set's with images/
///   finegpr     `0001_c01_w01_l01_p01.jpg`: identity, viewpoint (the camera), weather, illumination, place;
///               in one folder or one for each identity; sentences of FineGPR-C (caption_file.h).
///               ?per_identity=11&seed=0 draws so many images of each, ?identities=300 so many identities
///               (randperson, too)
///   cuhk01      campus/0001001.png: identity, picture (1, 2: view 1; 3, 4: view 2)
///   viper       cam_a/, cam_b/ with `000_45.bmp`: identity, angle
///   grid        probe/, gallery/ with `0001_1_25004_107_32_106_221.jpeg`: identity (0000 strangers), camera;
///               splits in features_and_partitions.mat
///   prid        single_shot/cam_a/, cam_b/ with `person_0001.png`; 1 … 200 are in both views
///   ilids       Persons/0001001.jpg: identity, picture
///   cuhkpedes, icfgpedes, rstpreid   imgs/ and reid_raw.json, ICFG-PEDES.json, data_captions.json: captioned
///               photographs to train on (?split=all for all parts; ?without=PART leaves out imgs/PART/)
///   folder      a folder for each identity, on its own (all images are `train`) or under train/, query/ and
///               gallery/; cameras from a part `cN` of the file's name (`a_c2_01.jpg`) if every file has one
///   csv         a file with the header line `path,identity[,camera[,split[,caption]]]` (columns in any
///               order), quoted fields as in RFC 4180, UTF-8 with or without BOM, LF or CRLF; paths relative
///               to the file's folder; split is train (the default), query or gallery; a path given again
///               with another caption adds the caption
/// Several names joined by " + " are a mixture: their train splits as one dataset (mixture.h).
///
/// cuhk01, viper, prid and ilids are published without splits: ?split=0 … 9 draws one of ten halves.
/// Identities that the names count from 0 (kDistractor here) or that are any text get numbers from 1;
/// Dataset::identity_names tells which is which.
///
/// Beside the images (in the folder or the CSV's folder) may lie
///   captions.jsonl   a line for each image: {"image": "query/x.jpg", "captions": ["…", "…"]}
///   attributes.json  {"identity": {…}}, Market's 27 numbers, FineGPR's 13, or plain {"upper_colour": "red"}
///                    texts
///
/// @return records sorted by name in each split. Dataset::fingerprint covers each image's relative name, file
///   size, identity, camera, split and captions, and the attributes; it does not cover the pixels, so that
///   opening a dataset reads no image: a file changed without changing its size keeps the fingerprint. Large
///   synthetic sets are listed once and kept in .cache/index (file_index.h).
/// @throws DataError  a missing folder or file, another layout (the folder probably meant is named), a
///   broken line (with path:line), a camera or identity that cannot be read from the name, a path twice,
///   listed images that are not there, no image at all, a train split with fewer than two identities
/// @throws InvalidArgument  an unknown format or option
/// @note Everything else that is odd is logged and counted in Dataset::warnings: files of an unknown type,
///   empty identity folders, captions and attributes without image or identity, identities in both train and
///   query, query identities missing from the gallery, files without a camera where others have one.
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

/// Every format with its layout and its options, as a Markdown table: for `dmf help --datasets` and
/// docs/cli.md.
std::string formats_markdown();

/// How messages call an identity: its name where it has one, else its number.
std::string identity_name(const Dataset& dataset, int64_t identity);

/// What is known of an image besides who is on it: the attributes of its identity and, where file names tell
/// them (finegpr), those of the picture: viewpoint, weather, illumination, scene.
/// @throws DataError  such a name with a number out of range
text::Attributes image_attributes(const Dataset& dataset, const Record& record);

}  // namespace dmf::data
