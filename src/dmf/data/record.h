#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "dmf/data/image_path.h"
#include "dmf/text/attributes.h"

namespace dmf::data {

/// Camera of a record whose dataset has none.
inline constexpr int64_t kNoCamera = -1;
/// Identity of an image that is neither right nor wrong (Market's "-1"): left out of every ranking.
inline constexpr int64_t kJunk = -1;
/// Identity of a gallery image that shows none of the queries' persons (Market's "0000"): always wrong.
/// No reader gives this number to a person.
inline constexpr int64_t kDistractor = 0;
/// Size of a file that nobody has asked for yet.
inline constexpr int64_t kUnknownSize = -1;

/// One image with what is known about it. Its pixels are read by decode_image() (image.h).
struct Record {
  ImagePath path;                     ///< image file: Dataset::root / its name in the dataset
  int64_t identity = kJunk;           ///< > 0 a person, or kJunk, or kDistractor
  int64_t camera = kNoCamera;         ///< number in the file's name, or kNoCamera
  std::vector<std::string> captions;  ///< sentences about this image, UTF-8
  int64_t bytes = kUnknownSize;       ///< size of the file; open_dataset() fills it in
};

/// One dataset of a mixture (mixture.h).
struct DatasetPart {
  std::string title;
  int64_t last_identity;  ///< its identities are those behind the part before it, up to here
};

/// A dataset's records by split, with everything that was found wrong with it, counted.
struct Dataset {
  std::string name;     ///< as in the spec: "market1501", "cuhk03", "folder", "csv" …
  std::string variant;  ///< version, protocol or part: "V2", "detected boxes, new protocol"; may be empty
  std::string spec;     ///< what open_dataset() was given
  std::string title;  ///< name for tables: `name` where the counts are the published ones, else the folder's
  std::filesystem::path root;      ///< folder that the images' names are relative to; of a mixture its title
  std::vector<DatasetPart> parts;  ///< what a mixture is made of; empty for a dataset of its own
  std::vector<Record> train, query, gallery;
  std::map<int64_t, text::Attributes> attributes;  ///< by identity
  std::vector<std::string> identity_names;         ///< [identity], where they are not the numbers; else empty
  bool has_cameras = false;                        ///< every record has a camera
  std::string fingerprint;                         ///< 16 digits; see open_dataset()
  std::map<std::string, int64_t> warnings;         ///< kind of warning → how often
};

}  // namespace dmf::data
