#include "dmf/train/layer_rate.h"

#include <algorithm>
#include <cmath>
#include <regex>

namespace dmf::train {

LayerPlace place_of(const std::string& name) {
  static const std::regex kBlock(R"((^|\.)(_?blocks|layers?|transformer)\.?([0-9]+)(\.|$))");
  static const std::regex kEmbedding(
      R"((^|\.)(patch_embed|embeddings|pos_embed|cls_token|dist_token|register_tokens|relative_position_bias)(\.|$))"
      R"(|^(_conv_stem|_bn0|conv1|bn1)\.)");
  std::smatch match;
  if (std::regex_search(name, match, kBlock)) return {Depth::kBlock, std::stoll(match[3])};
  if (std::regex_search(name, kEmbedding)) return {Depth::kEmbedding, 0};
  return {};
}

std::map<std::string, double> layer_rates(const std::vector<std::string>& names, double decay) {
  int64_t blocks = 0;
  for (const std::string& name : names) {
    const LayerPlace place = place_of(name);
    if (place.depth == Depth::kBlock) blocks = std::max(blocks, place.block + 1);
  }
  std::map<std::string, double> rates;
  for (const std::string& name : names) {
    const LayerPlace place = place_of(name);
    int64_t from_top = 0;
    if (place.depth == Depth::kBlock) from_top = blocks - place.block;
    if (place.depth == Depth::kEmbedding) from_top = blocks + 1;
    rates[name] = std::pow(decay, static_cast<double>(from_top));
  }
  return rates;
}

}  // namespace dmf::train
