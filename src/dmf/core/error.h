#pragma once
#include <fmt/format.h>

#include <stdexcept>
#include <string>

namespace dmf {

/// Exit codes of the program, one for each kind of error.
enum ExitCode : int {
  kExitOk = 0,
  kExitFailure = 1,
  kExitUsage = 2,
  kExitData = 3,
  kExitDevice = 4,
  kExitInterrupted = 130
};

/// Base of every error the libraries throw. The message is for the user: what, where, expected, got, hint.
class Error : public std::runtime_error {
 public:
  explicit Error(const std::string& message, ExitCode exit_code = kExitFailure)
      : std::runtime_error(message), exit_code_(exit_code) {}
  /// Exit status of the program when this error ends it.
  ExitCode exit_code() const { return exit_code_; }

 private:
  ExitCode exit_code_;
};

/// The caller's mistake: an argument, an option, a shape.
class InvalidArgument : public Error {
 public:
  explicit InvalidArgument(const std::string& message) : Error(message, kExitUsage) {}
};

/// A file is missing, broken or not what it should be. The message names path and line, record or offset.
class DataError : public Error {
 public:
  explicit DataError(const std::string& message) : Error(message, kExitData) {}
};

/// The device cannot do what was asked of it.
class DeviceError : public Error {
 public:
  explicit DeviceError(const std::string& message) : Error(message, kExitDevice) {}
};

/// The user pressed Ctrl-C (or sent SIGTERM) and the work stopped at a clean point.
class Interrupted : public Error {
 public:
  explicit Interrupted(const std::string& message) : Error(message, kExitInterrupted) {}
};

/// Message of a failed expectation: `[where] what: expected …, got …; hint: …` (empty parts are left out).
struct Expectation {
  std::string where;     ///< function, file, or file and line
  std::string what;      ///< what is wrong, in a few words
  std::string expected;  ///< what should have been there
  std::string got;       ///< what was there
  std::string hint;      ///< what the user can do
  std::string message() const;
};

}  // namespace dmf

/// Throws `Kind` with a formatted message unless `condition` holds.
#define DMF_CHECK(condition, Kind, ...)                            \
  do {                                                             \
    if (!(condition)) throw ::dmf::Kind(fmt::format(__VA_ARGS__)); \
  } while (false)

/// Our own invariant: a failure is a bug in dmf, not the user's mistake.
#define DMF_ASSERT(condition)                                                                          \
  do {                                                                                                 \
    if (!(condition))                                                                                  \
      throw ::dmf::Error(                                                                              \
          fmt::format("{}:{}: broken invariant: {} (please report)", __FILE__, __LINE__, #condition)); \
  } while (false)
