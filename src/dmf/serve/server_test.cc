#include "dmf/serve/server.h"

#include <curl/curl.h>
#include <gmock/gmock.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <future>
#include <thread>

#include "dmf/core/file.h"
#include "dmf/serve/testing_client.h"
#include "support/message_of.h"
#include "support/temporary_folder.h"

namespace dmf::serve {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;
using testing_client::Client;
using testing_client::request;

/// Answers with what it was sent; "/wait" waits until it is let go.
struct Echo {
  explicit Echo(ServerOptions options = {}, int64_t most = 1000) {
    options.port = 0;
    server = std::make_unique<HttpServer>(options, [this, most](const Head& head) {
      if (head.path == "/forbidden") throw Refusal(403, "forbidden", "not you", "ask somebody");
      if (head.path == "/bug") throw std::logic_error("/a/path/of/the/server");
      return Admitted{most, [this, head](const std::string& body) {
                        while (head.path == "/wait" && !is_let_go)
                          std::this_thread::sleep_for(std::chrono::milliseconds(1));
                        if (head.path == "/late-bug") throw std::logic_error("/a/path/of/the/server");
                        return Reply{200,
                                     "text/plain",
                                     fmt::format("{} {}?{} {} [{}]", head.method, head.path, head.query,
                                                 head.header("x-name"), body),
                                     {}};
                      }};
    });
  }
  int64_t port() const { return server->port(); }
  std::string ask(const std::string& text) const {
    Client client(port());
    return client.ask(text);
  }
  void expect_alive() const { EXPECT_THAT(ask(request("GET", "/alive")), StartsWith("HTTP/1.1 200")); }

  std::atomic<bool> is_let_go{false};
  std::unique_ptr<HttpServer> server;
};

TEST(Server, GivesRequestsAsTheyCame) {
  const Echo echo;
  EXPECT_THAT(echo.ask(request("POST", "/a%20b?c=%64", "body", "X-Name: me\r\n")),
              AllOf(StartsWith("HTTP/1.1 200"), HasSubstr("POST /a%20b?c=%64 me [body]"),
                    HasSubstr("X-Content-Type-Options: nosniff"), HasSubstr("Cache-Control: no-store")));
  Client client(echo.port());
  for (int i = 0; i < 3; ++i)
    EXPECT_THAT(client.ask(request("PUT", "/again", "x")), HasSubstr("PUT /again?  [x]"));
  const std::string pieces =
      "POST /p HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n3\r\ncde\r\n0\r\n\r\n";
  EXPECT_THAT(client.ask(pieces), HasSubstr("[abcde]"));
}

TEST(Server, RefusesWithoutReadingOrTellingTooMuch) {
  const Echo echo;
  EXPECT_THAT(echo.ask(request("GET", "/forbidden")),
              AllOf(StartsWith("HTTP/1.1 403"), HasSubstr(R"("code":"forbidden")"),
                    HasSubstr(R"("hint":"ask somebody")")));
  for (const char* path : {"/bug", "/late-bug"})
    EXPECT_THAT(echo.ask(request("GET", path)),
                AllOf(StartsWith("HTTP/1.1 500"), testing::Not(HasSubstr("/a/path"))));
  EXPECT_THAT(echo.ask(request("POST", "/", std::string(1001, 'x'))), StartsWith("HTTP/1.1 413"));
  EXPECT_THAT(echo.ask(request("POST", "/forbidden", std::string(100'000, 'x'))), StartsWith("HTTP/1.1 403"));
  std::string pieces = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 20; ++i) pieces += "64\r\n" + std::string(100, 'x') + "\r\n";
  EXPECT_THAT(echo.ask(pieces + "0\r\n\r\n"), StartsWith("HTTP/1.1 413"));
  EXPECT_THAT(
      echo.ask("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 9999999999\r\n\r\n"),
      StartsWith("HTTP/1.1 413"));
  echo.expect_alive();
}

TEST(Server, GoesOnAfterNoise) {
  const Echo echo({.idle = std::chrono::seconds(1)});
  for (const std::string& noise :
       {std::string("\x16\x03\x01\x02\0\x01", 6), std::string("GET\r\n\r\n"), std::string(50'000, 'a'),
        "GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(50'000, 'a') + "\r\n\r\n",
        std::string("GET /") + std::string(60'000, 'b') + " HTTP/1.1\r\n\r\n",
        std::string("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -5\r\n\r\n"),
        std::string("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999999\r\n\r\n"),
        std::string("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
        std::string("GET / HTTP/1.1\r\n\r\n")}) {
    Client client(echo.port());
    client.send(noise);
    client.stop_sending();
    EXPECT_THAT(client.answer(), testing::Not(StartsWith("HTTP/1.1 200"))) << noise.substr(0, 40);
  }
  echo.expect_alive();
}

TEST(Server, CutsOffWhoSendsHalfOrSlowly) {
  const Echo echo({.idle = std::chrono::seconds(1), .upload = std::chrono::seconds(1)});
  Client silent(echo.port()), half(echo.port()), dripping(echo.port()), slow_body(echo.port());
  half.send("GET / HTTP/1.1\r\nHost:");
  slow_body.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 500\r\n\r\n");
  dripping.send("GET / HTTP/1.1\r\n");
  // A byte now and then: never silent for long.
  for (int i = 0; i < 40; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    const bool a = dripping.send("x"), b = slow_body.send("x");
    if (!a && !b) break;
  }
  for (Client* each : {&silent, &half, &dripping, &slow_body}) EXPECT_TRUE(each->is_hung_up());
  echo.expect_alive();
  EXPECT_GE(echo.server->counts().cut_off, 2);
}

TEST(Server, RefusesWhatItCannotHold) {
  Echo echo({.workers = 1, .queue = 1, .body_memory = 2000});
  Client working(echo.port()), waiting(echo.port());
  working.send(request("GET", "/wait"));
  while (echo.server->counts().working == 0) std::this_thread::yield();
  waiting.send(request("GET", "/wait"));
  while (echo.server->counts().waiting == 0) std::this_thread::yield();
  EXPECT_THAT(echo.ask(request("GET", "/")), AllOf(StartsWith("HTTP/1.1 503"), HasSubstr("Retry-After: 1")));
  echo.is_let_go = true;
  EXPECT_THAT(working.answer(), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(waiting.answer(), StartsWith("HTTP/1.1 200"));
  Client first(echo.port()), second(echo.port()), third(echo.port());
  for (Client* each : {&first, &second}) {
    const int64_t before = echo.server->counts().body_bytes;
    each->send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n" + std::string(999, 'x'));
    while (echo.server->counts().body_bytes == before) std::this_thread::yield();
  }
  EXPECT_THAT(third.ask(request("POST", "/", std::string(500, 'x'))), StartsWith("HTTP/1.1 503"));
  EXPECT_EQ(echo.server->counts().overloaded, 2);
}

TEST(Server, StopsWhenAllThatIsInWorkIsAnswered) {
  Echo echo;
  Client working(echo.port()), kept(echo.port());
  kept.ask(request("GET", "/"));
  working.send(request("GET", "/wait"));
  while (echo.server->counts().working == 0) std::this_thread::yield();
  std::thread stopping([&] { echo.server->stop(); });
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  EXPECT_THAT(kept.ask(request("GET", "/")),
              AllOf(StartsWith("HTTP/1.1 503"), HasSubstr("Connection: close")));
  echo.is_let_go = true;
  EXPECT_THAT(working.answer(), StartsWith("HTTP/1.1 200"));
  stopping.join();
  EXPECT_FALSE(Client(echo.port()).is_connected());
}

TEST(Server, HoldsHundredsOfConnections) {
  const Echo echo;
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 400; ++i) clients.push_back(std::make_unique<Client>(echo.port()));
  for (auto& client : clients) client->send(request("GET", "/one"));
  int answered = 0;
  for (auto& client : clients) answered += client->answer().starts_with("HTTP/1.1 200");
  EXPECT_EQ(answered, 400);
}

/// Writes a key and a certificate that it signs itself.
void write_certificate(const test::TemporaryFolder& folder) {
  const std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)> key(EVP_EC_gen("P-256"), EVP_PKEY_free);
  const std::unique_ptr<X509, void (*)(X509*)> certificate(X509_new(), X509_free);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -60);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
  X509_set_pubkey(certificate.get(), key.get());
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate.get()), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>("localhost"), -1, -1, 0);
  X509_set_issuer_name(certificate.get(), X509_get_subject_name(certificate.get()));
  X509_sign(certificate.get(), key.get(), EVP_sha256());
  const std::string names[] = {folder / "key.pem", folder / "certificate.pem"};
  std::FILE* file = std::fopen(names[0].c_str(), "w");
  PEM_write_PrivateKey(file, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  std::fclose(file);
  file = std::fopen(names[1].c_str(), "w");
  PEM_write_X509(file, certificate.get());
  std::fclose(file);
}

size_t append(char* data, size_t size, size_t count, void* text) {
  static_cast<std::string*>(text)->append(data, size * count);
  return size * count;
}

TEST(Server, SpeaksTls) {
  const test::TemporaryFolder folder;
  write_certificate(folder);
  const Echo echo({.certificate = folder / "certificate.pem", .private_key = folder / "key.pem"});
  const std::unique_ptr<CURL, void (*)(CURL*)> curl(curl_easy_init(), curl_easy_cleanup);
  std::string body;
  const std::string url = fmt::format("https://127.0.0.1:{}/secret", echo.port());
  curl_easy_setopt(curl.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_SSL_VERIFYPEER, 0L);
  curl_easy_setopt(curl.get(), CURLOPT_SSL_VERIFYHOST, 0L);
  curl_easy_setopt(curl.get(), CURLOPT_NOPROXY, "*");
  curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, append);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &body);
  ASSERT_EQ(curl_easy_perform(curl.get()), CURLE_OK);
  EXPECT_THAT(body, HasSubstr("GET /secret"));
  EXPECT_THAT(echo.ask(request("GET", "/")), testing::Not(StartsWith("HTTP/1.1 200"))) << "not in the clear";
  curl_easy_setopt(curl.get(), CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_MAX_TLSv1_1));
  EXPECT_NE(curl_easy_perform(curl.get()), CURLE_OK) << "not in a version that is broken";
}

TEST(Server, WhatKeepsItFromListeningIsSaid) {
  const Echo echo;
  const Admit admit = [](const Head&) { return Admitted{}; };
  const auto message = [&](const ServerOptions& options) {
    return test::message_of<InvalidArgument>([&] { HttpServer server(options, admit); });
  };
  EXPECT_THAT(message({.port = echo.port()}), AllOf(HasSubstr("cannot listen"), HasSubstr("--port")));
  EXPECT_THAT(message({.host = "everywhere"}), HasSubstr("expected a numeric address"));
  EXPECT_THAT(message({.certificate = "c.pem"}), HasSubstr("both"));
  const test::TemporaryFolder folder;
  write_text(folder / "bad.pem", "no certificate");
  EXPECT_THAT(test::message_of<DataError>([&] {
                HttpServer server(
                    {.port = 0, .certificate = folder / "bad.pem", .private_key = folder / "bad.pem"}, admit);
              }),
              HasSubstr("cannot be used for TLS"));
}

}  // namespace
}  // namespace dmf::serve
