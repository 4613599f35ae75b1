#include "dmf/eval/calibrate.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "dmf/core/error.h"
#include "dmf/core/random.h"
#include "dmf/eval/impostors.h"
#include "dmf/eval/parallel.h"

namespace dmf::eval {
namespace {

constexpr size_t kSteps = 128;  // of the histogram about the threshold
constexpr double kReach = 8;    // from an eighth of the wanted rate to eight times

// Impostor pairs of one person's queries: how many are within each edge, and how many there are.
struct PersonPairs {
  std::vector<int64_t> within;
  int64_t all = 0;
};

std::vector<PersonPairs> count_by_person(const Impostors& impostors, const Answers& answers,
                                         const std::vector<double>& edges, const WorkOptions& work) {
  std::unordered_map<int64_t, size_t> place_of;
  std::vector<size_t> person_of;  // of each query
  for (const int64_t identity : answers.query().identities)
    person_of.push_back(place_of.try_emplace(identity, place_of.size()).first->second);
  const PersonPairs none{std::vector<int64_t>(edges.size(), 0), 0};
  std::vector<std::vector<PersonPairs>> parts(static_cast<size_t>(thread_count(work.threads)),
                                              std::vector<PersonPairs>(place_of.size(), none));
  impostors.visit([&](int64_t query, int64_t thread, double distance) {
    PersonPairs& person = parts[static_cast<size_t>(thread)][person_of[static_cast<size_t>(query)]];
    ++person.all;
    if (distance >= edges.back()) return;
    const auto edge = std::upper_bound(edges.begin(), edges.end(), distance) - edges.begin();
    ++person.within[static_cast<size_t>(edge)];
  });
  std::vector<PersonPairs> persons(place_of.size(), none);
  for (const auto& part : parts) {
    for (size_t p = 0; p < persons.size(); ++p) {
      persons[p].all += part[p].all;
      for (size_t e = 0; e < edges.size(); ++e) persons[p].within[e] += part[p].within[e];
    }
  }
  for (PersonPairs& person : persons) {
    for (size_t e = 1; e < edges.size(); ++e) person.within[e] += person.within[e - 1];
  }
  return persons;
}

// What `figure` gives for persons drawn with replacement: its interval.
template <class Figure>
Interval bootstrap(const std::vector<PersonPairs>& persons, const BootstrapOptions& options,
                   const Figure& figure) {
  std::vector<double> drawn;
  for (int64_t i = 0; i < options.resamples; ++i) {
    RandomStream random(options.seed, "bootstrap", {static_cast<uint64_t>(i)});
    PersonPairs sum{std::vector<int64_t>(persons.front().within.size(), 0), 0};
    for (size_t p = 0; p < persons.size(); ++p) {
      const PersonPairs& person =
          persons[static_cast<size_t>(random.integer(static_cast<int64_t>(persons.size())))];
      sum.all += person.all;
      for (size_t e = 0; e < sum.within.size(); ++e) sum.within[e] += person.within[e];
    }
    drawn.push_back(figure(sum));
  }
  return percentile_interval(std::move(drawn), options);
}

// The distance within which a share of the pairs lies, between the edges by a straight line.
double quantile(const PersonPairs& pairs, double share, const std::vector<double>& edges) {
  const double wanted = share * static_cast<double>(pairs.all);
  for (size_t e = 0; e < edges.size(); ++e) {
    const auto here = static_cast<double>(pairs.within[e]);
    if (here < wanted) continue;
    if (e == 0) return edges[0];
    const auto before = static_cast<double>(pairs.within[e - 1]);
    return edges[e - 1] + (edges[e] - edges[e - 1]) * (wanted - before) / (here - before);
  }
  return edges.back();
}

double accepted_genuine(const std::vector<QueryRanking>& rankings, double threshold, int64_t& pairs) {
  int64_t accepted = 0;
  pairs = 0;
  for (const QueryRanking& ranking : rankings) {
    for (const Answer& right : ranking.right) {
      ++pairs;
      accepted += right.distance < threshold;
    }
  }
  return pairs > 0 ? 100 * static_cast<double>(accepted) / static_cast<double>(pairs) : 0;
}

}  // namespace

Calibration calibrate(const Distances& distances, const Answers& answers,
                      const std::vector<QueryRanking>& rankings, double far, const BootstrapOptions& options,
                      const WorkOptions& work) {
  DMF_CHECK(far > 0 && far < 1, InvalidArgument, "[calibrate] expected a rate between 0 and 1, got {}", far);
  const Impostors impostors(distances, answers, work);
  const int64_t place = accepted_at(far, impostors.count());
  DMF_CHECK(
      place > 0, InvalidArgument,
      "[calibrate] a false-accept rate of {:g} needs at least {:.0f} pairs of different persons, got {}", far,
      std::ceil(1 / far), impostors.count());
  Calibration result;
  result.far = far;
  result.impostor_pairs = impostors.count();
  result.threshold = impostors.at({place}).front();
  result.true_positive_rate = accepted_genuine(rankings, result.threshold, result.genuine_pairs);
  std::vector<double> edges;
  for (size_t step = 0; step <= kSteps; ++step) {
    const double share =
        far * std::pow(kReach, 2 * static_cast<double>(step) / static_cast<double>(kSteps) - 1);
    edges.push_back(
        impostors.about_at(std::min(accepted_at(share, impostors.count()), impostors.count() - 1)));
  }
  edges.erase(std::unique(edges.begin(), edges.end()), edges.end());
  const std::vector<PersonPairs> persons = count_by_person(impostors, answers, edges, work);
  result.threshold_interval =
      bootstrap(persons, options, [&](const PersonPairs& pairs) { return quantile(pairs, far, edges); });
  // The histogram's steps may be coarser than the interval is wide.
  result.threshold_interval.low = std::min(result.threshold_interval.low, result.threshold);
  result.threshold_interval.high = std::max(result.threshold_interval.high, result.threshold);
  return result;
}

Transfer transfer(const Distances& distances, const Answers& answers,
                  const std::vector<QueryRanking>& rankings, double threshold,
                  const BootstrapOptions& options, const WorkOptions& work) {
  const Impostors impostors(distances, answers, work);
  DMF_CHECK(impostors.count() > 0, InvalidArgument, "[calibrate] there is no pair of different persons");
  const ImpostorWindow window = impostors.around(threshold);
  const auto nearer = std::lower_bound(window.distances.begin(), window.distances.end(), threshold) -
                      window.distances.begin();
  Transfer result;
  result.threshold = threshold;
  result.impostor_pairs = impostors.count();
  result.far = static_cast<double>(window.before + nearer) / static_cast<double>(impostors.count());
  result.true_positive_rate = accepted_genuine(rankings, threshold, result.genuine_pairs);
  const std::vector<PersonPairs> persons = count_by_person(impostors, answers, {threshold}, work);
  result.far_interval = bootstrap(persons, options, [](const PersonPairs& pairs) {
    return static_cast<double>(pairs.within[0]) / static_cast<double>(pairs.all);
  });
  return result;
}

}  // namespace dmf::eval
