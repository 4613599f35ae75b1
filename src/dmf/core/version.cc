#include "dmf/core/version.h"

namespace dmf {

const char* version() { return DMF_VERSION; }

const char* revision() { return DMF_REVISION; }

}  // namespace dmf
