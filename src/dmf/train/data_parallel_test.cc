#include "dmf/train/data_parallel.h"

#include <ATen/Parallel.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>

#include "dmf/core/error.h"
#include "dmf/core/file.h"
#include "dmf/core/progress.h"
#include "dmf/train/trainer.h"
#include "dmf/train/two_stage.h"
#include "support/free_port.h"
#include "support/temporary_folder.h"
#include "support/tiny_encoder.h"
#include "support/tiny_world.h"

namespace dmf::train {
namespace {

using test::free_port;
using test::TinyBatches;
using test::TinyWorld;
using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr int64_t kSteps = 10;

class DataParallel : public testing::Test {
 protected:
  void SetUp() override {
    Progress::set_enabled(false);
    at::set_num_threads(1);  // a child of fork() has no other threads
  }

  /// Runs `work` in as many processes, each of which leaves a text, or the message of its error.
  std::vector<std::string> run(int64_t size,
                               const std::function<std::string(std::shared_ptr<const Ranks>)>& work) {
    const int64_t port = free_port();
    std::vector<pid_t> children;
    for (int64_t rank = 0; rank < size; ++rank) {
      const pid_t child = ::fork();
      if (child != 0) {
        children.push_back(child);
        continue;
      }
      std::string text;
      try {
        text = work(std::make_shared<const Ranks>(
            Launch{.rank = rank, .size = size, .host = "127.0.0.1", .port = port}, std::chrono::seconds(30)));
      } catch (const std::exception& error) {
        text = error.what();
      }
      write_text(file_of(rank), text);
      ::_exit(0);
    }
    std::vector<std::string> texts;
    for (int64_t rank = 0; rank < size; ++rank) {
      ::waitpid(children[static_cast<size_t>(rank)], nullptr, 0);
      texts.push_back(std::filesystem::exists(file_of(rank)) ? read_text(file_of(rank)) : "killed");
    }
    return texts;
  }
  std::filesystem::path file_of(int64_t rank) const { return folder_ / fmt::format("rank{}", rank); }

  test::TemporaryFolder folder_;
};

fuse::DmfModel shared_model() {
  const fuse::ModelOptions options{.width = 16, .heads = 2, .residual_init = 1, .max_text_length = 4};
  return {options,
          std::make_shared<test::FixedNormEncoder>(
              TinyWorld::kChannels, translate::TokenGrid{TinyWorld::kRows, TinyWorld::kColumns}),
          TinyWorld::kTextWidth, 40, 1};
}

/// Losses of ten steps, then the sum of all tensors, as JSON.
std::string trained(const std::shared_ptr<const Ranks>& ranks, int64_t parts = 1) {
  fuse::DmfModel model = shared_model();
  TrainerOptions options;
  options.optimizer = {.name = "sgd", .momentum = 0.9, .encoder_rate = 1, .clip_norm = 5};
  options.ranks = ranks;
  options.parts = parts;
  Trainer trainer(model, options);
  const TinyBatches batches({}, 40, 2);
  std::vector<double> figures;
  for (int64_t step = 0; step < kSteps; ++step)
    figures.push_back(trainer.step(batches.draw(step), 0.02, step).loss);
  for (const auto& [name, tensor] : model.tensors())
    figures.push_back(tensor.to(torch::kFloat64).abs().sum().item<double>());
  return nlohmann::json(figures).dump();
}

TEST_F(DataParallel, NRanksGiveTheLossesOfOne) {
  const std::vector<double> alone = nlohmann::json::parse(trained(nullptr));
  for (const auto& [size, parts] : {std::pair<int64_t, int64_t>{2, 1}, {4, 1}, {3, 2}}) {
    const int64_t parts_of_rank = parts;
    const std::vector<std::string> texts =
        run(size, [&](const auto& ranks) { return trained(ranks, parts_of_rank); });
    for (const std::string& text : texts) {
      const nlohmann::json figures = nlohmann::json::parse(text, nullptr, false);
      ASSERT_TRUE(figures.is_array()) << text;
      ASSERT_EQ(figures.size(), alone.size());
      for (size_t i = 0; i < alone.size(); ++i)
        EXPECT_NEAR(figures[i].get<double>(), alone[i], 1e-5 * alone[i] + 1e-7)
            << size << " ranks, figure " << i;
    }
    EXPECT_THAT(texts, testing::Each(texts[0])) << "all ranks have the same model, bit for bit";
  }
}

TEST_F(DataParallel, ARankThatDiesIsNamed) {
  const std::vector<std::string> texts = run(4, [](const std::shared_ptr<const Ranks>& ranks) {
    for (int64_t step = 0; step < 3; ++step) ranks->wait_for_all();
    if (ranks->rank() == 2) ::raise(SIGKILL);
    ranks->wait_for_all();
    return std::string("nobody noticed");
  });
  EXPECT_EQ(texts[2], "killed");
  for (const int64_t rank : {0, 1, 3}) {
    EXPECT_THAT(texts[static_cast<size_t>(rank)],
                AllOf(HasSubstr(fmt::format("rank {} of 4", rank)), HasSubstr(": rank 2 of 4 (process "),
                      HasSubstr("is gone"), HasSubstr("--resume")));
  }
}

TEST_F(DataParallel, CollectsRowsAndTakesFromTheFirst) {
  const std::vector<std::string> texts = run(3, [](const std::shared_ptr<const Ranks>& ranks) {
    const int64_t rank = ranks->rank();
    const torch::Tensor rows = ranks->gather(at::full({rank + 1, 2}, static_cast<double>(rank)));
    const torch::Tensor taken = at::full({2}, static_cast<double>(rank + 7));
    ranks->take_from_first({taken});
    return fmt::format("{} {} {}", rows.size(0), rows.sum().item<double>(), taken.sum().item<double>());
  });
  EXPECT_THAT(texts, testing::Each(std::string("6 16 14"))) << "2 rows of 1 and 3 of 2, each of 2 numbers";
}

TEST_F(DataParallel, SaysWhenNotAllCome) {
  const int64_t port = free_port();
  try {
    Ranks(Launch{.rank = 0, .size = 2, .host = "127.0.0.1", .port = port}, std::chrono::seconds(1));
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(),
                AllOf(HasSubstr("rank 0 of 2"), HasSubstr("within 1 s"), HasSubstr("are 2 processes")));
  }
}

TEST(Shard, HoldsWholeIdentities) {
  Batch batch{.images = at::arange(8).to(torch::kFloat32).view({8, 1, 1, 1}),
              .texts = {at::arange(4).to(torch::kFloat32).view({4, 1, 1}), at::ones({4, 1}, torch::kBool)},
              .labels = torch::tensor({5, 5, 2, 2, 9, 9, 1, 1, 5, 2, 9, 1}, torch::kInt64)};
  const Batch second = shard_of(batch, 1, 2);
  EXPECT_TRUE(at::equal(second.labels, torch::tensor({9, 9, 1, 1, 9, 1}, torch::kInt64)));
  EXPECT_TRUE(at::equal(second.images.flatten(), torch::tensor({4.F, 5.F, 6.F, 7.F})));
  EXPECT_TRUE(at::equal(second.texts.tokens.flatten(), torch::tensor({2.F, 3.F})));
  EXPECT_FALSE(second.weights.defined());
  EXPECT_EQ(shard_of(batch, 0, 3).labels.size(0), 3);
  EXPECT_EQ(shard_of(batch, 2, 3).labels.size(0), 6);
  EXPECT_THROW(shard_of(batch, 0, 5), InvalidArgument);
}

}  // namespace
}  // namespace dmf::train
