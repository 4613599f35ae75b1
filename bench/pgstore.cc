// Both stores side by side: rows loaded and searches answered a second. JSON, a line for each.
//
//   dmf_pgstore_bench FOLDER STORE ROWS WIDTH     STORE: postgres://…; FOLDER must not be there
//
// Vectors are made here: identities of 25 crops each, whose means and scatter have spectra that fall off as those
// of a trained model do (exponents -1.2 between and -0.8 within identities, a common mean of half the energy).
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "dmf/core/error.h"
#include "dmf/core/random.h"
#include "dmf/core/system.h"
#include "dmf/pgstore/database_keeper.h"
#include "dmf/search/approximate.h"
#include "dmf/search/gallery_writer.h"

namespace {

using namespace dmf;

constexpr int64_t kPerIdentity = 25, kQueries = 200, kAnswers = 10, kBatch = 4096;

std::vector<float> made_vectors(int64_t first, int64_t count, int64_t identities, int64_t width) {
  std::vector<float> values;
  values.reserve(static_cast<size_t>(count * width));
  for (int64_t i = first; i < first + count; ++i) {
    RandomStream identity(1, "identity", {static_cast<uint64_t>(i % identities)}),
        own(1, "crop", {static_cast<uint64_t>(i)});
    for (int64_t k = 0; k < width; ++k) {
      const double rank = static_cast<double>(k + 1), turned = static_cast<double>((k * 7) % width + 1);
      values.push_back(static_cast<float>((k == 0 ? 1.5 : 0.0) + identity.normal() * std::pow(rank, -0.6) +
                                          own.normal() * std::pow(turned, -0.4)));
    }
  }
  return values;
}

double answers_a_second(const search::GalleryView& gallery, const std::vector<float>& queries, int64_t width,
                        bool is_exact, std::vector<search::Hit>& all) {
  all.clear();
  const double start = wall_seconds();
  for (int64_t q = 0; q < kQueries; ++q) {
    const auto query = std::span(queries).subspan(static_cast<size_t>(q * width), static_cast<size_t>(width));
    const search::SearchResult found = gallery.search({query, 1, width}, kAnswers, {}, is_exact);
    all.insert(all.end(), found.answers[0].begin(), found.answers[0].end());
  }
  return static_cast<double>(kQueries) / (wall_seconds() - start);
}

double recall_of(const std::vector<search::Hit>& found, const std::vector<search::Hit>& exact) {
  int64_t right = 0;
  for (size_t i = 0; i < exact.size(); ++i) {
    const size_t first = i / kAnswers * kAnswers;
    for (size_t k = first; k < first + kAnswers && k < found.size(); ++k) right += found[k].id == exact[i].id;
  }
  return static_cast<double>(right) / static_cast<double>(exact.size());
}

template <class Index>
void measure(const char* name, search::GalleryKeeper& keeper, int64_t rows, int64_t width,
             const Index& index) {
  double start = wall_seconds(), loading = 0;
  const int64_t identities = std::max<int64_t>(1, rows / kPerIdentity);
  for (int64_t first = 0; first < rows; first += kBatch) {
    const int64_t count = std::min(kBatch, rows - first);
    const std::vector<float> values = made_vectors(first, count, identities, width);
    const std::vector<search::NewCrop> crops(static_cast<size_t>(count));
    start = wall_seconds();
    keeper.add({values, count, width}, crops);
    loading += wall_seconds() - start;
  }
  const std::vector<float> queries = made_vectors(rows, kQueries, identities, width);
  std::vector<search::Hit> exact, quick;
  const double exactly = answers_a_second(keeper.view(), queries, width, true, exact);
  start = wall_seconds();
  index();
  const double building = wall_seconds() - start;
  const double quickly = answers_a_second(keeper.view(), queries, width, false, quick);
  std::printf(
      "{\"store\": \"%s\", \"rows\": %ld, \"width\": %ld, \"rows_a_second\": %.0f, \"exact_a_second\": %.1f, "
      "\"index_seconds\": %.1f, \"approximate_a_second\": %.1f, \"recall\": %.3f}\n",
      name, static_cast<long>(rows), static_cast<long>(width), static_cast<double>(rows) / loading, exactly,
      building, quickly, recall_of(quick, exact));
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) return std::fputs("usage: dmf_pgstore_bench FOLDER STORE ROWS WIDTH\n", stderr), 2;
  const int64_t rows = std::atoll(argv[3]), width = std::atoll(argv[4]);
  try {
    search::GalleryWriter folder(argv[1], {"bench", width});
    measure("folder", folder, rows, width, [&] {
      const auto index = search::ApproximateIndex::build(*folder.gallery().snapshot(), {});
      index.save(search::approximate_file(argv[1]));
    });
    pgstore::DatabaseKeeper database(argv[2], "bench", {"bench", width});
    measure("postgres", database, rows, width, [&] { database.build_approximate(0.95); });
    return 0;
  } catch (const Error& error) {
    return std::fprintf(stderr, "%s\n", error.what()), 1;
  }
}
