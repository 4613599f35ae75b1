#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "dmf/core/error.h"

namespace dmf::serve {

/// What is known of a request before its body has come.
struct Head {
  std::string method;                          ///< as sent: "GET"
  std::string path;                            ///< as sent, still percent-encoded
  std::string query;                           ///< behind the "?", still percent-encoded
  std::map<std::string, std::string> headers;  ///< names in lower case
  std::string address;                         ///< of the client: "127.0.0.1"
  bool is_encrypted = false;                   ///< came over TLS

  /// Value of a header; empty where there is none. @param name  in lower case
  const std::string& header(const std::string& name) const {
    static const std::string kNone;
    const auto found = headers.find(name);
    return found == headers.end() ? kNone : found->second;
  }
};

/// An answer.
struct Reply {
  int status = 200;
  std::string type = "application/json";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;  ///< beside those that every answer has
};

/// A request that is not done, and why: the one form in which the service tells an error. Its message goes to
/// the client: no path, no name of a file of the server is in it.
class Refusal : public Error {
 public:
  /// @param status  HTTP's, 400 … 599
  /// @param code    a word for programs: "not_found"
  /// @param hint    what the client can do; may be empty
  Refusal(int status, std::string code, const std::string& message, std::string hint = "")
      : Error(message), status_(status), code_(std::move(code)), hint_(std::move(hint)) {}

  /// The same with a header ("Retry-After").
  Refusal with(const std::string& name, const std::string& value) const {
    Refusal copy = *this;
    copy.headers_.emplace_back(name, value);
    return copy;
  }
  int status() const { return status_; }
  const std::string& code() const { return code_; }
  const std::string& hint() const { return hint_; }
  /// {"error": {"code": …, "message": …, "hint": …}}
  Reply reply() const;

 private:
  int status_;
  std::string code_, hint_;
  std::vector<std::pair<std::string, std::string>> headers_;
};

/// A request that may be done, once its body is there.
struct Admitted {
  int64_t most_bytes = 0;                             ///< of the body
  std::function<Reply(const std::string& body)> run;  ///< may throw Refusal; anything else is a 500
};

/// Looks at a head: says what will be done, or throws Refusal. Called in threads that serve other clients,
/// too: it must not wait.
using Admit = std::function<Admitted(const Head& head)>;

}  // namespace dmf::serve
