// A run that is killed at any moment, whose disk is full, whose checkpoint is damaged.
#include <ATen/Parallel.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>

#include <atomic>
#include <fstream>

#include "dmf/core/error.h"
#include "dmf/core/file.h"
#include "dmf/core/progress.h"
#include "dmf/train/checkpoint.h"
#include "dmf/train/two_stage.h"
#include "support/temporary_folder.h"
#include "support/tiny_encoder.h"
#include "support/tiny_world.h"

namespace {

/// Calls of this process that changed files, and the one at which it kills itself.
std::atomic<int64_t> g_calls{0};
std::atomic<int64_t> g_last_call{-1};

bool is_last_call() { return g_calls++ == g_last_call; }

}  // namespace

// In the place of libc's, for the whole test program: a power cut in the middle of the call.
extern "C" ssize_t write(int file, const void* bytes, size_t count) {
  if (file > 2 && is_last_call()) {
    ::syscall(SYS_write, file, bytes, count / 2);
    ::raise(SIGKILL);
  }
  return ::syscall(SYS_write, file, bytes, count);
}
extern "C" int rename(const char* from, const char* to) noexcept {
  if (is_last_call()) ::raise(SIGKILL);
  return static_cast<int>(::syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0));
}
extern "C" int fsync(int) {
  if (is_last_call()) ::raise(SIGKILL);
  return 0;  // what a killed process wrote outlives it anyway
}

namespace dmf::train {
namespace {

using test::TinyBatches;
using test::TinyWorld;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

constexpr int64_t kPeople = 16;

class LostRun : public testing::Test {
 protected:
  void SetUp() override {
    Progress::set_enabled(false);
    at::set_num_threads(1);  // a child of fork() has no other threads
    const int64_t before = g_calls;
    train(whole());
    calls_ = g_calls - before;
    expected_ = read_text(whole() / "metrics.jsonl");
  }

  std::filesystem::path whole() const { return folder_ / "whole"; }
  std::filesystem::path broken() const { return folder_ / "broken"; }
  std::filesystem::path newest() const { return broken() / "checkpoint/newest.safetensors"; }
  std::filesystem::path previous() const { return broken() / "checkpoint/previous.safetensors"; }

  /// Five steps of stage I, four of stage II, a line of metrics every two, a checkpoint behind every step.
  TwoStageRun run_in(const std::filesystem::path& folder) const {
    TwoStageRun run{.folder = folder, .seed = 5};
    run.options.pretrain = {.steps = 5, .learning_rate = 3e-3};
    run.options.finetune = {.steps = 4, .learning_rate = 1e-3};
    run.options.optimizer.ema = 0.9;
    run.options.progress = {.log_every = 2, .checkpoint_minutes = 1e-9};
    run.validate = [](const fuse::DmfModel& model, const std::string&, int64_t) {
      return nlohmann::json(model.parameters().at("image.projection.weight").sum().item<double>());
    };
    return run;
  }

  /// The model that the run in `folder` gives.
  weights::NamedTensors train(const std::filesystem::path& folder, bool resume = false,
                              const std::string& fingerprint = "tiny") const {
    fuse::ModelOptions options;
    options.width = 16;
    options.heads = 2;
    options.drop_path = 0.3;
    options.max_text_length = 4;
    fuse::DmfModel model(
        options,
        std::make_shared<test::TinyEncoder>(TinyWorld::kChannels,
                                            translate::TokenGrid{TinyWorld::kRows, TinyWorld::kColumns}),
        TinyWorld::kTextWidth, kPeople, 1);
    TwoStageRun run = run_in(folder);
    run.resume = resume;
    train_two_stages(model, {std::make_shared<TinyBatches>(TinyWorld{}, kPeople, 2), "tiny", fingerprint},
                     {std::make_shared<TinyBatches>(TinyWorld{}, kPeople, 0), "tiny", fingerprint}, run);
    return model.tensors();
  }

  /// A process that trains and kills itself at a call that changes a file. @return false: it came to its end
  bool train_until(int64_t calls, bool resume) const {
    const pid_t child = ::fork();
    if (child == 0) {
      g_last_call = g_calls + calls;
      train(broken(), resume);
      ::_exit(0);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_TRUE(WIFSIGNALED(status) || WEXITSTATUS(status) == 0) << "status " << status;
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
  }

  /// A run that was killed when it had taken some steps of stage II.
  void leave_two_checkpoints() const {
    ASSERT_TRUE(train_until(calls_ * 7 / 10, false));
    ASSERT_TRUE(std::filesystem::exists(newest()) && std::filesystem::exists(previous()));
  }

  void expect_same(const weights::NamedTensors& got) const {
    EXPECT_EQ(read_text(broken() / "metrics.jsonl"), expected_) << "losses, bit for bit";
    const std::optional<Checkpoint> last = load_checkpoint(whole() / "checkpoint");
    ASSERT_TRUE(last.has_value());
    for (const auto& [name, tensor] : last->model) EXPECT_TRUE(at::equal(got.at(name), tensor)) << name;
  }

  test::TemporaryFolder folder_;
  std::string expected_;  ///< metrics.jsonl of a run that nothing happened to
  int64_t calls_ = 0;     ///< that change files, of such a run
};

TEST_F(LostRun, KilledAtAnyCallThatChangesAFileItGoesOnBitForBit) {
  int64_t killed = 0;
  for (int64_t calls = 0; train_until(calls, false); calls += calls_ / 17) {
    ++killed;
    expect_same(train(broken(), true));
    if (HasFailure()) FAIL() << "killed at call " << calls;
    std::filesystem::remove_all(broken());
  }
  EXPECT_GE(killed, 17);
}

TEST_F(LostRun, KilledAgainAndAgainItStillComesToItsEnd) {
  int64_t processes = 1;
  while (train_until(calls_ * 10 / 37, processes > 1)) ASSERT_LT(++processes, 50);
  EXPECT_GE(processes, 4);
  expect_same(train(broken(), true));
  for (const auto& entry : std::filesystem::recursive_directory_iterator(broken()))
    EXPECT_EQ(entry.path().string().find(".part"), std::string::npos) << "left behind: " << entry.path();
}

TEST_F(LostRun, ADamagedCheckpointGivesWayToTheOneBeforeIt) {
  leave_two_checkpoints();
  const std::string content = read_text(newest());
  const auto damage = [&](const std::string& text) {
    std::filesystem::remove_all(broken() / "checkpoint");
    std::filesystem::copy(folder_ / "kept", broken() / "checkpoint");
    write_text(newest(), text);
  };
  std::filesystem::copy(broken() / "checkpoint", folder_ / "kept");
  std::vector<std::string> contents = {"",
                                       content.substr(0, 7),
                                       content.substr(0, 100),
                                       content.substr(0, content.size() / 2),
                                       content.substr(0, content.size() - 1),
                                       content + "x"};
  for (const double place : {0.001, 0.01, 0.02, 0.3, 0.6, 0.9999}) {  // header, metadata, tensors
    contents.push_back(content);
    contents.back()[static_cast<size_t>(place * static_cast<double>(content.size()))] ^= 1;
  }
  for (const std::string& text : contents) {
    damage(text);
    testing::internal::CaptureStdout();
    const weights::NamedTensors model = train(broken(), true);
    EXPECT_THAT(testing::internal::GetCapturedStdout(),
                AllOf(HasSubstr(newest().string()), HasSubstr("going on from the checkpoint before it")));
    expect_same(model);
    EXPECT_TRUE(std::filesystem::exists(broken() / "checkpoint/damaged.safetensors"));
  }
  std::filesystem::remove_all(broken() / "checkpoint");
  std::filesystem::copy(folder_ / "kept", broken() / "checkpoint");
  std::filesystem::remove(newest());
  expect_same(train(broken(), true));
}

TEST_F(LostRun, WithoutAWholeCheckpointEachFileIsNamed) {
  leave_two_checkpoints();
  std::filesystem::resize_file(newest(), 1000);
  std::string content = read_text(previous());
  content[content.size() / 2] ^= 4;
  write_text(previous(), content);
  EXPECT_THAT([&] { train(broken(), true); },
              ThrowsMessage<DataError>(AllOf(HasSubstr(newest().string()), HasSubstr(previous().string()),
                                             HasSubstr("does not fit its digest"), HasSubstr("hint"))));
  std::filesystem::remove(previous());
  EXPECT_THAT([&] { train(broken(), true); },
              ThrowsMessage<DataError>(HasSubstr("there is no checkpoint before it")));
}

/// Files of this process may have no more than `bytes` while it lives, as on a disk that is full.
class FullDisk {
 public:
  explicit FullDisk(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FullDisk() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }

 private:
  rlimit before_{};
  sighandler_t handler_;
};

TEST_F(LostRun, AFullDiskEndsARunThatGoesOnOnceThereIsSpace) {
  const auto lines_before = [&](const std::string& text) { return expected_.starts_with(text); };
  for (const rlim_t bytes : {200, 700, 5000, 20000}) {  // no line of metrics; some; half a checkpoint; more
    std::filesystem::remove_all(broken());
    std::string message = "no error";
    {
      const FullDisk full(bytes);
      try {
        train(broken());
      } catch (const DataError& error) {
        message = error.what();
      }
    }
    EXPECT_THAT(message,
                AllOf(HasSubstr(broken().string()), HasSubstr("cannot write"), HasSubstr("--resume")));
    for (const auto& entry : std::filesystem::recursive_directory_iterator(broken())) {
      const std::string name = entry.path().filename();
      EXPECT_TRUE(entry.is_directory() || name == "metrics.jsonl") << "half a file: " << entry.path();
    }
    const std::string metrics = read_text(broken() / "metrics.jsonl");
    EXPECT_TRUE(metrics.empty() || metrics.back() == '\n') << metrics;
    EXPECT_TRUE(lines_before(metrics));
    expect_same(train(broken(), true));
  }
}

TEST_F(LostRun, AFullDiskLeavesTheCheckpointThereIs) {
  leave_two_checkpoints();
  {
    const FullDisk full(20000);
    EXPECT_THAT([&] { train(broken(), true); },
                ThrowsMessage<DataError>(AllOf(HasSubstr("next.safetensors"), HasSubstr("cannot write"))));
  }
  expect_same(train(broken(), true));
}

TEST_F(LostRun, DataThatHasChangedIsRefused) {
  leave_two_checkpoints();
  EXPECT_THAT(
      [&] { train(broken(), true, "other"); },
      ThrowsMessage<DataError>(AllOf(HasSubstr("stage finetune"), HasSubstr("tiny of fingerprint other"),
                                     HasSubstr("expected tiny of fingerprint tiny"))));
}

TEST(Checkpoint, ResumesWithAnotherPlaceOfTheSameDataAndRefusesOtherOptions) {
  const Checkpoint checkpoint{
      .configuration = {{"run", {{"train", "/a"}, {"seed", 1}}}, {"train", {{"log_every", 5}}}},
      .data = {{"pretrain", {{"title", "a"}, {"fingerprint", "f"}}}}};
  const nlohmann::json data = {{"pretrain", {{"title", "b"}, {"fingerprint", "f"}}}};
  EXPECT_NO_THROW(check_same_run(
      checkpoint, {{"run", {{"train", "/b"}, {"seed", 1}}}, {"train", {{"log_every", 6}}}}, data, "folder"));
  EXPECT_THAT(
      [&] {
        check_same_run(checkpoint, {{"run", {{"train", "/a"}, {"seed", 2}}}}, data, "folder");
      },
      ThrowsMessage<InvalidArgument>(HasSubstr("`run.seed` is 2, was 1")));
}

}  // namespace
}  // namespace dmf::train
