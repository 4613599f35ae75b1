#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>

#include "dmf/core/error.h"

namespace dmf::fetch {

/// How a server is reached.
struct HttpOptions {
  std::string proxy;            ///< URL; empty: what http_proxy, https_proxy, all_proxy and no_proxy say
  double connect_seconds = 20;  ///< until a connection stands
  double stall_seconds = 60;    ///< without a byte, then the transfer ends
};

/// A GET of a whole file, or of what is behind its first `from` bytes.
struct HttpRequest {
  std::string url;
  int64_t from = 0;
  std::string validator;  ///< If-Range: the part is only wanted while the file is still this one
};

/// Status and headers of the answer behind all redirects; names of headers in lower case.
struct HttpAnswer {
  int status = 0;
  std::map<std::string, std::string> headers;
  /// Headers x-linked-etag, x-linked-size, x-repo-commit of any answer on the way: Hugging Face tells them
  /// before it redirects to its store. `etag` is of the answer that had x-repo-commit.
  std::map<std::string, std::string> publisher;

  /// Value of a header, "" where there is none.
  std::string header(const std::string& name) const;
};

/// A transfer that did not come to its end.
class TransferError : public Error {
 public:
  enum class Kind {
    kUnreachable,  ///< no such host, nobody answers there
    kBroken,       ///< dropped, stalled: worth another try
    kRefused       ///< certificates, redirects, an address that makes no sense: no try will help
  };
  TransferError(Kind kind, const std::string& message) : Error(message), kind_(kind) {}
  Kind kind() const { return kind_; }

 private:
  Kind kind_;
};

/// GET. Follows redirects (never from https to http). Certificates: the system's, or the file in
/// CURL_CA_BUNDLE or SSL_CERT_FILE.
///
/// @param begin  called with a 200 or 206 before its first byte
/// @param body   called with its bytes as they come; bodies of other answers are dropped
/// @return       the answer; any status is an answer
/// @throws TransferError  no answer, or not all of it
/// @throws Interrupted    Ctrl-C; what begin() and body() throw ends the transfer and comes through
HttpAnswer http_get(const HttpRequest& request, const HttpOptions& options,
                    const std::function<void(const HttpAnswer&)>& begin,
                    const std::function<void(std::span<const std::byte>)>& body);

}  // namespace dmf::fetch
