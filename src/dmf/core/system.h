#pragma once
#include <cstdint>
#include <filesystem>
#include <string>

namespace dmf {

/// Largest resident memory of this process so far, bytes. Pages of memory-mapped files count.
int64_t peak_memory_bytes();

/// Processor's model name, as the kernel tells it.
std::string processor_name();

/// Name of this machine in its network; "an unknown host" where the system does not tell.
std::string host_name();

/// PREFIX, where the program that runs is PREFIX/bin/NAME. What was installed with it lies in PREFIX/share/dmf
/// (in a build, too).
std::filesystem::path installed_prefix();

/// Processors this process may run on.
int64_t available_processors();

/// Seconds since an arbitrary point, monotonic.
double wall_seconds();

/// Local time as 2026-01-31T12:00:00+0100.
std::string timestamp();

}  // namespace dmf
