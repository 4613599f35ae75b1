#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "dmf/data/dataset.h"

namespace dmf::data {

inline constexpr int64_t kNotPublished = -1;

/// Published size of a split; 0 images: the set has no such split.
struct PublishedSplit {
  int64_t images = 0, identities = 0;
};

/// What a dataset's publishers (or, for splits of later papers, those) say it holds.
struct Published {
  const char* format;
  const char* what;  ///< version, protocol or part; empty where there is one only
  PublishedSplit train, query, gallery;
  int64_t cameras = kNotPublished;
  bool is_told =
      false;  ///< meant where the dataset's variant says `what`, whatever its counts; never elsewhere
};

/// Every published form of a format; empty for folder and csv.
std::vector<Published> published_forms(const std::string& format);

/// The published form whose image counts the dataset has; empty where it has none of them.
std::optional<Published> matching_form(const Dataset& dataset);

/// The published form to compare with: the one that the dataset's variant tells, else the one of the nearest
/// counts; empty where nothing is published.
std::optional<Published> nearest_form(const Dataset& dataset);

}  // namespace dmf::data
