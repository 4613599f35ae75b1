#include "dmf/fetch/checkpoints.h"

#include <fmt/ranges.h>

#include "dmf/core/error.h"
#include "dmf/core/nearest.h"
#include "dmf/fetch/check.h"

namespace dmf::fetch {
namespace {

// Full hashes are those that the publisher's own page of the file shows (data2vec), or that several
// independent projects state alike for the publisher's address (DINOv2, torchvision, BERT at this revision).
// Where neither is known none is given.
std::vector<Checkpoint> make_table() {
  const auto hugging_face = [](const std::string& repository, const std::string& revision) {
    return fmt::format("https://huggingface.co/{}/resolve/{}/", repository, revision);
  };
  const std::string vision = hugging_face("facebook/data2vec-vision-base", "main");
  const std::string text = hugging_face("facebook/data2vec-text-base", "main");
  const std::string augreg = hugging_face("timm/vit_base_patch16_224.augreg_in21k_ft_in1k", "main");
  const std::string bert =
      hugging_face("google-bert/bert-base-uncased", "86b5e0934494bd15c9632b12f734a8a67f723594");
  const std::string roberta = hugging_face("FacebookAI/roberta-base", "main");
  const std::string deit = "https://dl.fbaipublicfiles.com/deit/";
  const std::string dinov2 = "https://dl.fbaipublicfiles.com/dinov2/";
  const std::string torchvision = "https://download.pytorch.org/models/";
  const std::string timm = "https://github.com/rwightman/pytorch-image-models/releases/download/v0.1-vitjx/";
  const auto single = [](const std::string& folder, const std::string& name, int64_t size, double megabytes,
                         const std::string& sha256) {
    return std::vector<CheckpointFile>{{name, folder + name, size, megabytes, sha256}};
  };

  return {
      {"data2vec-vision-base",
       "image encoder of the paper: data2vec, ViT-B/16, ImageNet-1k without labels",
       "Meta AI, Hugging Face facebook/data2vec-vision-base, Apache-2.0",
       {{"config.json", vision + "config.json", 0, 0.001, ""},
        {"preprocessor_config.json", vision + "preprocessor_config.json", 0, 0.001, ""},
        {"pytorch_model.bin", vision + "pytorch_model.bin", 0, 343,
         "e1942d45a5003da3053504a1d9a7e12fcf70c0e90f2ee9a2b9c7553ba643acfd"}},
       {"image.name=data2vec-vision", "image.weights={}"}},
      {"data2vec-text-base",
       "text encoder of the paper: data2vec, RoBERTa-base architecture",
       "Meta AI, Hugging Face facebook/data2vec-text-base, MIT",
       {{"config.json", text + "config.json", 0, 0.001, ""},
        {"vocab.json", text + "vocab.json", 0, 0.9, ""},
        {"merges.txt", text + "merges.txt", 0, 0.5, ""},
        {"tokenizer.json", text + "tokenizer.json", 0, 2.1, ""},
        {"pytorch_model.bin", text + "pytorch_model.bin", 0, 499,
         "65f2e9bc8b76d5bfe3be263ce6d3a05a248c2d1e954fbc4b26dc96f592d53df3"}},
       {"text_encoder.name=data2vec-text", "text_encoder.folder={}"}},
      {"vit-base",
       "shared transformer's start: ViT-B/16, ImageNet-21k then 1k (the one TransReID starts from)",
       "Google, converted by timm (GitHub release v0.1-vitjx), Apache-2.0",
       single(timm, "jx_vit_base_p16_224-80ecf9dd.pth", 0, 346, "80ecf9dd"),
       {"model.initial={}"}},
      {"vit-base-augreg",
       "ViT-B/16, ImageNet-21k then 1k, AugReg training",
       "Google, converted by timm, Hugging Face timm/vit_base_patch16_224.augreg_in21k_ft_in1k, Apache-2.0",
       {{"config.json", augreg + "config.json", 0, 0.001, ""},
        {"model.safetensors", augreg + "model.safetensors", 0, 346, ""}},
       {"model.initial={}"}},
      {"deit-base",
       "DeiT-B/16, ImageNet-1k",
       "Meta AI, Apache-2.0",
       single(deit, "deit_base_patch16_224-b5f2ef4d.pth", 0, 346, "b5f2ef4d"),
       {"model.initial={}"}},
      {"deit-small",
       "DeiT-S/16, ImageNet-1k",
       "Meta AI, Apache-2.0",
       single(deit, "deit_small_patch16_224-cd65a155.pth", 0, 88, "cd65a155"),
       {"image.name=vit", "image.weights={}", "image.normalisation=imagenet"}},
      {"dinov2-small",
       "DINOv2 ViT-S/14, without labels",
       "Meta AI, Apache-2.0",
       single(dinov2 + "dinov2_vits14/", "dinov2_vits14_pretrain.pth", 88'283'115, 88,
              "b938bf1bc15cd2ec0feacfe3a1bb553fe8ea9ca46a7e1d8d00217f29aef60cd9"),
       {"image.name=dinov2", "image.weights={}"}},
      {"dinov2-base",
       "DINOv2 ViT-B/14, without labels",
       "Meta AI, Apache-2.0",
       single(dinov2 + "dinov2_vitb14/", "dinov2_vitb14_pretrain.pth", 346'378'731, 346,
              "0b8b82f85de91b424aded121c7e1dcc2b7bc6d0adeea651bf73a13307fad8c73"),
       {"image.name=dinov2", "image.weights={}"}},
      {"dinov2-small-registers",
       "DINOv2 ViT-S/14 with 4 register tokens",
       "Meta AI, Apache-2.0",
       single(dinov2 + "dinov2_vits14/", "dinov2_vits14_reg4_pretrain.pth", 0, 88, ""),
       {"image.name=dinov2", "image.weights={}"}},
      {"dinov2-base-registers",
       "DINOv2 ViT-B/14 with 4 register tokens",
       "Meta AI, Apache-2.0",
       single(dinov2 + "dinov2_vitb14/", "dinov2_vitb14_reg4_pretrain.pth", 346'393'545, 346,
              "73182a088cf94833c94b1666d1c99e02fe87e2007bff57b564fb6206e25dba71"),
       {"image.name=dinov2", "image.weights={}"}},
      {"resnet50",
       "ResNet-50, ImageNet-1k, torchvision's first weights",
       "torchvision, BSD-3-Clause",
       single(torchvision, "resnet50-0676ba61.pth", 102'530'333, 103,
              "0676ba61b6795bbe1773cffd859882e5e297624d384b6993f7c9e683e722fb8a"),
       {"image.name=resnet50", "image.weights={}"}},
      {"resnet50-v2",
       "ResNet-50, ImageNet-1k, torchvision's second weights",
       "torchvision, BSD-3-Clause",
       single(torchvision, "resnet50-11ad3fa6.pth", 102'540'417, 103,
              "11ad3fa62ca79e40addfd354a8ec4b7c75143b3038b8d2a807fbc68deab379ca"),
       {"image.name=resnet50", "image.weights={}"}},
      {"bert-base",
       "BERT base, uncased",
       "Google, Hugging Face google-bert/bert-base-uncased, Apache-2.0",
       {{"config.json", bert + "config.json", 0, 0.001, ""},
        {"vocab.txt", bert + "vocab.txt", 0, 0.2, ""},
        {"tokenizer.json", bert + "tokenizer.json", 0, 0.5, ""},
        {"model.safetensors", bert + "model.safetensors", 440'449'768, 440,
         "68d45e234eb4a928074dfd868cead0219ab85354cc53d20e772753c6bb9169d3"}},
       {"text_encoder.name=bert", "text_encoder.folder={}"}},
      {"roberta-base",
       "RoBERTa base",
       "Meta AI, Hugging Face FacebookAI/roberta-base, MIT",
       {{"config.json", roberta + "config.json", 0, 0.001, ""},
        {"vocab.json", roberta + "vocab.json", 0, 0.9, ""},
        {"merges.txt", roberta + "merges.txt", 0, 0.5, ""},
        {"tokenizer.json", roberta + "tokenizer.json", 0, 1.4, ""},
        {"model.safetensors", roberta + "model.safetensors", 0, 499, ""}},
       {"text_encoder.name=roberta", "text_encoder.folder={}"}},
  };
}

}  // namespace

std::string pin_text(const CheckpointFile& file) {
  if (!file.sha256.empty()) return pin_text(file.sha256);
  // Hugging Face sends a hash of each file (check.h); the other publishers' servers tell nothing but a size.
  const bool has_hash = file.url.rfind("https://huggingface.co/", 0) == 0;
  return has_hash ? "SHA-256 that the publisher's server tells" : "size alone: no hash is published";
}

double Checkpoint::megabytes() const {
  double sum = 0;
  for (const CheckpointFile& file : files) sum += file.megabytes;
  return sum;
}

std::filesystem::path Checkpoint::file_in(const std::filesystem::path& cache,
                                          const CheckpointFile& file) const {
  return cache / name / file.name;
}

std::filesystem::path Checkpoint::path_in(const std::filesystem::path& cache) const {
  return files.size() == 1 ? file_in(cache, files[0]) : cache / name;
}

const std::vector<Checkpoint>& known_checkpoints() {
  static const std::vector<Checkpoint> table = make_table();
  return table;
}

const Checkpoint& find_checkpoint(const std::string& name) {
  std::vector<std::string> names;
  for (const Checkpoint& checkpoint : known_checkpoints()) {
    if (checkpoint.name == name) return checkpoint;
    names.push_back(checkpoint.name);
  }
  throw InvalidArgument(fmt::format("no checkpoint `{}` is known; did you mean `{}`? There are {}", name,
                                    nearest(name, names), fmt::join(names, ", ")));
}

}  // namespace dmf::fetch
