#pragma once
#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "support/temporary_folder.h"

namespace dmf::test {

/// What a program that has ended left.
struct Finished {
  int exit_code;       ///< 128 + the signal's number where a signal ended it
  std::string output;  ///< standard output
  std::string errors;  ///< standard error
  /// Standard output as JSON; a test failure where it is none.
  nlohmann::json json() const;
};

/// A running dmf, started in the project's root with its output caught.
class Program {
 public:
  /// @param arguments  behind the program's name
  explicit Program(const std::vector<std::string>& arguments);
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  /// Waits until standard error holds `text`; false when the program ends or `patience` is over before.
  bool tells(const std::string& text, std::chrono::seconds patience);
  void send(int signal);
  Finished wait();

 private:
  TemporaryFolder folder_;
  pid_t process_ = -1;
};

/// Runs dmf to its end.
Finished run_program(const std::vector<std::string>& arguments);

/// Root of the project.
std::filesystem::path project_root();

}  // namespace dmf::test
