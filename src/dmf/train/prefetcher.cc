#include "dmf/train/prefetcher.h"

#include "dmf/core/one_thread.h"

namespace dmf::train {
namespace {

constexpr size_t kAhead = 2;

}  // namespace

Prefetcher::Prefetcher(const BatchSource& source, int64_t first, int64_t last)
    : source_(source),
      thread_([this, first, last](const std::stop_token& stop) { work(stop, first, last); }) {}

Prefetcher::~Prefetcher() {
  thread_.request_stop();
  changed_.notify_all();
}

void Prefetcher::work(const std::stop_token& stop, int64_t first, int64_t last) {
  try {
    use_one_thread_here();
    for (int64_t step = first; step < last && !stop.stop_requested(); ++step) {
      Batch batch = source_.draw(step);
      std::unique_lock lock(mutex_);
      if (!changed_.wait(lock, stop, [this] { return ready_.size() < kAhead; })) return;
      ready_.push_back(std::move(batch));
      changed_.notify_all();
    }
  } catch (...) {  // handed over to the thread that asks for the batch
    const std::scoped_lock lock(mutex_);
    error_ = std::current_exception();
    changed_.notify_all();
  }
}

Batch Prefetcher::next() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return !ready_.empty() || error_ != nullptr; });
  if (ready_.empty()) std::rethrow_exception(error_);
  Batch batch = std::move(ready_.front());
  ready_.pop_front();
  changed_.notify_all();
  return batch;
}

}  // namespace dmf::train
