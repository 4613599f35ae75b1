#include "dmf/cli/calibration.h"

#include <cstring>

#include "dmf/core/error.h"
#include "dmf/core/file.h"

namespace dmf::cli {
namespace {

constexpr const char* kEntry = "calibration";
constexpr size_t kLengthBytes = 8;  // the header's length, before the header

// A safetensors file: its header, and where the weights begin.
struct Header {
  nlohmann::ordered_json json;
  size_t end;
};

Header read_header(const MappedFile& file) {
  const std::string_view text = file.text();
  const auto fail = [&] { return DataError(fmt::format("{}: not a model file", file.path().string())); };
  uint64_t length = 0;
  if (text.size() < kLengthBytes) throw fail();
  std::memcpy(&length, text.data(), kLengthBytes);
  if (length > text.size() - kLengthBytes) throw fail();
  nlohmann::ordered_json json =
      nlohmann::ordered_json::parse(text.substr(kLengthBytes, length), nullptr, false);
  if (!json.is_object() || !json.contains("__metadata__") || !json["__metadata__"].is_object()) throw fail();
  return {std::move(json), kLengthBytes + length};
}

}  // namespace

void store_calibration(const std::filesystem::path& model, const nlohmann::json& calibration) {
  const MappedFile file(model);
  Header header = read_header(file);
  header.json["__metadata__"][kEntry] = calibration.dump();
  std::string text = header.json.dump();
  text.append((kLengthBytes - text.size() % kLengthBytes) % kLengthBytes, ' ');  // weights stay aligned
  const uint64_t length = text.size();
  AtomicFile out(model);
  out.write(std::string_view(reinterpret_cast<const char*>(&length), kLengthBytes));
  out.write(text);
  out.write(file.text().substr(header.end));
  out.commit();
}

std::optional<nlohmann::json> load_calibration(const std::filesystem::path& model) {
  const Header header = read_header(MappedFile(model));
  const auto& metadata = header.json["__metadata__"];
  if (!metadata.contains(kEntry)) return std::nullopt;
  const nlohmann::json entry =
      metadata[kEntry].is_string()
          ? nlohmann::json::parse(metadata[kEntry].get<std::string>(), nullptr, false)
          : nlohmann::json();
  DMF_CHECK(entry.is_object() && entry.contains("threshold") && entry["threshold"].is_number(), DataError,
            "{}: metadata `{}` is not one", model.string(), kEntry);
  return entry;
}

}  // namespace dmf::cli
