// The program: a table of commands, and the only place where errors become exit codes.
#include <c10/util/Exception.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <new>
#include <string>
#include <vector>

#include "dmf/cli/command.h"
#include "dmf/cli/parse.h"
#include "dmf/core/error.h"
#include "dmf/core/interrupt.h"
#include "dmf/core/log.h"

namespace dmf::cli {
namespace {

std::vector<Command> command_table() {
  return {quickstart_command(), train_command(),  eval_command(),   matrix_command(), ablate_command(),
          embed_command(),      index_command(),  search_command(), serve_command(),  translate_command(),
          report_command(),     export_command(), world_command(),  fetch_command(),  doctor_command(),
          bench_command(),      version_command()};
}

void run(const std::vector<std::string>& arguments) {
  std::vector<Command> table = command_table();
  const std::vector<Command> others = table;
  table.push_back(help_command(others));

  const bool asks_for_help = arguments.empty() || arguments[0] == "--help" || arguments[0] == "-h";
  std::string name = asks_for_help ? "help" : arguments[0];
  if (name == "--version") name = "version";
  const Command& command = find_command(table, name);
  const DeclaredCommand declared = declare(command);
  const size_t consumed = arguments.empty() ? 0 : 1;
  if (!parse(command, declared, {arguments.begin() + static_cast<std::ptrdiff_t>(consumed), arguments.end()}))
    return;
  configure_log(*declared.log_level);
  install_interrupt_handler();
  declared.body();
  // A full disk or a closed pipe behind standard output is seen only when it is flushed.
  DMF_CHECK(std::fflush(stdout) == 0, DataError, "standard output cannot be written");
}

/// Sets what the OpenMP and C libraries read before main(), and starts the program anew where something was
/// not set. A user's own settings stay.
void set_up_environment(char** argv) {
  const std::pair<const char*, const char*> settings[] = {
      // Threads that wait for each other sleep. By default they spin, and beside any other work on the same
      // processors that makes training ten times slower. A short spin before (about a third of a millisecond)
      // saves most sleeps where nothing else is at work, and costs little where something is.
      {"OMP_WAIT_POLICY", "passive"},
      {"GOMP_SPINCOUNT", "20000"},
      // Memory of freed tensors is kept for the next step, in large pages: to give it back and to have it
      // cleared again took an eighth of a training step.
      {"GLIBC_TUNABLES",
       "glibc.malloc.mmap_threshold=1073741824:glibc.malloc.trim_threshold=4294967296:glibc.malloc.hugetlb="
       "1"},
  };
  bool is_new = false;
  for (const auto& [name, value] : settings)
    is_new |= std::getenv(name) == nullptr && ::setenv(name, value, 0) == 0;
  if (is_new)
    ::execv("/proc/self/exe", argv);  // comes back only where it failed: then all is right but slower
}

int fail(const std::string& message, int exit_code) {
  std::fprintf(stderr, "dmf: %s\n", message.c_str());
  return exit_code;
}

}  // namespace
}  // namespace dmf::cli

int main(int argc, char** argv) {
  using dmf::cli::fail;
  dmf::cli::set_up_environment(argv);
  try {
    dmf::cli::run(std::vector<std::string>(argv + 1, argv + argc));
    return dmf::kExitOk;
  } catch (const dmf::Error& error) {
    return fail(error.what(), error.exit_code());
  } catch (const std::bad_alloc&) {
    return fail(
        "out of memory; hint: a smaller batch (--set batch.identities=8) or fewer programs beside this one",
        dmf::kExitFailure);
  } catch (const c10::OutOfMemoryError& error) {
    return fail(
        fmt::format("the device's memory is full: {}; hint: a smaller batch (--set batch.identities=8)",
                    error.what_without_backtrace()),
        dmf::kExitDevice);
  } catch (const c10::Error& error) {
    return fail(fmt::format("libtorch: {}", error.what_without_backtrace()), dmf::kExitFailure);
  } catch (const std::exception& error) {
    return fail(error.what(), dmf::kExitFailure);
  }
}
