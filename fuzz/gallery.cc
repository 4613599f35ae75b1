// A gallery's files. The first byte of the input says which file the rest becomes (or is written into, at the place
// that the next two say): the database, a segment, the approximate index. The others are whole.
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "dmf/core/file.h"
#include "dmf/core/log.h"
#include "dmf/search/approximate.h"
#include "dmf/search/gallery_writer.h"

namespace {

using namespace dmf;

constexpr int64_t kWidth = 8, kCount = 40;
const std::filesystem::path& folder() {
  static const std::filesystem::path path =
      std::filesystem::temp_directory_path() / ("dmf_fuzz_gallery_" + std::to_string(::getpid()));
  return path;
}
std::string g_files[3];
const char* const kNames[] = {"gallery.sqlite", "segments/000001.vectors", "approximate"};

void make() {
  search::GalleryWriter writer(folder(), {"fuzz", kWidth});
  std::vector<float> values;
  std::vector<search::NewCrop> crops(kCount);
  for (int64_t i = 0; i < kCount * kWidth; ++i) values.push_back(static_cast<float>((i * 37) % 101) - 50);
  for (int64_t i = 0; i < kCount; ++i) {
    crops[static_cast<size_t>(i)].crop.camera = "gate";
    crops[static_cast<size_t>(i)].crop.tags = {"seen"};
    crops[static_cast<size_t>(i)].thumbnail = "JPEG";
  }
  writer.add({values, kCount, kWidth}, crops);
  writer.remove({7});
  search::ApproximateIndex::build(*writer.gallery().snapshot(), {.queries = 8}).save(folder() / kNames[2]);
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  configure_log("quiet");
  spdlog::set_level(spdlog::level::off);
  std::filesystem::remove_all(folder());
  make();  // closing the database writes its log into it
  for (size_t i = 0; i < 3; ++i) g_files[i] = read_text(folder() / kNames[i]);
  std::atexit([] { std::filesystem::remove_all(folder()); });
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 4) return 0;
  const size_t which = data[0] % 3;
  std::string file = g_files[which];
  const std::string bytes(reinterpret_cast<const char*>(data) + 3, size - 3);
  const size_t at = (static_cast<size_t>(data[1]) << 8 | data[2]) % (file.size() + 1);
  if ((data[0] & 0x80) != 0) {
    file = bytes;
  } else if ((data[0] & 0x40) != 0) {
    file.resize(at);  // cut off
  } else {
    file.replace(at, std::min(bytes.size(), file.size() - at), bytes);
  }
  for (const char* name : {"gallery.sqlite-wal", "gallery.sqlite-shm"})
    std::filesystem::remove(folder() / name);
  for (size_t i = 0; i < 3; ++i) write_text(folder() / kNames[i], i == which ? file : g_files[i]);
  try {
    const search::Gallery gallery(folder());
    const auto snapshot = gallery.snapshot();
    const std::vector<float> query(kWidth, 0.25F);
    if (snapshot->width() == kWidth)
      search::search_exact(*snapshot, {query, 1, kWidth}, 5, snapshot->all(), {.threads = 1});
    if (const auto index = search::usable_approximate(gallery); index && snapshot->width() == kWidth)
      index->search(*snapshot, {query, 1, kWidth}, 5, snapshot->all(), {.threads = 1});
    gallery.verify();
    for (const int64_t id : gallery.select({.tags = {"seen"}})) gallery.thumbnail(id);
  } catch (const DataError&) {
  }
  return 0;
}
