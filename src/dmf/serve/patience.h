#pragma once
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <set>
#include <thread>

namespace dmf::serve {

/// What a connection is waited for.
enum class Phase { kHeader, kBody, kAnswer };

/// A client whose time is watched.
struct Watched {
  int socket = -1;
  Phase phase = Phase::kHeader;
  std::chrono::steady_clock::time_point since = std::chrono::steady_clock::now();
};

/// Cuts off clients that send so slowly that they would hold a connection for hours: a byte now and then is
/// enough against a limit on silence. A thread of its own looks each half second.
class Patience {
 public:
  Patience(std::chrono::seconds header, std::chrono::seconds body);
  ~Patience();
  Patience(const Patience&) = delete;
  Patience& operator=(const Patience&) = delete;

  void add(Watched* client);
  /// Before its socket is closed: afterwards the number may be another client's.
  void remove(Watched* client);
  void enter(Watched* client, Phase phase);
  int64_t cut_off() const;

 private:
  void run();
  void look();

  const std::chrono::seconds header_, body_;
  mutable std::mutex mutex_;
  std::condition_variable ending_;
  bool is_ending_ = false;
  int64_t cut_off_ = 0;
  std::set<Watched*> clients_;
  std::thread thread_;
};

}  // namespace dmf::serve
