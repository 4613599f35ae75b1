#pragma once
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/program.h"
#include "cli/tiny_training.h"
#include "dmf/serve/testing_client.h"
#include "support/free_port.h"

namespace dmf::test {

/// `dmf serve`, listening.
struct RunningService {
  /// @param arguments  of `dmf serve`, all but the port
  explicit RunningService(const std::vector<std::string>& arguments)
      : port(free_port()),
        program(std::vector<std::string>{"serve"} + arguments +
                std::vector<std::string>{"--port", std::to_string(port)}) {
    EXPECT_TRUE(program.tells("crops at http", std::chrono::seconds(60)));
  }
  std::string ask(const std::string& text) const { return serve::testing_client::Client(port).ask(text); }
  nlohmann::json json(const std::string& method, const std::string& target, const std::string& body = "",
                      const std::string& type = "application/json") const {
    const std::string answer =
        ask(serve::testing_client::request(method, target, body, "Content-Type: " + type + "\r\n"));
    return nlohmann::json::parse(answer.substr(std::min(answer.size(), answer.find("\r\n\r\n"))), nullptr,
                                 false);
  }

  int64_t port;
  Program program;
};

}  // namespace dmf::test
