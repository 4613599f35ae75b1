#include "dmf/core/npy.h"

#include <charconv>
#include <cstring>
#include <regex>
#include <sstream>

#include "dmf/core/error.h"
#include "dmf/core/file.h"

namespace dmf {
namespace {

constexpr std::string_view kMagic{"\x93NUMPY", 6};

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
  const size_t start = kMagic.size() + 4;
  header.append(64 - (start + header.size() + 1) % 64, ' ');
  header += '\n';
  AtomicFile file(path);
  file.write(kMagic);
  const char preamble[4] = {1, 0, static_cast<char>(header.size() & 0xff),
                            static_cast<char>(header.size() >> 8)};
  file.write(std::string_view(preamble, 4));
  file.write(header);
  file.write(std::string_view(static_cast<const char*>(values.data_ptr()), values.nbytes()));
  file.commit();
}

torch::Tensor read_npy(const std::filesystem::path& path) {
  const MappedFile file(path);
  const std::string_view text = file.text();
  const auto fail = [&](const std::string& what) {
    return DataError(fmt::format("{}: {}", path.string(), what));
  };
  if (text.size() < 10 || text.substr(0, 6) != kMagic) throw fail("not a .npy file");
  if (text[6] != 1) throw fail(fmt::format("unknown .npy version {}", static_cast<int>(text[6])));
  const size_t length = static_cast<unsigned char>(text[8]) + 256U * static_cast<unsigned char>(text[9]);
  if (text.size() < 10 + length) throw fail("cut short inside its header");
  const std::string header(text.substr(10, length));
  std::smatch match;
  static const std::regex pattern(
      R"('descr':\s*'([^']+)',\s*'fortran_order':\s*(False|True),\s*'shape':\s*\(([^)]*)\))");
  if (!std::regex_search(header, match, pattern)) throw fail("header not understood: " + header);
  if (match[2] == "True") throw fail("Fortran order is not supported");
  const NpyType* type = nullptr;
  for (const NpyType& known : kTypes) {
    if (match[1] == known.name) type = &known;
  }
  if (type == nullptr) throw fail(fmt::format("element type {} is not supported", match[1].str()));
  const size_t available = text.size() - 10 - length;
  std::vector<int64_t> sizes;
  auto needed = static_cast<int64_t>(c10::elementSize(type->type));
  std::stringstream stream(match[3].str());
  for (std::string part; std::getline(stream, part, ',');) {
    if (part.find_first_of("0123456789") == std::string::npos) continue;
    int64_t size = 0;
    const size_t start = part.find_first_not_of(' ');
    const auto parsed = std::from_chars(part.data() + start, part.data() + part.size(), size);
    if (parsed.ec != std::errc() || size < 0 || __builtin_mul_overflow(needed, size, &needed)) {
      throw fail(fmt::format("shape ({}) is not one", match[3].str()));
    }
    sizes.push_back(size);
  }
  if (available != static_cast<size_t>(needed)) {
    throw fail(fmt::format("data of {} bytes expected, got {}", needed, available));
  }
  torch::Tensor values = torch::empty(sizes, type->type);
  if (needed == 0) return values;
  std::memcpy(values.data_ptr(), text.data() + 10 + length, values.nbytes());
  return values;
}

}  // namespace dmf
