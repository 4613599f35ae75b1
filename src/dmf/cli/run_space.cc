#include "dmf/cli/run_space.h"

#include "dmf/core/error.h"

namespace dmf::cli {
namespace {

int64_t bytes_of(const weights::NamedTensors& tensors) {
  size_t bytes = 0;
  for (const auto& [name, tensor] : tensors) bytes += tensor.nbytes();
  return static_cast<int64_t>(bytes);
}

}  // namespace

int64_t run_bytes(const fuse::DmfModel& model, const translate::TextEncoder* text_encoder) {
  const int64_t all = bytes_of(model.tensors());
  const int64_t checkpoint = all + 2 * bytes_of(model.parameters());  // with the optimiser's state
  const int64_t texts = text_encoder == nullptr ? 0 : bytes_of(text_encoder->tensors());
  return 3 * checkpoint + all + texts;
}

void require_space(const std::filesystem::path& folder, int64_t bytes) {
  const auto available = std::filesystem::space(folder).available;
  if (available >= static_cast<uint64_t>(bytes)) return;
  throw DataError(Expectation{folder.string(), "too little space on the disk for this run",
                              fmt::format("{} MB for checkpoints and the model file", bytes / 1'000'000),
                              fmt::format("{} MB free", available / 1'000'000),
                              "free some, or name a folder on another disk by --out"}
                      .message());
}

}  // namespace dmf::cli
