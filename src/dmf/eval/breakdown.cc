#include "dmf/eval/breakdown.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <set>

#include "dmf/core/error.h"

namespace dmf::eval {
namespace {

void add(const QueryResult& query, Part& part) {
  ++part.queries;
  if (!query.has_match()) {
    ++part.queries_without_match;
    return;
  }
  part.map += query.average_precision;
  part.rank1 += query.first_hit_rank == 1;
}

void average(Part& part) {
  const int64_t matched = part.queries - part.queries_without_match;
  if (matched == 0) return;
  part.map *= 100 / static_cast<double>(matched);
  part.rank1 *= 100 / static_cast<double>(matched);
}

// The images of one camera, with memory of their own.
struct CameraImages {
  std::vector<float> values;
  Labels labels;

  CameraImages(const LabelledVectors& all, int64_t camera) {
    for (int64_t i = 0; i < all.labels.count(); ++i) {
      if (all.labels.camera(i) != camera) continue;
      labels.identities.push_back(all.labels.identities[static_cast<size_t>(i)]);
      labels.cameras.push_back(camera);
      values.insert(values.end(), all.vectors.row(i), all.vectors.row(i) + all.vectors.width);
    }
  }
};

std::set<int64_t> known_cameras(const Labels& labels) {
  std::set<int64_t> cameras(labels.cameras.begin(), labels.cameras.end());
  cameras.erase(kUnknownCamera);
  return cameras;
}

}  // namespace

std::vector<Part> parts_by_word(const EvalResult& result, const std::vector<std::string>& words) {
  DMF_CHECK(words.size() == result.by_query.size(), InvalidArgument,
            "[evaluate] expected a word for each of {} queries, got {}", result.by_query.size(),
            words.size());
  std::map<std::string, Part> parts;
  for (size_t q = 0; q < words.size(); ++q) add(result.by_query[q], parts[words[q]]);
  std::vector<Part> list;
  for (auto& [word, part] : parts) {
    average(part);
    part.name = word.empty() ? "(not known)" : word;
    list.push_back(part);
  }
  return list;
}

std::vector<Part> parts_by_camera(const EvalResult& result) {
  std::map<int64_t, Part> parts;
  for (const QueryResult& query : result.by_query) {
    if (query.camera != kUnknownCamera) add(query, parts[query.camera]);
  }
  std::vector<Part> list;
  for (auto& [camera, part] : parts) {
    average(part);
    part.name = std::to_string(camera);
    list.push_back(part);
  }
  return list;
}

std::vector<CameraPair> by_camera_pair(const LabelledVectors& query, const LabelledVectors& gallery,
                                       const ProtocolOptions& protocol, const WorkOptions& work) {
  DMF_CHECK(query.labels.has_cameras() && gallery.labels.has_cameras(), InvalidArgument,
            "[evaluate] results by camera pair need the images' cameras");
  std::vector<CameraPair> pairs;
  const std::set<int64_t> query_cameras = known_cameras(query.labels);
  for (const int64_t camera : known_cameras(gallery.labels)) {
    const CameraImages images(gallery, camera);
    const LabelledVectors part{{images.values, images.labels.count(), gallery.vectors.width}, images.labels};
    const auto distances = vector_distances(query.vectors, part.vectors, metric_by_name(protocol.metric));
    const Labels rules{query.labels.identities,
                       protocol.same_camera_removed ? query.labels.cameras : std::vector<int64_t>{}};
    const auto rankings = rank_right_answers(*distances, rules, part.labels, work);
    for (const int64_t query_camera : query_cameras) {
      CameraPair pair{query_camera, camera, {}};
      for (int64_t q = 0; q < query.labels.count(); ++q) {
        if (query.labels.camera(q) == query_camera) {
          add(query_result(rankings[static_cast<size_t>(q)], query.labels.identities[static_cast<size_t>(q)],
                           query_camera),
              pair.part);
        }
      }
      if (pair.part.queries == pair.part.queries_without_match) continue;
      average(pair.part);
      pair.part.name = fmt::format("{} -> {}", query_camera, camera);
      pairs.push_back(pair);
    }
  }
  std::sort(pairs.begin(), pairs.end(), [](const CameraPair& a, const CameraPair& b) {
    return std::pair(a.query_camera, a.gallery_camera) < std::pair(b.query_camera, b.gallery_camera);
  });
  return pairs;
}

std::vector<int64_t> hardest_queries(const EvalResult& result, int64_t count) {
  std::vector<int64_t> order;
  for (size_t q = 0; q < result.by_query.size(); ++q) {
    if (result.by_query[q].has_match()) order.push_back(static_cast<int64_t>(q));
  }
  std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) {
    const QueryResult &x = result.by_query[static_cast<size_t>(a)],
                      &y = result.by_query[static_cast<size_t>(b)];
    return x.average_precision != y.average_precision ? x.average_precision < y.average_precision
                                                      : x.first_hit_rank > y.first_hit_rank;
  });
  order.resize(std::min(order.size(), static_cast<size_t>(std::max<int64_t>(count, 0))));
  return order;
}

}  // namespace dmf::eval
