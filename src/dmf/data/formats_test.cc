#include <gmock/gmock.h>

#include <algorithm>
#include <set>

#include "dmf/core/error.h"
#include "dmf/core/file.h"
#include "dmf/data/dataset.h"
#include "support/miniature_datasets.h"
#include "support/temporary_folder.h"

namespace dmf::data {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

std::set<int64_t> identities(const std::vector<Record>& records) {
  std::set<int64_t> result;
  for (const Record& record : records) result.insert(record.identity);
  return result;
}

std::set<int64_t> cameras(const std::vector<Record>& records) {
  std::set<int64_t> result;
  for (const Record& record : records) result.insert(record.camera);
  return result;
}

std::vector<std::string> names(const std::vector<Record>& records) {
  std::vector<std::string> result;
  for (const Record& record : records) result.push_back(record.path.name());
  return result;
}

std::string failure(const std::string& spec) {
  try {
    open_dataset(spec);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

/// Datasets of the published layouts; each test's own, as are the caches, which lie in the working folder.
class FormatsTest : public ::testing::Test {
 protected:
  FormatsTest() : start_(fs::current_path()) { fs::current_path(folder_.path()); }
  ~FormatsTest() override { fs::current_path(start_); }

  fs::path make(const std::string& miniature) const {
    return test::make_miniature(miniature, folder_ / miniature);
  }

  Dataset open(const std::string& format, const std::string& miniature,
               const std::string& options = "") const {
    return open_dataset(format + ":" + make(miniature).string() + options);
  }

  fs::path start_;
  test::TemporaryFolder folder_;
};

TEST_F(FormatsTest, MarketWithAndWithoutDistractors) {
  const fs::path root = make("market1501+500k");
  const Dataset plain = open_dataset("market1501:" + root.string());
  EXPECT_EQ(plain.name, "market1501");
  EXPECT_THAT(plain.train, SizeIs(32));
  EXPECT_THAT(plain.query, SizeIs(8));
  EXPECT_THAT(plain.gallery, SizeIs(10)) << "8 of persons, a junk image, a distractor";
  const Dataset more = open_dataset("market1501:" + root.string() + "?distractors=true");
  EXPECT_THAT(more.gallery, SizeIs(15));
  EXPECT_EQ(std::count_if(more.gallery.begin(), more.gallery.end(),
                          [](const Record& record) { return record.identity == kDistractor; }),
            6);
  EXPECT_TRUE(more.has_cameras);
  EXPECT_NE(more.fingerprint, plain.fingerprint);
  fs::remove_all(root / "images");
  EXPECT_THAT(failure("market1501:" + root.string() + "?distractors=true"), HasSubstr("distractors_500k"));
}

TEST_F(FormatsTest, DukesPersonsAreNotMarkets) {
  const fs::path root = make("dukemtmc");
  const Dataset dataset = open_dataset(root.string());
  EXPECT_EQ(dataset.name, "dukemtmc");
  EXPECT_EQ(identities(dataset.train), (std::set<int64_t>{1, 3, 5, 7, 9, 11, 13, 15}));
  EXPECT_EQ(cameras(dataset.gallery), (std::set<int64_t>{1, 2, 6}));
  EXPECT_EQ(
      open_dataset("market1501:" + root.string()).warnings.count("file names of another dataset's form"), 1U);
}

TEST_F(FormatsTest, Cuhk03NpByItsFolderOrTheOneAbove) {
  const fs::path detected = make("cuhk03");
  const Dataset dataset = open_dataset(detected.string());
  EXPECT_EQ(dataset.name, "cuhk03");
  EXPECT_THAT(dataset.train, SizeIs(32));
  EXPECT_EQ(dataset.variant, "detected boxes, new protocol");
  EXPECT_EQ(open_dataset("cuhk03:" + detected.parent_path().string()).root, detected);
  EXPECT_EQ(open_dataset("cuhk03:" + detected.parent_path().string() + "?boxes=labeled").root,
            detected.parent_path() / "labeled");
  EXPECT_THAT(failure("cuhk03:" + detected.string() + "?protocol=classic"), HasSubstr("cuhk-03.mat"));
}

TEST_F(FormatsTest, Msmt17CountsBothPartsFromZero) {
  for (const std::string version : {"msmt17", "msmt17-v2"}) {
    const fs::path root = make(version);
    const Dataset dataset = open_dataset(root.string());
    EXPECT_EQ(dataset.name, "msmt17");
    EXPECT_EQ(dataset.variant, version == "msmt17" ? "V1" : "V2");
    EXPECT_THAT(dataset.train, SizeIs(32));
    EXPECT_THAT(dataset.query, SizeIs(8));
    EXPECT_THAT(dataset.gallery, SizeIs(8));
    EXPECT_EQ(cameras(dataset.train), (std::set<int64_t>{1, 2}));
    EXPECT_EQ(identity_name(dataset, dataset.train[0].identity), "train 0000");
    EXPECT_EQ(identity_name(dataset, dataset.query[0].identity), "test 0000");
    EXPECT_THAT(dataset.warnings, IsEmpty())
        << "identity 0 to train is another person than identity 0 to test";
    EXPECT_THAT(open_dataset("msmt17:" + root.string() + "?val=false").train, SizeIs(30));
  }
}

TEST_F(FormatsTest, Msmt17AllTrainsOnEveryone) {
  const Dataset dataset = open("msmt17_all", "msmt17_all");
  EXPECT_THAT(dataset.train, SizeIs(48));
  EXPECT_THAT(identities(dataset.train), SizeIs(12));
  EXPECT_THAT(dataset.query, IsEmpty());
  EXPECT_THAT(dataset.gallery, IsEmpty());
}

TEST_F(FormatsTest, Msmt17OfMixedVersionsIsRefused) {
  const fs::path root = make("msmt17-v2");
  fs::rename(root / "mask_train_v2/0003", root / "mask_train_v2/3000");
  EXPECT_THAT(failure("msmt17:" + root.string()),
              AllOf(HasSubstr("list_train.txt:12"), HasSubstr("4 of 48 listed images are not there"),
                    HasSubstr("lists of one version of MSMT17 and the images of another")));
  fs::create_directories(root / "train");
  EXPECT_THAT(failure("msmt17:" + root.string()),
              HasSubstr("images of both versions of MSMT17 in one folder"));
  for (const char* name : {"train", "mask_train_v2", "mask_test_v2"}) fs::remove_all(root / name);
  EXPECT_THAT(failure("msmt17:" + root.string()), HasSubstr("lists of MSMT17 without its images"));
}

TEST_F(FormatsTest, Msmt17CountsWhatItsListsContradict) {
  const fs::path root = make("msmt17");
  const std::string spec = "msmt17:" + root.string(), train = read_text(root / "list_train.txt");
  const std::string first = train.substr(0, train.find('\n') + 1);
  write_text(root / "list_train.txt", train + first);
  const Dataset twice = open_dataset(spec);
  EXPECT_THAT(twice.train, SizeIs(32));
  EXPECT_EQ(twice.warnings.at("image listed twice, the second time left out"), 1);
  write_text(root / "list_train.txt",
             first.substr(0, first.rfind(' ')) + " 3\n" + train.substr(first.size()));
  EXPECT_EQ(open_dataset(spec).warnings.at("identity of a list that is not its folder's"), 1);
  write_text(root / "list_train.txt", train);
  fs::remove(root / "list_val.txt");
  EXPECT_EQ(open_dataset(spec).warnings.at("list that is not there"), 1);
}

TEST_F(FormatsTest, AFileInPlaceOfAFolderIsNamed) {
  const fs::path file = make("cuhk03") / "cuhk-03.mat";
  write_text(file, "");
  EXPECT_THAT(failure("cuhk03:" + file.string()), AllOf(HasSubstr("a file where a folder is meant"),
                                                        HasSubstr(file.parent_path().string() + "?")));
}

TEST_F(FormatsTest, Msmt17NamesABrokenLine) {
  const fs::path root = make("msmt17");
  write_text(root / "list_val.txt", "0000/0000_001_02_0303morning_0016_1.jpg 0\n0000/0000_001_02.jpg zero\n");
  EXPECT_THAT(failure("msmt17:" + root.string()),
              AllOf(HasSubstr("list_val.txt:2"), HasSubstr("PATH IDENTITY")));
}

TEST_F(FormatsTest, RandPersonsCamerasBelongToScenes) {
  for (const std::string part : {"randperson", "randperson-whole"}) {
    const fs::path root = make(part);
    const Dataset dataset = open_dataset(root.string());
    EXPECT_EQ(dataset.name, "randperson");
    EXPECT_THAT(dataset.train, SizeIs(48));
    EXPECT_THAT(identities(dataset.train), SizeIs(12));
    EXPECT_EQ(*identities(dataset.train).begin(), 1) << "0 is kept for distractors";
    EXPECT_EQ(identity_name(dataset, 1), "000000");
    EXPECT_EQ(cameras(dataset.train), (std::set<int64_t>{0, 1, 100, 101, 200, 201}));
    EXPECT_THAT(dataset.warnings, IsEmpty());
  }
}

TEST_F(FormatsTest, FineGprHasCaptionsAndAttributes) {
  for (const std::string part : {"finegpr", "finegpr-subset"}) {
    const fs::path root = make(part);
    const Dataset dataset = open_dataset(root.string());
    EXPECT_EQ(dataset.name, "finegpr");
    EXPECT_THAT(dataset.train, SizeIs(part == "finegpr" ? 144 : 48));
    EXPECT_THAT(identities(dataset.train), SizeIs(12));
    EXPECT_THAT(cameras(dataset.train), SizeIs(part == "finegpr" ? 12 : 4));
    for (const Record& record : dataset.train) EXPECT_THAT(record.captions, SizeIs(1));
    EXPECT_EQ(dataset.train[0].captions[0], "A woman in a black coat and white trousers.");
    ASSERT_THAT(dataset.attributes, SizeIs(12));
    EXPECT_EQ(dataset.attributes.at(1).at("upper_colour"), "black");
    EXPECT_EQ(dataset.attributes.at(1).at("gender"), "female");
    EXPECT_THAT(dataset.warnings, IsEmpty());
  }
}

TEST_F(FormatsTest, FineGprDrawsTheSameImagesForTheSameSeed) {
  const fs::path root = make("finegpr");
  const auto draw = [&](const std::string& options) {
    return open_dataset("finegpr:" + root.string() + options);
  };
  const Dataset first = draw("?per_identity=5&seed=1"), again = draw("?seed=1&per_identity=5");
  const Dataset other = draw("?per_identity=5&seed=2"), more = draw("?per_identity=100");
  EXPECT_THAT(first.train, SizeIs(60));
  EXPECT_THAT(identities(first.train), SizeIs(12));
  EXPECT_EQ(names(first.train), names(again.train));
  EXPECT_EQ(first.fingerprint, again.fingerprint);
  EXPECT_NE(names(first.train), names(other.train));
  for (const Record& record : first.train) EXPECT_THAT(record.captions, SizeIs(1));
  EXPECT_THAT(more.train, SizeIs(144));
  EXPECT_EQ(more.warnings.at("identity with fewer images than are to be drawn"), 12);
  // Other identities do not change the draw.
  fs::remove_all(root / "0004");
  const Dataset fewer = draw("?per_identity=5&seed=1");
  auto expected = names(first.train);
  std::erase_if(expected, [](const std::string& name) { return name.starts_with("0004"); });
  EXPECT_EQ(names(fewer.train), expected);
}

TEST_F(FormatsTest, FineGprDrawsIdentitiesEachDrawWithinTheLarger) {
  const fs::path root = make("finegpr");
  const auto drawn = [&](const std::string& options) {
    return identities(open_dataset("finegpr:" + root.string() + options).train);
  };
  const auto three = drawn("?identities=3"), seven = drawn("?identities=7");
  EXPECT_THAT(three, SizeIs(3));
  EXPECT_THAT(seven, SizeIs(7));
  EXPECT_TRUE(std::includes(seven.begin(), seven.end(), three.begin(), three.end()));
  EXPECT_NE(drawn("?identities=3&seed=1"), three);
  const Dataset both = open_dataset("finegpr:" + root.string() + "?identities=3&per_identity=2");
  EXPECT_EQ(identities(both.train), three);
  EXPECT_THAT(both.train, SizeIs(6));
  EXPECT_EQ(both.variant, "3 identities, 2 images an identity, seed 0");
  EXPECT_THAT(both.warnings, IsEmpty());
  EXPECT_THAT(failure("finegpr:" + root.string() + "?identities=13"),
              HasSubstr("?identities=13: there are 12"));
}

TEST_F(FormatsTest, SmallSetsAreSplitIntoHalves) {
  struct Case {
    const char* format;
    size_t train, query, gallery, persons;
  };
  for (const Case& c :
       {Case{"cuhk01", 24, 12, 12, 6}, Case{"viper", 12, 6, 6, 6}, Case{"prid", 8, 4, 7, 4}}) {
    const fs::path root = make(c.format);
    const Dataset dataset = open_dataset(root.string());
    EXPECT_EQ(dataset.name, c.format);
    EXPECT_THAT(dataset.train, SizeIs(c.train)) << c.format;
    EXPECT_THAT(dataset.query, SizeIs(c.query)) << c.format;
    EXPECT_THAT(dataset.gallery, SizeIs(c.gallery)) << c.format;
    EXPECT_THAT(identities(dataset.train), SizeIs(c.persons)) << c.format;
    EXPECT_EQ(cameras(dataset.query), std::set<int64_t>{1}) << c.format;
    EXPECT_EQ(cameras(dataset.gallery), std::set<int64_t>{2}) << c.format;
    for (const int64_t person : identities(dataset.query))
      EXPECT_FALSE(identities(dataset.train).contains(person)) << c.format;
    const Dataset other = open_dataset(std::string(c.format) + ":" + root.string() + "?split=4");
    EXPECT_NE(names(other.train), names(dataset.train)) << c.format;
    EXPECT_THAT(dataset.warnings, IsEmpty()) << c.format;
  }
}

TEST_F(FormatsTest, PridsPersonsFrom201OnAreStrangersOfViewB) {
  const Dataset dataset = open("prid", "prid");
  EXPECT_EQ(std::count_if(dataset.gallery.begin(), dataset.gallery.end(),
                          [](const Record& record) { return record.identity == kDistractor; }),
            3);
  for (const auto* records : {&dataset.train, &dataset.query})
    for (const Record& record : *records) EXPECT_LE(record.identity, 200);
}

TEST_F(FormatsTest, GridTakesItsPublishedPartitions) {
  const fs::path root = make("grid");
  const Dataset first = open_dataset(root.string());
  EXPECT_EQ(first.name, "grid");
  EXPECT_EQ(identities(first.train), (std::set<int64_t>{1, 3, 5, 7, 9, 11}));
  EXPECT_EQ(identities(first.gallery), (std::set<int64_t>{kDistractor, 2, 4, 6, 8, 10, 12}));
  EXPECT_EQ(cameras(first.gallery), (std::set<int64_t>{2, 3, 4, 5}));
  EXPECT_EQ(identities(open_dataset("grid:" + root.string() + "?split=1").train),
            (std::set<int64_t>{2, 4, 6, 8, 10, 12}));
  EXPECT_THAT(failure("grid:" + root.string() + "?split=2"), HasSubstr("split 2 of 2"));
  fs::remove(root / "features_and_partitions.mat");
  const Dataset whole = open_dataset("grid:" + root.string());
  EXPECT_THAT(whole.train, IsEmpty());
  EXPECT_THAT(whole.query, SizeIs(12));
}

TEST_F(FormatsTest, IlidsHasNoCamerasAndOnePictureOfEachSide) {
  const Dataset dataset = open("ilids", "ilids");
  EXPECT_FALSE(dataset.has_cameras);
  EXPECT_THAT(identities(dataset.train), SizeIs(6));
  EXPECT_THAT(dataset.query, SizeIs(6));
  EXPECT_THAT(dataset.gallery, SizeIs(6));
  EXPECT_EQ(identities(dataset.query), identities(dataset.gallery));
  for (size_t i = 0; i < 6; ++i) EXPECT_NE(dataset.query[i].path, dataset.gallery[i].path);
}

TEST_F(FormatsTest, CaptionedSetsTrainOnTheirPublishedPart) {
  for (const std::string format : {"cuhkpedes", "icfgpedes", "rstpreid"}) {
    const fs::path root = make(format);
    const Dataset dataset = open_dataset(root.string());
    EXPECT_EQ(dataset.name, format);
    EXPECT_THAT(dataset.train, SizeIs(32));
    EXPECT_THAT(identities(dataset.train), SizeIs(8));
    EXPECT_THAT(dataset.query, IsEmpty());
    for (const Record& record : dataset.train) EXPECT_THAT(record.captions, SizeIs(2));
    EXPECT_EQ(dataset.has_cameras, format != "cuhkpedes");
    const std::set<int64_t> known{1, 2}, none{kNoCamera};
    EXPECT_EQ(cameras(dataset.train), dataset.has_cameras ? known : none);
    EXPECT_THAT(open_dataset(format + ":" + root.string() + "?split=all").train, SizeIs(48));
  }
}

TEST_F(FormatsTest, CuhkPedesWithoutThePeopleOfATestSet) {
  const fs::path root = make("cuhkpedes");
  const Dataset dataset = open_dataset("cuhkpedes:" + root.string() + "?without=Market");
  EXPECT_THAT(dataset.train, SizeIs(16));
  for (const Record& record : dataset.train) EXPECT_THAT(record.path.string(), HasSubstr("/cam_a/"));
  EXPECT_THAT(failure("cuhkpedes:" + root.string() + "?without=Markt"),
              HasSubstr("no images in imgs/Markt/"));
}

TEST_F(FormatsTest, ACaptionedSetNamesABrokenEntry) {
  const fs::path root = make("rstpreid");
  write_text(root / "data_captions.json", R"([{"id": 1, "split": "train", "captions": ["A coat."]}])");
  EXPECT_THAT(failure("rstpreid:" + root.string()), AllOf(HasSubstr("entry 1"), HasSubstr("img_path")));
  write_text(root / "data_captions.json",
             R"([{"id": 1, "img_path": "no.jpg", "split": "train", "captions": ["A coat."]}])");
  EXPECT_THAT(failure("rstpreid:" + root.string()),
              AllOf(HasSubstr("1 of 1 listed"), HasSubstr("imgs/no.jpg")));
  write_text(root / "data_captions.json", R"([{"id": 1,)");
  EXPECT_THAT(failure("rstpreid:" + root.string()), HasSubstr("data_captions.json: behind entry 0"));
}

TEST_F(FormatsTest, TheFolderThatWasProbablyMeantIsNamed) {
  const fs::path market = make("market1501"), msmt = make("msmt17"), viper = make("viper");
  const fs::path fine = make("finegpr"), ilids = make("ilids");
  const auto meant = [](const fs::path& path) { return HasSubstr("did you mean " + path.string() + "?"); };
  EXPECT_THAT(failure("market1501:" + (market / "query").string()), meant(market));
  EXPECT_THAT(failure("market1501:" + market.parent_path().string()), meant(market));
  EXPECT_THAT(failure("msmt17:" + msmt.parent_path().string()), meant(msmt));
  EXPECT_THAT(failure("msmt17:" + (msmt / "train").string()), meant(msmt));
  EXPECT_THAT(failure("viper:" + viper.parent_path().string()), meant(viper));
  EXPECT_THAT(failure("viper:" + (viper / "cam_a").string()), meant(viper));
  EXPECT_THAT(failure("finegpr:" + (fine / "0001").string()), meant(fine));
  EXPECT_THAT(failure("finegpr:" + fine.parent_path().string()), meant(fine));
  EXPECT_THAT(failure("ilids:" + ilids.parent_path().string()), meant(ilids));
  EXPECT_THAT(failure(viper.parent_path().string()),
              AllOf(HasSubstr("a folder that holds one"), meant(viper)))
      << "read as folders by identity, it would be a dataset of one person";
}

TEST_F(FormatsTest, OptionsAreCheckedAndTheNearestIsNamed) {
  const std::string fine = "finegpr:" + make("finegpr").string(),
                    duke = "dukemtmc:" + make("dukemtmc").string();
  EXPECT_THROW(open_dataset(fine + "?per_idntity=3"), InvalidArgument);
  EXPECT_THAT(failure(fine + "?per_idntity=3"), HasSubstr("did you mean `finegpr.per_identity`"));
  EXPECT_THAT(failure(fine + "?per_identity=-1"), AllOf(HasSubstr("?per_identity=-1"), HasSubstr("0 …")));
  EXPECT_THAT(failure(fine + "?per_identity"), HasSubstr("expected ?key=value"));
  EXPECT_THAT(failure(duke + "?split=1"), HasSubstr("takes no options"));
  EXPECT_THAT(failure("marke:x"), HasSubstr("did you mean `market1501:`"));
  const fs::path odd = folder_ / "what?x=1";
  test::make_miniature("market1501", odd);
  EXPECT_THAT(open_dataset("market1501:" + odd.string()).train, SizeIs(32))
      << "a path that is there is a path";
}

TEST_F(FormatsTest, EveryMiniatureIsRecognisedByItsContent) {
  for (const std::string& name : test::miniature_names()) {
    const Dataset dataset = open_dataset(make(name).string());
    const std::string expected = name == "msmt17_all" ? "msmt17" : name.substr(0, name.find_first_of("+-"));
    EXPECT_EQ(dataset.name, expected) << name;
  }
}

}  // namespace
}  // namespace dmf::data
