#pragma once
#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <iterator>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace dmf::serve {

struct BatchOptions {
  int64_t most = 64;  ///< done together
  /// The first waits so long for others. What comes while a batch is done is the next one, however short.
  std::chrono::microseconds window{2000};
};

/// Puts what several threads ask for into batches, which a thread of its own does one after the other.
///
///   Batcher<Pixels, Vector> pictures(options, [&](std::vector<Pixels>& some) { return model.pictures(some); });
///   Vector vector = pictures.run(picture);   // in any thread: waits for its own
template <class In, class Out>
class Batcher {
 public:
  /// Gives one result for each of `some`, in their order; may throw: then each is tried by itself, so that
  /// nobody has an error of another's.
  using Work = std::function<std::vector<Out>(std::vector<In>& some)>;

  Batcher(const BatchOptions& options, Work work)
      : options_(options), work_(std::move(work)), thread_([this] { run_batches(); }) {}
  ~Batcher() {
    {
      const std::lock_guard lock(mutex_);
      is_ending_ = true;
    }
    came_.notify_all();
    thread_.join();
  }
  Batcher(const Batcher&) = delete;
  Batcher& operator=(const Batcher&) = delete;

  /// @throws what the work throws
  Out run(In item) { return std::move(run_all(std::vector<In>(1, std::move(item)))[0]); }

  /// Several of one client, in their order.
  std::vector<Out> run_all(std::vector<In> items) {
    std::vector<Asked> own(items.size());
    std::unique_lock lock(mutex_);
    for (size_t i = 0; i < items.size(); ++i) {
      own[i].item = std::move(items[i]);
      waiting_.push_back(&own[i]);
    }
    came_.notify_one();
    done_.wait(lock, [&] {
      return std::all_of(own.begin(), own.end(), [](const Asked& each) { return each.is_done; });
    });
    lock.unlock();
    std::vector<Out> results;
    for (Asked& each : own) {
      if (each.error) std::rethrow_exception(each.error);
      results.push_back(std::move(*each.result));
    }
    return results;
  }

  /// How often the work was called, and for how many.
  int64_t batches() const { return batches_; }
  int64_t items() const { return items_; }

 private:
  struct Asked {
    In item;
    std::optional<Out> result;
    std::exception_ptr error;
    bool is_done = false;
  };

  void run_batches() {
    std::unique_lock lock(mutex_);
    for (;;) {
      came_.wait(lock, [this] { return is_ending_ || !waiting_.empty(); });
      if (waiting_.empty()) return;
      const auto most = static_cast<size_t>(options_.most);
      came_.wait_for(lock, options_.window, [&] { return is_ending_ || waiting_.size() >= most; });
      const size_t count = std::min(most, waiting_.size());
      const std::vector<Asked*> batch(waiting_.begin(),
                                      waiting_.begin() + static_cast<std::ptrdiff_t>(count));
      waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(count));
      lock.unlock();
      do_batch(batch);
      lock.lock();
      for (Asked* each : batch) each->is_done = true;
      done_.notify_all();
    }
  }

  void do_batch(const std::vector<Asked*>& batch) {
    std::vector<In> some;
    for (Asked* each : batch) some.push_back(batch.size() == 1 ? std::move(each->item) : each->item);
    try {
      work(some, batch);
    } catch (...) {
      if (batch.size() == 1) {
        batch[0]->error = std::current_exception();
        return;
      }
      for (Asked* each : batch) do_batch({each});
    }
  }

  void work(std::vector<In>& some, const std::vector<Asked*>& batch) {
    ++batches_;
    items_ += static_cast<int64_t>(batch.size());
    std::vector<Out> results = work_(some);
    for (size_t i = 0; i < batch.size(); ++i) batch[i]->result = std::move(results[i]);
  }

  BatchOptions options_;
  Work work_;
  std::atomic<int64_t> batches_{0}, items_{0};
  std::mutex mutex_;
  std::condition_variable came_, done_;
  std::vector<Asked*> waiting_;
  bool is_ending_ = false;
  std::thread thread_;
};

}  // namespace dmf::serve
