#pragma once
#include <sys/socket.h>

#include <cstdint>
#include <string>

namespace dmf::serve {

/// A socket that listens. @param host  a numeric address @param port  0: any that is free
/// @throws InvalidArgument  no such address, or it is taken
int listen_at(const std::string& host, int64_t port);

/// The port that it listens at.
int64_t port_of(int descriptor);

/// "127.0.0.1"
std::string address_of(const sockaddr* address);

/// Lets this process have as many files open as it is to have connections, or says that it may not.
void raise_file_limit(int64_t connections);

}  // namespace dmf::serve
