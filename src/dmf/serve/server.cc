#include "dmf/serve/server.h"

#include <microhttpd.h>
#include <unistd.h>

#include <algorithm>
#include <cstdarg>
#include <cstring>
#include <mutex>
#include <optional>
#include <thread>

#include "dmf/core/file.h"
#include "dmf/core/log.h"
#include "dmf/core/system.h"
#include "dmf/serve/patience.h"
#include "dmf/serve/socket.h"
#include "dmf/serve/work_queue.h"

namespace dmf::serve {
namespace {

constexpr size_t kConnectionMemory = 32 << 10;  // of a connection: its header has to fit
constexpr size_t kMostDrained = 64 << 20;       // of a body that is refused: who still sends reads no answer

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

MHD_Result collect_header(void* headers, MHD_ValueKind, const char* name, const char* value) {
  auto& all = *static_cast<std::map<std::string, std::string>*>(headers);
  if (name != nullptr) all.emplace(lower(name), value == nullptr ? "" : value);
  return MHD_YES;
}

Reply internal_error(const std::string& reason) {
  spdlog::error("a request failed: {}", reason);
  return Refusal(500, "internal", "the server could not do this; its log says why").reply();
}

/// What the library has to say, from any of its threads.
class Complaints {
 public:
  void add(const std::string& line) {
    const std::lock_guard lock(mutex_);
    if (first_.empty()) first_ = line;
  }
  /// Of a server that does not start: why.
  std::string first() const {
    const std::lock_guard lock(mutex_);
    return first_;
  }

 private:
  mutable std::mutex mutex_;
  std::string first_;
};

/// One request and its answer.
struct Exchange {
  std::string uri;
  Head head;
  Admitted admitted;
  std::string body;
  std::optional<Reply> reply;
  size_t drained = 0;
  bool is_begun = false, is_counted = false;
};

}  // namespace

struct HttpServer::State {
  State(const ServerOptions& given, Admit given_admit)
      : options(given), admit(std::move(given_admit)), patience(given.idle, given.upload) {}

  // What libmicrohttpd calls, `self` being a State. `context` is an Exchange from the request line to the end of
  // the answer, a connection's a Watched.
  static void* on_uri(void* self, const char* uri, MHD_Connection* connection);
  static MHD_Result on_head_or_body(void* self, MHD_Connection* connection, const char* url,
                                    const char* method, const char* version, const char* data, size_t* size,
                                    void** context);
  static void on_completed(void* self, MHD_Connection* connection, void** context,
                           MHD_RequestTerminationCode why);
  static void on_connection(void* self, MHD_Connection* connection, void** context,
                            MHD_ConnectionNotificationCode what);

  void start();
  MHD_Result on_request(MHD_Connection* connection, const char* method, Exchange& exchange, const char* data,
                        size_t* size);
  MHD_Result begin(MHD_Connection* connection, const char* method, Exchange& exchange);
  MHD_Result take(Exchange& exchange, const char* data, size_t size);
  MHD_Result answer(MHD_Connection* connection, const Exchange& exchange) const;
  void enqueue(MHD_Connection* connection, Exchange& exchange);
  void end(Exchange& exchange);

  ServerOptions options;
  Admit admit;
  ServerCounts counts;
  std::atomic<bool> is_stopping{false};
  std::atomic<int64_t> in_flight{0};
  Complaints complaints;
  std::string certificate, private_key;
  Patience patience;
  std::unique_ptr<WorkQueue> queue;
  MHD_Daemon* daemon = nullptr;
  int64_t port = 0;
};

namespace {

void complain(void* state, const char* format, va_list arguments) {
  char text[512];
  std::vsnprintf(text, sizeof(text), format, arguments);
  std::string line(text);
  while (line.ends_with('\n')) line.pop_back();
  spdlog::debug("http: {}", line);
  static_cast<Complaints*>(state)->add(line);
}

Watched* watched(MHD_Connection* connection) {
  return static_cast<Watched*>(
      MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context);
}

}  // namespace

void* HttpServer::State::on_uri(void* self, const char* uri, MHD_Connection* connection) {
  if (Watched* client = watched(connection))
    static_cast<State*>(self)->patience.enter(client, Phase::kHeader);
  auto exchange = std::make_unique<Exchange>();
  exchange->uri = uri;
  return exchange.release();
}

MHD_Result HttpServer::State::on_head_or_body(void* self, MHD_Connection* connection, const char*,
                                              const char* method, const char*, const char* data, size_t* size,
                                              void** context) {
  return static_cast<State*>(self)->on_request(connection, method, *static_cast<Exchange*>(*context), data,
                                               size);
}

void HttpServer::State::on_completed(void* self, MHD_Connection* connection, void** context,
                                     MHD_RequestTerminationCode) {
  const std::unique_ptr<Exchange> exchange(static_cast<Exchange*>(*context));
  *context = nullptr;
  if (exchange == nullptr) return;
  static_cast<State*>(self)->end(*exchange);
  if (Watched* client = watched(connection))
    static_cast<State*>(self)->patience.enter(client, Phase::kHeader);
}

void HttpServer::State::on_connection(void* self, MHD_Connection* connection, void** context,
                                      MHD_ConnectionNotificationCode what) {
  auto& state = *static_cast<State*>(self);
  if (what == MHD_CONNECTION_NOTIFY_STARTED) {
    auto client = std::make_unique<Watched>();
    client->socket = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
    state.patience.add(client.get());
    *context = client.release();
    ++state.counts.connections;
    ++state.counts.accepted;
  } else {
    const std::unique_ptr<Watched> client(static_cast<Watched*>(*context));
    *context = nullptr;
    state.patience.remove(client.get());
    --state.counts.connections;
  }
}

void HttpServer::State::start() {
  raise_file_limit(options.connections);
  const int descriptor = listen_at(options.host, options.port);
  port = port_of(descriptor);
  queue = std::make_unique<WorkQueue>(options.workers, options.queue);
  unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG | MHD_USE_ITC;
  std::vector<MHD_OptionItem> tls;
  if (!certificate.empty()) {
    flags |= MHD_USE_TLS;
    tls = {{MHD_OPTION_HTTPS_MEM_CERT, 0, certificate.data()},
           {MHD_OPTION_HTTPS_MEM_KEY, 0, private_key.data()},
           {MHD_OPTION_HTTPS_PRIORITIES, 0,
            const_cast<char*>("SECURE128:+SECURE192:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2")}};
  }
  tls.push_back({MHD_OPTION_END, 0, nullptr});
  const auto threads = static_cast<unsigned>(std::clamp<int64_t>(available_processors(), 2, 8));
  daemon = MHD_start_daemon(
      flags, 0, nullptr, nullptr, on_head_or_body, this, MHD_OPTION_EXTERNAL_LOGGER, complain, &complaints,
      MHD_OPTION_LISTEN_SOCKET, descriptor, MHD_OPTION_THREAD_POOL_SIZE, threads, MHD_OPTION_CONNECTION_LIMIT,
      static_cast<unsigned>(options.connections), MHD_OPTION_CONNECTION_TIMEOUT,
      static_cast<unsigned>(options.idle.count()), MHD_OPTION_CONNECTION_MEMORY_LIMIT, kConnectionMemory,
      MHD_OPTION_URI_LOG_CALLBACK, on_uri, this, MHD_OPTION_NOTIFY_COMPLETED, on_completed, this,
      MHD_OPTION_NOTIFY_CONNECTION, on_connection, this, MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_ARRAY,
      tls.data(), MHD_OPTION_END);
  if (daemon != nullptr) return;
  ::close(descriptor);
  DMF_CHECK(certificate.empty(), DataError, "{} and {}: cannot be used for TLS: {}", options.certificate,
            options.private_key, complaints.first());
  throw Error(fmt::format("the server cannot be started: {}", complaints.first()));
}

MHD_Result HttpServer::State::on_request(MHD_Connection* connection, const char* method, Exchange& exchange,
                                         const char* data, size_t* size) {
  if (!exchange.is_begun) return begin(connection, method, exchange);
  if (*size > 0) {
    const size_t count = *size;
    *size = 0;
    return take(exchange, data, count);
  }
  if (Watched* client = watched(connection)) patience.enter(client, Phase::kAnswer);
  if (exchange.reply) return answer(connection, exchange);
  enqueue(connection, exchange);
  return MHD_YES;
}

MHD_Result HttpServer::State::begin(MHD_Connection* connection, const char* method, Exchange& exchange) {
  exchange.is_begun = true;
  Head& head = exchange.head;
  head.method = method;
  const size_t mark = exchange.uri.find('?');
  head.path = exchange.uri.substr(0, mark);
  if (mark != std::string::npos) head.query = exchange.uri.substr(mark + 1);
  MHD_get_connection_values(connection, MHD_HEADER_KIND, collect_header, &head.headers);
  head.address =
      address_of(MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS)->client_addr);
  head.is_encrypted = !certificate.empty();
  const std::string& length = head.header("content-length");
  const size_t announced =
      length.empty() ? 0 : static_cast<size_t>(std::strtoull(length.c_str(), nullptr, 10));
  try {
    if (is_stopping) throw Refusal(503, "stopping", "the server is being stopped").with("Retry-After", "10");
    exchange.admitted = admit(head);
    if (announced > static_cast<size_t>(exchange.admitted.most_bytes))
      throw Refusal(
          413, "too_large",
          fmt::format("a body of {} bytes; at most {} are read", announced, exchange.admitted.most_bytes));
    if (counts.body_bytes + static_cast<int64_t>(announced) > options.body_memory) {
      ++counts.overloaded;
      throw Refusal(503, "overloaded", "too many bodies are held already").with("Retry-After", "1");
    }
  } catch (const Refusal& refusal) {
    exchange.reply = refusal.reply();
  } catch (const std::exception& error) {
    exchange.reply = internal_error(error.what());
  }
  // A client that waits for our word is told at once; another one would not read an answer while it sends.
  if (exchange.reply && (!head.header("expect").empty() || announced > kMostDrained))
    return answer(connection, exchange);
  if (Watched* client = watched(connection)) patience.enter(client, Phase::kBody);
  return MHD_YES;
}

MHD_Result HttpServer::State::take(Exchange& exchange, const char* data, size_t size) {
  if (!exchange.reply) {
    const auto most = static_cast<size_t>(exchange.admitted.most_bytes);
    if (exchange.body.size() + size > most) {  // in pieces, without a length before
      exchange.reply =
          Refusal(413, "too_large", fmt::format("the body is larger than the {} bytes that are read", most))
              .reply();
    } else if (counts.body_bytes + static_cast<int64_t>(size) > options.body_memory) {
      ++counts.overloaded;
      exchange.reply =
          Refusal(503, "overloaded", "too many bodies are held already").with("Retry-After", "1").reply();
    }
  }
  if (!exchange.reply) {
    exchange.body.append(data, size);
    counts.body_bytes += static_cast<int64_t>(size);
    return MHD_YES;
  }
  exchange.drained += size;
  return exchange.drained > kMostDrained ? MHD_NO : MHD_YES;
}

void HttpServer::State::enqueue(MHD_Connection* connection, Exchange& exchange) {
  exchange.is_counted = true;
  ++in_flight;
  ++counts.waiting;
  MHD_suspend_connection(connection);  // before: the worker may be done before push() has returned
  const bool is_taken = queue->push([this, connection, &exchange] {
    --counts.waiting;
    ++counts.working;
    try {
      exchange.reply = exchange.admitted.run(exchange.body);
    } catch (const Refusal& refusal) {
      exchange.reply = refusal.reply();
    } catch (const std::exception& error) {
      exchange.reply = internal_error(error.what());
    }
    --counts.working;
    MHD_resume_connection(connection);
  });
  if (is_taken) return;
  --counts.waiting;
  ++counts.overloaded;
  exchange.reply =
      Refusal(503, "overloaded", "too many requests wait already").with("Retry-After", "1").reply();
  MHD_resume_connection(connection);
}

MHD_Result HttpServer::State::answer(MHD_Connection* connection, const Exchange& exchange) const {
  const Reply& reply = *exchange.reply;
  MHD_Response* response = MHD_create_response_from_buffer(
      reply.body.size(), const_cast<char*>(reply.body.data()), MHD_RESPMEM_MUST_COPY);
  if (response == nullptr) return MHD_NO;
  MHD_add_response_header(response, "Content-Type", reply.type.c_str());
  MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
  MHD_add_response_header(response, "Referrer-Policy", "no-referrer");
  bool has_cache = false;
  for (const auto& [name, value] : reply.headers) {
    MHD_add_response_header(response, name.c_str(), value.c_str());
    has_cache |= name == "Cache-Control";
  }
  if (!has_cache) MHD_add_response_header(response, "Cache-Control", "no-store");
  if (is_stopping) MHD_add_response_header(response, "Connection", "close");
  const MHD_Result result = MHD_queue_response(connection, static_cast<unsigned>(reply.status), response);
  MHD_destroy_response(response);
  return result;
}

void HttpServer::State::end(Exchange& exchange) {
  counts.body_bytes -= static_cast<int64_t>(exchange.body.size());
  if (exchange.is_counted) --in_flight;
}

HttpServer::HttpServer(const ServerOptions& options, Admit admit)
    : state_(std::make_unique<State>(options, std::move(admit))) {
  DMF_CHECK(options.certificate.empty() == options.private_key.empty(), InvalidArgument,
            "TLS needs both --certificate and --private-key");
  if (!options.certificate.empty()) {
    state_->certificate = read_text(options.certificate);
    state_->private_key = read_text(options.private_key);
  }
  state_->start();
}

HttpServer::~HttpServer() { stop(); }

int64_t HttpServer::port() const { return state_->port; }
const ServerCounts& HttpServer::counts() const {
  state_->counts.cut_off = state_->patience.cut_off();
  return state_->counts;
}

void HttpServer::stop() {
  State& state = *state_;
  if (state.daemon == nullptr) return;
  state.is_stopping = true;
  const MHD_socket listening = MHD_quiesce_daemon(state.daemon);
  const auto end = std::chrono::steady_clock::now() + state.options.grace;
  while (state.in_flight > 0 && std::chrono::steady_clock::now() < end)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  if (state.in_flight > 0) spdlog::warn("{} requests were not answered in time", state.in_flight.load());
  state.queue.reset();  // none is put aside any more when the daemon ends
  MHD_stop_daemon(std::exchange(state.daemon, nullptr));
  if (listening != MHD_INVALID_SOCKET) ::close(listening);
}

}  // namespace dmf::serve
