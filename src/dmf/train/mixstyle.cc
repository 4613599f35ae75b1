#include "dmf/train/mixstyle.h"

#include <numeric>

namespace dmf::train {

torch::Tensor mixstyle(const torch::Tensor& maps, double probability, double alpha, RandomStream& random) {
  const int64_t B = maps.size(0);
  std::vector<int64_t> partners(static_cast<size_t>(B));
  std::iota(partners.begin(), partners.end(), 0);
  random.shuffle(partners);
  std::vector<float> shares(static_cast<size_t>(B), 1.0F);
  for (float& share : shares) {
    if (random.chance(probability)) share = static_cast<float>(random.beta(alpha));
  }
  const torch::Tensor partner = torch::tensor(partners, maps.options().dtype(torch::kInt64));
  const torch::Tensor own = torch::tensor(shares, maps.options().dtype(torch::kFloat32)).view({B, 1, 1, 1});
  const torch::Tensor x = maps.to(torch::kFloat32);
  const torch::Tensor mean = x.mean({2, 3}, true);  // [B, C, 1, 1]
  const torch::Tensor deviation = (x.var({2, 3}, true, true) + 1e-5).sqrt();
  const auto mixed = [&](const torch::Tensor& of) {
    return own * of + (1 - own) * of.index_select(0, partner);
  };
  return ((x - mean) * (mixed(deviation) / deviation) + mixed(mean)).to(maps.scalar_type());
}

}  // namespace dmf::train
