// The same figures as other people's evaluation finds on the same distances (tests/golden/eval/README.md).
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "dmf/core/file.h"
#include "dmf/eval/evaluate.h"
#include "dmf/eval/open_set.h"
#include "dmf/eval/single_shot.h"
#include "dmf/eval/vector_file.h"
#include "support/development_data.h"

namespace dmf::eval {
namespace {

class PeersTest : public testing::TestWithParam<const char*> {
 protected:
  std::unique_ptr<Distances> distances() const {
    return vector_distances(query_.view(), gallery_.view(), metric_by_name(GetParam()));
  }
  Labels labels(const std::string& name) const {
    return {case_[name + "_identities"], case_[name + "_cameras"]};
  }

  const std::filesystem::path golden_ = test::golden() / "eval";
  const nlohmann::json case_ = nlohmann::json::parse(read_text(golden_ / GetParam() / "expected.json"));
  const nlohmann::json peers_ = nlohmann::json::parse(read_text(golden_ / "peers.json"))[GetParam()];
  const VectorSet query_ = read_npy_vectors(golden_ / GetParam() / "query.npy");
  const VectorSet gallery_ = read_npy_vectors(golden_ / GetParam() / "gallery.npy");
  const Labels query_labels_ = labels("query"), gallery_labels_ = labels("gallery");
};
INSTANTIATE_TEST_SUITE_P(Cases, PeersTest, testing::Values("cosine", "euclidean"));

TEST_P(PeersTest, FindTheSameMapCmcAndMinp) {
  const EvalResult result = evaluate(*distances(), query_labels_, gallery_labels_, {GetParam()});
  for (const char* peer : {"fast-reid", "torchreid", "TransReID"}) {
    const nlohmann::json& figures = peers_[peer];
    EXPECT_NEAR(result.map, figures["map"], 1e-9) << peer;
    if (figures.contains("minp")) {
      EXPECT_NEAR(result.minp, figures["minp"], 1e-9) << peer;
    }
    ASSERT_EQ(figures["cmc"].size(), kCmcPlaces);
    for (size_t k = 0; k < kCmcPlaces; ++k) EXPECT_NEAR(result.cmc[k], figures["cmc"][k], 1e-4) << peer << k;
  }
}

TEST_P(PeersTest, FindTheSameTruePositiveRates) {
  const auto all = distances();
  const Answers answers(query_labels_, query_labels_.count(), gallery_labels_, gallery_labels_.count());
  const OpenSetResult result =
      open_set(*all, answers, rank_right_answers(*all, query_labels_, gallery_labels_));
  const nlohmann::json& roc = peers_["roc"];
  EXPECT_EQ(result.genuine_pairs, roc["pairs"][0]);
  EXPECT_EQ(result.impostor_pairs, roc["pairs"][1]);
  int64_t compared = 0;
  for (const OperatingPoint& point : result.roc) {
    const std::string name = nlohmann::json(point.far).dump();
    if (!roc["tpr"].contains(name)) continue;
    EXPECT_NEAR(point.rate, roc["tpr"][name], 1e-9) << name;
    ++compared;
  }
  EXPECT_EQ(compared, 3);
}

TEST_P(PeersTest, DrawSingleShotsOfTheSameChance) {
  const auto all = distances();
  const Answers answers(query_labels_, query_labels_.count(), gallery_labels_, gallery_labels_.count());
  const SingleShotResult result = single_gallery_shot(*all, answers, {.repetitions = 600});
  const nlohmann::json& shot = peers_["single shot"];
  for (size_t k = 0; k < shot["cmc"].size(); ++k) {
    // Both are means of 600 draws: they differ by chance, and seldom by more than four deviations.
    EXPECT_NEAR(result.cmc[k], shot["cmc"][k], 4 * 1.5 * shot["deviation"][k].get<double>() + 1e-4) << k;
  }
}

}  // namespace
}  // namespace dmf::eval
