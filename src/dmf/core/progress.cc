#include "dmf/core/progress.h"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "dmf/core/error.h"

namespace dmf {
namespace {

bool g_enabled = true;
constexpr int kBarWidth = 24;

double seconds_between(std::chrono::steady_clock::time_point from, std::chrono::steady_clock::time_point to) {
  return std::chrono::duration<double>(to - from).count();
}

}  // namespace

std::string duration_text(double seconds) {
  if (!std::isfinite(seconds) || seconds < 0) return "?";
  if (seconds < 10) return fmt::format("{:.1f} s", seconds);
  const auto whole = static_cast<int64_t>(std::lround(seconds));
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{} min {:02} s", whole / 60, whole % 60);
  return fmt::format("{} h {:02} min", whole / 3600, whole % 3600 / 60);
}

Progress::Progress(std::string title, int64_t total, std::string unit)
    : title_(std::move(title)),
      unit_(std::move(unit)),
      total_(std::max<int64_t>(total, 1)),
      start_(Clock::now()),
      shown_(start_),
      is_terminal_(::isatty(STDERR_FILENO) == 1) {
  if (is_terminal_) show(false);
}

Progress::~Progress() {
  if (!is_finished_ && is_terminal_ && g_enabled) std::fputc('\n', stderr);
}

void Progress::skip(int64_t units) {
  skipped_ += units;
  done_ += units;
}

void Progress::advance(int64_t units, const std::string& note) {
  done_ += units;
  if (!note.empty()) note_ = note;
  const double interval = is_terminal_ ? 0.2 : 15.0;
  if (seconds_between(shown_, Clock::now()) >= interval) show(false);
}

void Progress::finish() {
  if (is_finished_) return;
  is_finished_ = true;
  show(true);
}

double Progress::rate() const {
  const double elapsed = seconds_between(start_, Clock::now());
  return elapsed > 0 ? static_cast<double>(done_ - skipped_) / elapsed : 0.0;
}

void Progress::set_enabled(bool enabled) { g_enabled = enabled; }

void Progress::show(bool last) {
  shown_ = Clock::now();
  if (!g_enabled) return;
  const double fraction = std::min(1.0, static_cast<double>(done_) / static_cast<double>(total_));
  const double elapsed = seconds_between(start_, shown_);
  const double speed = rate();
  const std::string time =
      last        ? fmt::format("in {}", duration_text(elapsed))
      : speed > 0 ? fmt::format("ETA {}", duration_text(static_cast<double>(total_ - done_) / speed))
                  : "ETA ?";
  const std::string rate_text = fmt::format("{:.{}f} {}/s", speed, speed < 10 ? 1 : 0, unit_);
  const std::string note = note_.empty() ? "" : "  " + note_;
  if (is_terminal_) {
    const int filled = static_cast<int>(fraction * kBarWidth);
    std::fprintf(stderr, "\r\033[K%s [%s%s] %ld/%ld  %s  %s%s%s", title_.c_str(),
                 std::string(filled, '#').c_str(), std::string(kBarWidth - filled, '.').c_str(),
                 static_cast<long>(done_), static_cast<long>(total_), rate_text.c_str(), time.c_str(),
                 note.c_str(), last ? "\n" : "");
  } else {
    std::fprintf(stderr, "%s: %ld/%ld (%.0f %%), %s, %s%s\n", title_.c_str(), static_cast<long>(done_),
                 static_cast<long>(total_), 100 * fraction, rate_text.c_str(), time.c_str(), note.c_str());
  }
  std::fflush(stderr);
}

}  // namespace dmf
