#include "dmf/cli/report_distance.h"

#include <algorithm>
#include <map>

#include "dmf/core/error.h"
#include "dmf/core/random.h"
#include "dmf/data/dataset.h"

namespace dmf::cli {
namespace {

constexpr size_t kPlottedIdentities = 7;  // as many as there are colours
constexpr const char* kDistanceTitle = "Images and texts of the same persons (Fig. 3)";

struct Person {
  std::vector<std::filesystem::path> images;
  std::vector<std::string> texts;
};

template <class T>
void take(std::vector<T>& from, int64_t count, RandomStream& random, std::vector<T>& to,
          std::vector<int64_t>& identities, int64_t identity) {
  random.shuffle(from);
  const size_t taken = std::min(from.size(), static_cast<size_t>(count));
  for (size_t i = 0; i < taken; ++i) {
    to.push_back(from[i]);
    identities.push_back(identity);
  }
}

/// Points of the first identities; an identity's texts are joined with its images.
report::ScatterPanel panel_of(const std::string& title, const torch::Tensor& images,
                              const torch::Tensor& texts, const DistanceSample& sample,
                              const embed::ModalityDistance& distance) {
  report::ScatterPanel panel;
  panel.title = title;
  panel.note = fmt::format("image to text, same person {:.3f}, other persons {:.3f}: ratio {:.3f}",
                           distance.same, distance.other, distance.ratio());
  std::map<int64_t, size_t> group;
  for (const int64_t identity : sample.image_identities) {
    if (group.size() < kPlottedIdentities) group.try_emplace(identity, group.size());
  }
  std::vector<int64_t> rows, identities;
  std::vector<report::Mark> marks;
  const auto collect = [&](const std::vector<int64_t>& all, int64_t first, report::Mark mark) {
    for (size_t i = 0; i < all.size(); ++i) {
      if (!group.contains(all[i])) continue;
      rows.push_back(first + static_cast<int64_t>(i));
      identities.push_back(all[i]);
      marks.push_back(mark);
    }
  };
  collect(sample.image_identities, 0, report::Mark::kDisc);
  collect(sample.text_identities, images.size(0), report::Mark::kSquare);
  const torch::Tensor plane = embed::principal_plane(
      embed::side_by_side(images, texts).index_select(0, torch::tensor(rows, torch::kInt64)));
  for (size_t i = 0; i < rows.size(); ++i) {
    const auto row = static_cast<int64_t>(i);
    panel.points.push_back(
        {plane[row][0].item<double>(), plane[row][1].item<double>(), group.at(identities[i]), marks[i]});
    for (size_t j = 0; j < i; ++j) {
      if (identities[j] == identities[i] && marks[j] != marks[i]) panel.lines.push_back({j, i});
    }
  }
  return panel;
}

}  // namespace

DistanceSample draw_distance_sample(const std::string& spec, int64_t identities, int64_t samples,
                                    uint64_t seed) {
  const data::Dataset dataset = data::open_dataset(spec);
  std::map<int64_t, Person> persons;
  for (const auto* split : {&dataset.train, &dataset.query, &dataset.gallery}) {
    for (const data::Record& record : *split) {
      if (record.identity <= 0) continue;
      Person& person = persons[record.identity];
      person.images.push_back(record.path);
      person.texts.insert(person.texts.end(), record.captions.begin(), record.captions.end());
    }
  }
  std::erase_if(persons, [](const auto& entry) { return entry.second.texts.empty(); });
  DMF_CHECK(persons.size() >= 2, DataError,
            "{}: expected identities with images and captions, got {}; hint: captions.jsonl", spec,
            persons.size());
  RandomStream random(seed, "report.distance");
  std::vector<int64_t> order;
  for (const auto& [identity, person] : persons) order.push_back(identity);
  random.shuffle(order);
  order.resize(std::min(order.size(), static_cast<size_t>(identities)));
  DistanceSample sample;
  for (const int64_t identity : order) {
    Person& person = persons.at(identity);
    take(person.images, samples, random, sample.images, sample.image_identities, identity);
    take(person.texts, samples, random, sample.texts, sample.text_identities, identity);
  }
  return sample;
}

DistanceReport measure_distance(const embed::Embedder& embedder, const DistanceSample& sample) {
  const torch::Tensor raw_texts = embedder.encoded_sentences(sample.texts),
                      texts = embedder.sentences(sample.texts);
  const torch::Tensor raw_images = embedder.encoded_images(sample.images, "images, encoders alone").vectors;
  const torch::Tensor images = embedder.images(sample.images, "images").vectors;
  const auto distance = [&](const torch::Tensor& pictures, const torch::Tensor& words) {
    return embed::modality_distance({pictures, sample.image_identities}, {words, sample.text_identities});
  };
  const embed::ModalityDistance before = distance(raw_images, raw_texts), after = distance(images, texts);
  return {before,
          after,
          {panel_of("before translation: the encoders' outputs", raw_images, raw_texts, sample, before),
           panel_of("after: features of the fused model", images, texts, sample, after)}};
}

report::Canvas DistanceReport::plot() const {
  return report::draw(panels, kDistanceTitle, {"image", "text"});
}

std::string DistanceReport::svg() const { return report::to_svg(panels, kDistanceTitle, {"image", "text"}); }

}  // namespace dmf::cli
