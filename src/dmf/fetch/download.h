#pragma once
#include <cstdint>
#include <filesystem>
#include <string>

#include "dmf/fetch/check.h"
#include "dmf/fetch/http.h"

namespace dmf::fetch {

/// How files are fetched.
struct DownloadOptions {
  HttpOptions http;
  std::string mirror;          ///< URL that takes the place of scheme and host; may have a path of its own
  int64_t retries = 5;         ///< tries in a row that bring nothing, beyond the first
  double backoff_seconds = 1;  ///< before the second try; doubles with every one, up to 30
};

/// A file of a server.
struct RemoteFile {
  std::string url;
  int64_t size = 0;    ///< bytes; 0: not known
  std::string sha256;  ///< all 64 digits, the first ones, or empty
};

/// What came of a download.
struct DownloadedFile {
  CheckedContent content;
  std::string etag;    ///< of the server, as it sent it
  std::string commit;  ///< of the publisher's repository, where the server tells
};

/// The address that is asked: `url`, or the mirror's.
std::string address(const std::string& url, const DownloadOptions& options);

/// Downloads a file, checks it and gives it its name.
///
/// Until then it is `target`.part, with what it is a part of in `target`.part.json. A later call goes on from
/// there, if the server still has the same file (Range with If-Range); a server that sends all of it is taken
/// from the beginning, and the log says so. Dropped and stalled connections, 408, 429 and 5xx are tried
/// again.
///
/// @throws TransferError  the server cannot be reached, or tries are used up; the part stays
/// @throws Error          another status (404, 403 …)
/// @throws DataError      wrong size or content: the file is deleted; a full disk: the part stays
/// @throws Interrupted    Ctrl-C: the part stays
DownloadedFile download(const RemoteFile& file, const std::filesystem::path& target,
                        const DownloadOptions& options);

/// Bytes of `target` that an earlier download left in its part.
int64_t part_size(const std::filesystem::path& target);

}  // namespace dmf::fetch
