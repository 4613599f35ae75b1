#pragma once
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>

namespace dmf::serve::testing_client {

/// A connection to 127.0.0.1 that says exactly what it is told to.
class Client {
 public:
  explicit Client(int64_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const timeval patience{20, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    is_connected_ = ::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
  }
  ~Client() { ::close(socket_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  bool is_connected() const { return is_connected_; }
  /// False where the server has hung up.
  bool send(std::string_view text) const {
    while (!text.empty()) {
      const ssize_t sent = ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      text.remove_prefix(static_cast<size_t>(sent));
    }
    return true;
  }
  void stop_sending() const { ::shutdown(socket_, SHUT_WR); }
  /// One answer with its body, or what there was of it when the server hung up.
  std::string answer() {
    size_t end;
    while ((end = text_.find("\r\n\r\n")) == std::string::npos && receive()) {
    }
    if (end == std::string::npos) return std::exchange(text_, "");
    const size_t at = text_.find("Content-Length: ");
    const size_t size = end + 4 + (at < end ? std::strtoull(text_.c_str() + at + 16, nullptr, 10) : 0);
    while (text_.size() < size && receive()) {
    }
    std::string first = text_.substr(0, size);
    text_.erase(0, size);
    return first;
  }
  /// Whether the server hangs up before patience is over.
  bool is_hung_up() {
    char byte;
    const ssize_t count = ::recv(socket_, &byte, 1, 0);
    return count == 0 || (count < 0 && errno == ECONNRESET);
  }
  std::string ask(const std::string& request) { return send(request) ? answer() : "hung up"; }

 private:
  bool receive() {
    char buffer[4096];
    const ssize_t count = ::recv(socket_, buffer, sizeof(buffer), 0);
    if (count <= 0) return false;
    text_.append(buffer, static_cast<size_t>(count));
    return true;
  }

  int socket_;
  bool is_connected_ = false;
  std::string text_;
};

/// A request's text.
inline std::string request(const std::string& method, const std::string& target, const std::string& body = "",
                           const std::string& headers = "") {
  return method + " " + target + " HTTP/1.1\r\nHost: localhost\r\n" + headers +
         (body.empty() ? "" : "Content-Length: " + std::to_string(body.size()) + "\r\n") + "\r\n" + body;
}

}  // namespace dmf::serve::testing_client
