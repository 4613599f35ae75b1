#include "dmf/data/sampler.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "dmf/core/error.h"

namespace dmf::data {
namespace {

/// `count` of the values: different ones where there are enough, else with replacement.
std::vector<int64_t> draw(const std::vector<int64_t>& values, int64_t count, RandomStream& random) {
  const auto available = static_cast<int64_t>(values.size());
  std::vector<int64_t> result;
  if (available >= count) {
    std::vector<int64_t> rest = values;
    for (int64_t i = 0; i < count; ++i) {
      std::swap(rest[static_cast<size_t>(i)], rest[static_cast<size_t>(i + random.integer(available - i))]);
    }
    result.assign(rest.begin(), rest.begin() + count);
  } else {
    for (int64_t i = 0; i < count; ++i)
      result.push_back(values[static_cast<size_t>(random.integer(available))]);
  }
  return result;
}

/// The images in such an order that those of different cameras come first: every camera's first, then every
/// camera's second …
std::vector<int64_t> spread(const std::vector<int64_t>& images, const std::vector<int64_t>& cameras) {
  std::map<int64_t, int64_t> seen;
  std::vector<std::pair<int64_t, int64_t>> turns;  // (how many of its camera came before it, image)
  for (const int64_t image : images) turns.emplace_back(seen[cameras[static_cast<size_t>(image)]]++, image);
  std::stable_sort(turns.begin(), turns.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<int64_t> result;
  for (const auto& [turn, image] : turns) result.push_back(image);
  return result;
}

/// Records that an identity's texts are taken from.
std::vector<int64_t> text_records(const std::vector<Record>& records, const std::vector<int64_t>& images,
                                  bool has_attributes) {
  std::vector<int64_t> captioned;
  for (const int64_t image : images) {
    if (!records[static_cast<size_t>(image)].captions.empty()) captioned.push_back(image);
  }
  return captioned.empty() && has_attributes ? images : captioned;
}

}  // namespace

IdentitySampler::IdentitySampler(const std::vector<Record>& records,
                                 const std::map<int64_t, text::Attributes>& attributes,
                                 const SamplerOptions& options, uint64_t seed,
                                 const std::vector<DatasetPart>& parts)
    : options_(options), seed_(seed) {
  std::map<int64_t, std::vector<int64_t>> images_from_identity;
  for (size_t i = 0; i < records.size(); ++i) {
    if (records[i].identity > kDistractor)
      images_from_identity[records[i].identity].push_back(static_cast<int64_t>(i));
  }
  size_t most = 0;
  for (auto& [identity, images] : images_from_identity) {
    most = std::max(most, images.size());
    image_count_ += static_cast<int64_t>(images.size());
    identities_.push_back(identity);
    texts_.push_back(text_records(records, images, attributes.contains(identity)));
    classes_with_text_ += !texts_.back().empty();
    images_.push_back(std::move(images));
  }
  DMF_CHECK(classes() >= options.identities, InvalidArgument,
            "sampler: too few identities: a batch takes {}, the records have {}; hint: batch.identities={}",
            options.identities, classes(), std::max<int64_t>(2, classes()));
  if (options.cameras == "spread") {
    for (const Record& record : records) cameras_.push_back(record.camera);
    DMF_CHECK(
        std::any_of(cameras_.begin(), cameras_.end(), [](int64_t camera) { return camera != kNoCamera; }),
        InvalidArgument,
        "sampler: batch.cameras = \"spread\" needs cameras, and the records have none; hint: "
        "batch.cameras=any");
  }
  DMF_CHECK(most >= 2, InvalidArgument,
            "sampler: no identity has two images, so there is nothing to learn from");
  DMF_CHECK(classes_with_text_ > 0 || (options.text_fraction == 0 && options.texts_beside == 0),
            InvalidArgument,
            "sampler: texts are asked for (text_fraction {}, texts_beside {}), but no identity has captions "
            "or attributes",
            options.text_fraction, options.texts_beside);
  if (options.balance == "datasets") set_parts(parts);
}

void IdentitySampler::set_parts(const std::vector<DatasetPart>& parts) {
  DMF_CHECK(parts.size() >= 2, InvalidArgument,
            "sampler: batch.balance = \"datasets\" needs a mixture of datasets: --train A --train B");
  std::vector<double>& shares = options_.shares;
  if (shares.empty()) shares.assign(parts.size(), 1.0);
  const double sum = std::accumulate(shares.begin(), shares.end(), 0.0);
  DMF_CHECK(
      shares.size() == parts.size() && sum > 0, InvalidArgument,
      "sampler: batch.shares: expected a weight above 0 for some of the {} datasets of the mixture, got {} "
      "weights of sum {}",
      parts.size(), shares.size(), sum);
  int64_t first = 0;
  for (size_t i = 0; i < parts.size(); ++i) {
    shares[i] /= sum;
    std::vector<int64_t>& labels = parts_.emplace_back();
    while (first < classes() && identities_[static_cast<size_t>(first)] <= parts[i].last_identity)
      labels.push_back(first++);
    const auto most =
        static_cast<int64_t>(std::ceil(shares[i] * static_cast<double>(options_.identities))) + 1;
    DMF_CHECK(
        static_cast<int64_t>(labels.size()) >= std::min(most, options_.identities) || shares[i] == 0,
        InvalidArgument,
        "sampler: a share of {:.3g} takes up to {} of a batch's identities from {}, which has {}; hint: a "
        "smaller share in batch.shares",
        shares[i], std::min(most, options_.identities), parts[i].title, labels.size());
  }
}

int64_t IdentitySampler::batches(int64_t /*epoch*/) const {
  const int64_t once = (classes() + options_.identities - 1) / options_.identities;
  if (options_.epoch == "identities") return once;
  const int64_t samples = options_.identities * options_.samples;
  return std::max(once, (image_count_ + samples - 1) / samples);
}

std::vector<int64_t> IdentitySampler::draw_images(int64_t label, int64_t count, RandomStream& random) const {
  const auto& images = images_[static_cast<size_t>(label)];
  const auto available = static_cast<int64_t>(images.size());
  if (cameras_.empty() || available < count) return draw(images, count, random);
  std::vector<int64_t> result = spread(draw(images, available, random), cameras_);
  result.resize(static_cast<size_t>(count));
  return result;
}

std::vector<int64_t> IdentitySampler::identity_order(int64_t epoch) const {
  const auto needed = static_cast<size_t>(batches(epoch) * options_.identities);
  std::vector<int64_t> order;
  for (uint64_t round = 0; order.size() < needed; ++round) {
    std::vector<int64_t> shuffled(identities_.size());
    for (size_t i = 0; i < shuffled.size(); ++i) shuffled[i] = static_cast<int64_t>(i);
    RandomStream(seed_, "sampler identities", {static_cast<uint64_t>(epoch), round}).shuffle(shuffled);
    // A batch that reaches into this round holds none of its identities twice: those it has already come
    // last.
    const size_t begun = order.size() - order.size() % static_cast<size_t>(options_.identities);
    std::stable_partition(shuffled.begin(), shuffled.end(), [&](int64_t label) {
      return std::find(order.begin() + static_cast<std::ptrdiff_t>(begun), order.end(), label) == order.end();
    });
    order.insert(order.end(), shuffled.begin(), shuffled.end());
  }
  return order;
}

std::vector<int64_t> IdentitySampler::balanced_order(int64_t epoch) const {
  struct Queue {
    std::vector<int64_t> labels;  ///< still to come in this round
    uint64_t round = 0;
    int64_t drawn = 0;
  };
  std::vector<Queue> queues(parts_.size());
  const int64_t needed = batches(epoch) * options_.identities;
  std::vector<int64_t> order;
  for (int64_t place = 0; place < needed; ++place) {
    // The dataset that lags most behind its share.
    size_t next = 0;
    double most = -1;
    for (size_t i = 0; i < queues.size(); ++i) {
      const double lag =
          options_.shares[i] * static_cast<double>(place + 1) - static_cast<double>(queues[i].drawn);
      if (options_.shares[i] > 0 && lag > most) {
        most = lag;
        next = i;
      }
    }
    Queue& queue = queues[next];
    if (queue.labels.empty()) {
      queue.labels = parts_[next];
      const auto part = static_cast<uint64_t>(next);
      RandomStream(seed_, "sampler identities", {static_cast<uint64_t>(epoch), queue.round++, part})
          .shuffle(queue.labels);
      // They are taken from the end: those that the batch has already come last.
      const auto begun = static_cast<std::ptrdiff_t>(place - place % options_.identities);
      std::stable_partition(queue.labels.begin(), queue.labels.end(), [&](int64_t label) {
        return std::find(order.begin() + begun, order.end(), label) != order.end();
      });
    }
    order.push_back(queue.labels.back());
    queue.labels.pop_back();
    ++queue.drawn;
  }
  return order;
}

std::vector<Sample> IdentitySampler::batch(int64_t epoch, int64_t index) const {
  DMF_CHECK(epoch >= 0 && index >= 0 && index < batches(epoch), InvalidArgument,
            "sampler: batch {} of epoch {} does not exist: an epoch has {} batches", index, epoch,
            batches(epoch));
  const std::vector<int64_t> order = parts_.empty() ? identity_order(epoch) : balanced_order(epoch);
  std::vector<Sample> samples;
  for (int64_t i = 0; i < options_.identities; ++i) {
    const auto place = static_cast<uint64_t>(index * options_.identities + i);
    const int64_t label = order[place];
    const auto& texts = texts_[static_cast<size_t>(label)];
    RandomStream random(seed_, "sampler", {static_cast<uint64_t>(epoch), place});
    int64_t text_count = 0, beside_count = 0;
    if (!texts.empty()) {
      const double wanted = static_cast<double>(options_.samples) * options_.text_fraction;
      text_count = static_cast<int64_t>(wanted);
      text_count += random.chance(wanted - static_cast<double>(text_count)) ? 1 : 0;
      beside_count = options_.texts_beside;
    }
    for (const int64_t record : draw_images(label, options_.samples - text_count, random)) {
      samples.push_back({record, label, Modality::kImage});
    }
    if (text_count + beside_count == 0) continue;
    for (const int64_t record : draw(texts, text_count + beside_count, random)) {
      samples.push_back({record, label, Modality::kText});
    }
  }
  return samples;
}

}  // namespace dmf::data
