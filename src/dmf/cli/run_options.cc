#include "dmf/cli/run_options.h"

namespace dmf::cli {

OptionTable RunOptions::table() {
  OptionTable table;
  table.add("run", run);
  table.add("image", image);
  table.add("text_encoder", text_encoder);
  table.add("store", store);
  table.add("view", view);
  table.add("model", model);
  train.add_to(table);
  table.add("embed", embed);
  table.add("eval", eval);
  return table;
}

nlohmann::json RunOptions::values() const {
  RunOptions copy = *this;
  return copy.table().to_json();
}

}  // namespace dmf::cli
