#include "dmf/embed/attention.h"

#include <fmt/ranges.h>

#include <map>

#include "dmf/core/error.h"
#include "dmf/core/precision.h"
#include "dmf/fuse/observe.h"

namespace dmf::embed {
namespace {

constexpr int64_t kSteps = 24;  // of the integral
constexpr const char* kNobody = "person";

/// The outputs of a model's parts while it computes `features of tokens`.
std::map<std::string, torch::Tensor> outputs(const fuse::DmfModel& model, const torch::Tensor& tokens) {
  std::map<std::string, torch::Tensor> found;
  const fuse::ObserverScope scope([&](const std::string& part, const torch::Tensor& output) {
    found[part] = output.to(torch::kFloat32);
  });
  model.forward_tokens(tokens, /*training=*/false);
  return found;
}

std::string block(int64_t i, const char* part) { return fmt::format("transformer.{}.{}", i, part); }

}  // namespace

torch::Tensor AttentionMaps::tokens(const torch::Tensor& pixels) const {
  const fuse::DmfModel& model = embedder_.model();
  const translate::ImageEncoder& encoder = *model.image_encoder();
  DMF_CHECK(pixels.dim() == 4 && pixels.size(1) == 3 && pixels.size(2) == encoder.options().height &&
                pixels.size(3) == encoder.options().width,
            InvalidArgument, "[attention] pixels: expected [B, 3, {}, {}]", encoder.options().height,
            encoder.options().width);
  const torch::Tensor stored = encoder.frozen(encoder.normalise(pixels.to(model.device())));
  return model.image_tokens(stored, /*training=*/false).to(torch::kFloat32);
}

torch::Tensor AttentionMaps::laid_out(const torch::Tensor& patches) const {
  const translate::TokenGrid grid = embedder_.model().image_encoder()->grid();
  return patches.view({-1, grid.rows, grid.columns}).to(torch::kCPU);
}

torch::Tensor AttentionMaps::embeddings(const torch::Tensor& pixels) const {
  const PrecisionScope full(torch::kFloat32, embedder_.model().device());
  return embedder_.model().embed_images(pixels).to(torch::kCPU);
}

torch::Tensor AttentionMaps::eigen_cam(const torch::Tensor& pixels) const {
  const fuse::DmfModel& model = embedder_.model();
  const PrecisionScope full(torch::kFloat32, model.device());
  const torch::NoGradGuard no_grad;
  const auto parts = outputs(model, tokens(pixels));
  const torch::Tensor& projected = parts.at("image.projection");
  const int64_t N = projected.size(1);
  torch::Tensor x = projected + model.tensors().at("image.position").narrow(0, 1, N);
  for (int64_t i = 0; i + 1 < model.options().depth; ++i)
    x = x + parts.at(block(i, "attn")).narrow(1, 1, N) + parts.at(block(i, "mlp")).narrow(1, 1, N);
  const torch::Tensor direction = std::get<2>(at::linalg_svd(x, /*full_matrices=*/false)).narrow(1, 0, 1);
  const torch::Tensor map = x.matmul(direction.transpose(1, 2)).squeeze(2);  // [B, N]
  return laid_out(map * at::where(map.sum(1, /*keepdim=*/true) < 0, -1.0, 1.0));
}

torch::Tensor AttentionMaps::rollout(const torch::Tensor& pixels) const {
  const fuse::DmfModel& model = embedder_.model();
  const PrecisionScope full(torch::kFloat32, model.device());
  const torch::NoGradGuard no_grad;
  const auto parts = outputs(model, tokens(pixels));
  const int64_t S = parts.at("image.projection").size(1) + 1;
  const torch::Tensor own = at::eye(S, torch::dtype(torch::kFloat32).device(model.device()));
  torch::Tensor reached = own.unsqueeze(0);
  for (int64_t i = 0; i < model.options().depth; ++i) {
    const torch::Tensor shares = parts.at(block(i, "attn.shares")).mean(1);  // [B, S or 1, S]
    reached = (shares + own.narrow(0, 0, shares.size(1))).div(2).matmul(reached);
  }
  return laid_out(reached.select(1, 0).narrow(1, 1, S - 1).contiguous());
}

torch::Tensor AttentionMaps::toward(const torch::Tensor& pixels, const torch::Tensor& directions) const {
  const fuse::DmfModel& model = embedder_.model();
  const PrecisionScope full(torch::kFloat32, model.device());
  torch::Tensor all;
  {
    const torch::NoGradGuard no_grad;
    all = tokens(pixels);
  }
  DMF_CHECK(directions.dim() == 2 && directions.size(0) == all.size(0) &&
                directions.size(1) == model.options().width,
            InvalidArgument, "[attention] directions: expected [{}, {}]", all.size(0), model.options().width);
  const torch::Tensor shares =
      ((at::arange(kSteps, all.options()) + 0.5) / static_cast<double>(kSteps)).view({kSteps, 1, 1});
  std::vector<torch::Tensor> maps;
  for (int64_t b = 0; b < all.size(0); ++b) {
    const torch::Tensor mean = all[b].mean(0, /*keepdim=*/true);
    const torch::Tensor difference = all[b] - mean;  // [N, D_i]
    const at::AutoGradMode with_gradients(true);
    const torch::Tensor path = (mean + difference * shares).requires_grad_();  // [steps, N, D_i]
    const torch::Tensor vectors = model.embedding(model.forward_tokens(path, /*training=*/false));
    const torch::Tensor product = vectors.matmul(directions[b].to(model.device())).sum();
    const std::vector<torch::Tensor> inputs{path};
    product.backward({}, /*retain_graph=*/false, /*create_graph=*/false, inputs);
    maps.push_back((path.grad().mean(0) * difference).sum(1));
  }
  return laid_out(at::stack(maps));
}

PairMaps AttentionMaps::pair(const torch::Tensor& query, const torch::Tensor& gallery) const {
  const torch::Tensor both = at::stack({query, gallery});
  const torch::Tensor vectors = embeddings(both);
  const torch::Tensor maps = toward(both, vectors.flip({0}));
  return {vectors[0].dot(vectors[1]).item<double>(), maps[0], maps[1]};
}

std::vector<WordMap> AttentionMaps::words(const torch::Tensor& pixels, const std::string& sentence) const {
  const std::vector<std::string> pieces = embedder_.pieces(sentence);
  std::vector<std::string> texts{fmt::format("{}", fmt::join(pieces, " "))};
  for (size_t left_out = 0; left_out < pieces.size(); ++left_out) {
    std::vector<std::string> others = pieces;
    others.erase(others.begin() + static_cast<std::ptrdiff_t>(left_out));
    texts.push_back(others.empty() ? kNobody : fmt::format("{}", fmt::join(others, " ")));
  }
  const torch::Tensor vectors = embedder_.joined_pieces(texts);
  const torch::Tensor changes = vectors.narrow(0, 0, 1) - vectors.slice(0, 1);  // [pieces, D]
  const auto count = static_cast<int64_t>(pieces.size());
  const torch::Tensor gains = changes.mv(embeddings(pixels.unsqueeze(0))[0]);
  const torch::Tensor maps = toward(pixels.unsqueeze(0).expand({count, -1, -1, -1}), changes);
  std::vector<WordMap> result;
  for (int64_t i = 0; i < count; ++i)
    result.push_back({pieces[static_cast<size_t>(i)], gains[i].item<double>(), maps[i]});
  return result;
}

}  // namespace dmf::embed
