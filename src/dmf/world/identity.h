#pragma once
#include <cstdint>
#include <optional>

#include "dmf/world/colour.h"

namespace dmf::world {

enum class Gender { kMale, kFemale };
enum class AgeGroup { kChild, kTeenager, kAdult, kOld };

enum class HairStyle {
  kBald,
  kCropped,   ///< millimetres
  kShort,     ///< a man's usual cut, a pixie cut
  kBob,       ///< to the chin or the shoulders, open
  kLong,      ///< below the shoulders, open
  kPonytail,  ///< combed back, hangs from the back of the head
  kBun,       ///< combed back, a knot at the back of the head
  kCurly      ///< a ball of curls
};

enum class HatType { kNone, kCap, kBeanie, kBrimmed };
enum class GlassesType { kNone, kClear, kSun };

enum class UpperType { kTankTop, kTShirt, kShirt, kSweater, kHoodie, kJacket, kCoat, kSuit, kDress };
enum class LowerType { kTrousers, kJeans, kShorts, kSkirt, kLeggings };
enum class Sleeve { kNone, kShort, kLong };
enum class ShoeType { kShoes, kSneakers, kBoots, kSandals, kHeels };

enum class Pattern {
  kPlain,
  kStripes,          ///< horizontal
  kVerticalStripes,  ///< along the body or the limb
  kChecks,
  kDots,
  kPrint  ///< a graphic on the chest, the rest plain
};
enum class Material { kCotton, kKnit, kDenim, kLeather, kNylon, kWool };

/// What a garment is made of. `second` is the pattern's other colour; unused where it is plain.
struct Fabric {
  Material material = Material::kCotton;
  Pattern pattern = Pattern::kPlain;
  Colour colour = {};
  Colour second = {};
  float scale = 0.05F;  ///< period of stripes, checks and dots, size of a print: metres
  float share = 0.5F;   ///< of a period that is `second`, (0, 1)
};

/// What covers the trunk. A dress covers the thighs too and its wearer has no lower garment; a suit is a
/// jacket over a shirt.
struct Upper {
  UpperType type = UpperType::kTShirt;
  Sleeve sleeve = Sleeve::kShort;
  Fabric fabric = {};
  float hem = 0.1F;     ///< of the leg (hip to ankle) that it covers: 0.05 T-shirt … 0.9 ankle-length dress
  float looseness = 0;  ///< 0 tight … 1 wide
  float flare = 0;      ///< of a dress or a coat below the waist, 0 … 1
  bool is_open = false;  ///< jacket, coat, suit, open shirt or hoodie: `inner` shows in front
  Fabric inner = {};     ///< what is worn below where it is open, and at the collar
  bool has_tie = false;  ///< with a suit
  Colour tie = {};
};

/// What covers the legs. Of a dress' wearer only `has_tights` and `tights` count.
struct Lower {
  LowerType type = LowerType::kTrousers;
  Fabric fabric = {};
  float length = 0.97F;     ///< of the leg (hip to ankle) that it covers: 0.3 mini skirt … 1 trousers
  float looseness = 0.3F;   ///< 0 tight … 1 wide
  float flare = 0;          ///< of a skirt, 0 straight … 1 wide
  bool has_tights = false;  ///< the skin of the legs is covered in `tights`
  Colour tights = {};
};

struct Shoes {
  ShoeType type = ShoeType::kSneakers;
  Colour colour = {};
  Colour sole = {};
  Colour sock = {};
  float shaft = 0;  ///< of boots, of the lower leg that they cover, 0.2 … 0.95
};

/// How a person moves and holds itself: the same in all of its images, as far as they let it be seen.
struct Gait {
  float stride = 1;   ///< length of the step against the usual, 0.7 … 1.3
  float swing = 1;    ///< of the arms against the usual, 0.4 … 1.5
  float stoop = 0;    ///< forward lean of the back, radians, 0 … 0.3
  float breadth = 1;  ///< distance of the feet and of the arms from the body against the usual, 0.8 … 1.3
};

/// A person and all it wears and carries. Everything that its images have in common is here.
struct Identity {
  int64_t number = 0;  ///< from 1
  Gender gender = Gender::kMale;
  AgeGroup age = AgeGroup::kAdult;
  float height = 1.75F;     ///< metres, without shoes
  float build = 0;          ///< -1 slim … 1 heavy
  float shoulders = 0;      ///< breadth against what gender and build give, -1 narrow … 1 broad
  float leg_share = 0.47F;  ///< hip joint above the ground, of the height
  Colour skin = {};
  HairStyle hair = HairStyle::kShort;
  float hair_length = 0;   ///< of bob, long hair and ponytail: metres that it hangs below the ears
  float hair_parting = 0;  ///< -1 left … 1 right
  bool has_fringe = false;
  bool has_beard = false;
  Colour hair_colour = {};
  Upper upper = {};
  Lower lower = {};
  Shoes shoes = {};
  HatType hat = HatType::kNone;
  Colour hat_colour = {};
  GlassesType glasses = GlassesType::kNone;
  std::optional<Colour> backpack = {};
  std::optional<Colour> handbag = {};       ///< held in the hand or on the forearm
  std::optional<Colour> shoulder_bag = {};  ///< hangs at the hip
  bool is_bag_crossed = false;              ///< its strap runs across the chest
  bool is_left_handed = false;              ///< side of handbag, luggage, umbrella; shoulder bag on the other
  std::optional<Colour> luggage = {};       ///< a suitcase on wheels
  std::optional<Colour> umbrella = {};      ///< open, held above the head
  std::optional<Colour> scarf = {};
  std::optional<Colour> mask = {};
  Gait gait = {};
  uint64_t details = 0;  ///< seed of what no field tells: the face, the print's drawing, where folds lie
};

/// What the identities of a world have in common.
struct IdentityOptions {
  double warmth = 0.5;      ///< 0 winter's clothing … 1 midsummer's
  double near_twins = 0;    ///< share of identities that differ from another one in one or two details only
  double vividness = 0.5;   ///< 0 gray and black clothes … 1 bright ones
  double formality = 0.25;  ///< 0 leisure … 1 offices
};

/// One identity: attributes plausible together (no suits on children, no scarves in midsummer, beards on
/// men), colours continuous. It depends on (options, seed, number) alone.
///
/// Near twins stand in families of four successive numbers: with `near_twins` the 2nd, 3rd and 4th of a
/// family are the first with one or two details changed (a colour, a bag, the hair, a pattern).
/// @param number  from 1
Identity draw_identity(const IdentityOptions& options, uint64_t seed, int64_t number);

}  // namespace dmf::world
