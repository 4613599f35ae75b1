#include "dmf/weights/tensor_file.h"

#include "dmf/core/error.h"
#include "dmf/core/file.h"
#include "dmf/weights/pytorch_file.h"

namespace dmf::weights {

NamedTensors read_tensors(const std::filesystem::path& path) {
  char format = 0;
  {
    const MappedFile file(path);
    const std::string_view text = file.text();
    DMF_CHECK(!text.empty(), DataError, "{}: is empty", path.string());
    DMF_CHECK(!text.starts_with("version https://git-lfs"), DataError,
              "{}: is a Git LFS pointer, not the weights; hint: git lfs pull", path.string());
    // A safetensors header's length may begin with any byte, also PK's: look at the header itself first.
    if (text.size() > 8 && text[8] == '{') {
      format = 's';
    } else if (text.starts_with("PK") || text.starts_with('\x80')) {
      format = 'p';
    }
  }
  if (format == 's') return read_safetensors(path).tensors;
  if (format == 'p') return read_pytorch(path);
  throw DataError(Expectation{path.string(), "format of the weights",
                              "a safetensors file or a PyTorch checkpoint",
                              "something else (or the beginning of a file only)", ""}
                      .message());
}

NamedTensors read_pytorch(const std::filesystem::path& path) {
  bool is_zip = false;
  {
    const MappedFile file(path);
    DMF_CHECK(!file.text().empty(), DataError, "{}: is empty", path.string());
    is_zip = file.text().starts_with("PK");
  }
  return is_zip ? read_pytorch_zip(path) : read_pytorch_legacy(path);
}

}  // namespace dmf::weights
