#pragma once
#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "dmf/data/dataset.h"
#include "dmf/data/published.h"

namespace dmf::data {

/// What a split holds. Identities are persons, cameras those of all images.
struct SplitCounts {
  int64_t images = 0, identities = 0, cameras = 0, captioned = 0, captions = 0;
  int64_t junk = 0, distractors = 0;
  int64_t of_one_image = 0;  ///< identities of one image: no positive pair
};

/// A file that cannot be used, and why.
struct BrokenFile {
  std::string path, reason;
};

/// Images that are the same (or look the same), by their index in train, query, gallery, one after the other.
struct SameImages {
  std::vector<uint32_t> images;
  bool is_of_several_identities = false;
  bool crosses_splits = false;  ///< train on one side, query or gallery on the other
};

/// What reading every image told.
struct ImageInspection {
  int64_t images = 0;
  std::vector<BrokenFile> empty, unreadable;
  int64_t duplicates = 0;                    ///< images beyond the first of each group of same files
  std::vector<SameImages> same;              ///< groups of same files
  int64_t near_pairs = 0;                    ///< pairs that look the same, of one identity and side
  std::vector<SameImages> near_wrong;        ///< pairs that look the same across identities or splits
  std::map<std::string, int64_t> odd_sizes;  ///< "wider than high", "smaller than 16 x 16" … → images
  int64_t height_min = 0, height_median = 0, height_max = 0;
  int64_t width_min = 0, width_median = 0, width_max = 0;
  double seconds = 0;
};

/// A dataset's state. Nothing in it is an error by itself: problems() tells which of it spoils a training.
struct Inspection {
  std::array<SplitCounts, 3> splits;     ///< train, query, gallery
  std::optional<Published> published;    ///< form nearest to the counts
  bool has_published_counts = false;     ///< images of every split are the published ones
  std::vector<int64_t> cameras;          ///< all of them, sorted
  std::vector<int64_t> missing_cameras;  ///< numbers left out between the first and the last
  std::vector<std::string> leaking;      ///< identities in both train and query or gallery
  std::vector<std::string> absent;       ///< query identities that the gallery lacks
  int64_t without_caption = 0;           ///< images without one where others have some
  int64_t captions_without_image = 0;
  std::optional<ImageInspection> images;
};

struct InspectionOptions {
  bool reads_images = true;
  int64_t threads = 0;    ///< 0: one for each available processor
  int64_t near_bits = 6;  ///< of the 128 that a picture's hash has: more different bits are another picture
};

/// Looks into a dataset: its counts, and, unless told not to, every image file: hash of the file, a decode at
/// reduced size, a perceptual hash (the signs of the horizontal steps of an 8 x 16 thumbnail). Memory: 50
/// bytes an image. Shows its progress; Ctrl-C ends it.
/// @throws InvalidArgument  near_bits beyond 7, up to which all near pairs are found
Inspection inspect_dataset(const Dataset& dataset, const InspectionOptions& options = {});

/// What would make a training or its figures wrong, one sentence each; empty where nothing does: broken
/// files, identities or images in both train and test, one image under two identities.
std::vector<std::string> problems(const Dataset& dataset, const Inspection& inspection);

/// Record of an image by its index in train, query, gallery, one after the other.
const Record& record_at(const Dataset& dataset, uint32_t index);

}  // namespace dmf::data
