#include "dmf/eval/open_set.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "dmf/core/error.h"
#include "dmf/eval/impostors.h"

namespace dmf::eval {
namespace {

// Sorted distances of all right answers.
std::vector<double> genuine_distances(const std::vector<QueryRanking>& rankings) {
  std::vector<double> distances;
  for (const QueryRanking& ranking : rankings) {
    for (const Answer& right : ranking.right) distances.push_back(right.distance);
  }
  std::sort(distances.begin(), distances.end());
  return distances;
}

int64_t nearer(const std::vector<double>& sorted, double distance) {
  return std::lower_bound(sorted.begin(), sorted.end(), distance) - sorted.begin();
}

int64_t within(const std::vector<double>& sorted, double distance) {
  return std::upper_bound(sorted.begin(), sorted.end(), distance) - sorted.begin();
}

double share(int64_t part, int64_t all) { return static_cast<double>(part) / static_cast<double>(all); }

void measure_roc(const Impostors& impostors, const std::vector<double>& genuine, OpenSetResult& result) {
  std::vector<int64_t> places;
  for (double decade = 1e-6; decade < 0.5; decade *= 10) {
    for (const double step : {1., 2., 5.}) {
      // Rounded to six digits, so that 1e-6 times ten a few times is 1e-3.
      const double far = std::round(decade * step * 1e6) / 1e6;
      const auto place = accepted_at(far, impostors.count());
      if (place == 0) continue;
      places.push_back(place);
      result.roc.push_back({far, 0, 0});
    }
  }
  const std::vector<double> thresholds = impostors.at(places);
  for (size_t i = 0; i < thresholds.size(); ++i) {
    OperatingPoint& point = result.roc[i];
    point.threshold = thresholds[i];
    point.rate = 100 * share(nearer(genuine, point.threshold), result.genuine_pairs);
  }
}

// False accepts minus false rejects at a distance, both as shares, when `impostors` are as near or nearer.
struct Errors {
  double accepts, rejects;
};
Errors errors_at(double distance, int64_t impostors, const std::vector<double>& genuine, int64_t all) {
  return {share(impostors, all), 1 - share(within(genuine, distance), static_cast<int64_t>(genuine.size()))};
}

void measure_eer(const Impostors& impostors, const std::vector<double>& genuine, OpenSetResult& result) {
  // The histogram tells about where the errors meet, the distances around there exactly.
  double low = impostors.lowest(), high = impostors.highest();
  for (int i = 0; i < 60; ++i) {
    const double middle = (low + high) / 2;
    const Errors errors = errors_at(middle, impostors.about_within(middle), genuine, impostors.count());
    (errors.accepts < errors.rejects ? low : high) = middle;
  }
  const ImpostorWindow window = impostors.around(high);
  std::vector<double> distances = window.distances;
  distances.insert(distances.end(), genuine.begin() + within(genuine, window.low),
                   genuine.begin() + within(genuine, window.high));
  distances.push_back(window.high);
  std::sort(distances.begin(), distances.end());
  const auto meet = std::partition_point(distances.begin(), distances.end(), [&](double distance) {
    const Errors errors =
        errors_at(distance, window.before + within(window.distances, distance), genuine, impostors.count());
    return errors.accepts < errors.rejects;
  });
  result.eer_threshold = meet == distances.end() ? distances.back() : *meet;
  const Errors errors =
      errors_at(result.eer_threshold, window.before + within(window.distances, result.eer_threshold), genuine,
                impostors.count());
  result.eer = 100 * (errors.accepts + errors.rejects) / 2;
}

void measure_dir(const std::vector<QueryRanking>& rankings, OpenSetResult& result) {
  std::vector<double> impostors, all;
  int64_t mated = 0;
  for (const QueryRanking& ranking : rankings) {
    mated += !ranking.right.empty();
    all.push_back(
        ranking.nearest_wrong.distance);  // infinity where there is none: a search that finds nobody
    if (ranking.right.empty()) impostors.push_back(ranking.nearest_wrong.distance);
  }
  result.nonmated = "queries without a right answer";
  if (impostors.empty()) {
    impostors = all;
    result.nonmated = "each query with its own identity's images left out";
  }
  std::sort(impostors.begin(), impostors.end());
  result.nonmated_searches = static_cast<int64_t>(impostors.size());
  for (const double far : {0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0}) {
    const int64_t place = accepted_at(far, result.nonmated_searches);
    if (place == 0) continue;
    OperatingPoint point{far, 0, std::numeric_limits<double>::infinity()};
    if (place < result.nonmated_searches) point.threshold = impostors[static_cast<size_t>(place)];
    int64_t found = 0;
    for (const QueryRanking& ranking : rankings) {
      found += !ranking.right.empty() && ranking.ranks.front() == 1 &&
               ranking.right.front().distance < point.threshold;
    }
    point.rate = 100 * share(found, mated);
    result.dir.push_back(point);
  }
}

}  // namespace

OpenSetResult open_set(const Distances& distances, const Answers& answers,
                       const std::vector<QueryRanking>& rankings, const WorkOptions& work) {
  const std::vector<double> genuine = genuine_distances(rankings);
  const Impostors impostors(distances, answers, work);
  OpenSetResult result;
  result.genuine_pairs = static_cast<int64_t>(genuine.size());
  result.impostor_pairs = impostors.count();
  DMF_CHECK(result.genuine_pairs > 0 && result.impostor_pairs > 0, InvalidArgument,
            "[open set] needs right and wrong answers, got {} and {}", result.genuine_pairs,
            result.impostor_pairs);
  measure_roc(impostors, genuine, result);
  measure_eer(impostors, genuine, result);
  measure_dir(rankings, result);
  return result;
}

}  // namespace dmf::eval
