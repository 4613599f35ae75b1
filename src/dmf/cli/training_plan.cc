#include "dmf/cli/training_plan.h"

#include <c10/core/InferenceMode.h>
#include <fmt/format.h>

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

PlannedPart planned_texts(const TrainingSetup& setup, const Rates& rates) {
  // Distinct wordings: at most what people wrote and what is composed.
  const data::Dataset& dataset = setup.stage_one_data();
  size_t texts = dataset.attributes.size() * static_cast<size_t>(setup.options().train.text.composed);
  for (const data::Record& record : dataset.train) texts += record.captions.size();
  return {"words " + folder_title(dataset), fmt::format("<= {} wordings", texts),
          static_cast<double>(texts) / rates.texts};
}

PlannedPart planned_store(const TrainingSetup& setup, const data::Dataset& dataset, const Rates& rates) {
  const auto images = static_cast<int64_t>(dataset.train.size());
  const std::filesystem::path path = translate::TokenStore::path_of(
      setup.store_images(dataset), *setup.image_encoder, setup.store_options());
  const bool is_there = std::filesystem::exists(path);
  return {"token store " + folder_title(dataset),
          is_there ? "is there" : fmt::format("{} images x {} views", images, setup.options().store.views),
          is_there ? 0 : static_cast<double>(images * setup.options().store.views) / rates.frozen};
}

PlannedPart planned_stage(const TrainingSetup& setup, const std::string& title, const data::Dataset& dataset,
                          const train::StageOptions& stage, bool reads_texts, const Rates& rates) {
  data::SamplerOptions sampler_options = setup.options().train.batch.sampler;
  if (!reads_texts) sampler_options = without_texts(sampler_options);
  const data::IdentitySampler sampler(dataset.train, dataset.attributes, sampler_options, 0, dataset.parts);
  const int64_t steps = stage.total_steps(sampler.batches(0));
  const int64_t samples =
      sampler_options.identities * (sampler_options.samples + sampler_options.texts_beside);
  const auto places = static_cast<double>(sampler_options.identities * sampler_options.samples);
  const double images = places * (1 - sampler_options.text_fraction);
  constexpr double kUpdate =
      1.25;  // batch statistics, losses and the optimiser, in forward and backward passes
  double step_seconds = kUpdate * images / rates.training;
  // Beside an image a text costs next to nothing where only the transformer reads it. An encoder that is
  // trained reads it too, forward and backward: three times as long as it takes to encode.
  if (reads_texts && !setup.text_encoder->trained_names().empty()) {
    const double texts = places * sampler_options.text_fraction +
                         static_cast<double>(sampler_options.identities * sampler_options.texts_beside);
    step_seconds += 3 * texts / rates.texts;
  }
  return {title, fmt::format("{} steps of {} samples", steps, samples),
          static_cast<double>(steps) * step_seconds};
}

}  // namespace

Rates measure_rates(fuse::DmfModel& model, const translate::TextEncoder* text_encoder, torch::Dtype type,
                    int64_t batch) {
  constexpr int64_t kImages = 16;
  constexpr int64_t kTexts = 32;
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
  Rates rates{rate(kImages, frozen), rate(batch, training), rate(kImages, embedding)};
  if (text_encoder != nullptr) {
    const std::vector<std::string> texts(kTexts, "red coat, blue jeans, black backpack, long hair, woman");
    rates.texts = rate(kTexts, seconds_of([&] { text_encoder->encode(texts); }));
  }
  return rates;
}

std::vector<PlannedPart> plan_training(TrainingSetup& setup) {
  const data::SamplerOptions& sampler = setup.options().train.batch.sampler;
  // No more at once than a step takes: the plan must not need more memory than the run.
  const int64_t parts_of_batch = setup.options().train.batch.parts;
  const int64_t batch = (sampler.identities * sampler.samples + parts_of_batch - 1) / parts_of_batch;
  const Rates rates = measure_rates(*setup.model, setup.text_encoder.get(), setup.type, batch);
  std::vector<PlannedPart> parts;
  if (setup.has_store()) parts.push_back(planned_store(setup, setup.train, rates));
  if (setup.has_store() && setup.pretrain) parts.push_back(planned_store(setup, *setup.pretrain, rates));
  if (setup.text_encoder != nullptr) parts.push_back(planned_texts(setup, rates));
  const train::TrainOptions& train = setup.options().train;
  if (has_stage(train.pretrain)) {
    parts.push_back(planned_stage(setup, "stage I, pre-training", setup.stage_one_data(), train.pretrain,
                                  setup.has_texts(), rates));
  }
  if (has_stage(train.finetune)) {
    parts.push_back(planned_stage(setup, "stage II, fine-tuning", setup.train, train.finetune,
                                  setup.finetune_has_texts(), rates));
  }
  for (const data::Dataset& test : setup.tests) {
    const size_t images = test.query.size() + test.gallery.size();
    parts.push_back({"test " + folder_title(test), fmt::format("{} images", images),
                     static_cast<double>(images) / rates.embedding});
  }
  return parts;
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
