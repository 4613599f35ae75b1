#pragma once
#include <cstdint>
#include <memory>
#include <mutex>
#include <semaphore>
#include <string>
#include <vector>

#include "dmf/serve/audit.h"
#include "dmf/serve/batcher.h"
#include "dmf/serve/keys.h"
#include "dmf/serve/message.h"
#include "dmf/serve/metrics.h"
#include "dmf/serve/model.h"
#include "dmf/serve/route.h"
#include "dmf/serve/server.h"
#include "dmf/serve/store.h"

namespace dmf::serve {

struct ServiceOptions {
  int64_t body_bytes = 10 << 20;        ///< of a request with pictures
  int64_t picture_pixels = 16'000'000;  ///< of one picture
  int64_t thumbnail = 128;              ///< height of those kept; 0: none
  double rate = 100;                    ///< requests a second of a key that has no rate of its own
  BatchOptions pictures{.most = 32};
  BatchOptions sentences{.most = 64};
};

/// What the server does with a request: finds its route, asks whose key it came with, reads it, and runs it.
/// Safe to use from several threads.
class Service {
 public:
  /// All of these must outlive it.
  Service(Store& store, const Model& model, const KeyRing& keys, Audit& audit,
          const ServiceOptions& options = {});

  /// As HttpServer asks.
  /// @throws Refusal  401, 403, 404, 405, 421, 429
  Admitted admit(const Head& head);
  /// The server whose figures /metrics tells; null: none.
  void watch(const HttpServer* server) { server_ = server; }
  /// Deletes what is older and takes it off the disk. @return how many
  int64_t retain(int64_t days);

  // What the routes run (routes.cc).
  Reply page(const Call& call);
  Reply health(const Call& call);
  Reply openapi(const Call& call);
  Reply model(const Call& call);
  Reply embed(const Call& call);
  Reply search(const Call& call);
  Reply compare(const Call& call);
  Reply cameras(const Call& call);
  Reply metrics(const Call& call);
  Reply list(const Call& call);
  Reply add(const Call& call);
  Reply crop(const Call& call);
  Reply update(const Call& call);
  Reply remove_crop(const Call& call);
  Reply thumbnail(const Call& call);
  Reply remove_selection(const Call& call);
  Reply remove_person(const Call& call);

 private:
  std::string admit_key(const Route& route, const Head& head);
  void check_origin(const Head& head) const;
  Reply run(const Match& match, const Head& head, const std::string& key, const std::string& body);
  void audit(const Call& call, const std::string& action, nlohmann::json entry);

  std::vector<Vector> picture_vectors(const std::vector<std::string>& pictures);
  std::vector<Vector> sentence_vectors(const std::vector<std::string>& sentences);
  data::Pixels decoded(const std::string& bytes, bool to_model);
  struct Query;
  Query query_of(const Call& call);
  nlohmann::json hits_json(const std::vector<search::Hit>& hits, const Query& query, size_t most);
  search::Crop existing(int64_t id);
  data::Pixels stored_picture(int64_t id);
  Reply removed(const Call& call, const search::Filter& filter, bool purge, nlohmann::json what);

  Store& store_;
  const Model& model_;
  const KeyRing& keys_;
  Audit& audit_;
  ServiceOptions options_;
  const HttpServer* server_ = nullptr;
  RateLimits limits_;
  Metrics metrics_;
  std::counting_semaphore<> decoders_;  // decoded pictures are large: a few at a time
  std::mutex comparing_;
  Batcher<data::Pixels, Vector> pictures_;
  Batcher<std::string, Vector> sentences_;
};

/// A filter from the parameters camera, identity, tag, from and before.
search::Filter filter_of(const Call& call);

/// A document as an answer. @param status  of the answer
Reply json_reply(const nlohmann::json& document, int status = 200);

/// A crop as answers tell it: of an absolute path as source, the last part alone.
nlohmann::json crop_json(const search::Crop& crop);

}  // namespace dmf::serve
