// Search in a gallery of given vectors, exact and approximate: JSON for bench/search.py.
//
//   dmf_search_bench FOLDER GALLERY.f32 QUERIES.f32 ROWS WIDTH THREADS RECALL
//
// FOLDER gets the gallery and is used again where it is there.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "dmf/core/file.h"
#include "dmf/core/system.h"
#include "dmf/search/approximate.h"
#include "dmf/search/gallery_writer.h"

namespace {

using namespace dmf;

eval::VectorView view_of(const MappedFile& file, int64_t width) {
  const auto count = static_cast<int64_t>(file.bytes().size() / sizeof(float));
  return {{reinterpret_cast<const float*>(file.bytes().data()), static_cast<size_t>(count)},
          count / width,
          width};
}

void fill(const std::string& folder, eval::VectorView vectors) {
  constexpr int64_t kBatch = 8192;
  search::GalleryWriter writer(folder, {"bench", vectors.width});
  for (int64_t first = writer.gallery().count(); first < vectors.count; first += kBatch) {
    const int64_t count = std::min(kBatch, vectors.count - first);
    writer.add({{vectors.row(first), static_cast<size_t>(count * vectors.width)}, count, vectors.width},
               std::vector<search::NewCrop>(static_cast<size_t>(count)));
  }
}

/// The least of a few repetitions, in seconds.
template <class Work>
double seconds_of(const Work& work) {
  double least = 1e30;
  const double start = wall_seconds();
  for (int i = 0; i < 5 && (i == 0 || wall_seconds() - start < 10); ++i) {
    const double before = wall_seconds();
    work();
    least = std::min(least, wall_seconds() - before);
  }
  return least;
}

double recall_of(const search::Answers& found, const search::Answers& exact) {
  int64_t hits = 0, all = 0;
  for (size_t q = 0; q < exact.size(); ++q) {
    for (const search::Hit& right : exact[q]) {
      ++all;
      for (const search::Hit& hit : found[q]) hits += hit.id == right.id;
    }
  }
  return static_cast<double>(hits) / static_cast<double>(all);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 8) return 2;
  const int64_t rows = std::atoll(argv[4]), width = std::atoll(argv[5]), threads = std::atoll(argv[6]);
  const MappedFile gallery_file(argv[2]), query_file(argv[3]);
  eval::VectorView vectors = view_of(gallery_file, width);
  vectors.count = std::min(rows, vectors.count);
  vectors.values = vectors.values.first(static_cast<size_t>(vectors.count * width));
  const eval::VectorView queries = view_of(query_file, width);
  fill(argv[1], vectors);
  const search::Gallery gallery(argv[1]);
  double before = wall_seconds();
  const auto snapshot = gallery.snapshot();
  const double open = wall_seconds() - before;
  const search::Selection all = snapshot->all();
  const eval::WorkOptions work{.threads = threads};
  before = wall_seconds();
  const auto index =
      search::ApproximateIndex::build(*snapshot, {.recall = std::atof(argv[7]), .threads = threads});
  const double build = wall_seconds() - before;
  search::Answers exact, found;
  const double exact_all =
      seconds_of([&] { exact = search::search_exact(*snapshot, queries, 10, all, work); });
  const double found_all = seconds_of([&] { found = index.search(*snapshot, queries, 10, all, work); });
  const eval::VectorView one{queries.values.first(static_cast<size_t>(width)), 1, width};
  const double exact_one = seconds_of([&] { search::search_exact(*snapshot, one, 10, all, {.threads = 1}); });
  const double found_one = seconds_of([&] { index.search(*snapshot, one, 10, all, {.threads = 1}); });
  const auto count = static_cast<double>(queries.count);
  std::printf(
      "{\"rows\": %ld, \"queries\": %ld, \"open_s\": %.3f, \"exact_qps\": %.1f, \"exact_one_ms_1t\": %.2f, "
      "\"build_s\": %.2f, \"directions\": %ld, \"candidates\": %ld, \"recall10\": %.4f, \"qps\": %.1f, "
      "\"one_ms_1t\": %.3f}\n",
      static_cast<long>(snapshot->count()), static_cast<long>(queries.count), open, count / exact_all,
      1000 * exact_one, build, static_cast<long>(index.facts().directions),
      static_cast<long>(index.facts().candidates), recall_of(found, exact), count / found_all,
      1000 * found_one);
  return 0;
}
