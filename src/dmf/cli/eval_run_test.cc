#include "dmf/cli/eval_run.h"

#include <gmock/gmock.h>
#include <matio.h>

#include <fstream>

#include "dmf/cli/calibration.h"
#include "dmf/cli/compare.h"
#include "dmf/cli/query_results.h"
#include "dmf/core/error.h"
#include "dmf/core/file.h"
#include "dmf/core/random.h"
#include "support/development_data.h"
#include "support/temporary_folder.h"

namespace dmf::cli {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Property;
using testing::Throws;

// The golden vectors of eval as files of every kind that `dmf eval --features` takes.
class EvalRunTest : public testing::Test {
 protected:
  EvalRunTest() {
    std::string both = "split,identity,camera,weather\n";
    for (const std::string name : {"query", "gallery"}) {
      std::filesystem::copy(golden_ / (name + ".npy"), folder_ / (name + ".npy"));
      std::string text = "identity,camera,weather\n";
      for (size_t i = 0; i < golden(name, "_identities").size(); ++i) {
        const std::string row = fmt::format("{},{},{}\n", golden(name, "_identities")[i],
                                            golden(name, "_cameras")[i], i % 2 == 0 ? "rain" : "sun");
        text += row;
        both += name + "," + row;
      }
      write_text(folder_ / (name + ".csv"), text);
    }
    write_text(folder_ / "labels.csv", both);
  }

  std::vector<int64_t> golden(const std::string& name, const std::string& what) const {
    return expected_[name + what].get<std::vector<int64_t>>();
  }
  VectorInput folder() const { return read_vector_folder(folder_.path()); }
  static TestResult run(const VectorInput& input, const EvalRequest& request = {}) {
    TestResult result;
    result.dataset = input.name;
    evaluate_into(result, input.query, input.gallery, request);
    return result;
  }
  double map() const { return expected_["expected"]["map"]; }

  // A .mat with vectors [N, D] or [D, N] and labels.
  std::filesystem::path write_mat(mat_ft version, bool is_turned) const {
    const std::filesystem::path file =
        folder_ / fmt::format("{}{}.mat", static_cast<int>(version), is_turned);
    mat_t* mat = Mat_CreateVer(file.c_str(), nullptr, version);
    const auto write = [&](const std::string& name, matio_classes kind, matio_types type, size_t rows,
                           size_t columns, void* data) {
      size_t sizes[2] = {rows, columns};
      matvar_t* variable = Mat_VarCreate(name.c_str(), kind, type, 2, sizes, data, 0);
      Mat_VarWrite(mat, variable, MAT_COMPRESSION_NONE);
      Mat_VarFree(variable);
    };
    for (const std::string name : {"query", "gallery"}) {
      const eval::VectorSet set = eval::read_npy_vectors(golden_ / (name + ".npy"));
      const auto count = static_cast<size_t>(set.view().count), width = static_cast<size_t>(set.view().width);
      std::vector<float> values(count * width);
      for (size_t i = 0; i < count; ++i) {
        for (size_t k = 0; k < width; ++k)
          values[is_turned ? i * width + k : k * count + i] = set.view().values[i * width + k];
      }
      write(name + "_f", MAT_C_SINGLE, MAT_T_SINGLE, is_turned ? width : count, is_turned ? count : width,
            values.data());
      std::vector<int64_t> identities = golden(name, "_identities");
      std::vector<int64_t> cameras = golden(name, "_cameras");
      write(name + "_label", MAT_C_INT64, MAT_T_INT64, 1, count, identities.data());
      write(name + "_cam", MAT_C_INT64, MAT_T_INT64, 1, count, cameras.data());
    }
    Mat_Close(mat);
    return file;
  }

  const std::filesystem::path golden_ = test::golden() / "eval" / "cosine";
  const nlohmann::json expected_ = nlohmann::json::parse(read_text(golden_ / "expected.json"));
  test::TemporaryFolder folder_;
};

TEST_F(EvalRunTest, ReadsVectorsOfEveryKind) {
  EXPECT_DOUBLE_EQ(run(folder()).figures.map, map());
  EXPECT_DOUBLE_EQ(
      run(read_vector_files(folder_ / "query.npy", folder_ / "gallery.npy", folder_ / "labels.csv"))
          .figures.map,
      map());
  for (const mat_ft version : {MAT_FT_MAT5, MAT_FT_MAT73}) {
    EXPECT_DOUBLE_EQ(run(read_vector_mat(write_mat(version, false))).figures.map, map());
    EXPECT_DOUBLE_EQ(run(read_vector_mat(write_mat(version, true))).figures.map, map());
  }
  EXPECT_DOUBLE_EQ(run(read_vector_mat(test::golden() / "eval" / "h5py.mat")).figures.map, map());
}

TEST_F(EvalRunTest, NamesTheFileThatDoesNotFit) {
  const auto expect_error = [&](const std::string& message) {
    EXPECT_THAT(
        [&] {
          run(read_vector_files(folder_ / "query.npy", folder_ / "gallery.npy", folder_ / "labels.csv"));
        },
        Throws<DataError>(Property(&Error::what, HasSubstr(message))));
  };
  write_text(folder_ / "labels.csv", "split,identity\nquery,1\ngallery,1\n");
  expect_error("query.npy: 40 vectors, but");
  write_text(folder_ / "labels.csv", "split,identity\nquery,1\ngallery,1\nquery,2\n");
  expect_error("the rows of the split 'query' do not stand together");
  write_text(folder_ / "labels.csv", "split,identity\nquery,1\n");
  expect_error("no row of the split 'gallery'");
  write_text(folder_ / "labels.csv", "identity\n1\n");
  expect_error("lacks the column 'split'");
  write_text(folder_ / "labels.csv", "split,identity\ntest,1\n");
  expect_error("labels.csv:2: split: expected query or gallery, got 'test'");
  write_text(folder_ / "labels.csv", "split,identity\nquery,18446744073709551615\n");
  expect_error("labels.csv:2: identity: expected a whole number of 64 bits, -1 or more");
}

TEST_F(EvalRunTest, IdentitiesAboveTwoToTheSixtyThreeAreKeptApart) {
  write_text(folder_ / "labels.csv",
             "split,identity\nquery,9223372036854775808\nquery,9223372036854775807\n"
             "gallery,9223372036854775807\ngallery,9223372036854775808\n");
  const LabelsTable table = read_labels_table(folder_ / "labels.csv");
  EXPECT_EQ(table.labels.identities[0], table.labels.identities[3]);
  EXPECT_EQ(table.labels.identities[1], table.labels.identities[2]);
  EXPECT_NE(table.labels.identities[0], table.labels.identities[1]);
}

TEST_F(EvalRunTest, LargeIdentitiesAreToldAsTheyWereWritten) {
  constexpr uint64_t kLarge = 1ULL << 63;
  for (const std::string name : {"query", "gallery"}) {
    std::string text = "identity,camera\n";
    for (size_t i = 0; i < golden(name, "_identities").size(); ++i) {
      const int64_t identity = golden(name, "_identities")[i];
      text += identity < 0 ? "-1" : std::to_string(kLarge + static_cast<uint64_t>(identity));
      text += fmt::format(",{}\n", golden(name, "_cameras")[i]);
    }
    write_text(folder_ / (name + ".csv"), text);
  }
  EvalRequest request;
  request.by_query = true;
  request.hardest = 1;
  const TestResult result = run(folder(), request);
  const nlohmann::json& identities = result.more["by_query"]["identity"];
  EXPECT_EQ(identities[0].get<uint64_t>(), kLarge + static_cast<uint64_t>(golden("query", "_identities")[0]));
  EXPECT_EQ(query_results(result.more["by_query"], "x")[0].identity, result.figures.by_query[0].identity);
  EXPECT_GE(result.more["hardest_queries"][0]["identity"].get<uint64_t>(), kLarge);
  EXPECT_THAT(result.more_text, HasSubstr(" 92233720368547758"));
}

TEST_F(EvalRunTest, WritesIntoTheResultWhatWasAskedFor) {
  EvalRequest request;
  request.open_set = request.by_camera = request.by_query = true;
  request.by = {"weather", "camera"};
  request.single_shot = 5;
  request.hardest = 3;
  request.calibrate_far = 0.01;
  const TestResult result = run(folder(), request);
  for (const char* key : {"intervals", "labels_fingerprint", "open_set", "by_camera_pair", "by_weather",
                          "single_shot", "hardest_queries", "calibration", "by_query"})
    EXPECT_TRUE(result.more.contains(key)) << key;
  EXPECT_LT(result.more["intervals"]["map"][0], result.figures.map);
  EXPECT_GT(result.more["intervals"]["map"][1], result.figures.map);
  EXPECT_EQ(result.more["by_weather"].size(), 2);
  int64_t queries = 0;
  for (const auto& part : result.more["by_camera"]) queries += part["queries"].get<int64_t>();
  EXPECT_EQ(queries, 40);
  EXPECT_EQ(result.more["hardest_queries"].size(), 3);
  EXPECT_EQ(result.more["by_query"]["average_precision"].size(), 40);
  EXPECT_THAT(result.more_text,
              AllOf(HasSubstr("95 % intervals over"), HasSubstr("EER"),
                    HasSubstr("threshold for a false-accept rate of 0.01: similarity above")));
  EvalRequest transfer;
  transfer.threshold = {result.more["calibration"]["threshold"].get<double>(), 0.01};
  EXPECT_LE(run(folder(), transfer).more["transfer"]["far"], 0.01);
}

TEST_F(EvalRunTest, SaysInTheProtocolWhatWasDoneToTheDistances) {
  EvalRequest request;
  request.preparation.re_ranking = parse_re_ranking("7,2,0.5");
  request.preparation.expansion = 3;
  request.preparation.multi_query = true;
  const TestResult result = run(folder(), request);
  EXPECT_THAT(result.figures.protocol,
              AllOf(HasSubstr("k-reciprocal re-ranking of the cosine distance (k1 7, k2 2, lambda 0.5)"),
                    HasSubstr("query expansion over 3 images"), HasSubstr("pooled")));
  EXPECT_NE(result.figures.map, map());
}

TEST_F(EvalRunTest, AThresholdIsOneForPairsOfImages) {
  EvalRequest request;
  request.calibrate_far = 0.01;
  request.preparation.re_ranking = parse_re_ranking("");
  EXPECT_THAT([&] { run(folder(), request); },
              Throws<InvalidArgument>(Property(&Error::what, HasSubstr("not after --re-rank"))));
  request.calibrate_far = 0;
  request.threshold = {0.5, 0.01};
  EXPECT_FALSE(run(folder(), request).more.contains("transfer"));
}

TEST_F(EvalRunTest, EqualVectorsAreNamed) {
  const eval::VectorSet set = eval::read_npy_vectors(folder_ / "gallery.npy");
  std::string bytes = read_text(folder_ / "gallery.npy");
  const size_t row = static_cast<size_t>(set.view().width) * sizeof(float);
  const size_t offset = bytes.size() - row * static_cast<size_t>(set.view().count);
  bytes.replace(offset + 9 * row, row, bytes.substr(offset + 4 * row, row));
  write_text(folder_ / "gallery.npy", bytes);
  const TestResult result = run(folder());
  EXPECT_THAT(result.more_text,
              HasSubstr("gallery: 2 of 160 vectors are equal to another, in 1 groups (first: rows 4 and 9)"));
}

TEST_F(EvalRunTest, OfOneIdentityThereIsNoInterval) {
  std::string text = "identity,camera\n";
  for (size_t i = 0; i < golden("query", "_identities").size(); ++i) text += "1,1\n";
  write_text(folder_ / "query.csv", text);
  const TestResult result = run(folder());
  EXPECT_FALSE(result.more.contains("intervals"));
  EXPECT_THAT(result.more_text,
              HasSubstr("no interval: all queries with a right answer are of one identity"));
}

TEST_F(EvalRunTest, MistakesAreToldWithTheDatasetsName) {
  EvalRequest request;
  request.by = {"wheather"};
  EXPECT_THAT(
      [&] { run(folder(), request); },
      Throws<DataError>(Property(
          &Error::what,
          AllOf(HasSubstr(folder_.path().string()),
                HasSubstr(
                    "--by wheather: nothing of the kind is known of the queries; known: camera, weather")))));
}

TEST(ParseReRanking, TakesStandardsForWhatIsMissing) {
  EXPECT_EQ(parse_re_ranking("").k1, 20);
  EXPECT_EQ(parse_re_ranking("50,15").k2, 15);
  EXPECT_EQ(parse_re_ranking("50,15").lambda, 0.3);
  EXPECT_EQ(parse_re_ranking("50,15,0.5").lambda, 0.5);
  for (const char* text : {"x", "50,", "50;15", "50,15,0.5,1"})
    EXPECT_THROW(parse_re_ranking(text), InvalidArgument) << text;
}

class CompareTest : public EvalRunTest {
 protected:
  std::filesystem::path write_result(const std::string& name, const std::string& metric) {
    EvalRequest request;
    request.protocol.metric = metric;
    request.by_query = true;
    write_document({{"results", {to_json(run(folder(), request))}}}, (folder_ / name).string());
    return folder_ / name;
  }
};

TEST_F(CompareTest, ComparesFilesOfTheSameQueries) {
  const auto a = write_result("a.json", "cosine"), b = write_result("b.json", "euclidean");
  const ResultComparison comparison = compare_results(a, b);
  ASSERT_EQ(comparison.json.size(), 1);
  EXPECT_NEAR(
      comparison.json[0]["map_difference"].get<double>(),
      comparison.json[0]["first"]["map"].get<double>() - comparison.json[0]["second"]["map"].get<double>(),
      1e-9);
  EXPECT_THAT(comparison.text, AllOf(HasSubstr("mind that the protocols differ"), HasSubstr("p = ")));
  EXPECT_EQ(compare_results(a, a).json[0]["map_p"], 1);
}

TEST_F(CompareTest, RefusesWhatCannotBeCompared) {
  const auto a = write_result("a.json", "cosine");
  std::string labels = read_text(folder_ / "query.csv");
  write_text(folder_ / "query.csv", labels.replace(labels.find('\n') + 1, 1, "9"));
  const auto b = write_result("b.json", "cosine");
  const auto refuses = [&](const std::filesystem::path& first, const std::filesystem::path& second,
                           const std::string& what) {
    EXPECT_THAT([&] { compare_results(first, second); },
                Throws<DataError>(Property(&Error::what, HasSubstr(what))));
  };
  refuses(a, b, "no test of the same queries and gallery in common");
  write_text(folder_ / "c.json", "{}");
  refuses(a, folder_ / "c.json", "not a result of `dmf eval --json`");
  nlohmann::json document = nlohmann::json::parse(read_text(a));
  document["results"][0].erase("by_query");
  write_document(document, (folder_ / "d.json").string());
  refuses(a, folder_ / "d.json", "no per-query figures");
  document = nlohmann::json::parse(read_text(a));
  document["results"][0]["by_query"]["average_precision"][0] = 7;
  write_document(document, (folder_ / "d.json").string());
  refuses(a, folder_ / "d.json", "d.json: an average precision of 7; expected 0 to 1");
  for (const char* text :
       {R"({"results": [1]})", R"({"results": [{"name": 1}]})", R"({"results": [{"map": "x"}]})"}) {
    write_text(folder_ / "d.json", text);
    refuses(a, folder_ / "d.json", "d.json: not a result of `dmf eval --json`");
  }
}

TEST(CalibrationFile, StoresTheThresholdAndLeavesTheWeightsAlone) {
  const test::TemporaryFolder folder;
  const auto file = folder / "model.safetensors";
  std::string header =
      R"({"w":{"dtype":"U8","shape":[3],"data_offsets":[0,3]},"__metadata__":{"format":"x"}})";
  header.append((8 - header.size() % 8) % 8, ' ');
  const uint64_t length = header.size();
  write_text(file, std::string(reinterpret_cast<const char*>(&length), 8) + header + "abc");
  EXPECT_FALSE(load_calibration(file).has_value());
  store_calibration(file, {{"threshold", 0.25}, {"metric", "cosine"}});
  store_calibration(file, {{"threshold", 0.5}, {"metric", "cosine"}});
  EXPECT_EQ((*load_calibration(file))["threshold"], 0.5);
  const std::string text = read_text(file);
  EXPECT_TRUE(text.ends_with("abc"));
  EXPECT_EQ((text.size() - 3) % 8, 0);
  EXPECT_THAT(text, HasSubstr(R"("format":"x")"));
}

TEST(CalibrationFile, RefusesWhatIsNoModel) {
  const test::TemporaryFolder folder;
  write_text(folder / "a", "abc");
  EXPECT_THROW(load_calibration(folder / "a"), DataError);
  write_text(folder / "a", std::string(8, '\xff') + "{}");
  EXPECT_THROW(store_calibration(folder / "a", {}), DataError);
}

}  // namespace
}  // namespace dmf::cli
