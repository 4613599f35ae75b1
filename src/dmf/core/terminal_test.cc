// What a user sees: warnings, tables, durations, progress.
#include <gmock/gmock.h>

#include <limits>

#include "dmf/core/error.h"
#include "dmf/core/log.h"
#include "dmf/core/progress.h"
#include "dmf/core/table.h"

namespace dmf {
namespace {

using testing::HasSubstr;

TEST(DurationText, ReadsWell) {
  EXPECT_EQ(duration_text(0.44), "0.4 s");
  EXPECT_EQ(duration_text(12.4), "12 s");
  EXPECT_EQ(duration_text(59.6), "1 min 00 s");
  EXPECT_EQ(duration_text(200), "3 min 20 s");
  EXPECT_EQ(duration_text(3599.7), "1 h 00 min");
  EXPECT_EQ(duration_text(3900), "1 h 05 min");
  EXPECT_EQ(duration_text(-1), "?");
  EXPECT_EQ(duration_text(std::numeric_limits<double>::infinity()), "?");
}

TEST(TextTable, AlignsItsColumns) {
  EXPECT_EQ(text_table({"set", "mAP"}, {{"market1501s", "62.5"}, {"a", "100.0"}}),
            "set            mAP\n"
            "------------------\n"
            "market1501s   62.5\n"
            "a            100.0\n");
  EXPECT_EQ(text_table({"set"}, {}), "set\n---\n");
  EXPECT_THROW(text_table({"a", "b"}, {{"1"}}), Error);
}

TEST(WarningCounter, TellsTheFirstFewAndCountsAll) {
  testing::internal::CaptureStderr();
  configure_log("normal");
  WarningCounter warnings;
  for (int i = 0; i < 8; ++i) warnings.add("image cannot be decoded", fmt::format("{}.jpg", i));
  warnings.add("caption without image", "captions.jsonl:3");
  warnings.report();
  const std::string text = testing::internal::GetCapturedStderr();
  EXPECT_EQ(warnings.count("image cannot be decoded"), 8);
  EXPECT_EQ(warnings.count("never seen"), 0);
  EXPECT_EQ(warnings.total(), 9);
  EXPECT_THAT(text, HasSubstr("warning: image cannot be decoded: 4.jpg"));
  EXPECT_THAT(text, testing::Not(HasSubstr("5.jpg")));
  EXPECT_THAT(text, HasSubstr("image cannot be decoded: 8 in all"));
  EXPECT_THAT(text, HasSubstr("captions.jsonl:3"));
}

TEST(ConfigureLog, KnowsThreeLevels) {
  testing::internal::CaptureStderr();
  configure_log("quiet");
  spdlog::warn("not shown");
  spdlog::error("shown");
  configure_log("verbose");
  spdlog::debug("detail");
  configure_log("normal");
  spdlog::debug("no detail");
  const std::string text = testing::internal::GetCapturedStderr();
  EXPECT_EQ(text, "error: shown\ndebug: detail\n");
  EXPECT_THAT([] { configure_log("loud"); }, testing::ThrowsMessage<InvalidArgument>(
                                                 "[log] level: expected quiet, normal or verbose, got loud"));
}

TEST(Progress, TellsTheWholeAtTheEndAndCountsOnlyItsOwnWorkInTheRate) {
  testing::internal::CaptureStderr();
  Progress progress("translating", 200, "images");
  progress.skip(150);
  EXPECT_EQ(progress.rate(), 0.0);
  progress.advance(50, "loss 1.25");
  EXPECT_GT(progress.rate(), 0.0);
  progress.finish();
  progress.finish();
  const std::string text = testing::internal::GetCapturedStderr();
  EXPECT_THAT(text, testing::StartsWith("translating: 200/200 (100 %), "));
  EXPECT_THAT(text, HasSubstr("images/s, in 0.0 s  loss 1.25\n"));
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1);
}

TEST(Progress, IsSilentWhenItIsTurnedOff) {
  testing::internal::CaptureStderr();
  Progress::set_enabled(false);
  Progress progress("translating", 0, "images");
  progress.advance(1);
  progress.finish();
  Progress::set_enabled(true);
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

}  // namespace
}  // namespace dmf
