#include "dmf/serve/socket.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>

#include "dmf/core/error.h"
#include "dmf/core/file.h"
#include "dmf/core/log.h"

namespace dmf::serve {
namespace {

constexpr int kBacklog = 4096;

}  // namespace

std::string address_of(const sockaddr* address) {
  char text[NI_MAXHOST] = "";
  const socklen_t size = address->sa_family == AF_INET6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in);
  ::getnameinfo(address, size, text, sizeof(text), nullptr, 0, NI_NUMERICHOST);
  return text;
}

int listen_at(const std::string& host, int64_t port) {
  addrinfo hints{}, *found = nullptr;
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICHOST | AI_PASSIVE;
  DMF_CHECK(::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found) == 0, InvalidArgument,
            "--host: expected a numeric address as 127.0.0.1, 0.0.0.0 or ::1, got '{}'", host);
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(found, ::freeaddrinfo);
  const int descriptor = ::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  DMF_CHECK(descriptor >= 0, Error, "no socket: {}", system_reason(errno));
  const int yes = 1;
  ::setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
  if (::bind(descriptor, found->ai_addr, found->ai_addrlen) != 0 || ::listen(descriptor, kBacklog) != 0) {
    const int code = errno;
    ::close(descriptor);
    throw InvalidArgument(fmt::format("cannot listen at {} port {}: {}; hint: --port with another", host,
                                      port, system_reason(code)));
  }
  return descriptor;
}

void raise_file_limit(int64_t connections) {
  constexpr int64_t kOthers = 256;  // segments, the database's, the log's
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  const auto wanted = static_cast<rlim_t>(connections + kOthers);
  if (limit.rlim_cur >= wanted) return;
  limit.rlim_cur = std::min(wanted, limit.rlim_max);
  ::setrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_cur < wanted)
    spdlog::warn(
        "this process may have {} files open: fewer than the {} connections it is to serve; hint: ulimit -n",
        limit.rlim_cur, connections);
}

int64_t port_of(int descriptor) {
  sockaddr_storage address{};
  socklen_t size = sizeof(address);
  ::getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.ss_family == AF_INET6 ? reinterpret_cast<sockaddr_in6*>(&address)->sin6_port
                                             : reinterpret_cast<sockaddr_in*>(&address)->sin_port);
}

}  // namespace dmf::serve
