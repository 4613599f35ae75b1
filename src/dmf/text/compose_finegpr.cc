#include <vector>

#include "dmf/text/compose.h"
#include "dmf/text/wording.h"

namespace dmf::text {
namespace {

std::string who_of(const Attributes& a) {
  const std::string age = value_of(a, "age"), gender = value_of(a, "gender");
  const std::string word = age == "teenager" ? "teenage" : age;
  return spaced({word, gender.empty() ? "person" : gender});
}

/// "white upper-body clothes, black lower-body clothes, and dark shoes"
std::string clothes_of(const Attributes& a, RandomStream& random) {
  std::vector<std::string> parts;
  for (const auto& [key, noun] : {std::pair{"upper_colour", " upper-body clothes"},
                                  {"lower_colour", " lower-body clothes"},
                                  {"shoes_colour", " shoes"}}) {
    if (const std::string colour = value_of(a, key); !colour.empty()) parts.push_back(colour + noun);
  }
  return listed(parts, random, true);
}

/// "overcast afternoon"; empty when neither is known. Weather called neutral is not worth a word.
std::string sky_of(const Attributes& a) {
  const std::string weather = value_of(a, "weather"), time = value_of(a, "illumination");
  const std::string said = weather == "neutral" ? "" : weather == "blizzard" ? "stormy" : weather;
  return time.empty() && !said.empty() ? said + " scene" : spaced({said, time});
}

/// ", this person also wears no boots but carries a bag"; empty when there is nothing to say.
std::string tail_of(const Attributes& a, RandomStream& random) {
  std::vector<std::string> worn, carried, absent;
  for (const auto& [key, noun] : {std::pair{"boots", "boots"}, {"hat", "a hat"}, {"glasses", "glasses"}}) {
    if (says_yes(a, key)) worn.push_back(noun);
    if (value_of(a, key) == "no" && random.chance(0.3))
      absent.push_back(std::string(noun).substr(noun[1] == ' ' ? 2 : 0));
  }
  if (value_of(a, "lower_type") == "dress") worn.push_back("a dress");
  for (const auto& [key, noun] :
       {std::pair{"backpack", "a backpack"}, {"handbag", "a handbag"}, {"bag", "a bag"}}) {
    if (says_yes(a, key)) carried.push_back(noun);
  }
  std::vector<std::string> said;
  if (!worn.empty()) said.push_back("wears " + listed(worn, random));
  if (!carried.empty()) said.push_back("carries " + listed(carried, random));
  std::string text = listed(said, random);
  if (!absent.empty()) {
    std::string lacks = "wears no " + absent[0];
    for (size_t i = 1; i < absent.size(); ++i) lacks += " or " + absent[i];
    text = text.empty() ? lacks : lacks + " but " + text;
  }
  return text.empty() ? "" : ", this person also " + text;
}

}  // namespace

std::string compose_finegpr_caption(const Attributes& attributes, RandomStream& random) {
  check_attributes(attributes, "compose_finegpr_caption");
  const std::string who = with_article(who_of(attributes)), clothes = clothes_of(attributes, random);
  const std::string sky = sky_of(attributes), view = value_of(attributes, "viewpoint");
  const std::string hair = value_of(attributes, "hair").empty() ? "" : value_of(attributes, "hair") + " hair";
  const std::string in_sky = sky.empty() ? "" : "in " + with_article(sky);
  std::string text;
  switch (random.integer(3)) {
    case 0:
      text = "there is " + who + (hair.empty() ? "" : " with " + hair);
      if (!clothes.empty()) text += ", who wears " + clothes;
      if (!in_sky.empty()) text += " " + in_sky;
      if (!view.empty()) text += ", and with " + view + " viewpoint";
      break;
    case 1:
      text = in_sky + (in_sky.empty() ? "" : ", ") +
             (view.empty() ? "" : "when looking from the " + view + ", ") + who;
      if (!hair.empty()) text += ", who has " + hair + ",";
      text += clothes.empty() ? " is seen" : " wears " + clothes;
      break;
    default:
      text = in_sky + (in_sky.empty() ? "" : ", ") + who +
             (view.empty() ? "" : ", who with " + view + " viewpoint,");
      if (!hair.empty()) text += " has " + hair + (clothes.empty() ? "" : " and");
      if (!clothes.empty()) text += " wears " + clothes;
      break;
  }
  return capitalised(text + tail_of(attributes, random)) + ".";
}

}  // namespace dmf::text
