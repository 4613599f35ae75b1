#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>
#include <set>

#include "dmf/core/error.h"
#include "dmf/core/file.h"
#include "dmf/core/shape.h"
#include "dmf/weights/element_type.h"
#include "dmf/weights/safetensors_metadata.h"
#include "dmf/weights/tensor_file.h"

namespace dmf::weights {
namespace {

constexpr uint64_t kLengthBytes = 8;
constexpr uint64_t kMaxHeaderBytes = 100'000'000;  // the format's own limit
constexpr int kMaxHeaderDepth = 3;                 // {"name": {"shape": […]}}
constexpr const char* kMetadata = "__metadata__";

/// Where one tensor lies in the data behind the header.
struct Entry {
  std::string name;
  const ElementType* type;
  std::vector<int64_t> sizes;
  uint64_t begin, end;
};

class Reader {
 public:
  /// Reads and checks the header.
  explicit Reader(const std::filesystem::path& path) : file_(path) {
    const nlohmann::json header = parse_header();
    for (const auto& [name, value] : header.items()) {
      if (name == kMetadata) {
        metadata_ = metadata_of(value);
      } else {
        entries_.push_back(entry_of(name, value));
      }
    }
    check_layout(entries_);
  }

  const std::map<std::string, std::string>& metadata() const { return metadata_; }
  const std::vector<Entry>& entries() const { return entries_; }  // in the order of their data
  std::string_view data() const { return file_.text().substr(data_start_); }

  NamedTensors tensors() const {
    NamedTensors tensors;
    for (const Entry& entry : entries_) {
      const auto bytes = file_.bytes().subspan(data_start_ + entry.begin, entry.end - entry.begin);
      tensors[entry.name] = tensor_from_bytes(bytes, *entry.type).reshape(entry.sizes);
    }
    return tensors;
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw DataError(fmt::format("{}: {}", file_.path().string(), what));
  }

  nlohmann::json parse_header() {
    const std::string_view text = file_.text();
    if (text.size() < kLengthBytes) {
      fail(fmt::format("cut short: a safetensors file begins with 8 bytes, this one has {}", text.size()));
    }
    uint64_t length = 0;
    std::memcpy(&length, text.data(), kLengthBytes);
    if (length > kMaxHeaderBytes) {
      fail(fmt::format("header length at byte 0: expected at most {}, got {}", kMaxHeaderBytes, length));
    }
    if (length > text.size() - kLengthBytes) {
      fail(fmt::format("cut short inside its header: expected {} bytes behind byte 8, got {}", length,
                       text.size() - kLengthBytes));
    }
    data_start_ = kLengthBytes + length;
    // The parser keeps the last of two equal keys and nests without end: look at each key before it does.
    std::vector<std::set<std::string>> seen(kMaxHeaderDepth + 1);
    const auto watch = [&](int depth, nlohmann::json::parse_event_t event, nlohmann::json& value) {
      using Event = nlohmann::json::parse_event_t;
      if (event == Event::object_start || event == Event::array_start) {
        if (depth >= kMaxHeaderDepth) fail("header is nested deeper than the format allows");
        if (event == Event::object_start) seen[static_cast<size_t>(depth) + 1].clear();
      } else if (event == Event::key) {
        const std::string& key = value.get_ref<const std::string&>();
        if (!seen[static_cast<size_t>(depth)].insert(key).second)
          fail(fmt::format("`{}` stands twice in the header", key));
      }
      return true;
    };
    nlohmann::json header;
    try {
      header = nlohmann::json::parse(text.substr(kLengthBytes, length), watch);
    } catch (const nlohmann::json::exception& error) {
      fail(fmt::format("header (behind byte 8) is not JSON: {}", error.what()));
    }
    if (!header.is_object()) fail("header is not a JSON object");
    return header;
  }

  std::map<std::string, std::string> metadata_of(const nlohmann::json& value) const {
    if (!value.is_object()) fail("`__metadata__` is not an object of texts");
    std::map<std::string, std::string> metadata;
    for (const auto& [key, text] : value.items()) {
      if (!text.is_string()) fail(fmt::format("`__metadata__`: `{}` is not a text", key));
      metadata[key] = text.get<std::string>();
    }
    return metadata;
  }

  std::vector<uint64_t> numbers_of(const std::string& name, const nlohmann::json& value,
                                   const char* key) const {
    const auto found = value.find(key);
    if (found == value.end() || !found->is_array()) fail(fmt::format("tensor `{}`: no list `{}`", name, key));
    std::vector<uint64_t> numbers;
    for (const nlohmann::json& number : *found) {
      if (!number.is_number_unsigned()) {
        fail(fmt::format("tensor `{}`: `{}` holds {}, which is not a whole number from 0 on", name, key,
                         number.dump()));
      }
      numbers.push_back(number.get<uint64_t>());
    }
    return numbers;
  }

  Entry entry_of(const std::string& name, const nlohmann::json& value) const {
    if (!value.is_object()) fail(fmt::format("tensor `{}`: its entry is not an object", name));
    Entry entry{name, nullptr, {}, 0, 0};
    const auto type = value.find("dtype");
    if (type == value.end() || !type->is_string()) fail(fmt::format("tensor `{}`: no text `dtype`", name));
    for (const ElementType& known : kElementTypes) {
      if (known.name == type->get_ref<const std::string&>()) entry.type = &known;
    }
    if (entry.type == nullptr)
      fail(fmt::format("tensor `{}`: element type {} is not supported", name, type->dump()));

    for (const uint64_t size : numbers_of(name, value, "shape")) {
      entry.sizes.push_back(static_cast<int64_t>(std::min<uint64_t>(size, INT64_MAX)));
    }
    const std::optional<int64_t> bytes = bytes_of_sizes(entry.sizes, *entry.type);
    if (!bytes) fail(fmt::format("tensor `{}`: shape {} is beyond all memory", name, value["shape"].dump()));
    const std::vector<uint64_t> offsets = numbers_of(name, value, "data_offsets");
    if (offsets.size() != 2 || offsets[0] > offsets[1]) {
      fail(fmt::format("tensor `{}`: data_offsets: expected [begin, end], got {}", name,
                       value["data_offsets"].dump()));
    }
    entry.begin = offsets[0];
    entry.end = offsets[1];
    if (entry.end - entry.begin != static_cast<uint64_t>(*bytes)) {
      fail(fmt::format("tensor `{}`: {} of shape {} has {} bytes, its data_offsets [{}, {}] hold {}", name,
                       entry.type->name, shape_text(entry.sizes), *bytes, entry.begin, entry.end,
                       entry.end - entry.begin));
    }
    return entry;
  }

  /// The data must be the tensors' bytes, one behind the other, from the header's end to the file's.
  void check_layout(std::vector<Entry>& entries) const {
    std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
      return std::tie(a.begin, a.end, a.name) < std::tie(b.begin, b.end, b.name);
    });
    uint64_t position = 0;
    for (const Entry& entry : entries) {
      if (entry.begin != position) {
        fail(fmt::format("tensor `{}`: expected to begin at data offset {}, got {}: {}", entry.name, position,
                         entry.begin, entry.begin < position ? "it overlaps another" : "a hole before it"));
      }
      position = entry.end;
    }
    const uint64_t available = file_.bytes().size() - data_start_;
    if (position != available) {
      fail(fmt::format("{}: its tensors need {} bytes behind the header (byte {}), got {}",
                       position > available ? "cut short" : "too long", position, data_start_, available));
    }
  }

  MappedFile file_;
  uint64_t data_start_ = 0;
  std::vector<Entry> entries_;
  std::map<std::string, std::string> metadata_;
};

const ElementType& element_type_of(const std::string& name, const torch::Tensor& tensor) {
  DMF_CHECK(tensor.defined(), InvalidArgument, "[write_safetensors] tensor `{}` is undefined", name);
  for (const ElementType& known : kElementTypes) {
    if (known.type == tensor.scalar_type()) return known;
  }
  throw InvalidArgument(fmt::format("[write_safetensors] tensor `{}`: element type {} is not supported", name,
                                    c10::toString(tensor.scalar_type())));
}

std::string header_text(const std::vector<Entry>& entries,
                        const std::map<std::string, std::string>& metadata) {
  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  if (!metadata.empty()) header[kMetadata] = metadata;
  for (const Entry& entry : entries) {
    header[entry.name] = {
        {"dtype", entry.type->name}, {"shape", entry.sizes}, {"data_offsets", {entry.begin, entry.end}}};
  }
  std::string text;
  try {
    text = header.dump();
  } catch (const nlohmann::json::exception& error) {
    throw InvalidArgument(
        fmt::format("[write_safetensors] a name or metadata is not UTF-8: {}", error.what()));
  }
  text.append((8 - text.size() % 8) % 8, ' ');
  return text;
}

void write_header(AtomicFile& file, const std::string& header) {
  const uint64_t length = header.size();
  file.write(std::string_view(reinterpret_cast<const char*>(&length), kLengthBytes));
  file.write(header);
}

}  // namespace

Safetensors read_safetensors(const std::filesystem::path& path) {
  const Reader reader(path);
  return {reader.tensors(), reader.metadata()};
}

std::map<std::string, std::string> read_safetensors_metadata(const std::filesystem::path& path) {
  return Reader(path).metadata();
}

std::string tensors_fingerprint(const std::filesystem::path& path) {
  const Reader reader(path);
  return Sha256().add(header_text(reader.entries(), {})).add(reader.data()).hex().substr(0, 16);
}

void write_safetensors_metadata(const std::filesystem::path& path,
                                const std::map<std::string, std::string>& metadata) {
  const Reader reader(path);
  const std::string header = header_text(reader.entries(), metadata);
  AtomicFile file(path);
  write_header(file, header);
  file.write(reader.data());
  file.commit();
}

void write_safetensors(const std::filesystem::path& path, const NamedTensors& tensors,
                       const std::map<std::string, std::string>& metadata) {
  std::vector<Entry> entries;
  for (const auto& [name, tensor] : tensors) {
    DMF_CHECK(name != kMetadata, InvalidArgument, "[write_safetensors] no tensor may be called `{}`", name);
    entries.push_back({name, &element_type_of(name, tensor), tensor.sizes().vec(), 0, 0});
  }
  // stable: `tensors` is sorted by name already
  std::stable_sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
    return std::make_pair(-a.type->bytes, a.type->name) < std::make_pair(-b.type->bytes, b.type->name);
  });
  uint64_t position = 0;
  for (Entry& entry : entries) {
    entry.begin = position;
    position += tensors.at(entry.name).nbytes();
    entry.end = position;
  }
  const std::string header = header_text(entries, metadata);
  AtomicFile file(path);
  write_header(file, header);
  for (const Entry& entry : entries) {
    const torch::Tensor values = tensors.at(entry.name).detach().to(torch::kCPU).contiguous();
    file.write(std::string_view(static_cast<const char*>(values.data_ptr()), values.nbytes()));
  }
  file.commit();
}

}  // namespace dmf::weights
