#include <gmock/gmock.h>

#include <fstream>

#include "dmf/core/error.h"
#include "dmf/core/file.h"
#include "dmf/data/caption_file.h"
#include "dmf/data/file_index.h"
#include "dmf/data/file_name.h"
#include "dmf/data/image_path.h"
#include "support/temporary_folder.h"

namespace dmf::data {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(ImagePath, IsThePathItWasMadeOf) {
  for (const char* text : {"/data/a/b.jpg", "a/b.jpg", "b.jpg", "/b.jpg", "./x/y.png"}) {
    const ImagePath path{fs::path(text)};
    EXPECT_EQ(path.string(), text);
    EXPECT_EQ(fs::path(path), fs::path(text));
    EXPECT_EQ(path, fs::path(text));
    EXPECT_EQ(path.filename(), fs::path(text).filename());
    EXPECT_EQ(path.parent_path(), fs::path(text).parent_path());
  }
}

TEST(ImagePath, SharesItsFolder) {
  const ImagePath a{fs::path("/data/a/1.jpg")}, b("/data/a", "2.jpg"), c{fs::path("/data/b/1.jpg")};
  EXPECT_EQ(&a.folder(), &b.folder());
  EXPECT_NE(&a.folder(), &c.folder());
}

TEST(ImagePath, IsOrderedPartByPartAsPathsAre) {
  const std::vector<fs::path> paths{"/a/b.jpg",    "/a/b/c.jpg", "/a/b-c/d.jpg",
                                    "/a/ba/a.jpg", "/a.jpg",     "/a-b/c.jpg"};
  for (const fs::path& x : paths) {
    for (const fs::path& y : paths) EXPECT_EQ(ImagePath(x) < ImagePath(y), x < y) << x << " " << y;
  }
}

TEST(ImagePath, TellsItsNameBelowAFolder) {
  const ImagePath path{fs::path("/data/set/query/1.jpg")};
  EXPECT_EQ(path.below("/data/set"), "query/1.jpg");
  EXPECT_EQ(path.below("/data/set/"), "query/1.jpg");
  EXPECT_EQ(path.below("/data/se"), "/data/set/query/1.jpg");
  EXPECT_EQ(ImagePath(fs::path("./a/1.jpg")).below("."), "a/1.jpg");
}

TEST(FileName, ReadsBothOrdersOfRandPerson) {
  for (const char* name : {"000012_s03_c01_f000264.jpg", "000012_c01_s03_f000264.jpg"}) {
    const auto parsed = parse_randperson(name);
    ASSERT_TRUE(parsed) << name;
    EXPECT_EQ(parsed->identity, 12);
    EXPECT_EQ(parsed->scene, 3);
    EXPECT_EQ(parsed->camera, 1);
  }
  for (const char* name : {"000012_s03_c01.jpg", "000012_s03_s01_f1.jpg", "x_s03_c01_f1.jpg",
                           "0002_c1s1_000451_03.jpg", "000012_s03_c01_f1_x.jpg", ""}) {
    EXPECT_FALSE(parse_randperson(name)) << name;
  }
}

class FileIndexTest : public ::testing::Test {
 protected:
  void touch(const std::string& name, const std::string& bytes = "x") const {
    write_text(folder_ / ("set/" + name), bytes);
  }

  FileIndex open() const { return FileIndex::open(folder_ / "set", folder_ / "cache", 1); }

  static std::vector<std::string> names(const FileIndex& index) {
    std::vector<std::string> result;
    for (const FileIndex::Folder& folder : index.folders()) {
      for (uint64_t i = folder.first; i < folder.first + folder.count; ++i)
        result.push_back(folder.name + "/" + std::string(index.name(i)));
    }
    return result;
  }

  /// Moves the folders' times of change into the past, where they are taken as known.
  void age() const {
    const auto past = fs::file_time_type::clock::now() - std::chrono::hours(1);
    for (const auto& entry : fs::recursive_directory_iterator(folder_ / "set"))
      if (entry.is_directory()) fs::last_write_time(entry.path(), past);
    fs::last_write_time(folder_ / "set", past);
  }

  test::TemporaryFolder folder_;
};

TEST_F(FileIndexTest, ListsImagesByFolder) {
  touch("b/2.jpg", "four");
  touch("b/10.JPG");
  touch("a/c/1.png");
  touch("0.jpg", "");
  touch("b/thumbs.db");
  touch("b/readme.txt");
  const FileIndex index = open();
  EXPECT_THAT(names(index), ElementsAre("/0.jpg", "a/c/1.png", "b/10.JPG", "b/2.jpg"));
  EXPECT_EQ(index.bytes(0), 0);
  EXPECT_EQ(index.bytes(3), 4);
  EXPECT_EQ(index.others(), 1U) << "a text beside the images is not strange";
}

TEST_F(FileIndexTest, IsKeptUntilAFolderChanges) {
  touch("a/1.jpg");
  touch("b/1.jpg");
  age();
  EXPECT_FALSE(open().was_kept());
  const FileIndex kept = open();
  EXPECT_TRUE(kept.was_kept());
  EXPECT_THAT(names(kept), ElementsAre("a/1.jpg", "b/1.jpg"));
  touch("a/2.jpg");
  const FileIndex fresh = open();
  EXPECT_FALSE(fresh.was_kept());
  EXPECT_THAT(names(fresh), ElementsAre("a/1.jpg", "a/2.jpg", "b/1.jpg"));
  EXPECT_FALSE(open().was_kept()) << "a folder changed just now may change again within the clock's tick";
}

TEST_F(FileIndexTest, ABrokenIndexIsMadeAnew) {
  touch("a/1.jpg");
  age();
  open();
  const fs::path file = fs::directory_iterator(folder_ / "cache")->path();
  const std::string whole = read_text(file);
  for (const size_t size : {size_t{0}, size_t{5}, size_t{30}, whole.size() - 1}) {
    write_text(file, whole.substr(0, size));
    const FileIndex index = open();
    EXPECT_FALSE(index.was_kept()) << size;
    EXPECT_THAT(names(index), ElementsAre("a/1.jpg"));
  }
}

TEST_F(FileIndexTest, SmallSetsAreNotKept) {
  touch("a/1.jpg");
  age();
  FileIndex::open(folder_ / "set", folder_ / "cache");
  EXPECT_FALSE(fs::exists(folder_ / "cache"));
}

TEST_F(FileIndexTest, AMissingFolderIsAnError) { EXPECT_THROW(open(), DataError); }

class CaptionFileTest : public ::testing::Test {
 protected:
  CaptionFileTest() {
    reading_.dataset.root = folder_.path();
    for (const char* name : {"0001_c01_w01_l01_p01.jpg", "0002_c01_w01_l01_p01.jpg"})
      reading_.dataset.train.push_back({folder_ / name, 1, 1, {}});
  }

  std::vector<std::string> read(const std::string& name, const std::string& text) {
    write_text(folder_ / name, text);
    for (Record& record : reading_.dataset.train) record.captions.clear();
    read_caption_file(reading_, folder_ / name);
    std::vector<std::string> captions;
    for (const Record& record : reading_.dataset.train) {
      for (const std::string& caption : record.captions)
        captions.push_back(record.path.name()[3] + (": " + caption));
    }
    return captions;
  }

  std::string failure(const std::string& name, const std::string& text) {
    try {
      read(name, text);
    } catch (const DataError& error) {
      return error.what();
    }
    return "";
  }

  test::TemporaryFolder folder_;
  Reading reading_;
};

TEST_F(CaptionFileTest, ReadsLinesInTheirForms) {
  const auto expected = ElementsAre("1: A man.", "2: A woman, old.");
  EXPECT_THAT(read("c.txt",
                   "ImageName:0002_c01_w01_l01_p01.jpg, the caption is: A woman, old.\n"
                   "ImageName:0001_c01_w01_l01_p01.jpg, the caption is: A man.\r\n"),
              expected);
  EXPECT_THAT(
      read("c.txt", "0001_c01_w01_l01_p01.jpg A man.\n\n0002/0002_c01_w01_l01_p01.jpg\tA woman, old."),
      expected);
  EXPECT_THAT(read("c.txt", "0001_c01_w01_l01_p01.jpg,A man.\n0002_c01_w01_l01_p01.jpg: A woman, old.\n"),
              expected);
  EXPECT_THAT(read("c.jsonl", R"({"image": "0001_c01_w01_l01_p01", "caption": "A man."})"
                              "\n"
                              R"({"image": "x/0002_c01_w01_l01_p01.jpg", "captions": ["A woman, old."]})"),
              expected);
}

TEST_F(CaptionFileTest, ReadsJsonInItsForms) {
  const auto expected = ElementsAre("1: A man.", "2: A woman, old.");
  EXPECT_THAT(read("c.json", R"([{"image_id": "0001_c01_w01_l01_p01", "caption": "A man."},
                                 {"file_name": "0002_c01_w01_l01_p01.jpg", "captions": ["A woman, old."]}])"),
              expected);
  EXPECT_THAT(read("c.json", R"({"info": {"year": 2021},
      "images": [{"id": 7, "file_name": "0001_c01_w01_l01_p01.jpg"}, {"id": 8, "file_name": "0002_c01_w01_l01_p01.jpg"},
                 {"id": 9, "file_name": "0003_c01_w01_l01_p01.jpg"}],
      "annotations": [{"id": 1, "image_id": 8, "caption": "A woman, old."}, {"id": 2, "image_id": 7, "caption": "A man."},
                      {"id": 3, "image_id": 9, "caption": "Nobody."}]})"),
              expected);
  EXPECT_EQ(reading_.dataset.warnings.at("caption without its image"), 1);
}

TEST_F(CaptionFileTest, ImagesThatWereNotDrawnAreNoStrangers) {
  reading_.is_drawn = true;
  read("c.txt", "0001_c01_w01_l01_p01.jpg A man.\n0009_c01_w01_l01_p01.jpg Nobody.\n");
  EXPECT_THAT(reading_.dataset.warnings, IsEmpty());
}

TEST_F(CaptionFileTest, NamesWhatItCannotRead) {
  EXPECT_THAT(failure("c.txt", "0001_c01_w01_l01_p01.jpg A man.\nA man.\n"), HasSubstr("c.txt:2"));
  EXPECT_THAT(failure("c.txt", "0009_c01_w01_l01_p01.jpg A man.\n"), HasSubstr("no sentence for any image"));
  EXPECT_THAT(failure("c.json", R"([{"caption": "A man."}])"), HasSubstr("c.json:1"));
  EXPECT_THAT(failure("c.json", R"([{"caption": "A man.")"), HasSubstr("c.json: object 0"));
  EXPECT_THROW(read_caption_file(reading_, folder_ / "none.txt"), DataError);
}

}  // namespace
}  // namespace dmf::data
