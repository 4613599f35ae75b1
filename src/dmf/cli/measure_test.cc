#include "dmf/cli/measure.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "dmf/core/error.h"
#include "dmf/core/file.h"
#include "dmf/core/npy.h"
#include "support/development_data.h"
#include "support/temporary_folder.h"

namespace dmf::cli {
namespace {

using testing::HasSubstr;
using testing::Property;
using testing::Throws;

// The golden vectors of eval as a folder that `dmf eval --features` takes.
class MeasureVectorsTest : public testing::Test {
 protected:
  void SetUp() override {
    const auto golden = test::golden() / "eval" / "cosine";
    const nlohmann::json labels = nlohmann::json::parse(read_text(golden / "expected.json"));
    for (const std::string name : {"query", "gallery"}) {
      write_npy(folder_ / (name + ".npy"), read_npy(golden / (name + ".npy")));
      std::string text = "identity,camera\n";
      for (size_t i = 0; i < labels[name + "_identities"].size(); ++i) {
        text += labels[name + "_identities"][i].dump() + "," + labels[name + "_cameras"][i].dump() + "\n";
      }
      write_text(folder_ / (name + ".csv"), text);
    }
    map_ = labels["expected"]["map"];
  }
  void expect_error(const std::string& message) {
    EXPECT_THAT([&] { measure_vectors(read_vector_folder(folder_.path()), {}); },
                Throws<DataError>(Property(&Error::what, HasSubstr(message))));
  }

  test::TemporaryFolder folder_;
  double map_ = 0;
};

TEST_F(MeasureVectorsTest, FindsTheKnownFigures) {
  const TestResult result = measure_vectors(read_vector_folder(folder_.path()), {});
  EXPECT_DOUBLE_EQ(result.figures.map, map_);
  EXPECT_EQ(result.dataset, folder_.path().string());
  EXPECT_EQ(result.fingerprint.size(), 16);
  write_npy(folder_ / "query.npy", read_npy(folder_ / "query.npy").to(torch::kFloat64));
  EXPECT_DOUBLE_EQ(measure_vectors(read_vector_folder(folder_.path()), {}).figures.map, map_);
}

TEST_F(MeasureVectorsTest, FilesThatDoNotFitAreNamed) {
  write_text(folder_ / "query.csv", "identity\n1\n");
  expect_error("query.csv: expected a row for each of the 40 vectors, got 1");
  write_npy(folder_ / "query.npy", torch::zeros({4}));
  expect_error("query.npy: expected [N, D] of a floating type, got 1 dimensions");
  std::filesystem::remove(folder_ / "query.npy");
  expect_error("query.npy");
}

TEST_F(MeasureVectorsTest, VectorsThatCannotBeRankedAreNamedWithTheirFolder) {
  torch::Tensor values = read_npy(folder_ / "gallery.npy");
  values[5].zero_();
  write_npy(folder_ / "gallery.npy", values);
  expect_error(folder_.path().string() + ": [evaluate] gallery vectors cannot be ranked");
}

}  // namespace
}  // namespace dmf::cli
