#include "dmf/eval/statistics.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "dmf/core/error.h"
#include "dmf/core/random.h"

namespace dmf::eval {
namespace {

// The queries of one person.
struct Person {
  double sum = 0;
  int64_t count = 0;
};

std::vector<Person> persons_of(const std::vector<QueryFigure>& figures) {
  std::map<int64_t, Person> by_identity;
  for (const QueryFigure& figure : figures) {
    Person& person = by_identity[figure.identity];
    person.sum += figure.value;
    ++person.count;
  }
  std::vector<Person> persons;
  for (const auto& [identity, person] : by_identity) persons.push_back(person);
  return persons;
}

void check_options(const BootstrapOptions& options) {
  DMF_CHECK(options.resamples > 0 && options.confidence > 0 && options.confidence < 1, InvalidArgument,
            "[bootstrap] expected resamples > 0 and a confidence between 0 and 1, got {} and {}",
            options.resamples, options.confidence);
}

// Chance that sides drawn at random give a mean as far from 0.
double randomisation_p(const std::vector<QueryFigure>& differences, const BootstrapOptions& options) {
  const std::vector<Person> persons = persons_of(differences);
  double observed = 0;
  for (const Person& person : persons) observed += person.sum;
  // Sums of the same numbers in another order differ by rounding: that must not count as less extreme.
  const double extreme = std::abs(observed) * (1 - 1e-12);
  int64_t as_extreme = 0;
  for (int64_t i = 0; i < options.resamples; ++i) {
    RandomStream random(options.seed, "randomisation test", {static_cast<uint64_t>(i)});
    double sum = 0;
    uint64_t sides = 0;
    for (size_t p = 0; p < persons.size(); ++p, sides >>= 1) {
      if (p % 64 == 0) sides = random.bits();
      sum += (sides & 1) != 0 ? persons[p].sum : -persons[p].sum;
    }
    as_extreme += std::abs(sum) >= extreme;
  }
  return static_cast<double>(as_extreme + 1) / static_cast<double>(options.resamples + 1);
}

double mean(const std::vector<QueryFigure>& figures) {
  double sum = 0;
  for (const QueryFigure& figure : figures) sum += figure.value;
  return sum / static_cast<double>(figures.size());
}

void check_same_queries(const std::vector<QueryResult>& first, const std::vector<QueryResult>& second) {
  DMF_CHECK(first.size() == second.size(), InvalidArgument,
            "[compare] the results are not of the same queries: {} and {}", first.size(), second.size());
  for (size_t q = 0; q < first.size(); ++q) {
    const QueryResult &a = first[q], &b = second[q];
    DMF_CHECK(
        a.identity == b.identity && a.camera == b.camera && a.right_answers == b.right_answers,
        InvalidArgument,
        "[compare] query {} is not the same: identity {}, camera {}, {} right answers against identity {}, "
        "camera {}, {} right answers",
        q, a.identity, a.camera, a.right_answers, b.identity, b.camera, b.right_answers);
  }
}

}  // namespace

Interval percentile_interval(std::vector<double> drawn, const BootstrapOptions& options) {
  check_options(options);
  std::sort(drawn.begin(), drawn.end());
  const auto outside = static_cast<size_t>((1 - options.confidence) / 2 * static_cast<double>(drawn.size()));
  return {drawn[outside], drawn[drawn.size() - 1 - outside]};
}

Interval bootstrap_mean(const std::vector<QueryFigure>& figures, const BootstrapOptions& options) {
  check_options(options);
  DMF_CHECK(!figures.empty(), InvalidArgument, "[bootstrap] there are no queries to draw");
  const std::vector<Person> persons = persons_of(figures);
  std::vector<double> means;
  for (int64_t i = 0; i < options.resamples; ++i) {
    RandomStream random(options.seed, "bootstrap", {static_cast<uint64_t>(i)});
    Person drawn;
    for (size_t p = 0; p < persons.size(); ++p) {
      const Person& person =
          persons[static_cast<size_t>(random.integer(static_cast<int64_t>(persons.size())))];
      drawn.sum += person.sum;
      drawn.count += person.count;
    }
    means.push_back(drawn.sum / static_cast<double>(drawn.count));
  }
  return percentile_interval(std::move(means), options);
}

EvalIntervals intervals(const EvalResult& result, const BootstrapOptions& options) {
  std::vector<QueryFigure> map, rank1, minp;
  for (const QueryResult& query : result.by_query) {
    if (!query.has_match()) continue;
    map.push_back({query.identity, 100 * query.average_precision});
    rank1.push_back({query.identity, query.first_hit_rank == 1 ? 100. : 0.});
    minp.push_back({query.identity, 100 * query.inverse_negative_penalty});
  }
  return {bootstrap_mean(map, options), bootstrap_mean(rank1, options), bootstrap_mean(minp, options),
          static_cast<int64_t>(persons_of(map).size())};
}

Comparison compare(const std::vector<QueryResult>& first, const std::vector<QueryResult>& second,
                   const BootstrapOptions& options) {
  check_options(options);
  check_same_queries(first, second);
  Comparison result;
  std::vector<QueryFigure> map, rank1;
  for (size_t q = 0; q < first.size(); ++q) {
    const QueryResult &a = first[q], &b = second[q];
    if (!a.has_match()) continue;
    map.push_back({a.identity, 100 * (a.average_precision - b.average_precision)});
    rank1.push_back({a.identity, 100. * ((a.first_hit_rank == 1) - (b.first_hit_rank == 1))});
    result.better += a.average_precision > b.average_precision;
    result.worse += a.average_precision < b.average_precision;
    result.equal += a.average_precision == b.average_precision;
  }
  DMF_CHECK(!map.empty(), InvalidArgument, "[compare] no query has a right answer");
  result.queries = static_cast<int64_t>(map.size());
  result.identities = static_cast<int64_t>(persons_of(map).size());
  result.map_difference = mean(map);
  result.map_interval = bootstrap_mean(map, options);
  result.map_p = randomisation_p(map, options);
  result.rank1_difference = mean(rank1);
  result.rank1_interval = bootstrap_mean(rank1, options);
  result.rank1_p = randomisation_p(rank1, options);
  return result;
}

std::string verdict(const Comparison& comparison, const std::string& first, const std::string& second,
                    double confidence) {
  const double difference = comparison.map_difference;
  Interval interval = comparison.map_interval;
  if (difference < 0) interval = {-interval.high, -interval.low};
  const std::string certainty =
      fmt::format("{:g} % between {:.2f} and {:.2f}, p = {:.2g}, {} queries of {} persons", 100 * confidence,
                  interval.low, interval.high, comparison.map_p, comparison.queries, comparison.identities);
  if (comparison.map_p > 1 - confidence) {
    return fmt::format("no difference between {} and {} is shown: mAP of the first {} by {:.2f} points ({})",
                       first, second, difference < 0 ? "lower" : "higher", std::abs(difference), certainty);
  }
  return fmt::format("{} is better than {} by {:.2f} points of mAP ({})", difference > 0 ? first : second,
                     difference > 0 ? second : first, std::abs(difference), certainty);
}

}  // namespace dmf::eval
