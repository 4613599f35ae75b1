#pragma once
#include <string>
#include <vector>

namespace dmf::cli {

/// What was found about the machine: a topic, its state, and whether it stops the main job.
struct Finding {
  std::string topic, state;
  bool is_problem = false;
};

/// Looks at processor, memory, disk and GPU, and loads the encoders that came with the program.
std::vector<Finding> examine();

/// Writes it to standard output, in words or as {"findings": […]}.
void print_machine(const std::vector<Finding>& findings, bool json);

}  // namespace dmf::cli
