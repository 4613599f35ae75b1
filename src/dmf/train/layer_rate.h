#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace dmf::train {

/// Where a parameter stands among the layers of what it belongs to, by its name.
enum class Depth { kEmbedding, kBlock, kTop };
struct LayerPlace {
  Depth depth = Depth::kTop;
  int64_t block = 0;  ///< of kBlock, from 0
};

/// Place of `name`, a parameter's name below its encoder's prefix or in the shared transformer. Blocks are
/// numbered parts (blocks.3, encoder.layer.3, layer3, transformer.3); embeddings are what the
/// published models read their input by (patch and word embeddings, positions, class tokens, stems); all
/// else (final norms, heads) is on top.
LayerPlace place_of(const std::string& name);

/// Factors of the learning rate by layer: what is nearer to the input learns slower, so that pre-trained
/// features change less. With n blocks the top has 1, block i has decay ^ (n - i), embeddings decay ^ (n +
/// 1).
///
/// Source: Bao et al. 2022, "BEiT", arXiv:2106.08254, "layer-wise learning rate decay"; Clark et al. 2020,
/// "ELECTRA", arXiv:2003.10555.
/// @param names  parameters of one network; the highest block among them counts as the last
/// @param decay  in (0, 1]
std::map<std::string, double> layer_rates(const std::vector<std::string>& names, double decay);

}  // namespace dmf::train
