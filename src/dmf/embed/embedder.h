#pragma once
#include <torch/types.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "dmf/data/image.h"
#include "dmf/embed/embed_options.h"
#include "dmf/fuse/model.h"

namespace dmf::fuse {
struct LoadedModel;
}

namespace dmf::embed {

/// What reads sentences: as the model learned to.
struct SentenceReader {
  std::shared_ptr<const translate::TextEncoder> encoder;  ///< the model's; null: the model reads none
  bool keywords_only =
      true;  ///< reads a sentence's key words (all of it where it has none), not the whole sentence
};

/// Vectors of images, and what became of those that could not be read.
struct ImageEmbeddings {
  torch::Tensor vectors;                  ///< [M, D] float32, unit rows, CPU
  std::vector<int64_t> rows;              ///< [M] which of the given images each vector is of, ascending
  std::vector<data::BrokenImage> broken;  ///< the others; empty unless EmbedOptions::skip_broken
};

/// From images or sentences to unit vectors that can be compared with each other, whichever they are from.
///
///   Embedder embedder("run/model.safetensors");
///   ImageEmbeddings images = embedder.images(paths, "gallery");
///   torch::Tensor query = embedder.sentences({"a woman in a red coat"});
///   torch::Tensor similarities = query.mm(images.vectors.t());
///
/// Images are decoded in several threads while the model works on the batch before. The same input gives the
/// same vectors on the same machine, run after run. Safe to use from one thread at a time.
class Embedder {
 public:
  /// Reads a model file.
  /// @throws DataError where it is broken, DeviceError where the device is not there
  explicit Embedder(const std::filesystem::path& model_file, const EmbedOptions& options = {});

  /// Uses a model in memory (shared, not copied). The model moves to the options' device.
  Embedder(fuse::DmfModel model, SentenceReader reader, const EmbedOptions& options = {});

  /// @param paths   image files of any size; may be none: vectors [0, D]
  /// @param what    their name on the progress bar ("query"); empty: no bar
  /// @throws DataError    an image that cannot be decoded, unless skip_broken
  /// @throws Interrupted  on Ctrl-C, between batches
  ImageEmbeddings images(const std::vector<std::filesystem::path>& paths,
                         const std::string& what = "images") const;

  /// @param pixels  [N, 3, H, W] uint8 on the CPU, of the encoder's height and width
  /// @return        [N, D] float32, unit rows, CPU
  torch::Tensor pictures(const torch::Tensor& pixels) const;

  /// @param texts  UTF-8, each with at least one word; read as SentenceReader says (a model file knows it)
  /// @return       [N, D] float32, unit rows, CPU
  /// @throws InvalidArgument  the model has no text branch; a sentence without a word, naming which
  torch::Tensor sentences(const std::vector<std::string>& texts) const;

  /// What is read of a sentence, in pieces: its key words ("red coat"), or its single words where the model
  /// reads whole sentences or there are no key words.
  std::vector<std::string> pieces(const std::string& sentence) const;
  /// sentences() of texts that are read as they stand: pieces, joined by spaces.
  torch::Tensor joined_pieces(const std::vector<std::string>& texts) const;

  /// What the encoders give before their translation into one space: the mean of an image's tokens v_j, and
  /// of a sentence's words t_k. No class token, projection or transformer has seen them.
  /// @return  [N, D_i] and [N, D_t] float32, CPU, of any length
  /// @throws as images() and sentences()
  ImageEmbeddings encoded_images(const std::vector<std::filesystem::path>& paths,
                                 const std::string& what = "images") const;
  torch::Tensor encoded_sentences(const std::vector<std::string>& texts) const;

  /// D.
  int64_t width() const;
  const fuse::DmfModel& model() const { return model_; }
  /// Whether sentences can be embedded, and whether of them the key words alone are read.
  bool reads_sentences() const { return model_.has_text() && reader_.encoder != nullptr; }
  bool reads_keywords() const { return reader_.keywords_only; }
  /// What reads its sentences; null: it reads none.
  const translate::TextEncoder* text_encoder() const { return reader_.encoder.get(); }
  /// What the model file says of its training (ModelDescription::training); empty for a model in memory.
  const nlohmann::json& training() const { return training_; }
  /// Device and type the model works in, as messages say it: "cpu, bfloat16".
  std::string setting() const;

 private:
  Embedder(fuse::LoadedModel loaded, const EmbedOptions& options);
  using Batch = std::function<torch::Tensor(const torch::Tensor& pixels)>;
  using TextBatch = std::function<torch::Tensor(const translate::TextTokens& stored)>;
  torch::Tensor embed_batch(const torch::Tensor& pixels) const;
  ImageEmbeddings in_batches(const std::vector<std::filesystem::path>& paths, const std::string& what,
                             int64_t width, const Batch& vectors_of) const;
  /// @param texts  as they are read
  torch::Tensor in_batches(const std::vector<std::string>& texts, int64_t width,
                           const TextBatch& vectors_of) const;
  std::vector<std::string> read_of(const std::vector<std::string>& sentences) const;

  fuse::DmfModel model_;
  SentenceReader reader_;
  EmbedOptions options_;
  torch::Device device_;
  torch::Dtype type_;
  nlohmann::json training_ = nlohmann::json::object();
};

}  // namespace dmf::embed
