#include "dmf/cli/training_plan.h"

#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <functional>

#include "dmf/core/precision.h"
#include "dmf/core/progress.h"
#include "dmf/core/system.h"
#include "dmf/core/table.h"

namespace dmf::cli {
namespace {

/// Seconds of the second of two runs: the first also allocates and loads code.
double seconds_of(const std::function<void()>& work) {
  work();
  const double start = wall_seconds();
  work();
  return wall_seconds() - start;
}

}  // namespace

Rates measure_rates(fuse::DmfModel& model, torch::Dtype type, int64_t batch) {
  constexpr int64_t kImages = 16;
  const auto& encoder = *model.image_encoder();
  const PrecisionScope scope(type, model.device());
  const torch::Tensor pixels =
      at::randint(256, {kImages, 3, encoder.options().height, encoder.options().width},
                  at::TensorOptions().dtype(torch::kUInt8).device(model.device()));
  torch::Tensor stored;
  const double frozen = seconds_of([&] {
    const at::NoGradGuard no_gradients;
    stored = encoder.frozen(encoder.normalise(pixels));
  });
  const double embedding = seconds_of([&] {
    const c10::InferenceMode inference;
    model.embed_images(pixels);
  });

  std::vector<int64_t> sizes = encoder.stored_sizes();
  sizes.insert(sizes.begin(), batch);
  const torch::Tensor maps = at::randn(sizes, stored.options());
  // Running statistics (training = false) leave the model as it was.
  const double training = seconds_of([&] { model.forward_image(maps, false).sum().backward(); });
  for (auto& [name, parameter] : model.parameters()) {
    torch::Tensor handle = parameter;
    handle.mutable_grad().reset();
  }
  const auto rate = [](int64_t count, double seconds) {
    return static_cast<double>(count) / std::max(seconds, 1e-6);
  };
  return {rate(kImages, frozen), rate(batch, training), rate(kImages, embedding)};
}

double measure_text_rate(const translate::TextEncoder& encoder) {
  constexpr int64_t kTexts = 32;
  const std::vector<std::string> texts(kTexts, "red coat, blue jeans, black backpack, long hair, woman");
  return static_cast<double>(kTexts) / std::max(seconds_of([&] { encoder.encode(texts); }), 1e-6);
}

std::string plan_text(const std::vector<PlannedPart>& parts) {
  std::vector<std::vector<std::string>> rows;
  double total = 0;
  for (const PlannedPart& part : parts) {
    rows.push_back({part.title, part.amount, "~ " + duration_text(part.seconds)});
    total += part.seconds;
  }
  rows.push_back({"together", "", "~ " + duration_text(total)});
  return text_table({"plan", "amount", "time here"}, rows);
}

}  // namespace dmf::cli
