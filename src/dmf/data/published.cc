#include "dmf/data/published.h"

#include <algorithm>
#include <array>
#include <cstdlib>

namespace dmf::data {
namespace {

constexpr int64_t kUnknown = kNotPublished;

// Identities of a gallery are persons: distractors and junk are not counted.
constexpr std::array kPublished{
    Published{"market1501", "", {12936, 751}, {3368, 750}, {19732, 750}, 6},
    Published{"market1501", "junk left out", {12936, 751}, {3368, 750}, {15913, 750}, 6},
    Published{"market1501", "with 500k distractors", {12936, 751}, {3368, 750}, {519732, 750}, 6, true},
    Published{"dukemtmc", "", {16522, 702}, {2228, 702}, {17661, 1110}, 8},
    Published{"cuhk03", "detected boxes, new protocol", {7365, 767}, {1400, 700}, {5332, 700}, 2},
    Published{"cuhk03", "labeled boxes, new protocol", {7368, 767}, {1400, 700}, {5328, 700}, 2},
    Published{"cuhk03", "classic", {kUnknown, 1367}, {kUnknown, 100}, {kUnknown, 100}, 2, true},
    Published{"msmt17", "", {32621, 1041}, {11659, 3060}, {82161, 3060}, 15},
    Published{"msmt17", "without val", {30248, 1041}, {11659, 3060}, {82161, 3060}, 15, true},
    Published{"msmt17_all", "", {126441, 4101}, {}, {}, 15},
    Published{"randperson", "subset", {132145, 8000}, {}, {}, 19},
    Published{"randperson", "whole", {1801816, 8000}, {}, {}, 19},
    Published{"finegpr", "whole", {2028600, 1150}, {}, {}, 36},
    Published{"finegpr", "subset", {4600, 1150}, {}, {}, 4},
    Published{"finegpr", "11 images an identity", {12650, 1150}, {}, {}, 36, true},
    Published{"cuhk01", "one half to train", {1940, 485}, {972, 486}, {972, 486}, 2},
    Published{"viper", "one half to train", {632, 316}, {316, 316}, {316, 316}, 2},
    Published{"grid", "published partitions", {250, 125}, {125, 125}, {900, 125}, 8},
    Published{"grid", "all tested", {}, {250, 250}, {1025, 250}, 8},
    Published{"prid", "one half to train", {200, 100}, {100, 100}, {649, 100}, 2},
    Published{"ilids", "one half to train", {kUnknown, 59}, {60, 60}, {60, 60}, kUnknown},
    Published{"cuhkpedes", "train", {34054, 11003}, {}, {}, kUnknown, true},
    Published{"cuhkpedes", "all", {40206, 13003}, {}, {}, kUnknown, true},
    Published{"icfgpedes", "train", {34674, 3102}, {}, {}, 15, true},
    Published{"icfgpedes", "all", {54522, 4102}, {}, {}, 15, true},
    Published{"rstpreid", "train", {18505, 3701}, {}, {}, 15, true},
    Published{"rstpreid", "all", {20505, 4101}, {}, {}, 15, true},
};

struct SplitPair {
  PublishedSplit published;
  int64_t images;
};

std::array<SplitPair, 3> pairs_of(const Published& form, const Dataset& dataset) {
  return {SplitPair{form.train, static_cast<int64_t>(dataset.train.size())},
          SplitPair{form.query, static_cast<int64_t>(dataset.query.size())},
          SplitPair{form.gallery, static_cast<int64_t>(dataset.gallery.size())}};
}

/// Images too many and too few, together.
int64_t difference(const Published& form, const Dataset& dataset) {
  int64_t sum = 0;
  for (const auto& [published, images] : pairs_of(form, dataset)) {
    if (published.images != kUnknown) sum += std::abs(published.images - images);
  }
  return sum;
}

bool has_unknown(const Published& form) {
  return form.train.images == kUnknown || form.query.images == kUnknown || form.gallery.images == kUnknown;
}

}  // namespace

std::vector<Published> published_forms(const std::string& format) {
  std::vector<Published> forms;
  std::copy_if(kPublished.begin(), kPublished.end(), std::back_inserter(forms),
               [&](const Published& form) { return format == form.format; });
  return forms;
}

std::optional<Published> nearest_form(const Dataset& dataset) {
  std::optional<Published> best;
  for (const Published& form : published_forms(dataset.name)) {
    if (form.is_told && dataset.variant.find(form.what) != std::string::npos) return form;
    if (form.is_told) continue;
    if (!dataset.variant.empty() && dataset.variant == form.what) return form;
    if (!best || difference(form, dataset) < difference(*best, dataset)) best = form;
  }
  return best;
}

std::optional<Published> matching_form(const Dataset& dataset) {
  const auto form = nearest_form(dataset);
  if (!form || difference(*form, dataset) != 0 || has_unknown(*form)) return {};
  return form;
}

}  // namespace dmf::data
