#include "dmf/eval/c_api.h"

#include <gmock/gmock.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "dmf/eval/evaluate.h"

namespace dmf::eval {
namespace {

using testing::HasSubstr;

class CApiTest : public testing::Test {
 protected:
  nlohmann::json run(const std::string& options) {
    const dmf_eval_set query{query_.data(), query_ids_.data(), query_cams_.data(), 2, 2},
        gallery{gallery_.data(), gallery_ids_.data(), gallery_cams_.data(), 4, 2};
    return parse(dmf_eval_run(&query, &gallery, options.c_str()));
  }
  static nlohmann::json parse(char* text) {
    const nlohmann::json json = nlohmann::json::parse(text);
    dmf_eval_free(text);
    return json;
  }

  std::vector<float> query_{1, 0, 0, 1}, gallery_{1, 0.1F, 0.1F, 1, 1, 0.5F, 0.5F, 1};
  std::vector<int64_t> query_ids_{1, 2}, query_cams_{1, 1}, gallery_ids_{1, 2, 2, 1},
      gallery_cams_{2, 2, 2, 2};
};

TEST_F(CApiTest, GivesTheFiguresAsJson) {
  const nlohmann::json figures = run("{}");
  const EvalResult expected = evaluate({{query_, 2, 2}, {query_ids_, query_cams_}},
                                       {{gallery_, 4, 2}, {gallery_ids_, gallery_cams_}});
  EXPECT_EQ(figures["map"], expected.map);
  EXPECT_EQ(figures["cmc"].size(), 50);
  EXPECT_EQ(figures["average_precision"].size(), 2);
  EXPECT_EQ(figures["protocol"], expected.protocol);
  const nlohmann::json more = run(
      R"({"re_ranking": [2, 1, 0.3], "open_set": true, "single_shot": 3, "expansion": [2, 1], "threads": 1,
          "metric": "euclidean", "same_camera_removed": false, "multi_query": true})");
  EXPECT_TRUE(more.contains("open_set")) << more;
  EXPECT_TRUE(run(R"({"far": 0.5})").contains("calibration"));
  EXPECT_EQ(more["single_shot_cmc"].size(), 50);
}

TEST_F(CApiTest, GivesErrorsAsJson) {
  const auto error = [&](const std::string& options) { return run(options).value("error", ""); };
  EXPECT_THAT(error("x"), HasSubstr("expected a JSON object"));
  EXPECT_THAT(error(R"({"metrics": "cosine"})"), HasSubstr("no such option: 'metrics'"));
  EXPECT_THAT(error(R"({"metric": 7})"), HasSubstr("option metric: got 7"));
  EXPECT_THAT(error(R"({"re_ranking": [20, 6]})"), HasSubstr("expected k1, k2 and lambda, got 2 numbers"));
  EXPECT_THAT(error(R"({"far": 0.1, "multi_query": true})"), HasSubstr("not after re_ranking"));
  EXPECT_THAT(error(R"({"threads": -1})"), HasSubstr("threads >= 0"));
  gallery_[2] = NAN;
  EXPECT_THAT(error("{}"), HasSubstr("NaN or infinity in 1 (first: row 1)"));
}

TEST_F(CApiTest, ComparesAveragePrecisions) {
  std::vector<double> a, b;
  std::vector<int64_t> identities;
  for (int64_t i = 0; i < 60; ++i) {
    a.push_back(0.6);
    b.push_back(0.5 + 0.01 * static_cast<double>(i % 3));
    identities.push_back(i);
  }
  const nlohmann::json found = parse(dmf_eval_compare(a.data(), b.data(), identities.data(), 60));
  EXPECT_NEAR(found["map_difference"].get<double>(), 9, 1e-9);
  EXPECT_LT(found["p"], 0.001);
}

}  // namespace
}  // namespace dmf::eval
