// Evaluates vectors read from FOLDER (qf.f32, gf.f32 and q_pids, g_pids, q_cams, g_cams as .i32: what
// bench/eval.py writes) and prints a line of JSON: seconds, the share of the matrix product, figures, memory.
//
//   dmf_eval_bench FOLDER WIDTH REPETITIONS THREADS [K1 K2]      with K1 and K2 after k-reciprocal re-ranking
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <string>

#include "dmf/core/system.h"
#include "dmf/eval/evaluate.h"
#include "dmf/eval/re_ranking.h"

namespace {

using dmf::eval::LabelledVectors;

// Read, not mapped: mapped pages would count as memory.
template <class T>
std::vector<T> read_numbers(const std::string& path) {
  std::vector<T> numbers(std::filesystem::file_size(path) / sizeof(T));
  std::ifstream file(path, std::ios::binary);
  file.read(reinterpret_cast<char*>(numbers.data()),
            static_cast<std::streamsize>(numbers.size() * sizeof(T)));
  return numbers;
}

std::vector<int64_t> read_labels(const std::string& path) {
  const std::vector<int32_t> numbers = read_numbers<int32_t>(path);
  return {numbers.begin(), numbers.end()};
}

// Processor seconds of this process: on a machine with other work they tell more than the clock.
double cpu_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

struct Set {
  std::vector<float> values;
  dmf::eval::Labels labels;
  Set(const std::string& folder, const std::string& name)
      : values(read_numbers<float>(folder + "/" + name + "f.f32")),
        labels{read_labels(folder + "/" + name + "_pids.i32"),
               read_labels(folder + "/" + name + "_cams.i32")} {}
  LabelledVectors all(int64_t width) const { return {{values, labels.count(), width}, labels}; }
};

struct Seconds {
  double wall, cpu;
};
Seconds now() { return {dmf::wall_seconds(), cpu_seconds()}; }
Seconds since(Seconds start) { return {dmf::wall_seconds() - start.wall, cpu_seconds() - start.cpu}; }

double median(const std::vector<Seconds>& all, double Seconds::*which) {
  std::vector<double> values;
  for (const Seconds& seconds : all) values.push_back(seconds.*which);
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

// The products alone, nothing done with them: query against gallery, and where `all` is not empty its images
// among themselves, each pair once.
Seconds product_seconds(dmf::eval::VectorView query, dmf::eval::VectorView gallery, dmf::eval::VectorView all,
                        int64_t threads) {
  using dmf::eval::Metric, dmf::eval::vector_distances;
  const auto distances = vector_distances(query, gallery, Metric::kCosine);
  const auto among = all.count > 0 ? vector_distances(all, all, Metric::kCosine) : nullptr;
  const Seconds start = now();
  distances->screen({.threads = threads}, [](const dmf::eval::ScreenedRow&) {});
  if (among) among->screen_pairs({.threads = threads}, [](const dmf::eval::ScreenedTile&) {});
  return since(start);
}

std::vector<float> join(dmf::eval::VectorView a, dmf::eval::VectorView b) {
  std::vector<float> all(a.values.begin(), a.values.end());
  all.insert(all.end(), b.values.begin(), b.values.end());
  return all;
}

dmf::eval::EvalResult re_ranked(const LabelledVectors& query, const LabelledVectors& gallery,
                                const dmf::eval::ReRankingOptions& options, int64_t threads) {
  const auto distances = dmf::eval::re_ranked_distances(
      query.vectors, gallery.vectors, dmf::eval::Metric::kCosine, options, {.threads = threads});
  return dmf::eval::evaluate(*distances, query.labels, gallery.labels, {}, {.threads = threads});
}

}  // namespace

int main(int argc, char** argv) {
  const bool is_re_ranked = argc == 7;
  if (argc != 5 && !is_re_ranked)
    return std::fprintf(stderr, "dmf_eval_bench FOLDER WIDTH REPETITIONS THREADS [K1 K2]\n"), 2;
  const int64_t width = std::atoi(argv[2]), threads = std::atoi(argv[4]);
  const Set queries(argv[1], "q"), images(argv[1], "g");
  const LabelledVectors query = queries.all(width), gallery = images.all(width);
  const std::vector<float> joined =
      is_re_ranked ? join(query.vectors, gallery.vectors) : std::vector<float>{};
  const dmf::eval::VectorView all{joined, static_cast<int64_t>(joined.size()) / width, width};
  const int64_t before = dmf::peak_memory_bytes();
  std::vector<Seconds> seconds, product;
  dmf::eval::EvalResult result;
  for (int i = 0; i < std::atoi(argv[3]); ++i) {
    const Seconds start = now();
    result = is_re_ranked ? re_ranked(query, gallery, {std::atoi(argv[5]), std::atoi(argv[6])}, threads)
                          : dmf::eval::evaluate(query, gallery, {}, {.threads = threads});
    seconds.push_back(since(start));
    product.push_back(product_seconds(query.vectors, gallery.vectors, all, threads));
  }
  std::printf(
      "{\"seconds\": %.4f, \"cpu_seconds\": %.4f, \"product_seconds\": %.4f, \"product_cpu_seconds\": %.4f, "
      "\"extra_mib\": %.1f, \"map\": %.9f, \"rank1\": %.9f, \"minp\": %.9f}\n",
      median(seconds, &Seconds::wall), median(seconds, &Seconds::cpu), median(product, &Seconds::wall),
      median(product, &Seconds::cpu), static_cast<double>(dmf::peak_memory_bytes() - before) / (1 << 20),
      result.map, result.rank1, result.minp);
}
