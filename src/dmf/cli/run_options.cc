#include "dmf/cli/run_options.h"

namespace dmf::cli {

OptionTable RunOptions::table() {
  OptionTable table;
  table.add("run", run);
  return table;
}

}  // namespace dmf::cli
