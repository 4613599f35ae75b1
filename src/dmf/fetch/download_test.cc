// Downloads from a server in this process that behaves as badly as servers do.
#include <gmock/gmock.h>
#include <sys/resource.h>

#include <csignal>
#include <fstream>

#include "dmf/core/file.h"
#include "dmf/fetch/download.h"
#include "dmf/fetch/testing_server.h"
#include "support/temporary_folder.h"

namespace dmf::fetch {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::Line;
using ::testing::Not;
using testing::numbered_bytes;
using testing::Request;
using testing::serve_and_drop;
using testing::serve_file;
using testing::Server;

constexpr size_t kSize = 100'000;

class Downloading : public ::testing::Test {
 protected:
  Downloading() {
    ::setenv("no_proxy", "127.0.0.1", 1);  // whatever the machine's proxy is
    options_.backoff_seconds = 0.01;
    options_.retries = 3;
    options_.http.stall_seconds = 0.5;
  }
  DownloadedFile get(const Server& server, const std::string& sha256 = "", int64_t size = 0) const {
    return download({server.url("/file.bin"), size, sha256}, target_, options_);
  }
  std::string error_of(const Server& server, const std::string& sha256 = "", int64_t size = 0) const {
    try {
      get(server, sha256, size);
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  }
  std::string content() const { return read_text(target_); }
  bool has_target() const { return std::filesystem::exists(target_); }
  bool has_part() const { return std::filesystem::exists(target_.string() + ".part"); }

  const std::string file_ = numbered_bytes(kSize);
  test::TemporaryFolder folder_;
  const std::filesystem::path target_ = folder_ / "sub/file.bin";
  DownloadOptions options_;
};

/// First bytes asked for, request by request.
std::vector<size_t> places(const Server& server) {
  std::vector<size_t> from;
  for (const Request& request : server.requests()) from.push_back(request.from());
  return from;
}

TEST_F(Downloading, AWholeFileIsCheckedAgainstAFullHash) {
  const Server server(
      [&](const Request& request, const Line& line, const auto&) { serve_file(request, line, file_); });
  const DownloadedFile result = get(server, sha256(file_), static_cast<int64_t>(kSize));
  EXPECT_EQ(content(), file_);
  EXPECT_EQ(result.content.sha256, sha256(file_));
  EXPECT_EQ(result.content.size, static_cast<int64_t>(kSize));
  EXPECT_EQ(result.content.checked_by, "SHA-256 in dmf's table");
  EXPECT_EQ(result.etag, "\"v1\"");
  EXPECT_FALSE(has_part());
  EXPECT_FALSE(std::filesystem::exists(target_.string() + ".part.json"));
}

TEST_F(Downloading, SaysWhatItWasCheckedBy) {
  const Server server(
      [&](const Request& request, const Line& line, const auto&) { serve_file(request, line, file_); });
  EXPECT_EQ(get(server, sha256(file_).substr(0, 8)).content.checked_by,
            "first 8 digits of SHA-256, from the file's name");
  EXPECT_EQ(get(server).content.checked_by, "size only");
}

TEST_F(Downloading, ADroppedConnectionIsGoneOnWith) {
  std::atomic<int> drops{2};
  const Server server([&](const Request& request, const Line& line, const auto&) {
    if (drops-- > 0) return serve_and_drop(request, line, file_, 30'000);
    serve_file(request, line, file_);
  });
  get(server, sha256(file_));
  EXPECT_EQ(content(), file_);
  EXPECT_THAT(places(server), ElementsAre(0, 30'000, 60'000));
  EXPECT_EQ(server.requests().back().header("If-Range"), "\"v1\"");
}

TEST_F(Downloading, APartOfAnEarlierCallIsGoneOnWith) {
  options_.retries = 0;
  std::atomic<bool> drops{true};
  const Server server([&](const Request& request, const Line& line, const auto&) {
    if (drops) return serve_and_drop(request, line, file_, 40'000);
    serve_file(request, line, file_);
  });
  EXPECT_THROW(get(server, sha256(file_)), TransferError);
  EXPECT_EQ(part_size(target_), 40'000);
  EXPECT_FALSE(has_target());
  drops = false;
  get(server, sha256(file_));
  EXPECT_EQ(content(), file_);
  EXPECT_THAT(places(server), ElementsAre(0, 40'000));
}

TEST_F(Downloading, APartOfAnotherFileIsNotPutTogetherWithThisOne) {
  options_.retries = 0;
  const std::string other(kSize, 'x');
  std::atomic<bool> drops{true};
  const Server server([&](const Request& request, const Line& line, const auto&) {
    if (drops) return serve_and_drop(request, line, other, 40'000, "\"v0\"");
    serve_file(request, line, file_);  // has another ETag: If-Range does not hold
  });
  EXPECT_THROW(get(server), TransferError);
  drops = false;
  get(server);
  EXPECT_EQ(content(), file_);
}

TEST_F(Downloading, AServerWithoutRangesSendsAllAnew) {
  std::atomic<int> drops{1};
  const Server server([&](const Request& request, const Line& line, const auto&) {
    Request whole = request;
    whole.headers = "";
    if (drops-- > 0) return serve_and_drop(whole, line, file_, 30'000);
    serve_file(whole, line, file_);
  });
  get(server, sha256(file_));
  EXPECT_EQ(content(), file_);
}

TEST_F(Downloading, WithoutAnETagThereIsNothingToGoOnWith) {
  std::atomic<int> drops{1};
  const Server server([&](const Request& request, const Line& line, const auto&) {
    if (drops-- > 0) return serve_and_drop(request, line, file_, 30'000, "");
    serve_file(request, line, file_, "");
  });
  get(server, sha256(file_));
  EXPECT_EQ(content(), file_);
  EXPECT_THAT(places(server), ElementsAre(0, 0));
}

TEST_F(Downloading, AServerThatGoesOnElsewhereIsNotBelieved) {
  std::atomic<int> count{0};
  const Server server([&](const Request& request, const Line& line, const auto&) {
    if (count++ == 0) return serve_and_drop(request, line, file_, 30'000);
    if (request.from() == 0) return serve_file(request, line, file_);
    line.answer("206 Partial Content", "ETag: \"v1\"\r\nContent-Range: bytes 20000-99999/100000\r\n",
                file_.substr(20'000));
  });
  get(server, sha256(file_));
  EXPECT_EQ(content(), file_);
}

TEST_F(Downloading, WrongBytesAreDeletedAndSaid) {
  std::string wrong = file_;
  wrong[50'000] ^= 1;
  const Server server(
      [&](const Request& request, const Line& line, const auto&) { serve_file(request, line, wrong); });
  EXPECT_THROW(get(server, sha256(file_)), DataError);
  EXPECT_THAT(
      error_of(server, sha256(file_)),
      ::testing::AllOf(HasSubstr(target_.string()), HasSubstr("wrong content"), HasSubstr(sha256(file_)),
                       HasSubstr(sha256(wrong)), HasSubstr("the file was deleted")));
  EXPECT_FALSE(has_target());
  EXPECT_FALSE(has_part());
  EXPECT_THAT(error_of(server, sha256(file_).substr(0, 8)), HasSubstr("first 8 digits"));
}

TEST_F(Downloading, APartThatWasSpoiledIsFetchedAnew) {
  options_.retries = 0;
  std::atomic<bool> drops{true};
  const Server server([&](const Request& request, const Line& line, const auto&) {
    if (drops) return serve_and_drop(request, line, file_, 40'000);
    serve_file(request, line, file_);
  });
  EXPECT_THROW(get(server, sha256(file_)), TransferError);
  std::ofstream(target_.string() + ".part", std::ios::in | std::ios::out) << "spoiled";
  drops = false;
  get(server, sha256(file_));
  EXPECT_EQ(content(), file_);
  EXPECT_THAT(places(server), ElementsAre(0, 40'000, 0));
}

TEST_F(Downloading, AWrongSizeEndsItBeforeItBegins) {
  const Server server(
      [&](const Request& request, const Line& line, const auto&) { serve_file(request, line, file_); });
  EXPECT_THAT(error_of(server, "", 99'999),
              ::testing::AllOf(HasSubstr("expected 99999 bytes"), HasSubstr("the server has 100000")));
  EXPECT_FALSE(has_part());
}

TEST_F(Downloading, AStatusIsToldAndSomeAreTriedAgain) {
  std::atomic<int> failures{2};
  std::string status = "503 Service Unavailable";
  const Server server([&](const Request& request, const Line& line, const auto&) {
    if (failures-- > 0) return line.answer(status, "", "busy");
    serve_file(request, line, file_);
  });
  get(server);
  EXPECT_EQ(content(), file_);
  EXPECT_EQ(server.requests().size(), 3U);

  failures = 100;
  status = "500 Internal Server Error";
  EXPECT_THAT(error_of(server), HasSubstr("answers 500"));
  EXPECT_EQ(server.requests().size(), 7U) << "one try and three more";

  status = "404 Not Found";
  EXPECT_THAT(error_of(server), ::testing::AllOf(HasSubstr("answers 404"), HasSubstr("moved")));
  EXPECT_EQ(server.requests().size(), 8U) << "asking again does not help";
}

TEST_F(Downloading, AStalledTransferIsBrokenOff) {
  std::atomic<int> stalls{1};
  const Server server([&](const Request& request, const Line& line, const std::atomic<bool>& is_ending) {
    if (stalls-- <= 0) return serve_file(request, line, file_);
    serve_and_drop(request, line, file_, 30'000);
    line.stall(is_ending);
  });
  get(server, sha256(file_));
  EXPECT_EQ(content(), file_);
  EXPECT_THAT(places(server), ElementsAre(0, 30'000));
}

TEST_F(Downloading, RedirectsAreFollowedAndWhatThePublisherSaysIsChecked) {
  // As Hugging Face does: the first answer tells size and hash, a store elsewhere has the bytes.
  std::string told = sha256(file_);
  const Server store([&](const Request& request, const Line& line, const auto&) {
    serve_file(request, line, file_, "\"store\"");
  });
  const Server server([&](const Request&, const Line& line, const auto&) {
    line.answer("302 Found",
                "Location: " + store.url("/there") + "\r\nX-Repo-Commit: abc\r\nX-Linked-Size: 100000\r\n" +
                    "X-Linked-ETag: \"" + told + "\"\r\nETag: \"" + told + "\"\r\n",
                "");
  });
  const DownloadedFile result = get(server);
  EXPECT_EQ(content(), file_);
  EXPECT_EQ(result.content.checked_by, "SHA-256, told by the publisher's server");
  EXPECT_EQ(result.commit, "abc");
  EXPECT_EQ(store.requests().back().path, "/there");

  told = sha256("something else");
  EXPECT_THAT(error_of(server), ::testing::AllOf(HasSubstr("told by the server"), HasSubstr("deleted")));
}

TEST_F(Downloading, SmallFilesOfARepositoryAreCheckedByGitsId) {
  // printf 'hello\n' | git hash-object --stdin
  const std::string id = "ce013625030ba8dba906f756967f9e9ca394464a";
  std::string text = "hello\n";
  const Server server([&](const Request&, const Line& line, const auto&) {
    line.answer("200 OK", "X-Repo-Commit: abc\r\nETag: \"" + id + "\"\r\n", text);
  });
  EXPECT_EQ(get(server).content.checked_by, "git's object id, told by the publisher's server");
  text = "hullo\n";
  EXPECT_THAT(error_of(server), HasSubstr("git's id"));
}

TEST_F(Downloading, EndlessRedirectsEnd) {
  const Server server([&](const Request&, const Line& line, const auto&) {
    line.answer("302 Found", "Location: /file.bin\r\n", "");
  });
  EXPECT_THAT(error_of(server), HasSubstr("redirects"));
}

TEST_F(Downloading, AMirrorTakesThePlaceOfTheHost) {
  const Server server(
      [&](const Request& request, const Line& line, const auto&) { serve_file(request, line, file_); });
  options_.mirror = server.url("/mirror/");
  download({"https://publisher.invalid/a/file.bin", 0, sha256(file_)}, target_, options_);
  EXPECT_EQ(content(), file_);
  EXPECT_EQ(server.requests().back().path, "/mirror/a/file.bin");
  options_.mirror = "publisher";
  EXPECT_THROW(address("https://a/b", options_), InvalidArgument);
}

TEST_F(Downloading, AProxyIsAsked) {
  const Server proxy(
      [&](const Request& request, const Line& line, const auto&) { serve_file(request, line, file_); });
  options_.http.proxy = proxy.url();
  download({"http://publisher.invalid/file.bin", 0, sha256(file_)}, target_, options_);
  EXPECT_EQ(proxy.requests().back().path, "http://publisher.invalid/file.bin");
}

TEST_F(Downloading, ASilentMachineIsUnreachable) {
  std::string url;
  {
    const Server gone([](const Request&, const Line&, const auto&) {});
    url = gone.url("/file.bin");
  }
  try {
    download({url, 0, ""}, target_, options_);
    FAIL();
  } catch (const TransferError& error) {
    EXPECT_EQ(error.kind(), TransferError::Kind::kUnreachable);
  }
}

TEST_F(Downloading, AFullDiskKeepsThePart) {
  const Server server(
      [&](const Request& request, const Line& line, const auto&) { serve_file(request, line, file_); });
  // A file may not become longer than this: write() fails as it does on a full disk.
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{20'000, before.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &small);
  const std::string message = error_of(server, sha256(file_));
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  EXPECT_THAT(message, ::testing::AllOf(HasSubstr("cannot write"), HasSubstr("--cache")));
  EXPECT_EQ(part_size(target_), 20'000);
  get(server, sha256(file_));
  EXPECT_EQ(content(), file_);
  EXPECT_THAT(places(server), ElementsAre(0, 20'000));
}

TEST_F(Downloading, MoreThanTheDiskHoldsIsRefusedAtOnce) {
  const Server server([&](const Request&, const Line& line, const auto&) {
    line.send("HTTP/1.1 200 OK\r\nContent-Length: 999999999999999\r\n\r\nx");
  });
  EXPECT_THAT(error_of(server), HasSubstr("MB left"));
  EXPECT_FALSE(has_target());
}

}  // namespace
}  // namespace dmf::fetch
