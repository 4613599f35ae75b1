#include "dmf/eval/single_shot.h"

#include <algorithm>
#include <map>

#include "dmf/core/error.h"
#include "dmf/core/random.h"
#include "dmf/eval/parallel.h"
#include "dmf/eval/result.h"

namespace dmf::eval {
namespace {

// Gallery images of each identity, junk left out.
std::vector<Answers::Images> persons(const Labels& gallery) {
  std::map<int64_t, Answers::Images> images_of;
  for (int64_t g = 0; g < gallery.count(); ++g) {
    const int64_t identity = gallery.identities[static_cast<size_t>(g)];
    if (identity != kJunk) images_of[identity].push_back(g);
  }
  std::vector<Answers::Images> all;
  for (auto& [identity, images] : images_of) all.push_back(std::move(images));
  return all;
}

class SingleShot {
 public:
  SingleShot(const Distances& distances, const Answers& answers, const SingleShotOptions& options)
      : distances_(distances), answers_(answers), options_(options), persons_(persons(answers.gallery())) {}

  // Rank of the right answer in each repetition; empty without one.
  std::vector<int64_t> ranks(int64_t query) const {
    Answers::Images right;
    for (const int64_t image : answers_.own_images(query)) {
      if (!answers_.is_same_camera(query, image)) right.push_back(image);
    }
    std::vector<int64_t> ranks;
    if (right.empty()) return ranks;
    for (int64_t repetition = 0; repetition < options_.repetitions; ++repetition) {
      RandomStream random(options_.seed, "single gallery shot",
                          {static_cast<uint64_t>(query), static_cast<uint64_t>(repetition)});
      const Answer drawn = draw(query, right, random);
      int64_t rank = 1;
      for (const Answers::Images& person : persons_) {
        if (!is_own(query, person)) rank += draw(query, person, random) < drawn;
      }
      ranks.push_back(rank);
    }
    return ranks;
  }

 private:
  bool is_own(int64_t query, const Answers::Images& person) const {
    return answers_.gallery().identities[static_cast<size_t>(person.front())] ==
           answers_.query().identities[static_cast<size_t>(query)];
  }

  Answer draw(int64_t query, const Answers::Images& images, RandomStream& random) const {
    const int64_t image = images[static_cast<size_t>(random.integer(static_cast<int64_t>(images.size())))];
    return {distances_.pair(query, image), image};
  }

  const Distances& distances_;
  const Answers& answers_;
  SingleShotOptions options_;
  std::vector<Answers::Images> persons_;
};

}  // namespace

SingleShotResult single_gallery_shot(const Distances& distances, const Answers& answers,
                                     const SingleShotOptions& options, const WorkOptions& work) {
  DMF_CHECK(options.repetitions > 0, InvalidArgument, "[single shot] needs repetitions, got {}",
            options.repetitions);
  const SingleShot shot(distances, answers, options);
  std::vector<std::vector<int64_t>> ranks(static_cast<size_t>(distances.query_count()));
  run_in_parallel(distances.query_count(), 16, work.threads, [&](Rows queries, int64_t) {
    for (int64_t q = queries.first; q < queries.last; ++q) ranks[static_cast<size_t>(q)] = shot.ranks(q);
  });
  SingleShotResult result;
  std::vector<int64_t> hits(kCmcPlaces + 1, 0), first(static_cast<size_t>(options.repetitions), 0);
  for (const std::vector<int64_t>& each : ranks) {
    result.queries += !each.empty();
    for (size_t r = 0; r < each.size(); ++r) {
      if (each[r] <= kCmcPlaces) ++hits[static_cast<size_t>(each[r])];
      first[r] += each[r] == 1;
    }
  }
  DMF_CHECK(result.queries > 0, InvalidArgument, "[single shot] no query has a right answer in the gallery");
  const auto queries = static_cast<double>(result.queries);
  int64_t found = 0;
  for (size_t rank = 1; rank <= kCmcPlaces; ++rank) {
    found += hits[rank];
    result.cmc.push_back(100 * static_cast<double>(found) / queries /
                         static_cast<double>(options.repetitions));
  }
  for (const int64_t hits_first : first)
    result.rank1_each.push_back(100 * static_cast<double>(hits_first) / queries);
  return result;
}

}  // namespace dmf::eval
