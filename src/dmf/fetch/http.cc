#include "dmf/fetch/http.h"

#include <curl/curl.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdlib>
#include <exception>
#include <memory>
#include <mutex>

#include "dmf/core/interrupt.h"
#include "dmf/core/system.h"
#include "dmf/core/version.h"

namespace dmf::fetch {
namespace {

std::string trimmed(const std::string& text) {
  const size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string::npos) return "";
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

/// What the callbacks of one transfer share.
struct Transfer {
  HttpAnswer answer;
  const std::function<void(const HttpAnswer&)>* begin;
  const std::function<void(std::span<const std::byte>)>* body;
  bool has_begun = false;
  std::exception_ptr failure;  // thrown by a callback: libcurl is C, nothing may be thrown through it
  double stall_seconds = 0, last_progress = wall_seconds();
  int64_t received = 0;
  bool is_stalled = false;

  bool is_wanted() const { return answer.status == 200 || answer.status == 206; }

  void begin_once() {
    if (has_begun || !is_wanted()) return;
    has_begun = true;
    (*begin)(answer);
  }

  void add_header(const std::string& line) {
    if (line.rfind("HTTP/", 0) == 0) {  // the next answer on the way
      answer.headers.clear();
      const size_t space = line.find(' ');
      answer.status = space == std::string::npos ? 0 : std::atoi(line.c_str() + space + 1);
      return;
    }
    const size_t colon = line.find(':');
    if (colon != std::string::npos) {
      const std::string name = lower(trimmed(line.substr(0, colon)));
      answer.headers[name] = trimmed(line.substr(colon + 1));
      if (name == "x-linked-etag" || name == "x-linked-size" || name == "x-repo-commit")
        answer.publisher[name] = answer.headers[name];
    } else if (trimmed(line).empty() && answer.headers.count("x-repo-commit") != 0 &&
               answer.headers.count("etag") != 0) {
      answer.publisher["etag"] = answer.headers["etag"];
    }
  }
};

size_t on_header(char* data, size_t size, size_t count, void* pointer) {
  static_cast<Transfer*>(pointer)->add_header(std::string(data, size * count));
  return size * count;
}

size_t on_body(char* data, size_t size, size_t count, void* pointer) {
  auto& transfer = *static_cast<Transfer*>(pointer);
  if (!transfer.is_wanted()) return size * count;
  try {
    transfer.begin_once();
    (*transfer.body)(std::as_bytes(std::span(data, size * count)));
    return size * count;
  } catch (...) {
    transfer.failure = std::current_exception();
    return 0;
  }
}

/// Called at least once a second, whatever comes or does not come.
int on_progress(void* pointer, curl_off_t, curl_off_t received, curl_off_t, curl_off_t) {
  auto& transfer = *static_cast<Transfer*>(pointer);
  const double now = wall_seconds();
  if (received != transfer.received) transfer.last_progress = now;
  transfer.received = received;
  transfer.is_stalled = now - transfer.last_progress > transfer.stall_seconds;
  return transfer.is_stalled || interrupt_requested() ? 1 : 0;
}

TransferError::Kind kind_of(CURLcode code) {
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_CONNECT:
      return TransferError::Kind::kUnreachable;
    case CURLE_OPERATION_TIMEDOUT:
    case CURLE_PARTIAL_FILE:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_GOT_NOTHING:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_WEIRD_SERVER_REPLY:
      return TransferError::Kind::kBroken;
    default:
      return TransferError::Kind::kRefused;
  }
}

struct EasyDeleter {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
struct ListDeleter {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

const char* certificates() {
  for (const char* name : {"CURL_CA_BUNDLE", "SSL_CERT_FILE"}) {
    const char* value = std::getenv(name);
    if (value != nullptr && *value != '\0') return value;
  }
  return nullptr;
}

void set_connection(CURL* handle, const HttpRequest& request, const HttpOptions& options) {
  curl_easy_setopt(handle, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(handle, CURLOPT_USERAGENT, fmt::format("dmf/{}", version()).c_str());
  curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 1L);
  curl_easy_setopt(handle, CURLOPT_MAXREDIRS, 10L);
  curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
  const bool is_encrypted = request.url.rfind("https:", 0) == 0;
  curl_easy_setopt(handle, CURLOPT_REDIR_PROTOCOLS_STR, is_encrypted ? "https" : "http,https");
  curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS, std::lround(options.connect_seconds * 1000));
  if (!options.proxy.empty()) curl_easy_setopt(handle, CURLOPT_PROXY, options.proxy.c_str());
  if (const char* file = certificates()) curl_easy_setopt(handle, CURLOPT_CAINFO, file);
}

}  // namespace

std::string HttpAnswer::header(const std::string& name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? "" : found->second;
}

HttpAnswer http_get(const HttpRequest& request, const HttpOptions& options,
                    const std::function<void(const HttpAnswer&)>& begin,
                    const std::function<void(std::span<const std::byte>)>& body) {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
  const std::unique_ptr<CURL, EasyDeleter> handle(curl_easy_init());
  DMF_ASSERT(handle != nullptr);
  Transfer transfer;
  transfer.begin = &begin;
  transfer.body = &body;
  transfer.stall_seconds = options.stall_seconds;
  set_connection(handle.get(), request, options);
  std::unique_ptr<curl_slist, ListDeleter> headers;
  if (request.from > 0) {
    headers.reset(curl_slist_append(nullptr, fmt::format("Range: bytes={}-", request.from).c_str()));
    if (!request.validator.empty())
      curl_slist_append(headers.get(), ("If-Range: " + request.validator).c_str());
    curl_easy_setopt(handle.get(), CURLOPT_HTTPHEADER, headers.get());
  }
  char reason[CURL_ERROR_SIZE] = "";
  curl_easy_setopt(handle.get(), CURLOPT_ERRORBUFFER, reason);
  curl_easy_setopt(handle.get(), CURLOPT_HEADERFUNCTION, on_header);
  curl_easy_setopt(handle.get(), CURLOPT_HEADERDATA, &transfer);
  curl_easy_setopt(handle.get(), CURLOPT_WRITEFUNCTION, on_body);
  curl_easy_setopt(handle.get(), CURLOPT_WRITEDATA, &transfer);
  curl_easy_setopt(handle.get(), CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(handle.get(), CURLOPT_XFERINFOFUNCTION, on_progress);
  curl_easy_setopt(handle.get(), CURLOPT_XFERINFODATA, &transfer);
  const CURLcode code = curl_easy_perform(handle.get());
  if (transfer.failure) std::rethrow_exception(transfer.failure);
  if (transfer.is_stalled && !interrupt_requested()) {
    throw TransferError(TransferError::Kind::kBroken,
                        fmt::format("nothing came for {:.0f} seconds", options.stall_seconds));
  }
  if (code == CURLE_ABORTED_BY_CALLBACK)
    throw Interrupted(
        "download: stopped by the user; what has come is kept, the same command goes on from there");
  if (code != CURLE_OK)
    throw TransferError(kind_of(code), *reason != '\0' ? reason : curl_easy_strerror(code));
  transfer.begin_once();  // an empty body
  return transfer.answer;
}

}  // namespace dmf::fetch
