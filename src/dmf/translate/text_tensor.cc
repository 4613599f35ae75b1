#include "dmf/translate/text_tensor.h"

#include <cstring>

#include "dmf/core/error.h"
#include "dmf/core/file.h"
#include "dmf/core/shape.h"

namespace dmf::translate {

torch::Tensor tensor_of_text(std::string_view text) {
  torch::Tensor tensor = torch::empty({static_cast<int64_t>(text.size())}, torch::kUInt8);
  if (!text.empty()) std::memcpy(tensor.data_ptr(), text.data(), text.size());
  return tensor;
}

std::string text_of_tensor(const weights::NamedTensors& tensors, const std::string& name,
                           const std::string& where) {
  const auto found = tensors.find(name);
  DMF_CHECK(found != tensors.end(), DataError, "[{}] no tensor `{}`", where, name);
  const torch::Tensor bytes = found->second.cpu().contiguous();
  DMF_CHECK(bytes.dim() == 1 && bytes.scalar_type() == torch::kUInt8, DataError,
            "[{}] `{}` must be [length] uint8, got {} {}", where, name, shape_text(bytes.sizes()),
            c10::toString(bytes.scalar_type()));
  return {static_cast<const char*>(bytes.const_data_ptr()), static_cast<size_t>(bytes.numel())};
}

std::string hash_of_tensors(const weights::NamedTensors& tensors) {
  Sha256 hash;
  for (const auto& [name, tensor] : tensors) {
    const torch::Tensor values = tensor.detach().cpu().contiguous();
    hash.add(
        fmt::format("{} {} {}\n", name, c10::toString(values.scalar_type()), shape_text(values.sizes())));
    hash.add(std::span(static_cast<const std::byte*>(values.const_data_ptr()), values.nbytes()));
  }
  return hash.hex();
}

}  // namespace dmf::translate
