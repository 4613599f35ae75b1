#include "dmf/api/model.h"

#include <torch/types.h>

#include <mutex>

#include "dmf/core/error.h"
#include "dmf/data/pixels.h"
#include "dmf/embed/embedder.h"
#include "dmf/eval/parallel.h"
#include "dmf/fuse/model_identity.h"

namespace dmf::api {
namespace {

Vectors copied(const torch::Tensor& rows) {
  const torch::Tensor given = rows.contiguous();
  const auto* first = given.const_data_ptr<float>();
  return {{first, first + given.numel()}, given.size(0), given.size(1)};
}

void check_pictures(std::span<const PictureView> pictures) {
  for (size_t i = 0; i < pictures.size(); ++i) {
    const PictureView& picture = pictures[i];
    DMF_CHECK(picture.rgb != nullptr && picture.height > 0 && picture.width > 0, InvalidArgument,
              "[embed] picture {} of {}: expected at least one pixel, got {} x {}", i + 1, pictures.size(),
              picture.height, picture.width);
    DMF_CHECK(picture.height <= data::kMaxPixels / picture.width, InvalidArgument,
              "[embed] picture {} of {}: expected at most {} pixels, got {} x {}", i + 1, pictures.size(),
              data::kMaxPixels, picture.height, picture.width);
  }
}

/// [N, 3, height, width] uint8.
torch::Tensor planes_of(std::span<const PictureView> pictures, int64_t height, int64_t width) {
  const auto count = static_cast<int64_t>(pictures.size()), area = height * width;
  torch::Tensor planes = torch::empty({count, 3, height, width}, torch::kUInt8);
  auto* const out = planes.data_ptr<uint8_t>();
  eval::run_in_parallel(count, 8, 0, [&](eval::Rows some, int64_t) {
    for (int64_t i = some.first; i < some.last; ++i) {
      const PictureView& view = pictures[static_cast<size_t>(i)];
      const data::Pixels given{view.height, view.width, {view.rgb, view.rgb + 3 * view.height * view.width}};
      const data::Pixels picture = data::resize_pixels(given, height, width);
      for (int64_t channel = 0; channel < 3; ++channel) {
        uint8_t* const plane = out + (3 * i + channel) * area;
        for (int64_t k = 0; k < area; ++k) plane[k] = picture.rgb[static_cast<size_t>(3 * k + channel)];
      }
    }
  });
  return planes;
}

const embed::EmbedOptions& checked(const embed::EmbedOptions& options) {
  DMF_CHECK(!options.skip_broken, InvalidArgument, "[Model] skip_broken: every picture has its row here");
  return options;
}

}  // namespace

struct Model::State {
  embed::Embedder embedder;
  std::string identity;
  std::mutex turn;
};

Model::Model(const std::filesystem::path& file, const embed::EmbedOptions& options)
    : state_(new State{embed::Embedder(file, checked(options)), fuse::model_identity(file), {}}) {}

Model::~Model() = default;
Model::Model(Model&&) noexcept = default;
Model& Model::operator=(Model&&) noexcept = default;

Vectors Model::embed(const std::vector<std::filesystem::path>& files) const {
  const std::lock_guard lock(state_->turn);
  return copied(state_->embedder.images(files, /*what=*/"").vectors);
}

Vectors Model::embed(std::span<const PictureView> pictures) const {
  check_pictures(pictures);
  const auto& size = state_->embedder.model().image_encoder()->options();
  const torch::Tensor planes = planes_of(pictures, size.height, size.width);
  const std::lock_guard lock(state_->turn);
  return copied(state_->embedder.pictures(planes));
}

Vectors Model::embed_text(const std::vector<std::string>& sentences) const {
  const std::lock_guard lock(state_->turn);
  return copied(state_->embedder.sentences(sentences));
}

int64_t Model::width() const { return state_->embedder.width(); }
bool Model::reads_text() const { return state_->embedder.reads_sentences(); }
const std::string& Model::identity() const { return state_->identity; }
std::string Model::setting() const { return state_->embedder.setting(); }

}  // namespace dmf::api
