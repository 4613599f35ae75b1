// Galleries through the C interface. Models are tested where a model file is: python/tests/test_dmf.py.
#include "dmf/api/c_api.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "dmf/search/gallery.h"
#include "support/temporary_folder.h"

namespace dmf::api {
namespace {

using nlohmann::json;
using testing::HasSubstr;

json parsed(char* answer) {
  const json document = json::parse(answer);
  dmf_free(answer);
  return document;
}

std::string fault(char* answer, const std::string& kind) {
  const json document = parsed(answer);
  EXPECT_EQ(document.value("kind", "no error"), kind) << document;
  return document.value("error", "");
}

class CGallery : public testing::Test {
 protected:
  static constexpr const char* kKind =
      R"({"model": "m", "width": 2, "model_file": "m.safetensors", "flip": true})";
  void SetUp() override {
    const json facts = parsed(dmf_gallery_open(path().c_str(), kKind, &gallery_));
    ASSERT_EQ(facts["count"], 0) << facts;
  }
  void TearDown() override { dmf_gallery_free(gallery_); }
  std::string path() const { return folder_ / "gallery"; }
  json add(const std::vector<float>& vectors, const char* crops) {
    return parsed(
        dmf_gallery_add(gallery_, vectors.data(), static_cast<int64_t>(vectors.size()) / 2, 2, crops));
  }
  json search(const std::vector<float>& query, const char* filter = "{}") {
    return parsed(dmf_gallery_search(gallery_, query.data(), 1, 2, 2, filter));
  }

  test::TemporaryFolder folder_;
  dmf_gallery* gallery_ = nullptr;
};

TEST_F(CGallery, FindsWhatWasAdded) {
  EXPECT_EQ(add({1, 0, 0, 5, 1, 1}, R"([{"source": "a", "camera": "c1", "time": 5},
                                        {"source": "b", "identity": "Eve", "tags": ["y", "x"]}, {}])")["ids"],
            (json{1, 2, 3}));
  const json hits = search({0, 2})["hits"][0];
  ASSERT_EQ(hits.size(), 2);
  EXPECT_EQ(hits[0]["id"], 2);
  EXPECT_NEAR(hits[0]["similarity"].get<double>(), 1, 1e-6);
  EXPECT_EQ(hits[0]["identity"], "Eve");
  EXPECT_EQ(hits[0]["tags"], (json{"x", "y"}));
  EXPECT_TRUE(hits[0]["time"].is_null());
  EXPECT_NEAR(hits[1]["similarity"].get<double>(), 0.70710678, 1e-6);
  EXPECT_EQ(search({0, 2}, R"({"cameras": ["c1"]})")["hits"][0][0]["source"], "a");
  EXPECT_EQ(search({0, 2}, R"({"from": 5, "before": 6})")["hits"][0].size(), 1);
  EXPECT_EQ(parsed(dmf_gallery_remove(gallery_, R"({"ids": [2]})"))["removed"], 1);
  EXPECT_EQ(parsed(dmf_gallery_facts(gallery_))["count"], 2);
  EXPECT_EQ(search({0, 2})["hits"][0][0]["id"], 3);
}

TEST_F(CGallery, TellsTheProgramItsModel) {
  EXPECT_EQ(search::Gallery(path()).property("flip"), "yes");
  EXPECT_THAT(search::Gallery(path()).property("model_file"), HasSubstr("/m.safetensors"));
}

TEST_F(CGallery, RefusesWhatDoesNotFit) {
  dmf_gallery* other = nullptr;
  EXPECT_THAT(
      fault(dmf_gallery_open(path().c_str(), R"({"model": "n", "width": 2})", &other), "InvalidArgument"),
      HasSubstr("holds vectors of model m, this is n"));
  EXPECT_THAT(
      fault(dmf_gallery_open(path().c_str(), R"({"model": "m", "width": 2})", &other), "InvalidArgument"),
      HasSubstr("flip=true"));
  EXPECT_THAT(fault(dmf_gallery_open((folder_ / "none").c_str(), "{}", &other), "DataError"),
              HasSubstr("none"));
  EXPECT_EQ(other, nullptr);
  const float one[] = {1, 2, 3};
  EXPECT_THAT(fault(dmf_gallery_add(gallery_, one, 1, 3, "[{}]"), "InvalidArgument"), HasSubstr("3"));
  EXPECT_THAT(fault(dmf_gallery_add(gallery_, one, 1, 2, R"([{"colour": 1}])"), "InvalidArgument"),
              HasSubstr("no such field: 'colour'"));
  EXPECT_THAT(fault(dmf_gallery_add(gallery_, one, 1, 2, R"([{"camera": 1}])"), "InvalidArgument"),
              HasSubstr("camera: got 1"));
  EXPECT_THAT(fault(dmf_gallery_remove(gallery_, "{}"), "InvalidArgument"), HasSubstr("which crops?"));
  EXPECT_EQ(parsed(dmf_gallery_facts(gallery_))["count"], 0);
}

TEST(CModel, AFileThatIsNoneIsToldWithItsName) {
  dmf_model* model = nullptr;
  EXPECT_THAT(fault(dmf_model_load("/nowhere/m.safetensors", "{}", &model), "DataError"),
              HasSubstr("/nowhere/m.safetensors"));
  EXPECT_THAT(fault(dmf_model_load("/nowhere", R"({"colour": 1})", &model), "InvalidArgument"),
              HasSubstr("colour"));
  EXPECT_THAT(fault(dmf_model_load("/nowhere", R"({"skip_broken": true})", &model), "InvalidArgument"),
              HasSubstr("every picture has its row"));
  EXPECT_EQ(model, nullptr);
}

}  // namespace
}  // namespace dmf::api
