// A vision transformer trained from each kind of freeze point, on a made-up dataset of coloured pictures.
#include <gmock/gmock.h>

#include <ATen/Parallel.h>
#include <fmt/format.h>

#include <fstream>

#include "dmf/core/progress.h"
#include "dmf/train/dataset_batches.h"
#include "dmf/train/two_stage.h"
#include "dmf/translate/testing_vision.h"
#include "support/development_data.h"
#include "support/temporary_folder.h"

namespace dmf::train {
namespace {

constexpr int64_t kHeight = 64, kWidth = 32;

/// A PPM of one colour above another, each pixel a little off.
void draw(const std::filesystem::path& path, int64_t identity, int64_t image) {
  const torch::Tensor colours = at::floor_divide(
      (translate::golden::values("person " + std::to_string(identity), {2, 1, 1, 3}) + 1) * 120, 1);
  const torch::Tensor noise = translate::golden::values(path.filename(), {2, kHeight / 2, kWidth, 3});
  const torch::Tensor pixels = (colours + 8 * noise + image).clamp(0, 255).to(torch::kUInt8).contiguous();
  std::ofstream file(path, std::ios::binary);
  file << "P6\n" << kWidth << " " << kHeight << "\n255\n";
  file.write(static_cast<const char*>(pixels.const_data_ptr()), pixels.numel());
}

data::Dataset drawn_dataset(const std::filesystem::path& folder) {
  data::Dataset dataset;
  dataset.spec = dataset.name = dataset.fingerprint = "drawn";
  for (int64_t identity = 1; identity <= 6; ++identity) {
    for (int64_t image = 0; image < 4; ++image) {
      data::Record record;
      record.path = folder / fmt::format("{}_{}.ppm", identity, image);
      record.identity = identity;
      draw(record.path, identity, image);
      dataset.train.push_back(record);
    }
  }
  return dataset;
}

class VisionTraining : public ::testing::TestWithParam<std::string> {
 protected:
  std::shared_ptr<translate::ImageEncoder> encoder() const {
    const std::filesystem::path checkpoint = folder_ / "encoder";
    if (!std::filesystem::exists(checkpoint))
      translate::golden::write_checkpoint(translate::golden::vision_model(test::golden(), "dinov2-registers"),
                                          checkpoint);
    return translate::make_image_encoder(
        {.name = "dinov2", .weights = checkpoint, .freeze = GetParam(), .height = kHeight, .width = kWidth});
  }

  BatchInputs inputs(const data::Dataset& dataset,
                     const std::shared_ptr<const translate::ImageEncoder>& encoder) const {
    BatchInputs inputs;
    inputs.image_encoder = encoder;
    inputs.precision = "float32";
    if (GetParam() == "none") return inputs;
    translate::TokenStoreOptions options;
    options.folder = folder_ / "tokens";
    options.precision = "float32";
    inputs.store = translate::TokenStore::open_or_build({"drawn", dataset.fingerprint, dataset.train},
                                                        *encoder, options);
    return inputs;
  }

  test::TemporaryFolder folder_;
};

weights::NamedTensors copies(const weights::NamedTensors& tensors) {
  weights::NamedTensors copied;
  for (const auto& [name, tensor] : tensors) copied[name] = tensor.detach().clone();
  return copied;
}

TEST_P(VisionTraining, LearnsWhatIsAboveTheFreezePoint) {
  Progress::set_enabled(false);
  at::set_num_threads(1);  // steps this small are faster on one thread
  const data::Dataset dataset = drawn_dataset(folder_.path());
  const std::shared_ptr<translate::ImageEncoder> image_encoder = encoder();
  const BatchInputs from = inputs(dataset, image_encoder);
  BatchOptions batch;
  batch.sampler.identities = 4;
  batch.sampler.samples = 2;
  AugmentOptions augment;
  augment.mixstyle = 0.5;
  const auto batches =
      std::make_shared<DatasetBatches>(dataset, from, batch, TextOptions{}, augment, 1, "finetune");
  fuse::ModelOptions options;
  options.width = 32;
  options.heads = 4;
  fuse::DmfModel model(options, image_encoder, 0, batches->identities(), 1);
  const weights::NamedTensors before = copies(image_encoder->tensors());

  TwoStageRun run{.folder = folder_ / "run", .seed = 5};
  run.options.pretrain = {.epochs = 0};
  run.options.finetune = {.epochs = 0, .steps = 30, .learning_rate = 3e-3};
  run.options.progress = {.log_every = 10, .checkpoint_minutes = 0};
  const TwoStageResult result = train_two_stages(model, {}, {batches, "drawn", "drawn"}, run);
  EXPECT_GT(result.finetune.accuracy, 0.5) << "of 6 persons";

  const std::vector<std::string> names = image_encoder->trained_names();
  EXPECT_EQ(names.empty(), GetParam() == "all");
  for (const auto& [name, tensor] : image_encoder->tensors()) {
    const bool is_trained = std::find(names.begin(), names.end(), name) != names.end();
    EXPECT_EQ(tensor.equal(before.at(name)), !is_trained) << name;
  }
}

class VisionStore : public VisionTraining {};

TEST_P(VisionStore, AugmentationsLeaveTheOtherTokensAlone) {
  const data::Dataset dataset = drawn_dataset(folder_.path());
  const std::shared_ptr<translate::ImageEncoder> image_encoder = encoder();
  const BatchInputs from = inputs(dataset, image_encoder);
  ASSERT_EQ(image_encoder->extra_rows(), 2) << "4 other tokens in rows of 2";
  BatchOptions batch;
  batch.sampler.identities = 4;
  batch.sampler.samples = 2;
  AugmentOptions augment;
  augment.mixstyle = 1;
  augment.grid.erase = 1;
  const DatasetBatches batches(dataset, from, batch, TextOptions{}, augment, 1, "finetune");
  const torch::Tensor drawn =
      batches.draw(0).images.narrow(2, 4, 2).to(torch::kFloat32);  // [8, D, 2, columns]
  const torch::Tensor all = batches.sample_maps(24).narrow(2, 4, 2).to(torch::kFloat32);
  for (int64_t i = 0; i < drawn.size(0); ++i) {
    const torch::Tensor differences = (all - drawn[i]).abs().amax({1, 2, 3});
    EXPECT_EQ(differences.min().item<float>(), 0.0F) << "sample " << i;
  }
}

INSTANTIATE_TEST_SUITE_P(FreezePoints, VisionTraining,
                         ::testing::Values("none", "embeddings", "block1", "block3", "all"),
                         [](const auto& point) { return point.param; });
INSTANTIATE_TEST_SUITE_P(FreezePoints, VisionStore, ::testing::Values("block1", "block3"),
                         [](const auto& point) { return point.param; });

}  // namespace
}  // namespace dmf::train
