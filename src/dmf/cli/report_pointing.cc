#include "dmf/cli/report_pointing.h"

#include <fmt/format.h>

#include <cstdio>
#include <map>
#include <optional>

#include "dmf/cli/report_attention.h"
#include "dmf/cli/result.h"
#include "dmf/cli/world_pixels.h"
#include "dmf/core/interrupt.h"
#include "dmf/core/progress.h"
#include "dmf/core/table.h"
#include "dmf/report/pointing.h"
#include "dmf/text/keywords.h"
#include "dmf/world/studio.h"

namespace dmf::cli {
namespace {

using world::Part;

constexpr int64_t kReach = 15;         // pixels, as in the game's paper
constexpr int64_t kFewestPixels = 40;  // of what is looked for

uint32_t bits(std::initializer_list<Part> parts) {
  uint32_t all = 0;
  for (const Part part : parts) all |= 1U << static_cast<int>(part);
  return all;
}

/// What a key word names: its kind in the table, and the parts that show it.
struct Named {
  std::string kind;
  uint32_t parts = 0;
};

std::optional<Named> carried(const std::string& noun) {
  if (noun == "backpack") return Named{"backpack", bits({Part::kBackpack})};
  if (noun == "umbrella") return Named{"umbrella", bits({Part::kUmbrella})};
  if (noun == "suitcase") return Named{"suitcase", bits({Part::kLuggage})};
  if (noun == "handbag" || noun == "shoulder bag" || noun == "bag")
    return Named{"bag", bits({Part::kHandbag, Part::kShoulderBag})};
  return std::nullopt;
}

std::optional<Named> named_by(const text::Keyword& keyword) {
  switch (keyword.slot) {
    case text::Slot::kHair:
      return Named{"hair", bits({Part::kHair})};
    case text::Slot::kHead:
      return Named{"hat", bits({Part::kHat})};
    case text::Slot::kUpper:
      return Named{"upper garment", bits({Part::kUpper, Part::kInner})};
    case text::Slot::kLower:
      return Named{"lower garment", bits({Part::kLower})};
    case text::Slot::kFeet:
      return Named{"shoes", bits({Part::kShoes})};
    case text::Slot::kCarried:
      return carried(keyword.noun);
    default:
      return keyword.noun == "scarf" ? std::optional(Named{"scarf", bits({Part::kScarf})}) : std::nullopt;
  }
}

/// The pixels that show one of some parts.
report::PixelMask mask_of(const world::Picture& picture, uint32_t parts) {
  report::PixelMask mask{picture.image.height, picture.image.width, {}};
  for (const uint32_t seen : picture.parts) mask.pixels.push_back((seen & parts) != 0);
  return mask;
}

/// The game of one kind of map and thing.
class Game {
 public:
  void play(const report::PatchMap& map, const report::PixelMask& exact) {
    const report::PixelMask wide = report::widened(exact, kReach);
    ++images_;
    on_ += report::points_into(map, exact) ? 1 : 0;
    near_ += report::points_into(map, wide) ? 1 : 0;
    chance_on_ += report::share_of(exact);
    chance_near_ += report::share_of(wide);
    if (before_) {
      ++others_;
      other_on_ += report::points_into(*before_, exact) ? 1 : 0;
      other_near_ += report::points_into(*before_, wide) ? 1 : 0;
    }
    before_ = map;
  }
  int64_t images() const { return images_; }

  /// Per cent, by the table's columns.
  std::vector<std::pair<const char*, double>> figures() const {
    const auto share = [](double count, int64_t of) {
      return of == 0 ? 0 : 100 * count / static_cast<double>(of);
    };
    return {{"on_it", share(on_, images_)},
            {"chance_on_it", share(chance_on_, images_)},
            {"other_on_it", share(other_on_, others_)},
            {"near_it", share(near_, images_)},
            {"chance_near_it", share(chance_near_, images_)},
            {"other_near_it", share(other_near_, others_)}};
  }

 private:
  int64_t images_ = 0, others_ = 0;
  double on_ = 0, near_ = 0, other_on_ = 0, other_near_ = 0, chance_on_ = 0, chance_near_ = 0;
  std::optional<report::PatchMap> before_;  // of the image before
};

/// All games of a model.
class Games {
 public:
  explicit Games(const embed::Embedder& embedder) : embedder_(embedder), maps_(embedder) {}

  /// @param before  another image of the same person; may be missing
  void play(const world::MadeImage& made, const world::Picture* before) {
    const torch::Tensor pixels = world_pixels(made.picture.image), batch = pixels.unsqueeze(0);
    const report::PixelMask person = mask_of(made.picture, ~0U);
    if (count(person) < kFewestPixels) return;
    games_[{"Eigen-CAM", "the person"}].play(patch_map(maps_.eigen_cam(batch)[0]), person);
    games_[{"rollout", "the person"}].play(patch_map(maps_.rollout(batch)[0]), person);
    if (before != nullptr)
      games_[{"pair", "the person"}].play(patch_map(maps_.pair(pixels, world_pixels(before->image)).query),
                                          person);
    if (embedder_.model().has_text()) play_words(made, pixels);
  }
  const std::map<std::pair<std::string, std::string>, Game>& games() const { return games_; }

 private:
  static int64_t count(const report::PixelMask& mask) {
    return std::count(mask.pixels.begin(), mask.pixels.end(), true);
  }

  void play_words(const world::MadeImage& made, const torch::Tensor& pixels) {
    const std::vector<text::Keyword> keywords = text::parse_keywords(made.caption);
    for (const embed::WordMap& word : maps_.words(pixels, made.caption)) {
      for (const text::Keyword& keyword : keywords) {
        const auto named = keyword.phrase == word.word ? named_by(keyword) : std::nullopt;
        if (!named) continue;
        const report::PixelMask mask = mask_of(made.picture, named->parts);
        if (count(mask) >= kFewestPixels) games_[{"word", named->kind}].play(patch_map(word.map), mask);
      }
    }
  }

  const embed::Embedder& embedder_;
  embed::AttentionMaps maps_;
  std::map<std::pair<std::string, std::string>, Game> games_;
};

Games play(const embed::Embedder& embedder, const PointingRequest& request) {
  world::WorldOptions options;
  options.domain = request.domain;
  options.identities = request.identities;
  options.images = request.images;
  options.seed = request.seed;
  const translate::ImageEncoderOptions& size = embedder.model().image_encoder()->options();
  options.height = static_cast<int>(size.height);
  options.width = static_cast<int>(size.width);
  const world::Studio studio(options);
  Games games(embedder);
  Progress progress("pointing", request.identities * request.images, "images");
  for (int64_t number = 1; number <= request.identities; ++number) {
    std::optional<world::Picture> before;
    studio.photograph(number, [&](const world::MadeImage& made) {
      stop_if_interrupted("pointing");
      games.play(made, before ? &*before : nullptr);
      before = made.picture;
      progress.advance(1);
    });
  }
  progress.finish();
  return games;
}

}  // namespace

void report_pointing(const PointingRequest& request) {
  const Measurement measurement;
  const embed::Embedder embedder(request.model, request.embedding);
  const Games games = play(embedder, request);
  std::vector<std::vector<std::string>> rows;
  nlohmann::json entries = nlohmann::json::array();
  for (const auto& [kind, game] : games.games()) {
    nlohmann::json entry = {{"map", kind.first}, {"looked_for", kind.second}, {"images", game.images()}};
    std::vector<std::string> row{kind.first + " → " + kind.second, std::to_string(game.images())};
    for (const auto& [name, value] : game.figures()) {
      entry[name] = value;
      row.push_back(fmt::format("{:.1f}", value));
    }
    entries.push_back(entry);
    rows.push_back(row);
  }
  nlohmann::json document = measurement.document();
  document["model"] = request.model;
  document["domain"] = request.domain;
  document["identities"] = request.identities;
  document["images_per_identity"] = request.images;
  document["seed"] = request.seed;
  document["reach_pixels"] = kReach;
  document["results"] = entries;
  if (!request.out.empty())
    write_document(document, (std::filesystem::path(request.out) / "pointing.json").string());
  if (!request.json.empty()) write_document(document, request.json);
  if (request.json == "-") return;
  std::fputs(
      fmt::format(
          "{}per cent of the images whose map has its largest value on what is looked for, or at most "
          "{} pixels beside it;\nchance: a point drawn anywhere; other: the map of another image\n",
          text_table({"map", "images", "on it", "chance", "other", "near it", "chance", "other"}, rows),
          kReach)
          .c_str(),
      stdout);
}

}  // namespace dmf::cli
