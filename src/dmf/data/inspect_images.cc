#include "dmf/data/inspect_images.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <set>
#include <thread>

#include "dmf/core/error.h"
#include "dmf/core/interrupt.h"
#include "dmf/core/progress.h"
#include "dmf/core/system.h"
#include "dmf/data/picture_hash.h"

namespace dmf::data {
namespace {

/// Near pairs are looked for among hashes that share one of 8 parts of 16 bits: of at most 7 different bits,
/// some part has none.
constexpr int kParts = 8, kPartBits = 16;
/// Comparisons in one bucket go this far: buckets of flat pictures would make them quadratic.
constexpr size_t kNeighbours = 64;

/// Facts of an image that could be read.
struct Seen {
  ImageFacts facts;
  uint32_t image;
};

/// Reads all files in several threads.
class ImageReader {
 public:
  ImageReader(const Dataset& dataset, ImageInspection& result) : dataset_(dataset), result_(result) {
    result_.images =
        static_cast<int64_t>(dataset.train.size() + dataset.query.size() + dataset.gallery.size());
    seen_.reserve(static_cast<size_t>(result_.images));
  }

  std::vector<Seen> read(int64_t threads) {
    Progress progress("reading", result_.images, "images");
    {
      std::vector<std::jthread> helpers;
      for (int64_t i = 1; i < threads; ++i) helpers.emplace_back([this] { work(nullptr); });
      work(&progress);
    }
    stop_if_interrupted("looking into a dataset");
    progress.advance(result_.images - shown_);
    progress.finish();
    std::sort(seen_.begin(), seen_.end(), [](const Seen& a, const Seen& b) { return a.image < b.image; });
    const auto by_path = [](const BrokenFile& a, const BrokenFile& b) { return a.path < b.path; };
    std::sort(result_.empty.begin(), result_.empty.end(), by_path);
    std::sort(result_.unreadable.begin(), result_.unreadable.end(), by_path);
    return std::move(seen_);
  }

 private:
  /// One thread's share, a chunk at a time. @param progress  null in all threads but one
  void work(Progress* progress) {
    constexpr int64_t kChunk = 64;
    std::vector<Seen> seen;
    for (int64_t first = next_ += kChunk; first - kChunk < result_.images; first = next_ += kChunk) {
      if (interrupt_requested()) return;
      const int64_t start = first - kChunk, end = std::min(first, result_.images);
      for (int64_t i = start; i < end; ++i) look(static_cast<uint32_t>(i), seen);
      done_ += end - start;
      if (progress != nullptr) {
        const int64_t done = done_;
        progress->advance(done - shown_);
        shown_ = done;
      }
    }
    const std::lock_guard lock(mutex_);
    seen_.insert(seen_.end(), seen.begin(), seen.end());
  }

  void look(uint32_t image, std::vector<Seen>& seen) {
    const std::string path = record_at(dataset_, image).path.string();
    try {
      seen.push_back({read_image_facts(path), image});
    } catch (const DataError& error) {
      std::error_code none;
      const bool is_empty = std::filesystem::file_size(path, none) == 0 && !none;
      const std::lock_guard lock(mutex_);
      (is_empty ? result_.empty : result_.unreadable).push_back({path, error.what()});
    }
  }

  const Dataset& dataset_;
  ImageInspection& result_;
  std::mutex mutex_;  // of seen_ and result_
  std::vector<Seen> seen_;
  std::atomic<int64_t> next_ = 0, done_ = 0;
  int64_t shown_ = 0;
};

/// Finds same and similar images among what was seen.
class Twins {
 public:
  Twins(const Dataset& dataset, const std::vector<Seen>& seen, ImageInspection& result)
      : dataset_(dataset), seen_(seen), result_(result) {}

  void find_same() {
    std::vector<uint32_t> order = all();
    std::sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) {
      return std::pair(seen_[a].facts.content, a) < std::pair(seen_[b].facts.content, b);
    });
    for (size_t i = 0; i < order.size();) {
      size_t end = i + 1;
      while (end < order.size() && seen_[order[end]].facts.content == seen_[order[i]].facts.content) ++end;
      SameImages group = relation(
          {order.begin() + static_cast<std::ptrdiff_t>(i), order.begin() + static_cast<std::ptrdiff_t>(end)});
      if (group.images.size() > 1) {
        result_.duplicates += static_cast<int64_t>(group.images.size()) - 1;
        result_.same.push_back(std::move(group));
      }
      i = end;
    }
    std::sort(result_.same.begin(), result_.same.end(),
              [](const SameImages& a, const SameImages& b) { return a.images < b.images; });
  }

  void find_near(int64_t most) {
    std::vector<uint32_t> order = all();
    for (int part = 0; part < kParts; ++part) {
      std::sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) {
        return std::pair(part_of(a, part), a) < std::pair(part_of(b, part), b);
      });
      for (size_t i = 0; i < order.size(); ++i) {
        for (size_t j = i + 1; j < std::min(order.size(), i + 1 + kNeighbours); ++j) {
          if (part_of(order[i], part) != part_of(order[j], part)) break;
          compare(order[i], order[j], part, most);
        }
      }
    }
    std::sort(result_.near_wrong.begin(), result_.near_wrong.end(),
              [](const SameImages& a, const SameImages& b) { return a.images < b.images; });
  }

 private:
  std::vector<uint32_t> all() const {
    std::vector<uint32_t> order(seen_.size());
    for (size_t i = 0; i < order.size(); ++i) order[i] = static_cast<uint32_t>(i);
    return order;
  }

  uint64_t part_of(uint32_t i, int part) const {
    return seen_[i].facts.hash.bits[static_cast<size_t>(part / 4)] >> (part % 4 * kPartBits) & 0xffff;
  }

  void compare(uint32_t a, uint32_t b, int part, int64_t most) {
    if (different_bits(seen_[a].facts.hash, seen_[b].facts.hash) > most) return;
    if (seen_[a].facts.content == seen_[b].facts.content) return;
    for (int earlier = 0; earlier < part; ++earlier)
      if (part_of(a, earlier) == part_of(b, earlier)) return;  // counted there
    SameImages pair = relation({std::min(a, b), std::max(a, b)});
    if (!pair.is_of_several_identities && !pair.crosses_splits) {
      ++result_.near_pairs;
    } else {
      result_.near_wrong.push_back(std::move(pair));
    }
  }

  /// What a group of same images means. Junk and distractors are nobody: they may be anybody's.
  SameImages relation(const std::vector<uint32_t>& group) const {
    SameImages same;
    int64_t person = 0;
    bool is_in_train = false, is_in_test = false;
    std::set<std::string> paths;
    for (const uint32_t i : group) {
      const uint32_t image = seen_[i].image;
      const Record& record = record_at(dataset_, image);
      // The classic protocol of CUHK03 lists an image as query and in the gallery: that is one file.
      if (!paths.insert(record.path.string()).second) continue;
      same.images.push_back(image);
      (image < dataset_.train.size() ? is_in_train : is_in_test) = true;
      if (record.identity <= kDistractor) continue;
      same.is_of_several_identities |= person != 0 && person != record.identity;
      person = record.identity;
    }
    same.crosses_splits = is_in_train && is_in_test;
    return same;
  }

  const Dataset& dataset_;
  const std::vector<Seen>& seen_;
  ImageInspection& result_;
};

void look_at_sizes(const std::vector<Seen>& seen, ImageInspection& result) {
  constexpr int64_t kSmall = 16;
  std::vector<int64_t> heights, widths;
  for (const Seen& image : seen) {
    const int64_t height = image.facts.height, width = image.facts.width;
    heights.push_back(height);
    widths.push_back(width);
    if (width > height) ++result.odd_sizes["wider than high"];
    if (height > 6 * width) ++result.odd_sizes["more than 6 times as high as wide"];
    if (height < kSmall || width < kSmall) ++result.odd_sizes["less than 16 pixels on a side"];
  }
  if (seen.empty()) return;
  for (auto* sides : {&heights, &widths}) std::sort(sides->begin(), sides->end());
  const auto middle = heights.size() / 2;
  result.height_min = heights.front();
  result.height_median = heights[middle];
  result.height_max = heights.back();
  result.width_min = widths.front();
  result.width_median = widths[middle];
  result.width_max = widths.back();
}

}  // namespace

ImageInspection inspect_images(const Dataset& dataset, const InspectionOptions& options) {
  DMF_CHECK(options.near_bits >= 0 && options.near_bits < kParts && options.threads >= 0, InvalidArgument,
            "inspect_dataset: near_bits {} is not 0 … {}, or threads {} is negative", options.near_bits,
            kParts - 1, options.threads);
  ImageInspection result;
  const double start = wall_seconds();
  const std::vector<Seen> seen =
      ImageReader(dataset, result).read(options.threads > 0 ? options.threads : available_processors());
  Twins twins(dataset, seen, result);
  twins.find_same();
  twins.find_near(options.near_bits);
  look_at_sizes(seen, result);
  result.seconds = wall_seconds() - start;
  return result;
}

}  // namespace dmf::data
