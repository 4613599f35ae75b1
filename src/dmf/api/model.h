#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "dmf/embed/embed_options.h"
#include "dmf/eval/vectors.h"
#include "dmf/search/gallery.h"

namespace dmf::api {

/// Vectors of length 1, row after row.
struct Vectors {
  std::vector<float> values;  ///< count * width
  int64_t count = 0, width = 0;
  eval::VectorView view() const { return {values, count, width}; }
};

/// A picture in memory: height * width * 3 bytes, red green blue, row by row. It must outlive the call.
struct PictureView {
  const uint8_t* rgb = nullptr;
  int64_t height = 0, width = 0;
};

/// A model file in use: pictures or sentences in, vectors out. For programs that link dmf::dmf: no header of
/// libtorch is needed.
///
///   dmf::api::Model model("model.safetensors");
///   dmf::api::Vectors query = model.embed({"photo.jpg"});
///   dmf::search::Gallery gallery("people");
///   auto all = gallery.snapshot();
///   dmf::search::Answers found = dmf::search::search_exact(*all, query.view(), 5, all->all());
///
/// Safe to use from any number of threads: they take turns.
class Model {
 public:
  /// @throws DataError        the file is missing, broken or no model file
  /// @throws DeviceError      the device is not there
  /// @throws InvalidArgument  skip_broken: here every picture has its row
  explicit Model(const std::filesystem::path& file, const embed::EmbedOptions& options = {});
  ~Model();
  Model(Model&&) noexcept;
  Model& operator=(Model&&) noexcept;

  /// Of image files of any size. @throws DataError  one that cannot be decoded, naming it
  Vectors embed(const std::vector<std::filesystem::path>& files) const;
  /// Of pictures in memory. They are stretched to the model's size as files are (data/pixels.h); the vectors are
  /// those of the same pixels in a PNG file.
  /// @throws InvalidArgument  an empty picture, naming its place
  Vectors embed(std::span<const PictureView> pictures) const;
  /// Of sentences, UTF-8. @throws InvalidArgument  the model reads none; a sentence without a word
  Vectors embed_text(const std::vector<std::string>& sentences) const;

  /// Numbers of a vector.
  int64_t width() const;
  bool reads_text() const;
  /// Tells models apart by what their vectors depend on (fuse/model_identity.h).
  const std::string& identity() const;
  /// What a gallery of this model's vectors is.
  search::GalleryKind gallery_kind() const { return {identity(), width()}; }
  /// "cpu, bfloat16"
  std::string setting() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace dmf::api
