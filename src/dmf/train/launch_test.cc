#include "dmf/train/launch.h"

#include <gmock/gmock.h>

#include <map>

#include "dmf/core/error.h"

namespace dmf::train {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

Launch launched(const std::map<std::string, std::string>& variables) {
  return launch_from([&](const char* name) {
    const auto found = variables.find(name);
    return found == variables.end() ? std::string() : found->second;
  });
}

void expect(const Launch& launch, int64_t rank, int64_t size, const std::string& host, int64_t port) {
  EXPECT_EQ(launch.rank, rank);
  EXPECT_EQ(launch.size, size);
  EXPECT_EQ(launch.host, host);
  EXPECT_EQ(launch.port, port);
}

TEST(Launch, IsAloneWithoutALauncher) {
  EXPECT_TRUE(launched({}).is_alone());
  EXPECT_TRUE(launched({{"SLURM_PROCID", "0"}, {"SLURM_STEP_NUM_TASKS", "1"}}).is_alone())
      << "srun with one task";
  EXPECT_TRUE(launched({{"SLURM_PROCID", "0"}, {"SLURM_NTASKS", "4"}}).is_alone())
      << "a batch script, not srun";
  EXPECT_TRUE(launched({{"RANK", "3"}}).is_alone()) << "somebody else's variable";
}

TEST(Launch, ReadsTorchrun) {
  expect(launched({{"RANK", "3"},
                   {"WORLD_SIZE", "8"},
                   {"MASTER_ADDR", "node7"},
                   {"MASTER_PORT", "4567"},
                   {"SLURM_PROCID", "0"},  // within a Slurm job
                   {"SLURM_STEP_NUM_TASKS", "2"}}),
         3, 8, "node7", 4567);
}

TEST(Launch, ReadsMpirun) {
  std::map<std::string, std::string> variables = {
      {"OMPI_COMM_WORLD_RANK", "1"}, {"OMPI_COMM_WORLD_SIZE", "4"}, {"OMPI_COMM_WORLD_LOCAL_SIZE", "4"}};
  expect(launched(variables), 1, 4, "127.0.0.1", 29500);
  variables["OMPI_COMM_WORLD_LOCAL_SIZE"] = "2";
  EXPECT_THAT([&] { launched(variables); }, ThrowsMessage<InvalidArgument>(HasSubstr("set MASTER_ADDR")));
  variables["MASTER_ADDR"] = "node1";
  expect(launched(variables), 1, 4, "node1", 29500);
  expect(launched({{"PMI_RANK", "0"}, {"PMI_SIZE", "2"}, {"MPI_LOCALNRANKS", "2"}}), 0, 2, "127.0.0.1",
         29500);
}

TEST(Launch, ReadsSlurm) {
  expect(launched({{"SLURM_PROCID", "5"},
                   {"SLURM_STEP_NUM_TASKS", "6"},
                   {"SLURM_STEP_NODELIST", "gpu[03-04,7]"},
                   {"SLURM_JOB_ID", "123456"}}),
         5, 6, "gpu03", 23456);
  EXPECT_EQ(first_host("a,b"), "a");
  EXPECT_EQ(first_host("a"), "a");
  EXPECT_EQ(first_host("rack1-n[12,15]"), "rack1-n12");
  EXPECT_EQ(first_host("login,gpu[1-2]"), "login");
}

TEST(Launch, RefusesNonsense) {
  EXPECT_THAT(
      [] {
        launched({{"RANK", "4"}, {"WORLD_SIZE", "4"}});
      },
      ThrowsMessage<InvalidArgument>(HasSubstr("RANK: expected a number 0 … 3, got `4`")));
  EXPECT_THAT(
      [] {
        launched({{"RANK", "x"}, {"WORLD_SIZE", "4"}});
      },
      ThrowsMessage<InvalidArgument>(HasSubstr("got `x`")));
}

}  // namespace
}  // namespace dmf::train
