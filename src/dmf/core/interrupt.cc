#include "dmf/core/interrupt.h"

#include <unistd.h>

#include <atomic>
#include <csignal>

#include "dmf/core/error.h"

namespace dmf {
namespace {

std::atomic<bool> g_requested{false};

void handle(int signal) {
  if (g_requested.exchange(true)) {
    if (signal == SIGINT) ::_exit(kExitInterrupted);
    return;
  }
  const char text[] = "\nstopping at the next clean point (Ctrl-C once more to stop at once)\n";
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, text, sizeof(text) - 1);
}

}  // namespace

void install_interrupt_handler() {
  std::signal(SIGINT, handle);
  std::signal(SIGTERM, handle);
  std::signal(SIGXFSZ, SIG_IGN);
}

bool interrupt_requested() { return g_requested.load(); }

void stop_if_interrupted(const char* work) {
  if (interrupt_requested()) throw Interrupted(fmt::format("{}: stopped by the user", work));
}

}  // namespace dmf
