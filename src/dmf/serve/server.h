#pragma once
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "dmf/serve/message.h"

namespace dmf::serve {

/// Where and within which limits a server listens.
struct ServerOptions {
  std::string host = "127.0.0.1";   ///< a numeric address, v4 or v6
  int64_t port = 8080;              ///< 0: any that is free
  std::string certificate;          ///< PEM with its chain; empty: no TLS
  std::string private_key;          ///< PEM
  int64_t connections = 2000;       ///< open at a time; more wait until one is closed
  int64_t workers = 64;             ///< requests that are worked on at a time
  int64_t queue = 4096;             ///< that wait for a worker; one more is refused (503)
  int64_t body_memory = 512 << 20;  ///< bytes of all bodies that are held together; more are refused (503)
  std::chrono::seconds idle{20};    ///< a client may be silent so long, and take so long for its header
  std::chrono::seconds upload{60};  ///< and so long for its body
  std::chrono::seconds grace{30};   ///< for what is in work when the server stops
};

/// What a server has done so far.
struct ServerCounts {
  std::atomic<int64_t> connections{0};  ///< open now
  std::atomic<int64_t> accepted{0};     ///< connections
  std::atomic<int64_t> waiting{0};      ///< requests that wait for a worker
  std::atomic<int64_t> working{0};      ///< requests in work
  std::atomic<int64_t> cut_off{0};      ///< connections of clients that were too slow
  std::atomic<int64_t> overloaded{0};   ///< requests refused because the queue or the memory was full
  std::atomic<int64_t> body_bytes{0};   ///< held now
};

/// An HTTP/1.1 server: a few threads wait for all connections at once (epoll), a request whose body is there
/// waits for one of the workers while its connection is put aside. So a thousand clients cost their buffers
/// alone, and what a worker waits for (the model, the disk) keeps nobody else waiting.
///
///   HttpServer server({.port = 8080}, [](const Head& head) { return Admitted{0, …}; });
///   …
///   server.stop();   // answers what is in work
class HttpServer {
 public:
  /// Listens from now on.
  /// @throws InvalidArgument  the address is none, or taken; no certificate to the key or the reverse
  /// @throws DataError        a certificate or key that cannot be read or used
  HttpServer(const ServerOptions& options, Admit admit);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  int64_t port() const;
  const ServerCounts& counts() const;
  /// Takes no new clients, waits until what is in work is answered (at most ServerOptions::grace) and closes.
  void stop();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace dmf::serve
