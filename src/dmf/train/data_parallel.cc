#include "dmf/train/data_parallel.h"

#include <set>

#include "dmf/core/error.h"

namespace dmf::train {
namespace {

bool is_behind_features(const std::string& name) {
  return name.starts_with("neck.") || name.starts_with("classifier.");
}

}  // namespace

Batch shard_of(const Batch& batch, int64_t rank, int64_t size) {
  const torch::Tensor labels = batch.labels.cpu();
  const int64_t* label = labels.data_ptr<int64_t>();
  std::vector<int64_t> identities;  // in the order in which they come first
  std::set<int64_t> seen;
  for (int64_t i = 0; i < labels.size(0); ++i) {
    if (seen.insert(label[i]).second) identities.push_back(label[i]);
  }
  const auto P = static_cast<int64_t>(identities.size());
  DMF_CHECK(
      P >= size, InvalidArgument,
      "{} processes cannot share a batch of {} identities; hint: start fewer, or raise batch.identities",
      size, P);
  const std::set<int64_t> mine(identities.begin() + rank * P / size,
                               identities.begin() + (rank + 1) * P / size);
  const int64_t images = batch.images.defined() ? batch.images.size(0) : 0;
  std::vector<int64_t> chosen, of_images, of_texts;
  for (int64_t i = 0; i < labels.size(0); ++i) {
    if (!mine.contains(label[i])) continue;
    chosen.push_back(i);
    i < images ? of_images.push_back(i) : of_texts.push_back(i - images);
  }
  const auto take = [](const torch::Tensor& values, const std::vector<int64_t>& places) {
    if (!values.defined() || places.empty()) return torch::Tensor();
    return values.index_select(0, torch::tensor(places, torch::kInt64).to(values.device()));
  };
  return {.images = take(batch.images, of_images),
          .texts = {take(batch.texts.tokens, of_texts), take(batch.texts.mask, of_texts)},
          .labels = take(batch.labels, chosen),
          .weights = take(batch.weights, chosen)};
}

WholeBatch whole_batch(const torch::Tensor& features, const Batch& batch) {
  return {.features = features,
          .labels = batch.labels,
          .weights = batch.weights,
          .is_image = batch.is_image(),
          .first = 0,
          .count = features.size(0)};
}

WholeBatch gather_batch(const Ranks& ranks, const torch::Tensor& features, const Batch& shard) {
  torch::Tensor counts = at::zeros({ranks.size()}, torch::kInt64);
  counts[ranks.rank()] = features.size(0);
  ranks.sum(counts);
  const auto gather = [&](const torch::Tensor& rows) {
    return rows.defined() ? ranks.gather(rows.detach().cpu()).to(features.device()) : rows;
  };
  return {.features = gather(features).requires_grad_(true),
          .labels = gather(shard.labels),
          .weights = gather(shard.weights),
          .is_image = gather(shard.is_image().to(torch::kInt64)).to(torch::kBool),
          .first = counts.narrow(0, 0, ranks.rank()).sum().item<int64_t>(),
          .count = features.size(0)};
}

void sum_gradients(const Ranks& ranks, const weights::NamedTensors& parameters) {
  const torch::NoGradGuard no_grad;
  std::vector<torch::Tensor> shared;
  for (const auto& [name, tensor] : parameters) {
    if (!is_behind_features(name)) shared.push_back(tensor);
  }
  torch::Tensor present = at::zeros({static_cast<int64_t>(shared.size())}, torch::kInt64);
  for (size_t i = 0; i < shared.size(); ++i)
    present[static_cast<int64_t>(i)] = shared[i].grad().defined() ? 1 : 0;
  ranks.sum(present);
  std::vector<torch::Tensor> used, flat;
  for (size_t i = 0; i < shared.size(); ++i) {
    if (present[static_cast<int64_t>(i)].item<int64_t>() == 0) continue;
    torch::Tensor& parameter = shared[i];
    if (!parameter.grad().defined()) parameter.mutable_grad() = at::zeros_like(parameter);
    used.push_back(parameter.grad());
    flat.push_back(parameter.grad().flatten().cpu());
  }
  if (used.empty()) return;
  torch::Tensor all = at::cat(flat);  // one call instead of hundreds
  ranks.sum(all);
  int64_t place = 0;
  for (torch::Tensor& gradient : used) {
    gradient.copy_(all.narrow(0, place, gradient.numel()).view(gradient.sizes()));
    place += gradient.numel();
  }
}

}  // namespace dmf::train
