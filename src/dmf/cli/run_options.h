#pragma once
#include <cstdint>
#include <string>

#include "dmf/core/option_table.h"

namespace dmf::cli {

/// Options of a run as a whole: table [run] of the configuration.
struct GeneralOptions {
  int64_t seed = 0;
  std::string device = "auto";
  std::string precision = "auto";

  template <class Visitor>
  void visit(Visitor& v) {
    v("seed", seed, Range<int64_t>{0, INT64_MAX}, "of every random draw; the same seed gives the same run");
    v("device", device, "cpu, cuda, cuda:1 or auto (a GPU where there is one)");
    v("precision", precision, Choices{{"auto", "float32", "bfloat16"}},
      "type of the heavy products; auto: bfloat16 where the hardware has it");
  }
};

/// Everything a configuration file may hold: the options structs of all modules, each under its table's name.
struct RunOptions {
  GeneralOptions run;

  /// A table bound to these structs; they must outlive it.
  OptionTable table();
};

}  // namespace dmf::cli
