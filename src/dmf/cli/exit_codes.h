#pragma once

namespace dmf::cli {

/// The program's exit codes, as help and manual tell them.
inline constexpr const char* kExitCodes =
    "0 ok · 1 failure · 2 usage (an argument or option) · 3 data (a file) · 4 device · 130 stopped by Ctrl-C";

}  // namespace dmf::cli
