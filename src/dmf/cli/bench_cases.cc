#include "dmf/cli/bench_cases.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <optional>

#include "dmf/core/error.h"
#include "dmf/core/interrupt.h"
#include "dmf/core/precision.h"
#include "dmf/core/random.h"
#include "dmf/core/system.h"
#include "dmf/data/augmented_images.h"
#include "dmf/data/thumbnail.h"
#include "dmf/fuse/model.h"
#include "dmf/train/step_cost.h"
#include "dmf/translate/architecture.h"
#include "dmf/translate/vision_encoder.h"
#include "dmf/translate/vision_names.h"

namespace dmf::cli {
namespace {

constexpr int64_t kHeight = 256, kWidth = 128, kPatch = 16, kPatches = (kHeight / kPatch) * (kWidth / kPatch),
                  kIdentities = 751;

/// Seconds of a call, median over as many as fit; the first, which takes memory, does not count.
double median_seconds(const std::function<void()>& call, double seconds, int64_t least) {
  call();
  std::vector<double> times;
  const double start = wall_seconds();
  while (static_cast<int64_t>(times.size()) < least || wall_seconds() - start < seconds) {
    stop_if_interrupted("measuring");
    const double begin = wall_seconds();
    call();
    times.push_back(wall_seconds() - begin);
  }
  std::nth_element(times.begin(), times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2), times.end());
  return times[times.size() / 2];
}

/// Sizes of a vision transformer.
struct Vit {
  int64_t width, depth, heads;
  double mlp_ratio;
};
constexpr Vit kVitSmall{384, 12, 6, 4}, kVitBase{768, 12, 12, 4};

/// Operations of one image's way forward through `depth` blocks over `tokens` tokens.
double block_operations(const Vit& vit, double tokens) {
  const double D = static_cast<double>(vit.width);
  return static_cast<double>(vit.depth) *
         (tokens * D * D * (8 + 4 * vit.mlp_ratio) + 4 * tokens * tokens * D);
}
double patch_operations(const Vit& vit) {
  return 2.0 * kPatches * 3 * kPatch * kPatch * static_cast<double>(vit.width);
}

/// Patches and their projection as an image encoder, random and trained: what a vision transformer that is
/// trained from its pixels on begins with.
std::shared_ptr<translate::ImageEncoder> patch_encoder(int64_t width) {
  translate::VisionConfig config;
  config.name = "vit";
  config.names = "timm";
  config.width = width;
  config.patch = kPatch;
  config.heads = 1;
  config.intermediate = width;
  config.table = {kHeight / kPatch, kWidth / kPatch};
  config.has_positions = config.has_class_token = config.has_final_norm = false;
  weights::NamedTensors tensors;
  for (const weights::ExpectedTensor& tensor : translate::vision_tensors(config))
    tensors[tensor.name] = at::randn(tensor.sizes) * 0.02;
  translate::ImageEncoderOptions options;
  options.name = "vit";
  options.freeze = "none";
  options.height = kHeight;
  options.width = kWidth;
  return std::make_shared<translate::VisionEncoder>(options, config, std::move(tensors));
}

fuse::DmfModel vit_model(const Vit& vit) {
  fuse::ModelOptions options;
  options.width = vit.width;
  options.depth = vit.depth;
  options.heads = vit.heads;
  options.mlp_ratio = vit.mlp_ratio;
  options.drop_path = 0.1;
  options.class_token = "learned";
  options.residual_init = 1;
  options.projection_init = "normal";
  options.normalise_tokens = "none";
  options.style_blend = 0;
  options.final_norm = "layer";
  return {options, patch_encoder(vit.width), 0, kIdentities, 0};
}

fuse::DmfModel small_model() {
  return {fuse::ModelOptions{}, translate::make_image_encoder({}), 0, kIdentities, 0};
}

/// Random maps, four samples an identity: a step costs what it costs on any data.
class RandomBatches : public train::BatchSource {
 public:
  RandomBatches(const translate::ImageEncoder& encoder, int64_t batch) : batch_(batch) {
    const std::vector<int64_t> sizes = encoder.stored_sizes();
    maps_ = at::randn({batch, sizes[0], sizes[1], sizes[2]});
  }
  train::Batch draw(int64_t) const override {
    train::Batch batch;
    batch.images = maps_;
    batch.labels = at::arange(batch_).div(4, "floor").to(torch::kInt64) % kIdentities;
    return batch;
  }
  torch::Tensor sample_maps(int64_t count) const override {
    return maps_.narrow(0, 0, std::min(count, batch_));
  }
  int64_t steps_per_epoch() const override { return 1; }
  int64_t identities() const override { return kIdentities; }
  int64_t samples_per_step() const override { return batch_; }

 private:
  int64_t batch_;
  torch::Tensor maps_;
};

const char* name_of(torch::Dtype type) { return type == torch::kBFloat16 ? "bfloat16" : "float32"; }

/// Fills in memory and, for rows of products, the machine's peak.
BenchResult finished(BenchResult result, torch::Dtype type) {
  result.peak_memory = peak_memory_bytes();
  result.precision = name_of(type);
  result.peak = measure_product_peak(type == torch::kBFloat16, 0.5);
  return result;
}

BenchResult measure_training(fuse::DmfModel model, double operations, const BenchOptions& options) {
  const torch::Dtype type = compute_type(options.precision, torch::kCPU);
  train::TrainerOptions trainer{.precision = type};
  trainer.optimizer.name = "sgd";
  const RandomBatches batches(*model.image_encoder(), options.batch);
  BenchResult result;
  result.seconds = train::measure_step_cost(model, batches, trainer, 1e-3, options.steps).step_seconds;
  result.rate = static_cast<double>(options.batch) / result.seconds;
  result.operations = operations;
  return finished(result, type);
}

BenchResult measure_embedding(const fuse::DmfModel& model, double operations, int64_t batch,
                              const BenchOptions& options) {
  const torch::Dtype type = compute_type(options.precision, torch::kCPU);
  const torch::Tensor pixels = at::randint(256, {batch, 3, kHeight, kWidth}, torch::kUInt8);
  BenchResult result;
  result.seconds = median_seconds(
      [&] {
        const PrecisionScope precision(type, torch::kCPU);
        model.embed_images(pixels);
      },
      options.seconds, 3);
  result.rate = static_cast<double>(batch) / result.seconds;
  result.operations = operations;
  return finished(result, type);
}

/// Operations of the stages `first` … `last` - 1 of a convolutional network.
double conv_operations(const translate::Architecture& net, size_t first, size_t last) {
  double total = 0;
  int64_t stride = 1;
  for (size_t i = 0; i < last; ++i) {
    for (const translate::Block& block : net.stages[i].blocks) {
      for (const translate::ConvLayer& layer : block.layers) {
        stride *= layer.stride;
        const double cells = static_cast<double>(kHeight / stride) * static_cast<double>(kWidth / stride);
        const int64_t inputs = layer.is_depthwise ? 1 : layer.inputs;
        if (i >= first)
          total += 2 * cells * static_cast<double>(layer.kernel * layer.kernel * inputs * layer.outputs);
      }
    }
  }
  return total;
}

/// Of the default encoder: below and above its freeze point.
struct EncoderOperations {
  double frozen, trained;
};
EncoderOperations encoder_operations(const translate::ImageEncoder& encoder) {
  const translate::Architecture net = translate::efficientnet_lite(0, encoder.options().head);
  const size_t cut = net.stage_index(encoder.options().freeze) + 1;
  return {conv_operations(net, 0, cut), conv_operations(net, cut, net.stages.size())};
}

/// Of the small model's projection and transformer, forward.
double small_operations(const fuse::DmfModel& model) {
  const fuse::ModelOptions& o = model.options();
  const auto tokens = static_cast<double>(model.image_encoder()->token_count());
  return block_operations({o.width, o.depth, o.heads, o.mlp_ratio}, tokens + 1) +
         2 * tokens * static_cast<double>(model.image_encoder()->token_width() * o.width);
}

BenchResult bench_product(bool bfloat16, const BenchOptions& options) {
  BenchResult result;
  result.peak_memory = peak_memory_bytes();
  result.precision = bfloat16 ? "bfloat16" : "float32";
  result.peak = measure_product_peak(bfloat16, options.seconds);
  return result;
}

BenchResult bench_translate(const BenchOptions& options) {
  const auto encoder = translate::make_image_encoder({});
  const torch::Dtype type = compute_type(options.precision, torch::kCPU);
  const torch::Tensor pixels = at::randint(256, {options.batch, 3, kHeight, kWidth}, torch::kUInt8);
  BenchResult result;
  result.seconds = median_seconds(
      [&] {
        const PrecisionScope precision(type, torch::kCPU);
        encoder->frozen(encoder->normalise(pixels));
      },
      options.seconds, 3);
  result.rate = static_cast<double>(options.batch) / result.seconds;
  result.operations = encoder_operations(*encoder).frozen;
  return finished(result, type);
}

BenchResult bench_train_small(const BenchOptions& options) {
  fuse::DmfModel model = small_model();
  const double operations =
      3 * (encoder_operations(*model.image_encoder()).trained + small_operations(model));
  return measure_training(std::move(model), operations, options);
}

BenchResult bench_embed_small(const BenchOptions& options) {
  const fuse::DmfModel model = small_model();
  const EncoderOperations encoder = encoder_operations(*model.image_encoder());
  return measure_embedding(model, encoder.frozen + encoder.trained + small_operations(model),
                           options.embed_batch, options);
}

BenchResult bench_train_vit(const Vit& vit, const BenchOptions& options) {
  const double patches = patch_operations(vit), head = 2.0 * static_cast<double>(vit.width * kIdentities);
  return measure_training(vit_model(vit), 3 * (block_operations(vit, kPatches + 1) + head) + 2 * patches,
                          options);
}

BenchResult bench_embed_vit(const Vit& vit, int64_t batch, const BenchOptions& options) {
  return measure_embedding(vit_model(vit), block_operations(vit, kPatches + 1) + patch_operations(vit), batch,
                           options);
}

/// JPEGs in a folder that is removed at the end.
class MadeImages {
 public:
  MadeImages() : folder_(std::filesystem::temp_directory_path() / fmt::format("dmf-bench-{}", timestamp())) {
    std::filesystem::create_directories(folder_);
    constexpr int64_t kCount = 512, kRows = 128, kColumns = 64;
    for (int64_t i = 0; i < kCount; ++i) {
      RandomStream random(0, "bench image", {static_cast<uint64_t>(i)});
      data::Pixels coarse{16, 8, {}};  // about as much detail as a crop of a camera has
      for (int64_t j = 0; j < 16 * 8 * 3; ++j)
        coarse.rgb.push_back(static_cast<uint8_t>(random.integer(256)));
      const std::filesystem::path path = folder_ / fmt::format("{}.jpg", i);
      const std::string jpeg = data::thumbnail_jpeg(data::resize_pixels(coarse, kRows, kColumns), kRows);
      std::ofstream(path, std::ios::binary) << jpeg;
      paths_.push_back(path);
    }
  }
  ~MadeImages() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  MadeImages(const MadeImages&) = delete;
  MadeImages& operator=(const MadeImages&) = delete;
  const std::vector<std::filesystem::path>& paths() const { return paths_; }

 private:
  std::filesystem::path folder_;
  std::vector<std::filesystem::path> paths_;
};

std::vector<std::filesystem::path> jpegs_below(const std::string& folder) {
  DMF_CHECK(std::filesystem::is_directory(folder), DataError, "{}: there is no such folder", folder);
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.path().extension() == ".jpg") paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  DMF_CHECK(!paths.empty(), DataError, "{}: holds no .jpg", folder);
  return paths;
}

BenchResult bench_load(const BenchOptions& options) {
  std::optional<MadeImages> made;
  if (options.images.empty()) made.emplace();
  const std::vector<std::filesystem::path> paths = made ? made->paths() : jpegs_below(options.images);
  const data::PixelScale scale = translate::kImageNetNormalisation.scale();
  size_t next = 0;
  uint64_t call = 0;
  BenchResult result;
  result.seconds = median_seconds(
      [&] {
        std::vector<std::filesystem::path> batch;
        for (int64_t i = 0; i < options.batch; ++i) batch.push_back(paths[next++ % paths.size()]);
        RandomStream random(0, "bench augment", {call++});
        data::load_augmented(batch, kHeight, kWidth, data::AugmentOptions{}, scale, random);
      },
      options.seconds, 3);
  result.rate = static_cast<double>(options.batch) / result.seconds;
  result.peak_memory = peak_memory_bytes();
  return result;
}

struct Row {
  BenchRow row;
  BenchResult (*run)(const BenchOptions&);
};

const std::vector<Row>& known_rows() {
  static const std::vector<Row> rows{
      {{"product-float32", "matrix product"}, [](const BenchOptions& o) { return bench_product(false, o); }},
      {{"product-bfloat16", "matrix product"}, [](const BenchOptions& o) { return bench_product(true, o); }},
      {{"translate", "translation: the default encoder's frozen part"}, bench_translate},
      {{"train-small", "training step: the default model"}, bench_train_small},
      {{"train-vit-s", "training step: ViT-S/16, all of it"},
       [](const BenchOptions& o) { return bench_train_vit(kVitSmall, o); }},
      {{"train-vit-b", "training step: ViT-B/16, all of it"},
       [](const BenchOptions& o) { return bench_train_vit(kVitBase, o); }},
      {{"embed-small", "embedding: the default model"}, bench_embed_small},
      {{"embed-vit-s", "embedding: ViT-S/16"},
       [](const BenchOptions& o) { return bench_embed_vit(kVitSmall, o.embed_batch, o); }},
      {{"embed-vit-b", "embedding: ViT-B/16"},
       [](const BenchOptions& o) { return bench_embed_vit(kVitBase, o.embed_batch, o); }},
      {{"latency-vit-s", "embedding one image: ViT-S/16"},
       [](const BenchOptions& o) { return bench_embed_vit(kVitSmall, 1, o); }},
      {{"latency-vit-b", "embedding one image: ViT-B/16"},
       [](const BenchOptions& o) { return bench_embed_vit(kVitBase, 1, o); }},
      {{"load", "JPEG files to augmented tensors"}, bench_load}};
  return rows;
}

}  // namespace

const std::vector<BenchRow>& bench_rows() {
  static const std::vector<BenchRow> rows = [] {
    std::vector<BenchRow> list;
    for (const Row& row : known_rows()) list.push_back(row.row);
    return list;
  }();
  return rows;
}

BenchResult run_bench_row(const std::string& name, const BenchOptions& options) {
  std::vector<std::string> names;
  for (const Row& row : known_rows()) {
    if (row.row.name == name) return row.run(options);
    names.push_back(row.row.name);
  }
  throw InvalidArgument(
      Expectation{"bench", "unknown row", fmt::format("{}", fmt::join(names, ", ")), name, ""}.message());
}

double measure_product_peak(bool bfloat16, double seconds) {
  // Of a layer of ViT-B over a batch of 64: [M, K] times [N, K] transposed.
  constexpr int64_t kShapes[][3] = {{8256, 3072, 768}, {8256, 768, 3072}, {2048, 2048, 2048}};
  const torch::Dtype type = bfloat16 ? torch::kBFloat16 : torch::kFloat32;
  const torch::NoGradGuard no_grad;
  double best = 0;
  for (const auto& [M, N, K] : kShapes) {
    const torch::Tensor x = at::randn({M, K}).to(type), w = at::randn({N, K}).to(type);
    torch::Tensor out = at::empty({M, N}, type);
    double fastest = 1e30;
    const double start = wall_seconds();
    for (int64_t i = 0; i < 3 || wall_seconds() - start < seconds / 3; ++i) {
      const double begin = wall_seconds();
      at::matmul_out(out, x, w.t());
      fastest = std::min(fastest, wall_seconds() - begin);
    }
    best = std::max(best, 2.0 * static_cast<double>(M * N * K) / fastest);
  }
  return best;
}

nlohmann::json to_json(const std::string& name, const BenchResult& result) {
  nlohmann::json json = {{"row", name}, {"peak_memory_bytes", result.peak_memory}};
  if (result.rate > 0) {
    json["images_per_second"] = result.rate;
    json["seconds"] = result.seconds;
  }
  if (result.peak > 0) {
    json["precision"] = result.precision;
    json["peak_gflops"] = result.peak / 1e9;
  }
  if (result.operations > 0) {
    json["gflop_per_image"] = result.operations / 1e9;
    json["share_of_peak"] = result.reached() / result.peak;
  }
  return json;
}

}  // namespace dmf::cli
