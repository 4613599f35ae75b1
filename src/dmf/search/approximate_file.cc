// ApproximateIndex as a file of a gallery: a header (JSON with its digest), directions, rows.
#include <algorithm>
#include <array>
#include <cstring>
#include <nlohmann/json.hpp>

#include "dmf/core/error.h"
#include "dmf/core/log.h"
#include "dmf/eval/parallel.h"
#include "dmf/search/approximate.h"
#include "dmf/search/digest.h"
#include "dmf/search/gallery.h"

namespace dmf::search {
namespace {

constexpr std::string_view kMagic = "dmf approximate 1\n";
constexpr size_t kAlignment = 64;
constexpr double kMostUncovered = 0.2;       // of the crops, before an index is built anew
constexpr size_t kPiece = size_t{16} << 20;  // bytes that have a digest of their own

using Bytes = std::span<const std::byte>;

std::vector<Bytes> pieces_of(Bytes bytes) {
  std::vector<Bytes> pieces;
  for (; !bytes.empty(); bytes = bytes.subspan(std::min(kPiece, bytes.size())))
    pieces.push_back(bytes.first(std::min(kPiece, bytes.size())));
  return pieces;
}

std::vector<int64_t> digests_of(Bytes bytes) {
  const std::vector<Bytes> pieces = pieces_of(bytes);
  std::vector<int64_t> digests(pieces.size());
  eval::run_in_parallel(static_cast<int64_t>(pieces.size()), 1, 0, [&](eval::Rows some, int64_t) {
    const auto i = static_cast<size_t>(some.first);
    digests[i] = digest(pieces[i]);
  });
  return digests;
}

/// Magic, length and digest of the JSON, the JSON, blanks up to a line of the cache.
std::string header_of(const nlohmann::json& json) {
  const std::string text = json.dump();
  const std::array<int64_t, 2> numbers{static_cast<int64_t>(text.size()), digest(text)};
  std::string header(kMagic);
  header.append(reinterpret_cast<const char*>(numbers.data()), sizeof(numbers));
  header += text;
  header.append((kAlignment - header.size() % kAlignment) % kAlignment, ' ');
  return header;
}

/// Reads a header. @return the JSON and the header's length
std::pair<nlohmann::json, size_t> read_header(const MappedFile& file) {
  const std::string name = file.path().string();
  const std::string_view text = file.text();
  std::array<int64_t, 2> numbers{};
  const size_t start = kMagic.size() + sizeof(numbers);
  DMF_CHECK(text.size() >= start && text.starts_with(kMagic), DataError, "{}: not an approximate index",
            name);
  std::memcpy(numbers.data(), text.data() + kMagic.size(), sizeof(numbers));
  const bool fits = numbers[0] > 0 && static_cast<uint64_t>(numbers[0]) <= text.size() - start;
  DMF_CHECK(fits && digest(text.substr(start, static_cast<size_t>(numbers[0]))) == numbers[1], DataError,
            "{}: damaged header", name);
  const size_t end = start + static_cast<size_t>(numbers[0]);
  return {nlohmann::json::parse(text.substr(start, static_cast<size_t>(numbers[0]))),
          end + (kAlignment - end % kAlignment) % kAlignment};
}

}  // namespace

void ApproximateIndex::save(const std::filesystem::path& path) const {
  const Bytes directions = std::as_bytes(std::span(directions_));
  const Bytes values = std::as_bytes(std::span(rows(), static_cast<size_t>(facts_.rows * facts_.directions)));
  nlohmann::json json = {{"width", width_},
                         {"rows", facts_.rows},
                         {"directions", facts_.directions},
                         {"candidates", facts_.candidates},
                         {"answers", facts_.answers},
                         {"wanted_recall", facts_.wanted_recall},
                         {"recall", facts_.recall},
                         {"covered", nlohmann::json::array()},
                         {"digests", {digests_of(directions), digests_of(values)}}};
  for (const Covered& each : covered_) json["covered"].push_back({each.segment, each.first, each.rows});
  AtomicFile file(path);
  file.write(header_of(json));
  file.write(directions);
  file.write(values);
  file.commit();
}

ApproximateIndex ApproximateIndex::load(const std::filesystem::path& path, int64_t width) {
  ApproximateIndex index;
  index.file_ = std::make_shared<MappedFile>(path);
  const auto [json, start] = read_header(*index.file_);
  const auto number = [&json = json](const char* key) { return json.at(key).get<int64_t>(); };
  index.width_ = number("width");
  DMF_CHECK(index.width_ == width, DataError, "{}: made for vectors of {} numbers, not {}", path.string(),
            index.width_, width);
  index.facts_ = {number("rows"),
                  number("directions"),
                  number("candidates"),
                  number("answers"),
                  json.at("wanted_recall").get<double>(),
                  json.at("recall").get<double>()};
  for (const auto& each : json.at("covered"))
    index.covered_.push_back(
        {each.at(0).get<int64_t>(), each.at(1).get<int64_t>(), each.at(2).get<int64_t>()});
  const auto first = static_cast<size_t>(index.facts_.directions * width) * sizeof(float);
  const auto second = static_cast<size_t>(index.facts_.rows * index.facts_.directions) * sizeof(float);
  const Bytes bytes = index.file_->bytes();
  DMF_CHECK(bytes.size() == start + first + second, DataError, "{}: cut short: expected {} bytes, got {}",
            path.string(), start + first + second, bytes.size());
  const Bytes directions = bytes.subspan(start, first), values = bytes.subspan(start + first, second);
  const auto stored = json.at("digests").get<std::vector<std::vector<int64_t>>>();
  DMF_CHECK(stored.at(0) == digests_of(directions) && stored.at(1) == digests_of(values), DataError,
            "{}: damaged: does not fit its digest", path.string());
  index.directions_.resize(first / sizeof(float));
  std::memcpy(index.directions_.data(), directions.data(), first);
  index.mapped_ = {reinterpret_cast<const float*>(values.data()), second / sizeof(float)};
  return index;
}

std::optional<ApproximateIndex> usable_approximate(const Gallery& gallery) {
  const std::filesystem::path file = approximate_file(gallery.folder());
  if (!std::filesystem::exists(file)) return std::nullopt;
  try {
    ApproximateIndex index = ApproximateIndex::load(file, gallery.kind().width);
    const auto snapshot = gallery.snapshot();
    if (2 * index.covered(*snapshot) >= snapshot->positions()) return index;
  } catch (const DataError& error) {
    spdlog::warn("searching exactly: {}", error.what());
  }
  return std::nullopt;
}

bool refresh_approximate(const Gallery& gallery) {
  const std::filesystem::path file = approximate_file(gallery.folder());
  if (!std::filesystem::exists(file)) return false;
  ApproximateOptions options;
  const auto snapshot = gallery.snapshot();
  try {
    const ApproximateIndex index = ApproximateIndex::load(file, gallery.kind().width);
    options.recall = index.facts().wanted_recall;
    const auto all = static_cast<double>(snapshot->positions());
    if (static_cast<double>(index.covered(*snapshot)) >= (1 - kMostUncovered) * all) return false;
  } catch (const DataError& error) {
    spdlog::warn("built anew: {}", error.what());
  }
  if (snapshot->count() <= options.answers) return false;
  ApproximateIndex::build(*snapshot, options).save(file);
  return true;
}

}  // namespace dmf::search
