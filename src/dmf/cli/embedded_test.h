#pragma once
#include <cstdint>
#include <vector>

#include "dmf/cli/vector_input.h"
#include "dmf/data/record.h"

namespace dmf::cli {

/// The test images of a dataset with the vectors that a model gave them.
struct EmbeddedTest {
  data::Dataset dataset;
  bool is_drawn = false;  ///< the queries, of a dataset without such splits
  LabelledSet query, gallery;
  /// Which of dataset.query and dataset.gallery each vector is of: all but those that cannot be decoded.
  std::vector<int64_t> query_rows, gallery_rows;
  int64_t broken_images = 0;
  double seconds = 0;  ///< of making the vectors

  const data::Record& query_record(int64_t vector) const {
    return dataset.query[static_cast<size_t>(query_rows[static_cast<size_t>(vector)])];
  }
  const data::Record& gallery_record(int64_t vector) const {
    return dataset.gallery[static_cast<size_t>(gallery_rows[static_cast<size_t>(vector)])];
  }
};

}  // namespace dmf::cli
