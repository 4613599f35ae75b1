#pragma once

namespace dmf {

/// From now on SIGINT and SIGTERM ask the running work to stop at its next clean point; a second SIGINT ends
/// at once. A second SIGTERM does not: who ends a job (Slurm, `timeout`) may send it to a process and again
/// to its group. A file size limit (SIGXFSZ) becomes an error of the write instead of the program's end.
void install_interrupt_handler();

/// Whether the user has asked to stop.
bool interrupt_requested();

/// Throws Interrupted (naming `work`) when the user has asked to stop. Called where nothing is lost by
/// stopping.
void stop_if_interrupted(const char* work);

}  // namespace dmf
