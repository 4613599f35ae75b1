#pragma once
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace dmf::fetch::testing {

/// What a client asked for: one GET.
struct Request {
  std::string path;     ///< with query
  std::string headers;  ///< as sent, lines of "Name: value"

  /// Value of a header, "" where there is none.
  std::string header(const std::string& name) const {
    const size_t at = headers.find("\r\n" + name + ": ");
    if (at == std::string::npos) return "";
    const size_t start = at + name.size() + 4;
    return headers.substr(start, headers.find("\r\n", start) - start);
  }
  /// First byte asked for; 0 without a range.
  size_t from() const {
    const std::string range = header("Range");
    return range.empty() ? 0 : std::stoul(range.substr(6));
  }
};

/// The line to one client.
class Line {
 public:
  explicit Line(int socket) : socket_(socket) {}
  void send(std::string_view text) const {
    while (!text.empty()) {
      const ssize_t sent = ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;  // the client has gone
      text.remove_prefix(static_cast<size_t>(sent));
    }
  }
  /// Status line, headers and body; `headers` are whole lines.
  void answer(const std::string& status, const std::string& headers, const std::string& body) const {
    send("HTTP/1.1 " + status + "\r\nConnection: close\r\n" + headers +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
  }
  /// Waits until the client has gone, or the server is to end.
  void stall(const std::atomic<bool>& is_ending) const {
    char byte;
    while (!is_ending && ::recv(socket_, &byte, 1, MSG_DONTWAIT) != 0)
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }

 private:
  int socket_;
};

/// A web server for tests on 127.0.0.1: `serve` answers one request a connection, as badly as a test wants.
class Server {
 public:
  using Serve = std::function<void(const Request&, const Line&, const std::atomic<bool>& is_ending)>;

  explicit Server(Serve serve) : serve_(std::move(serve)), socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
    ::bind(socket_, reinterpret_cast<sockaddr*>(&address), sizeof(address));
    ::listen(socket_, 16);
    socklen_t length = sizeof(address);
    ::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &length);
    port_ = ::ntohs(address.sin_port);
    thread_ = std::thread([this] { run(); });
  }
  ~Server() {
    is_ending_ = true;
    ::shutdown(socket_, SHUT_RDWR);
    thread_.join();
    for (std::thread& worker : workers_) worker.join();
    ::close(socket_);
  }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  std::string url(const std::string& path = "") const {
    return "http://127.0.0.1:" + std::to_string(port_) + path;
  }
  /// Everything asked for so far.
  std::vector<Request> requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }

 private:
  void run() {
    for (;;) {
      const int client = ::accept(socket_, nullptr, nullptr);
      if (client < 0) return;
      workers_.emplace_back([this, client] { talk(client); });
    }
  }
  void talk(int client) {
    std::string text;
    char buffer[4096];
    while (text.find("\r\n\r\n") == std::string::npos) {
      const ssize_t count = ::recv(client, buffer, sizeof(buffer), 0);
      if (count <= 0) break;
      text.append(buffer, static_cast<size_t>(count));
    }
    const size_t start = text.find(' ') + 1;
    const Request request{text.substr(start, text.find(' ', start) - start), text};
    {
      const std::lock_guard lock(mutex_);
      requests_.push_back(request);
    }
    serve_(request, Line(client), is_ending_);
    ::shutdown(client, SHUT_RDWR);
    ::close(client);
  }

  Serve serve_;
  int socket_;
  int port_ = 0;
  std::atomic<bool> is_ending_{false};
  mutable std::mutex mutex_;
  std::vector<Request> requests_;
  std::vector<std::thread> workers_;
  std::thread thread_;
};

/// Bytes that say where they are: any mistake in putting parts together shows.
inline std::string numbered_bytes(size_t size) {
  std::string text;
  for (size_t i = 0; text.size() < size; ++i) text += std::to_string(i) + ",";
  text.resize(size);
  return text;
}

/// A whole file, or what is behind `from` bytes of it, as a well-behaved server sends it.
inline void serve_file(const Request& request, const Line& line, const std::string& content,
                       const std::string& etag = "\"v1\"") {
  const std::string tag = etag.empty() ? "" : "ETag: " + etag + "\r\n";
  const size_t from = request.from();
  const std::string condition = request.header("If-Range");
  if (from == 0 || (!condition.empty() && condition != etag)) return line.answer("200 OK", tag, content);
  if (from >= content.size()) return line.answer("416 Range Not Satisfiable", tag, "");
  const std::string range = "Content-Range: bytes " + std::to_string(from) + "-" +
                            std::to_string(content.size() - 1) + "/" + std::to_string(content.size()) +
                            "\r\n";
  line.answer("206 Partial Content", tag + range, content.substr(from));
}

/// Promises all of what is behind `from`, sends `count` bytes of it, and hangs up.
inline void serve_and_drop(const Request& request, const Line& line, const std::string& content, size_t count,
                           const std::string& etag = "\"v1\"") {
  const size_t from = request.from();
  std::string head = from == 0 ? "HTTP/1.1 200 OK\r\n" : "HTTP/1.1 206 Partial Content\r\n";
  if (from > 0) {
    head += "Content-Range: bytes " + std::to_string(from) + "-" + std::to_string(content.size() - 1) + "/" +
            std::to_string(content.size()) + "\r\n";
  }
  if (!etag.empty()) head += "ETag: " + etag + "\r\n";
  head += "Content-Length: " + std::to_string(content.size() - from) + "\r\n\r\n";
  line.send(head + content.substr(from, count));
}

}  // namespace dmf::fetch::testing
