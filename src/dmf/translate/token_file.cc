#include "dmf/translate/token_file.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "dmf/core/error.h"

namespace dmf::translate {
namespace {

static_assert(std::endian::native == std::endian::little, "token files are little endian");

constexpr std::string_view kMagic = "DMFTOK1\n";
constexpr int64_t kPage = 4096;
constexpr int64_t kCheckedChunks = 8;

int64_t rounded_up(int64_t value, int64_t unit) { return (value + unit - 1) / unit * unit; }

[[noreturn]] void broken(const std::filesystem::path& path, const std::string& what) {
  throw DataError(fmt::format("{}: broken token store: {}; hint: delete the file, it will be built again",
                              path.string(), what));
}

}  // namespace

std::string TokenLayout::header() const {
  const nlohmann::json content = {
      {"key", key}, {"rows", rows}, {"row_bytes", row_bytes}, {"chunk_rows", chunk_rows}};
  std::string json = content.dump();
  json.resize(static_cast<size_t>(rounded_up(static_cast<int64_t>(json.size()), 8)), ' ');
  const uint64_t length = json.size();
  std::string text(kMagic);
  text.append(reinterpret_cast<const char*>(&length), sizeof(length));
  return text + json;
}

int64_t TokenLayout::table_offset() const { return static_cast<int64_t>(header().size()); }

int64_t TokenLayout::payload_offset() const {
  return rounded_up(table_offset() + chunks() * static_cast<int64_t>(sizeof(uint64_t)), kPage);
}

int64_t TokenLayout::chunk_bytes(int64_t chunk) const {
  return std::min(chunk_rows, rows - chunk * chunk_rows) * row_bytes;
}

uint64_t chunk_checksum(std::span<const std::byte> bytes) {
  // Four independent lanes: the multiplications overlap.
  constexpr uint64_t kPrime = 0x9e3779b97f4a7c15;
  uint64_t lanes[4] = {1, 2, 3, 4 + bytes.size()};
  const auto mix = [](uint64_t lane, uint64_t word) { return std::rotl((lane ^ word) * kPrime, 29); };
  size_t at = 0;
  for (; at + sizeof(lanes) <= bytes.size(); at += sizeof(lanes)) {
    uint64_t words[4];
    std::memcpy(words, bytes.data() + at, sizeof(words));
    for (int i = 0; i < 4; ++i) lanes[i] = mix(lanes[i], words[i]);
  }
  for (; at < bytes.size(); ++at) lanes[at % 4] = mix(lanes[at % 4], static_cast<uint64_t>(bytes[at]));
  uint64_t sum = 0;
  for (const uint64_t lane : lanes) sum = mix(sum, lane);
  return std::max<uint64_t>(sum, 1);
}

TokenFile::TokenFile(const std::filesystem::path& path, const TokenLayout& layout)
    : layout_(layout), file_(path) {
  payload_offset_ = layout_.payload_offset();
  const std::string header = layout_.header();
  const auto size = static_cast<int64_t>(file_.bytes().size());
  if (size != layout_.file_bytes()) {
    broken(path, fmt::format("expected {} bytes, got {}", layout_.file_bytes(), size));
  }
  if (file_.text().substr(0, header.size()) != header) broken(path, "its header is of another store");
  table_.resize(static_cast<size_t>(layout_.chunks()));
  std::memcpy(table_.data(), file_.bytes().data() + header.size(), table_.size() * sizeof(uint64_t));
  const int64_t chunks = layout_.chunks(), checked = std::min(chunks, kCheckedChunks);
  for (int64_t i = 0; i < checked; ++i) verify_chunk(checked == 1 ? 0 : i * (chunks - 1) / (checked - 1));
}

std::span<const std::byte> TokenFile::row(int64_t index) const {
  return file_.bytes().subspan(static_cast<size_t>(payload_offset_ + index * layout_.row_bytes),
                               static_cast<size_t>(layout_.row_bytes));
}

void TokenFile::advise(std::span<const std::byte> bytes, int advice) const {
  const auto first = reinterpret_cast<uintptr_t>(bytes.data()) / kPage * kPage;
  const auto last = reinterpret_cast<uintptr_t>(bytes.data() + bytes.size());
  ::madvise(reinterpret_cast<void*>(first), last - first, advice);  // advice only: a failure changes nothing
}

void TokenFile::will_need(int64_t index) const { advise(row(index), MADV_WILLNEED); }

void TokenFile::release(int64_t index) const { advise(row(index), MADV_DONTNEED); }

void TokenFile::verify_chunk(int64_t chunk) const {
  const auto bytes = file_.bytes().subspan(static_cast<size_t>(layout_.chunk_offset(chunk)),
                                           static_cast<size_t>(layout_.chunk_bytes(chunk)));
  const bool is_right = chunk_checksum(bytes) == table_[static_cast<size_t>(chunk)];
  advise(bytes, MADV_DONTNEED);
  if (!is_right) {
    broken(path(), fmt::format("the {} bytes at offset {} do not match their checksum", bytes.size(),
                               layout_.chunk_offset(chunk)));
  }
}

void TokenFile::verify_all() const {
  for (int64_t chunk = 0; chunk < layout_.chunks(); ++chunk) verify_chunk(chunk);
}

}  // namespace dmf::translate
