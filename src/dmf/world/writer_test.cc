#include "dmf/world/writer.h"

#include <gmock/gmock.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

#include "dmf/core/error.h"
#include "dmf/core/file.h"
#include "dmf/core/progress.h"
#include "dmf/text/attributes.h"
#include "dmf/text/keywords.h"
#include "dmf/world/studio.h"
#include "support/temporary_folder.h"

namespace dmf::world {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::ThrowsMessage;

WorldOptions small() { return {.identities = 4, .images = 3, .seed = 3, .height = 64, .width = 32}; }

/// Every file below a folder with its content.
std::map<std::string, std::string> content_of(const fs::path& folder) {
  std::map<std::string, std::string> content;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) content[fs::relative(entry, folder).string()] = read_text(entry.path());
  }
  return content;
}

size_t count_images(const fs::path& folder) {
  size_t count = 0;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; ++it)
    count += it->path().extension() == ".jpg" ? 1 : 0;
  return count;
}

class WriteWorld : public testing::Test {
 protected:
  WriteWorld() { Progress::set_enabled(false); }
  ~WriteWorld() override { Progress::set_enabled(true); }
  test::TemporaryFolder folder_;
};

TEST_F(WriteWorld, GivesTheSameBytesWithAnyNumberOfThreads) {
  write_world(small(), folder_ / "one", 1);
  write_world(small(), folder_ / "three", 3);
  const auto one = content_of(folder_ / "one");
  EXPECT_EQ(one.size(), 12U + 3U) << "images, captions, attributes, parameters";
  EXPECT_TRUE(one == content_of(folder_ / "three"));
  WorldOptions other = small();
  other.seed = 4;
  write_world(other, folder_ / "other", 2);
  EXPECT_FALSE(one == content_of(folder_ / "other"));
}

TEST_F(WriteWorld, TellsEachImageInWords) {
  write_world(small(), folder_ / "w", 2);
  std::istringstream lines(read_text(folder_ / "w/captions.jsonl"));
  size_t count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    const auto parsed = nlohmann::json::parse(line);
    EXPECT_TRUE(fs::exists(folder_ / "w" / parsed.at("image").get<std::string>()));
    ASSERT_EQ(parsed.at("captions").size(), 1U);
    EXPECT_FALSE(text::extract_keywords(parsed.at("captions").at(0).get<std::string>()).empty()) << line;
  }
  EXPECT_EQ(count, 12U);
  const auto attributes = nlohmann::json::parse(read_text(folder_ / "w/attributes.json"));
  EXPECT_EQ(attributes.size(), 4U);
  for (const auto& [identity, told] : attributes.items())
    text::check_attributes(told.get<text::Attributes>(), identity);
}

TEST_F(WriteWorld, AKilledRunIsCompleted) {
  WorldOptions options = small();
  options.identities = 12;
  const pid_t child = ::fork();
  if (child == 0) {
    write_world(options, folder_ / "killed", 1);
    ::_exit(0);
  }
  for (int i = 0; i < 3000 && count_images(folder_ / "killed") < 7; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  const size_t left = count_images(folder_ / "killed");
  ASSERT_TRUE(left >= 7 && left < 36) << left << ": the run was to be killed half-way";
  EXPECT_FALSE(fs::exists(folder_ / "killed/captions.jsonl"));
  // As if the kill had come while an image was being written.
  write_text(folder_ / "killed/0011_c01_w01_l01_p01.jpg.part77", "half");

  const WorldReport report = write_world(options, folder_ / "killed", 2);
  EXPECT_LT(report.made, report.images) << "whole identities are kept";
  write_world(options, folder_ / "whole", 2);
  EXPECT_TRUE(content_of(folder_ / "killed") == content_of(folder_ / "whole"));
  EXPECT_EQ(write_world(options, folder_ / "killed", 2).made, 0) << "nothing is left to do";
}

TEST_F(WriteWorld, RefusesAnotherWorldsFolder) {
  write_world(small(), folder_ / "w", 2);
  WorldOptions other = small();
  other.seed = 9;
  EXPECT_THAT([&] { write_world(other, folder_ / "w", 1); },
              ThrowsMessage<DataError>(AllOf(HasSubstr((folder_ / "w").string()),
                                             HasSubstr("made with other parameters: seed"),
                                             HasSubstr("expected 9"), HasSubstr("got 3"))));
  write_text(folder_ / "else/thesis.txt", "mine");
  EXPECT_THAT([&] { write_world(small(), folder_ / "else", 1); },
              ThrowsMessage<DataError>(HasSubstr("not a world's folder")));
  EXPECT_EQ(content_of(folder_ / "else").size(), 1U);
}

TEST_F(WriteWorld, AFullDiskLeavesNoHalfImage) {
  WorldOptions options = small();
  options.height = 256, options.width = 128;
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit tight{2000, before.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &tight);
  std::string message = "no error";
  try {
    write_world(options, folder_ / "w", 2);
  } catch (const DataError& error) {
    message = error.what();
  }
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, old_handler);
  EXPECT_THAT(message, AllOf(HasSubstr(".jpg: cannot write: "), HasSubstr((folder_ / "w").string())));
  EXPECT_EQ(content_of(folder_ / "w").size(), 1U) << "the parameters alone";
  EXPECT_EQ(write_world(options, folder_ / "w", 2).made, 12) << "with space again it goes on";
}

TEST_F(WriteWorld, LaysOutAsMarketDoes) {
  WorldOptions options = small();
  options.domain = "campus", options.layout = Layout::kMarket, options.captions = false;
  write_world(options, folder_ / "w", 2);
  EXPECT_EQ(count_images(folder_ / "w/bounding_box_train"), 6U);
  EXPECT_EQ(count_images(folder_ / "w/query") + count_images(folder_ / "w/bounding_box_test"), 6U);
  EXPECT_FALSE(fs::exists(folder_ / "w/captions.jsonl"));
}

TEST_F(WriteWorld, ShowsPersonsFromAllOverTheSet) {
  WorldOptions options = small();
  write_world(options, folder_ / "w", 2);
  const auto rows = sheet_images(options);
  ASSERT_EQ(rows.size(), static_cast<size_t>(std::min<int64_t>(6, options.identities)));
  for (const auto& row : rows) {
    EXPECT_EQ(row.size(), static_cast<size_t>(std::min<int64_t>(8, options.images)));
    for (const std::string& file : row) EXPECT_TRUE(fs::exists(folder_ / "w" / file)) << file;
  }
  options.identities = 600, options.images = 20;
  const auto many = sheet_images(options);
  ASSERT_EQ(many.size(), 6U);
  EXPECT_EQ(many[0].size(), 8U);
  EXPECT_EQ(many[5][0].substr(0, 4), "0501");
}

TEST_F(WriteWorld, StudioMakesTheSameImagesAndTellsWhatEachPixelShows) {
  WorldOptions options = small();
  options.height = 128;
  options.width = 64;
  write_world(options, folder_ / "world", 1);
  const Studio studio(options);
  int64_t images = 0;
  studio.photograph(2, [&](const MadeImage& made) {
    ++images;
    const std::vector<std::byte> bytes = encode_jpeg(made.picture.image, 92);
    EXPECT_EQ(read_text(folder_ / "world" / made.file),
              std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
    ASSERT_EQ(made.picture.parts.size(), 128U * 64U);
    std::array<int64_t, kParts> pixels{};
    for (const uint32_t parts : made.picture.parts)
      for (size_t part = 0; part < pixels.size(); ++part) pixels[part] += parts >> part & 1;
    for (size_t part = 0; part < pixels.size(); ++part) {
      // Four samples a pixel; a passer-by or a thing before the person hides some.
      EXPECT_LE(pixels[part], made.picture.sight.visible[part]) << part;
    }
    EXPECT_GT(pixels[static_cast<size_t>(Part::kUpper)], 20);
  });
  EXPECT_EQ(images, 3);
}

}  // namespace
}  // namespace dmf::world
