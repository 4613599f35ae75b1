#pragma once
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <stop_token>
#include <thread>

#include "dmf/train/batch.h"

namespace dmf::train {

/// Draws the batches of steps first, first + 1, … last - 1 on a thread of its own, a few ahead of their use.
///
///   Prefetcher prefetcher(source, first, last);
///   for (int64_t step = first; step < last; ++step) use(prefetcher.next());
class Prefetcher {
 public:
  /// @param source  must outlive it
  Prefetcher(const BatchSource& source, int64_t first, int64_t last);
  ~Prefetcher();
  Prefetcher(const Prefetcher&) = delete;
  Prefetcher& operator=(const Prefetcher&) = delete;

  /// The next step's batch; waits for it. An error of BatchSource::draw is thrown here.
  Batch next();

 private:
  void work(const std::stop_token& stop, int64_t first, int64_t last);

  const BatchSource& source_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<Batch> ready_;
  std::exception_ptr error_;
  std::jthread thread_;  // last: it uses what stands above
};

}  // namespace dmf::train
