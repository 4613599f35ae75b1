#include "dmf/core/npy.h"

#include <cstring>

#include "dmf/core/error.h"
#include "dmf/core/file.h"
#include "dmf/core/npy_layout.h"

namespace dmf {
namespace {

struct NpyType {
  const char* name;
  torch::Dtype type;
};
constexpr NpyType kTypes[] = {{"<f4", torch::kFloat32}, {"<f8", torch::kFloat64}, {"<i8", torch::kInt64},
                              {"<i4", torch::kInt32},   {"|u1", torch::kUInt8},   {"|b1", torch::kBool}};

const char* name_of(torch::Dtype type) {
  for (const NpyType& known : kTypes) {
    if (known.type == type) return known.name;
  }
  throw InvalidArgument(fmt::format("[write_npy] no .npy type for {}", c10::toString(type)));
}

const NpyType* type_named(const std::string& name) {
  for (const NpyType& known : kTypes) {
    if (name == known.name) return &known;
  }
  return nullptr;
}

}  // namespace

void write_npy(const std::filesystem::path& path, const torch::Tensor& tensor) {
  torch::Tensor values = tensor.detach().to(torch::kCPU);
  if (values.scalar_type() == torch::kBFloat16 || values.scalar_type() == torch::kHalf)
    values = values.to(torch::kFloat32);
  values = values.contiguous();
  std::string shape;
  for (int64_t size : values.sizes()) shape += std::to_string(size) + ", ";
  std::string header = fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({}), }}",
                                   name_of(values.scalar_type()), shape);
  const size_t start = kNpyMagic.size() + 4;
  header.append(64 - (start + header.size() + 1) % 64, ' ');
  header += '\n';
  AtomicFile file(path);
  file.write(kNpyMagic);
  const char preamble[4] = {1, 0, static_cast<char>(header.size() & 0xff),
                            static_cast<char>(header.size() >> 8)};
  file.write(std::string_view(preamble, 4));
  file.write(header);
  file.write(std::string_view(static_cast<const char*>(values.data_ptr()), values.nbytes()));
  file.commit();
}

torch::Tensor read_npy(const std::filesystem::path& path) {
  const MappedFile file(path);
  const NpyLayout layout = read_npy_layout(file, [](const std::string& name) {
    const NpyType* type = type_named(name);
    return type == nullptr ? size_t{0} : c10::elementSize(type->type);
  });
  DMF_CHECK(!layout.is_fortran, DataError, "{}: Fortran order is not supported", path.string());
  torch::Tensor values = torch::empty(layout.shape, type_named(layout.type)->type);
  if (values.numel() > 0) std::memcpy(values.data_ptr(), file.text().data() + layout.offset, values.nbytes());
  return values;
}

}  // namespace dmf
