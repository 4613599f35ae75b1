#pragma once
#include <chrono>
#include <cstdint>
#include <string>

namespace dmf {

/// Progress of long work on standard error: a bar with rate and ETA on a terminal, a line now and then
/// elsewhere.
///
///   Progress progress("translating", dataset.size(), "images");
///   for (...) { ...; progress.advance(batch); }
///   progress.finish();
class Progress {
 public:
  /// @param total  units of work, > 0; `unit` is their name in the plural
  Progress(std::string title, int64_t total, std::string unit);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// `units` more are done; `note` (a loss, say) is shown behind.
  void advance(int64_t units, const std::string& note = "");
  /// Work already done before (a resumed run): counted in the bar, not in the rate.
  void skip(int64_t units);
  /// Shows the last state and ends the line.
  void finish();
  /// Units a second so far.
  double rate() const;

  /// Turns all progress output on or off.
  static void set_enabled(bool enabled);

 private:
  using Clock = std::chrono::steady_clock;
  void show(bool last);

  std::string title_, unit_, note_;
  int64_t total_, done_ = 0, skipped_ = 0;
  Clock::time_point start_, shown_;
  bool is_terminal_, is_finished_ = false;
};

/// Seconds as a reader likes them: "0.4 s", "12 s", "3 min 20 s", "1 h 05 min".
std::string duration_text(double seconds);

}  // namespace dmf
