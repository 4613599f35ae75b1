#include "dmf/eval/parallel.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "dmf/core/error.h"
#include "dmf/core/system.h"

namespace dmf::eval {
namespace {

int64_t used_threads(int64_t threads) { return threads > 0 ? threads : available_processors(); }

}  // namespace

void run_in_parallel(int64_t count, int64_t threads, const std::function<void(int64_t)>& work) {
  std::atomic<int64_t> next{0};
  std::mutex mutex;
  std::exception_ptr error;
  const auto worker = [&] {
    try {
      for (int64_t i = next++; i < count; i = next++) work(i);
    } catch (...) {
      next = count;
      const std::lock_guard lock(mutex);
      if (!error) error = std::current_exception();
    }
  };
  {
    std::vector<std::jthread> others;
    for (int64_t i = 1; i < std::min(used_threads(threads), count); ++i) others.emplace_back(worker);
    worker();
  }
  if (error) std::rethrow_exception(error);
}

void run_rows_in_parallel(int64_t count, int64_t longest, int64_t threads,
                          const std::function<void(Rows)>& work) {
  constexpr int64_t kPartsPerThread =
      3;  // the last to be ready keeps the others waiting for a third of its work
  const int64_t parts = kPartsPerThread * used_threads(threads);
  const int64_t rows = std::clamp<int64_t>((count + parts - 1) / parts, 1, longest);
  run_in_parallel((count + rows - 1) / rows, threads, [&](int64_t i) {
    work({i * rows, std::min((i + 1) * rows, count)});
  });
}

}  // namespace dmf::eval
