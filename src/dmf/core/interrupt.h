#pragma once

namespace dmf {

/// From now on SIGINT and SIGTERM ask the running work to stop at its next clean point; a second one ends at
/// once.
void install_interrupt_handler();

/// Whether the user has asked to stop.
bool interrupt_requested();

/// Throws Interrupted (naming `work`) when the user has asked to stop. Called where nothing is lost by
/// stopping.
void stop_if_interrupted(const char* work);

}  // namespace dmf
