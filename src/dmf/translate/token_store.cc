#include "dmf/translate/token_store.h"

#include <ATen/Parallel.h>

#include <cstring>
#include <deque>
#include <future>
#include <optional>
#include <random>

#include "dmf/core/error.h"
#include "dmf/core/interrupt.h"
#include "dmf/core/log.h"
#include "dmf/core/one_thread.h"
#include "dmf/core/precision.h"
#include "dmf/core/progress.h"
#include "dmf/core/shape.h"
#include "dmf/core/system.h"
#include "dmf/data/image.h"
#include "dmf/translate/token_file_writer.h"

namespace dmf::translate {
namespace {

constexpr int64_t kChunkImages = 32;
constexpr int64_t kBytesOfBfloat16 = 2;

torch::Device device_of(const ImageEncoder& encoder) {
  for (const auto& [name, tensor] : encoder.tensors()) {
    if (tensor.is_floating_point()) return tensor.device();
  }
  return torch::kCPU;
}

/// Names in their order, folder and file: a split of a dataset, whichever folder the dataset lies in.
std::string names_fingerprint(const std::vector<data::Record>& records) {
  Sha256 hash;
  for (const data::Record& record : records) {
    hash.add((record.path.parent_path().filename() / record.path.filename()).string()).add("\n");
  }
  return hash.hex().substr(0, 16);
}

TokenLayout layout_of(const TokenStoreImages& images, const ImageEncoder& encoder,
                      const TokenStoreOptions& options) {
  const std::vector<int64_t> sizes = encoder.stored_sizes();
  const auto count = static_cast<int64_t>(images.records.size());
  TokenLayout layout;
  layout.key = {{"images", images.fingerprint},
                {"names", names_fingerprint(images.records)},
                {"encoder", encoder.fingerprint()},
                {"shape", {count, options.views, sizes[0], sizes[1], sizes[2]}},
                {"type", "bfloat16"},
                {"computed", c10::toString(compute_type(options.precision, device_of(encoder)))}};
  if (options.views > 1) {
    data::ViewOptions views = options.view_options;
    OptionTable table;
    table.add("views", views);
    layout.key["views"] = table.to_json();
    layout.key["seed"] = options.seed;
  }
  layout.rows = count * options.views;
  layout.row_bytes = sizes[0] * sizes[1] * sizes[2] * kBytesOfBfloat16;
  layout.chunk_rows = kChunkImages * options.views;
  return layout;
}

std::filesystem::path path_for(const TokenStoreImages& images, const ImageEncoder& encoder,
                               const TokenStoreOptions& options, const TokenLayout& layout) {
  std::string name = images.name;
  std::replace_if(
      name.begin(), name.end(), [](char c) { return c == '/' || c == ' '; }, '_');
  return options.folder /
         fmt::format("{}-{}-{}.tokens", name, encoder.options().name, fingerprint(layout.key.dump()));
}

/// Fills a token file, or one share of its chunks. Several threads decode the next chunks while this one
/// computes.
class Builder {
 public:
  Builder(const TokenStoreImages& images, const ImageEncoder& encoder, const TokenStoreOptions& options,
          const TokenLayout& layout)
      : images_(images), encoder_(encoder), options_(options), layout_(layout), device_(device_of(encoder)) {}

  /// @param share  of `shares`: every shares-th chunk from this one on
  void fill(TokenFileWriter& writer, int64_t share = 0, int64_t shares = 1) {
    std::deque<int64_t> open, done;
    for (int64_t chunk = share; chunk < layout_.chunks(); chunk += shares)
      (writer.has(chunk) ? done : open).push_back(chunk);
    spdlog::info("token store {}: {} images x {} views, {:.1f} MB", writer.path().string(),
                 images_.records.size(), options_.views, static_cast<double>(layout_.file_bytes()) * 1e-6);
    Progress progress("token store " + images_.name, images_in(open) + images_in(done), "images");
    progress.skip(images_in(done));
    const auto ahead = static_cast<size_t>(std::clamp<int64_t>(available_processors(), 2, 16));
    std::deque<std::pair<int64_t, std::future<torch::Tensor>>> decoding;
    while (!open.empty() || !decoding.empty()) {
      while (!open.empty() && decoding.size() < ahead) {
        const int64_t chunk = open.front();
        open.pop_front();
        decoding.emplace_back(chunk, std::async(std::launch::async, [this, chunk] {
                                use_one_thread_here();
                                return decode(chunk);
                              }));
      }
      stop_if_interrupted("building a token store; the next run goes on from here");
      const int64_t chunk = decoding.front().first;
      const torch::Tensor maps = translate(decoding.front().second.get());
      decoding.pop_front();
      writer.write(chunk, std::span(static_cast<const std::byte*>(maps.const_data_ptr()), maps.nbytes()));
      progress.advance(maps.size(0) / options_.views);
    }
    progress.finish();
  }

 private:
  int64_t first_image(int64_t chunk) const { return chunk * kChunkImages; }
  int64_t last_image(int64_t chunk) const {
    return std::min(first_image(chunk) + kChunkImages, static_cast<int64_t>(images_.records.size()));
  }
  int64_t images_in(const std::deque<int64_t>& chunks) const {
    int64_t count = 0;
    for (const int64_t chunk : chunks) count += last_image(chunk) - first_image(chunk);
    return count;
  }

  /// [images x views, 3, H, W] uint8
  torch::Tensor decode(int64_t chunk) const {
    const int64_t height = encoder_.options().height, width = encoder_.options().width;
    const int64_t first = first_image(chunk), count = last_image(chunk) - first;
    torch::Tensor pixels = torch::empty({count, options_.views, 3, height, width}, torch::kUInt8);
    for (int64_t i = 0; i < count; ++i) {
      const torch::Tensor image =
          data::decode_image(images_.records[static_cast<size_t>(first + i)].path, height, width);
      for (int64_t view = 0; view < options_.views; ++view) {
        pixels[i][view].copy_(data::make_view(image, options_.view_options, options_.seed, first + i, view));
      }
    }
    return pixels.flatten(0, 1);
  }

  /// [images x views, C, h, w] bfloat16
  torch::Tensor translate(const torch::Tensor& pixels) const {
    const PrecisionScope scope(compute_type(options_.precision, device_), device_);
    const torch::Tensor maps = encoder_.frozen(encoder_.normalise(pixels.to(device_)));
    return maps.to(torch::kCPU, torch::kBFloat16).contiguous();
  }

  const TokenStoreImages& images_;
  const ImageEncoder& encoder_;
  const TokenStoreOptions& options_;
  const TokenLayout& layout_;
  torch::Device device_;
};

/// Builds a store together with other processes, where all of them see the first one's file. Does nothing where
/// they do not, or where it was there before: whoever has none builds it alone.
void build_together(const std::filesystem::path& path, const TokenLayout& layout, Builder& builder,
                    const StoreBuilders& builders) {
  std::optional<TokenFileWriter> writer;
  int64_t mark = 0;  // 0: nothing to build
  if (builders.rank == 0 && !std::filesystem::exists(path)) {
    writer.emplace(path, layout);
    if (!writer->is_finished()) {
      mark = static_cast<int64_t>(std::random_device()()) + 1;
      writer->flush();  // other hosts are to see its header
      writer->leave_mark(mark);
    }
  }
  mark = builders.sum(mark);
  if (mark == 0) return;
  const bool is_seen = builders.rank == 0 || TokenFileWriter::has_mark(path, mark);
  if (builders.sum(is_seen ? 1 : 0) < builders.size) {
    if (builders.rank == 0)
      spdlog::info("{}: not every process sees this file; each host builds its own", path.string());
    return;
  }
  if (builders.rank != 0) writer.emplace(path, layout, TokenFileWriter::Role::kJoins);
  builder.fill(*writer, builders.rank, builders.size);
  writer->flush();
  builders.sum(0);
  if (builders.rank == 0) writer->commit();
  builders.sum(0);
}

void widen(std::span<const std::byte> row, float* to) {
  const auto* from = reinterpret_cast<const uint16_t*>(row.data());
  const size_t count = row.size() / kBytesOfBfloat16;
  auto* bits = reinterpret_cast<uint32_t*>(to);
  for (size_t i = 0; i < count; ++i) bits[i] = static_cast<uint32_t>(from[i]) << 16;
}

}  // namespace

std::filesystem::path TokenStore::path_of(const TokenStoreImages& images, const ImageEncoder& encoder,
                                          const TokenStoreOptions& options) {
  return path_for(images, encoder, options, layout_of(images, encoder, options));
}

std::shared_ptr<TokenStore> TokenStore::open_or_build(const TokenStoreImages& images,
                                                      const ImageEncoder& encoder,
                                                      const TokenStoreOptions& options,
                                                      const StoreBuilders& builders) {
  DMF_CHECK(!images.records.empty(), InvalidArgument, "[token store] {}: no images", images.name);
  DMF_CHECK(options.views >= 1, InvalidArgument, "[token store] views must be at least 1, got {}",
            options.views);
  const TokenLayout layout = layout_of(images, encoder, options);
  const std::filesystem::path path = path_for(images, encoder, options, layout);
  Builder builder(images, encoder, options, layout);
  if (builders.size > 1) build_together(path, layout, builder, builders);
  if (!std::filesystem::exists(path)) {
    TokenFileWriter writer(path, layout);
    if (!writer.is_finished()) {
      builder.fill(writer);
      writer.commit();
    }
  }
  return std::shared_ptr<TokenStore>(new TokenStore(path, layout, options.views, encoder));
}

torch::Tensor TokenStore::gather(const std::vector<int64_t>& indices, const std::vector<int64_t>& views,
                                 torch::Dtype type) const {
  DMF_CHECK(indices.size() == views.size(), InvalidArgument, "[TokenStore::gather] {} indices but {} views",
            indices.size(), views.size());
  DMF_CHECK(type == torch::kBFloat16 || type == torch::kFloat32, InvalidArgument,
            "[TokenStore::gather] type must be bfloat16 or float32, got {}", c10::toString(type));
  std::vector<int64_t> rows;
  for (size_t i = 0; i < indices.size(); ++i) {
    DMF_CHECK(indices[i] >= 0 && indices[i] < images() && views[i] >= 0 && views[i] < views_, InvalidArgument,
              "[TokenStore::gather] image {} view {}: there are {} images, {} views", indices[i], views[i],
              images(), views_);
    rows.push_back(indices[i] * views_ + views[i]);
    file_.will_need(rows.back());
  }
  const auto count = static_cast<int64_t>(rows.size());
  torch::Tensor maps = torch::empty({count, sizes_[0], sizes_[1], sizes_[2]}, type);
  const int64_t map_bytes = static_cast<int64_t>(maps.element_size()) * sizes_[0] * sizes_[1] * sizes_[2];
  auto* to = static_cast<std::byte*>(maps.mutable_data_ptr());
  at::parallel_for(0, count, 1, [&](int64_t first, int64_t last) {
    for (int64_t i = first; i < last; ++i) {
      const std::span<const std::byte> row = file_.row(rows[static_cast<size_t>(i)]);
      if (type == torch::kFloat32) {
        widen(row, reinterpret_cast<float*>(to + i * map_bytes));
      } else {
        std::memcpy(to + i * map_bytes, row.data(), row.size());
      }
      file_.release(rows[static_cast<size_t>(i)]);
    }
  });
  return maps;
}

}  // namespace dmf::translate
