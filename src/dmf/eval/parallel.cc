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

int64_t thread_count(int64_t threads) { return threads > 0 ? threads : available_processors(); }

void run_in_parallel(int64_t count, int64_t block, int64_t threads,
                     const std::function<void(Rows, int64_t)>& work) {
  std::atomic<int64_t> next{0};
  std::mutex mutex;
  std::exception_ptr error;
  const auto worker = [&](int64_t thread) {
    try {
      for (int64_t first = next.fetch_add(block); first < count; first = next.fetch_add(block))
        work({first, std::min(first + block, count)}, thread);
    } catch (...) {
      next = count;
      const std::lock_guard lock(mutex);
      if (!error) error = std::current_exception();
    }
  };
  {
    std::vector<std::jthread> others;
    for (int64_t i = 1; i < thread_count(threads) && i * block < count; ++i) others.emplace_back(worker, i);
    worker(0);
  }
  if (error) std::rethrow_exception(error);
}

}  // namespace dmf::eval
