#pragma once

namespace dmf {

/// Version of the program, "0.1.0".
const char* version();

/// Git revision it was configured from, with "-dirty" where the tree had changes; "unknown" outside git.
const char* revision();

}  // namespace dmf
