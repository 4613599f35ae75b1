#include "dmf/data/dataset.h"

#include <gmock/gmock.h>

#include "dmf/core/error.h"
#include "dmf/core/file.h"
#include "support/development_data.h"
#include "support/temporary_folder.h"

namespace dmf::data {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

class DatasetTest : public ::testing::Test {
 protected:
  /// Opening a dataset reads no pixels, so any bytes do.
  void touch(const std::string& name, const std::string& bytes = "x") const {
    write_text(folder_ / name, bytes);
  }

  std::string spec(const std::string& format) const { return format + ":" + folder_.path().string(); }

  std::string failure(const std::string& spec) const {
    try {
      open_dataset(spec);
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  }

  void make_market() const {
    touch("bounding_box_train/0002_c1s1_000451_03.jpg");
    touch("bounding_box_train/0002_c2s1_000451_03.jpg");
    touch("bounding_box_train/0007_c3s3_077419_03.jpg");
    touch("query/0011_c1s6_027271_01.jpg");
    touch("bounding_box_test/0011_c3s3_075919_03.jpg");
    touch("bounding_box_test/-1_c1s1_000401_03.jpg");
    touch("bounding_box_test/0000_c6s1_000401_03.jpg");
  }

  test::TemporaryFolder folder_;
};

TEST_F(DatasetTest, ReadsMarketNames) {
  make_market();
  const Dataset dataset = open_dataset(spec("market1501"));
  ASSERT_EQ(dataset.train.size(), 3U);
  EXPECT_EQ(dataset.train[1].identity, 2);
  EXPECT_EQ(dataset.train[1].camera, 2);
  EXPECT_EQ(dataset.train[1].path, folder_ / "bounding_box_train/0002_c2s1_000451_03.jpg");
  ASSERT_EQ(dataset.gallery.size(), 3U);
  EXPECT_EQ(dataset.gallery[0].identity, kJunk);
  EXPECT_EQ(dataset.gallery[1].identity, kDistractor);
  EXPECT_EQ(dataset.gallery[2].identity, 11);
  EXPECT_TRUE(dataset.has_cameras);
  EXPECT_EQ(dataset.name, "market1501");
  EXPECT_EQ(dataset.title, folder_.path().filename().string())
      << "only the official counts are called market1501";
  EXPECT_THAT(dataset.warnings, IsEmpty());
}

TEST_F(DatasetTest, ReadsCuhkNames) {
  touch("bounding_box_train/0003_c1_21.png");
  touch("bounding_box_train/0004_c2_33.png");
  touch("query/1001_c1_00.jpg");
  touch("bounding_box_test/1001_c2_05.jpg");
  const Dataset dataset = open_dataset(spec("cuhk03"));
  EXPECT_EQ(dataset.train[0].identity, 3);
  EXPECT_EQ(dataset.train[0].camera, 1);
  EXPECT_EQ(dataset.query[0].identity, 1001);
  EXPECT_EQ(open_dataset(folder_.path().string()).name, "cuhk03");
}

TEST_F(DatasetTest, RecognisesABarePath) {
  make_market();
  EXPECT_EQ(open_dataset(folder_.path().string()).name, "market1501");
  test::TemporaryFolder other;
  for (const char* name : {"anna/1.jpg", "ben/1.jpg"}) write_text(other / name, "x");
  EXPECT_EQ(open_dataset(other.path().string()).name, "folder");
  write_text(other / "list.csv", "path,identity\nanna/1.jpg,anna\nben/1.jpg,ben\n");
  EXPECT_EQ(open_dataset((other / "list.csv").string()).name, "csv");
}

TEST_F(DatasetTest, RefusesWhatItCannotFindOrName) {
  EXPECT_THROW(open_dataset("nonsense:" + folder_.path().string()), InvalidArgument);
  EXPECT_THAT(failure("nonsense:x"), AllOf(HasSubstr("unknown format"), HasSubstr("market1501:FOLDER")));
  EXPECT_THAT(failure("market1501:/no/such"), AllOf(HasSubstr("no such folder"), HasSubstr("/no/such")));
  EXPECT_THAT(failure("csv:/no/such.csv"), HasSubstr("no such file"));
  EXPECT_THAT(failure("/no/such"), HasSubstr("no such folder or file"));
  EXPECT_THAT(failure(spec("market1501")),
              AllOf(HasSubstr("at least one of bounding_box_train/"), HasSubstr("none of them")));
  EXPECT_THAT(failure(spec("folder")), HasSubstr("no image in the dataset"));
}

TEST_F(DatasetTest, ANameWithoutCameraIsAnErrorInFixedLayouts) {
  make_market();
  touch("query/0011_x1s6_027271_01.jpg");
  EXPECT_THROW(open_dataset(spec("market1501")), DataError);
  EXPECT_THAT(failure(spec("market1501")),
              AllOf(HasSubstr("query/0011_x1s6_027271_01.jpg"), HasSubstr("0002_c1s1_000451_03.jpg")));
  EXPECT_THAT(failure(spec("cuhk03")), HasSubstr("0003_c1_21.png"));
}

TEST_F(DatasetTest, CountsWhatItLeavesOut) {
  make_market();
  touch("query/Thumbs.db");
  std::filesystem::create_symlink("gone.jpg", folder_ / "query/0002_c4s1_000999_01.jpg");
  touch("bounding_box_train/-1_c1s1_000401_03.jpg");
  touch("query/0002_c3s1_000999_01.jpg");
  touch("query/0011_c3s3_075919_03.jpg");
  const Dataset dataset = open_dataset(spec("market1501"));
  EXPECT_THAT(
      dataset.warnings,
      UnorderedElementsAre(Pair("file of an unknown type, left out", 1),
                           Pair("link to a file that is not there, left out", 1),
                           Pair("junk or distractor image outside the gallery, left out", 1),
                           Pair("identity in both train and query", 1), Pair("file name in two splits", 1),
                           Pair("query identity missing from the gallery", 1)));
  EXPECT_EQ(dataset.train.size(), 3U);
}

TEST_F(DatasetTest, AMissingSplitIsAnErrorOnlyWhenNeeded) {
  touch("bounding_box_train/0002_c1s1_000451_03.jpg");
  touch("bounding_box_train/0007_c1s1_000451_03.jpg");
  const Dataset dataset = open_dataset(spec("market1501"));
  EXPECT_EQ(require_split(dataset, Split::kTrain).size(), 2U);
  try {
    require_split(dataset, Split::kGallery);
    FAIL();
  } catch (const DataError& error) {
    EXPECT_THAT(error.what(),
                AllOf(HasSubstr("no gallery images"), HasSubstr("2 train"), HasSubstr("bounding_box_test")));
  }
}

TEST_F(DatasetTest, OneIdentityIsTooFewToTrain) {
  touch("bounding_box_train/0002_c1s1_000451_03.jpg");
  EXPECT_THAT(failure(spec("market1501")), AllOf(HasSubstr("too few identities"), HasSubstr("at least 2")));
}

TEST_F(DatasetTest, ReadsFoldersByIdentity) {
  touch("ben/x_c2_01.jpg");
  touch("anna/sub/y-c1s3-02.PNG");
  touch("anna/x_c2_01.jpg");
  const Dataset dataset = open_dataset(spec("folder"));
  EXPECT_THAT(dataset.identity_names, ElementsAre("", "anna", "ben"));
  ASSERT_EQ(dataset.train.size(), 3U);
  EXPECT_EQ(dataset.train[0].camera, 1);
  EXPECT_EQ(dataset.train[0].identity, 1);
  EXPECT_EQ(dataset.train[2].identity, 2);
  EXPECT_EQ(dataset.train[2].camera, 2);
  EXPECT_TRUE(dataset.has_cameras);
  EXPECT_EQ(identity_name(dataset, 2), "ben");
}

TEST_F(DatasetTest, FoldersWithoutCamerasAndOddThings) {
  touch("anna/1.jpg");
  touch("anna/notes.txt");
  touch("ben/1_c1.jpg");
  touch("loose.jpg");
  std::filesystem::create_directory(folder_ / "nobody");
  const Dataset dataset = open_dataset(spec("folder"));
  EXPECT_FALSE(dataset.has_cameras);
  EXPECT_EQ(dataset.train[1].camera, kNoCamera);
  EXPECT_THAT(dataset.warnings,
              UnorderedElementsAre(
                  Pair("file of an unknown type, left out", 1), Pair("identity folder without an image", 1),
                  Pair("file outside the identity folders, left out", 1),
                  Pair("image without a camera where others have one (no cameras are used)", 1)));
}

TEST_F(DatasetTest, FoldersUnderSplits) {
  touch("train/a/1.jpg");
  touch("train/b/1.jpg");
  touch("query/c/1.jpg");
  touch("gallery/c/2.jpg");
  touch("more/d/1.jpg");
  const Dataset dataset = open_dataset(folder_.path().string());
  EXPECT_EQ(dataset.name, "folder");
  EXPECT_EQ(dataset.train.size(), 2U);
  EXPECT_EQ(dataset.query[0].identity, dataset.gallery[0].identity);
  EXPECT_THAT(dataset.warnings, ElementsAre(Pair("folder beside train/, query/ and gallery/, left out", 1)));
}

TEST_F(DatasetTest, SplitsQueriesOneForEachCamera) {
  for (const char* name :
       {"a/1_c1.jpg", "a/2_c1.jpg", "a/3_c2.jpg", "a/4_c2.jpg", "b/1_c1.jpg", "b/2_c2.jpg", "c/1_c1.jpg"})
    touch(name);
  Dataset dataset = open_dataset(spec("folder"));
  Dataset again = dataset;
  const std::string before = dataset.fingerprint;
  split_queries(dataset, 3);
  EXPECT_THAT(dataset.train, IsEmpty());
  ASSERT_EQ(dataset.query.size(), 3U) << "two of a, one of b (the other stays in the gallery), none of c";
  EXPECT_EQ(dataset.gallery.size(), 4U);
  EXPECT_EQ(dataset.query[0].camera, 1);
  EXPECT_EQ(dataset.query[1].camera, 2);
  EXPECT_NE(dataset.fingerprint, before);
  EXPECT_EQ(dataset.warnings.at("identity of one image: no query of it"), 1);
  split_queries(again, 3);
  EXPECT_EQ(again.fingerprint, dataset.fingerprint);
  EXPECT_THROW(split_queries(dataset, 3), InvalidArgument);
}

TEST_F(DatasetTest, SplitsQueriesWithoutCamerasTakeTheFirst) {
  for (const char* name : {"a/1.jpg", "a/2.jpg", "b/1.jpg", "b/2.jpg"}) touch(name);
  Dataset dataset = open_dataset(spec("folder"));
  split_queries(dataset, 1);
  ASSERT_EQ(dataset.query.size(), 2U);
  EXPECT_EQ(dataset.query[0].path, folder_ / "a/1.jpg");
  EXPECT_EQ(dataset.query[1].path, folder_ / "b/1.jpg");
}

TEST_F(DatasetTest, ReadsCsv) {
  for (const char* name : {"i/1.jpg", "i/2, \"big\".jpg", "i/3.jpg"}) touch(name);
  touch("list.csv",
        "\xEF\xBB\xBFpath,identity,camera,split,caption\r\n"
        "i/1.jpg,Älva,3,query,\"A man,\nin \"\"red\"\"\"\r\n"
        "\"i/2, \"\"big\"\".jpg\",Älva,4,gallery,\r\n"
        "\r\n"
        "i/1.jpg,Älva,3,query,again\r\n"
        "i/3.jpg,0001,4,gallery,");
  const Dataset dataset = open_dataset("csv:" + (folder_ / "list.csv").string());
  ASSERT_EQ(dataset.query.size(), 1U);
  EXPECT_THAT(dataset.query[0].captions, ElementsAre("A man,\nin \"red\"", "again"));
  EXPECT_EQ(dataset.query[0].camera, 3);
  EXPECT_THAT(dataset.identity_names, ElementsAre("", "0001", "Älva"));
  EXPECT_EQ(dataset.gallery.size(), 2U);
  EXPECT_EQ(dataset.title, "list");
}

TEST_F(DatasetTest, CsvErrorsNameTheLine) {
  touch("a.jpg");
  touch("b.jpg");
  const auto says = [this](const std::string& text) {
    touch("list.csv", text);
    return failure("csv:" + (folder_ / "list.csv").string());
  };
  EXPECT_THAT(says(""), HasSubstr("list.csv:1: the file is empty"));
  EXPECT_THAT(says("a.jpg,1\n"),
              HasSubstr("list.csv:1: unknown column 'a.jpg' in the header line; known: path, identity"));
  EXPECT_THAT(says("path\na.jpg\n"), HasSubstr("list.csv:1: the header line lacks the column 'identity'"));
  EXPECT_THAT(says("path,identity,path\n"), HasSubstr("list.csv:1: column 'path' twice"));
  EXPECT_THAT(says("path,identity\na.jpg,1\nb.jpg\n"),
              HasSubstr("list.csv:3: expected 2 fields as in the header line, got 1"));
  EXPECT_THAT(says("path,identity\n,1\n"), HasSubstr("list.csv:2: the path is empty"));
  EXPECT_THAT(says("path,identity\na.jpg,\n"), HasSubstr("list.csv:2: the identity is empty"));
  EXPECT_THAT(says("path,identity\nc.jpg,1\n"),
              AllOf(HasSubstr("list.csv:2:"), HasSubstr("c.jpg is not there")));
  EXPECT_THAT(says("path,identity\nlist.csv,1\n"),
              AllOf(HasSubstr("list.csv:2:"), HasSubstr("not of a known type (.jpg")));
  EXPECT_THAT(says("path,identity,camera\na.jpg,1,left\n"),
              HasSubstr("list.csv:2: camera 'left' is not a number from 0 on"));
  EXPECT_THAT(says("path,identity,split\na.jpg,1,test\n"),
              HasSubstr("list.csv:2: unknown split 'test'; expected train, query or gallery"));
  EXPECT_THAT(says("path,identity\n\"a.jpg,1\n\n"),
              HasSubstr("list.csv:2: a quote is opened and not closed"));
  EXPECT_THAT(says("path,identity\n\"a.jpg\"x,1\n"), HasSubstr("list.csv:2: text after a closing quote"));
  EXPECT_THAT(says("path,identity\na.jpg,1\n./a.jpg,1\n"),
              AllOf(HasSubstr("list.csv:3:"), HasSubstr("again, without a caption")));
  EXPECT_THAT(says("path,identity\na.jpg,1\na.jpg,2\n"),
              AllOf(HasSubstr("list.csv:3:"), HasSubstr("with another identity")));
  EXPECT_THROW(open_dataset("csv:" + (folder_ / "list.csv").string()), DataError);
}

TEST_F(DatasetTest, ReadsCaptionsAndAttributes) {
  make_market();
  touch(
      "captions.jsonl",
      "{\"image\": \"query/0011_c1s6_027271_01.jpg\", \"captions\": [\"A woman in red.\", \" \", \"Rot.\"]}\n"
      "\n"
      "{\"image\": \"query/none.jpg\", \"captions\": [\"x\"]}\n"
      "{\"image\": \"query/0011_c1s6_027271_01.jpg\", \"captions\": [\"Again.\"]}\n");
  touch("attributes.json", R"({"0002": {"gender": "female"}, "0999": {"gender": "male"}})");
  const Dataset dataset = open_dataset(spec("market1501"));
  EXPECT_THAT(dataset.query[0].captions, ElementsAre("A woman in red.", "Rot.", "Again."));
  EXPECT_THAT(dataset.attributes, ElementsAre(Pair(2, ElementsAre(Pair("gender", "female")))));
  for (const Record& record : dataset.train)
    EXPECT_EQ(image_attributes(dataset, record).contains("gender"), record.identity == 2) << record.path;
  EXPECT_THAT(dataset.warnings,
              UnorderedElementsAre(Pair("caption without its image", 1), Pair("empty caption, left out", 1),
                                   Pair("image captioned twice (the captions are joined)", 1),
                                   Pair("attributes of an identity without image", 1)));
}

TEST_F(DatasetTest, AttributesByTheNameOfAFolder) {
  touch("anna/1.jpg");
  touch("ben/1.jpg");
  touch("attributes.json", R"({"ben": {"upper_colour": "red"}})");
  const Dataset dataset = open_dataset(spec("folder"));
  EXPECT_THAT(dataset.attributes, ElementsAre(Pair(2, ElementsAre(Pair("upper_colour", "red")))));
}

TEST_F(DatasetTest, AnnotationErrorsNameTheLine) {
  make_market();
  const std::string good = "{\"image\": \"query/0011_c1s6_027271_01.jpg\", \"captions\": [\"a\"]}\n";
  touch("captions.jsonl", good + "{\"image\": 3}\n");
  EXPECT_THAT(failure(spec("market1501")), AllOf(HasSubstr("captions.jsonl:2"), HasSubstr("broken line")));
  touch("captions.jsonl", good + good + "{\"image\": \"x\", \"capt");
  EXPECT_THAT(failure(spec("market1501")), HasSubstr("captions.jsonl:3"));
  std::filesystem::remove(folder_ / "captions.jsonl");
  touch("attributes.json", "{\n\"0002\": {\n\"age\": 2,\n}}\n");
  EXPECT_THAT(failure(spec("market1501")), HasSubstr("attributes.json:4: not JSON"));
  touch("attributes.json", R"({"0002": {"gender": "tall"}})");
  EXPECT_THROW(open_dataset(spec("market1501")), DataError);
  EXPECT_THAT(failure(spec("market1501")),
              AllOf(HasSubstr("attributes.json: identity 0002"), HasSubstr("tall")));
}

TEST_F(DatasetTest, FingerprintSeesNamesSizesAndCaptions) {
  make_market();
  const std::string first = open_dataset(spec("market1501")).fingerprint;
  EXPECT_EQ(first.size(), 16U);
  EXPECT_EQ(open_dataset(spec("market1501") + "/.").fingerprint, first) << "where it lies does not matter";
  touch("captions.jsonl", "{\"image\": \"query/0011_c1s6_027271_01.jpg\", \"captions\": [\"a\"]}\n");
  const std::string captioned = open_dataset(spec("market1501")).fingerprint;
  EXPECT_NE(captioned, first);
  touch("query/0011_c1s6_027271_01.jpg", "xy");
  const std::string grown = open_dataset(spec("market1501")).fingerprint;
  EXPECT_NE(grown, captioned);
  std::filesystem::rename(folder_ / "bounding_box_train/0007_c3s3_077419_03.jpg",
                          folder_ / "bounding_box_train/0007_c4s3_077419_03.jpg");
  EXPECT_NE(open_dataset(spec("market1501")).fingerprint, grown);
}

TEST_F(DatasetTest, DescribesTheSplits) {
  make_market();
  const std::string text = describe(open_dataset(spec("market1501")));
  EXPECT_THAT(text, AllOf(HasSubstr("train"), HasSubstr("identities"), HasSubstr("gallery")));
}

TEST(DevelopmentData, Market) {
  DMF_NEEDS_DEVELOPMENT_DATA();
  const Dataset dataset =
      open_dataset("market1501:" + (test::development_data() / "data/market1501s").string());
  EXPECT_EQ(dataset.train.size(), 9408U);
  EXPECT_EQ(dataset.query.size(), 868U);
  EXPECT_EQ(dataset.gallery.size(), 2660U);
  EXPECT_EQ(dataset.title, "market1501s");
  int64_t captioned = 0, captions = 0;
  std::map<int64_t, int64_t> images;
  for (const auto* split : {&dataset.train, &dataset.query, &dataset.gallery}) {
    for (const Record& record : *split) {
      captioned += !record.captions.empty();
      captions += static_cast<int64_t>(record.captions.size());
      if (split == &dataset.train) ++images[record.identity];
    }
  }
  EXPECT_EQ(images.size(), 551U);
  EXPECT_EQ(captioned, 849);
  EXPECT_EQ(captions, 1319);
  EXPECT_EQ(dataset.attributes.size(), 751U);
  EXPECT_THAT(dataset.warnings, IsEmpty());
}

TEST(DevelopmentData, Cuhk) {
  DMF_NEEDS_DEVELOPMENT_DATA();
  const Dataset dataset = open_dataset((test::development_data() / "data/cuhk03p1-detected").string());
  EXPECT_EQ(dataset.name, "cuhk03");
  EXPECT_EQ(dataset.train.size(), 7239U);
  EXPECT_EQ(dataset.query.size(), 200U);
  EXPECT_EQ(dataset.gallery.size(), 738U);
  EXPECT_THAT(dataset.warnings, IsEmpty());
}

}  // namespace
}  // namespace dmf::data
