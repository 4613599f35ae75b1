#pragma once
#include "dmf/serve/message.h"

namespace dmf::serve {

/// The page (page.html), with headers that keep a browser from running or loading anything else in it.
Reply page_reply();

}  // namespace dmf::serve
