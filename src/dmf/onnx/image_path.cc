#include "dmf/onnx/image_path.h"

#include "dmf/onnx/fusion.h"
#include "dmf/onnx/image_encoder.h"

namespace dmf::onnx {
namespace {

/// ImageEncoder::normalise of uint8 pixels.
std::string normalised(Operators& ops, const std::string& pixels, const translate::Normalisation& how) {
  std::vector<float> scale, shift;
  for (size_t c = 0; c < 3; ++c) {
    scale.push_back(static_cast<float>(1 / (255 * how.deviation[c])));
    shift.push_back(static_cast<float>(-how.mean[c] / how.deviation[c]));
  }
  const std::vector<int64_t> sizes{1, 3, 1, 1};
  const std::string scaled =
      ops.multiply(ops.cast(pixels, ElementType::kFloat32), ops.graph().constant(scale, sizes));
  return ops.add(scaled, ops.graph().constant(shift, sizes));
}

}  // namespace

std::string image_path_file(const fuse::DmfModel& model, ImageInput input, const Products& products,
                            const std::map<std::string, std::string>& metadata) {
  const torch::NoGradGuard no_grad;
  const translate::ImageEncoder& encoder = *model.image_encoder();
  const int64_t height = encoder.options().height, width = encoder.options().width;
  Operators ops("dmf image path", products);
  const std::string image =
      input == ImageInput::kPixels
          ? normalised(ops, ops.graph().input("pixels", ElementType::kUint8, {"batch", 3, height, width}),
                       encoder.normalisation())
          : ops.graph().input("normalised", ElementType::kFloat32, {"batch", 3, height, width});
  const std::string tokens = image_tokens(ops, encoder, image, [&](const std::string& map, int64_t cells) {
    return style_blended(ops, model, map, cells);
  });
  ops.keep_float32();
  ops.graph().output("embedding", embedding_of_tokens(ops, model, "image", tokens, ""),
                     {"batch", model.options().width});
  return ops.graph().bytes(metadata);
}

}  // namespace dmf::onnx
