#include <set>

#include "dmf/core/table.h"
#include "dmf/data/dataset.h"

namespace dmf::data {

std::string describe(const Dataset& dataset) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& [split, records] :
       {std::pair{Split::kTrain, &dataset.train}, std::pair{Split::kQuery, &dataset.query},
        std::pair{Split::kGallery, &dataset.gallery}}) {
    std::set<int64_t> identities, cameras;
    size_t captioned = 0, captions = 0, others = 0;
    for (const Record& record : *records) {
      if (record.identity > kDistractor) {
        identities.insert(record.identity);
      } else {
        ++others;
      }
      if (record.camera != kNoCamera) cameras.insert(record.camera);
      captioned += !record.captions.empty();
      captions += record.captions.size();
    }
    rows.push_back({split_name(split), std::to_string(records->size()), std::to_string(identities.size()),
                    dataset.has_cameras ? std::to_string(cameras.size()) : "-", std::to_string(captioned),
                    std::to_string(captions), std::to_string(others)});
  }
  return text_table(
      {dataset.title, "images", "identities", "cameras", "captioned", "captions", "junk, distractors"}, rows);
}

text::Attributes image_attributes(const Dataset& dataset, const Record& record) {
  text::Attributes attributes;
  // The name's own come first: what is told of one picture holds for it.
  if (dataset.name == "finegpr") attributes = text::surroundings_from_finegpr(record.path.name());
  const auto person = dataset.attributes.find(record.identity);
  if (person != dataset.attributes.end()) attributes.insert(person->second.begin(), person->second.end());
  return attributes;
}

}  // namespace dmf::data
