// What the machine is and how it is used: precision, device, interruption, versions.
#include <gmock/gmock.h>
#include <torch/cuda.h>

#include <csignal>
#include <cstdlib>

#include "dmf/core/error.h"
#include "dmf/core/interrupt.h"
#include "dmf/core/precision.h"
#include "dmf/core/system.h"
#include "dmf/core/version.h"

namespace dmf {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

TEST(ComputeType, FollowsTheNameAndTheHardware) {
  EXPECT_EQ(compute_type("float32", torch::kCPU), torch::kFloat32);
  EXPECT_EQ(compute_type("bfloat16", torch::kCPU), torch::kBFloat16);
  EXPECT_EQ(compute_type("auto", torch::kCPU), has_fast_bfloat16() ? torch::kBFloat16 : torch::kFloat32);
  EXPECT_EQ(compute_type("auto", torch::Device(torch::kCUDA, 0)), torch::kBFloat16);
  EXPECT_THAT(
      [] { compute_type("half", torch::kCPU); },
      ThrowsMessage<InvalidArgument>("[precision] name: expected auto, float32 or bfloat16, got half"));
}

TEST(PrecisionScope, HoldsAsLongAsItLives) {
  const torch::Tensor a = torch::ones({2, 2});
  {
    const PrecisionScope outer(torch::kBFloat16, torch::kCPU);
    EXPECT_EQ(at::mm(a, a).scalar_type(), torch::kBFloat16);
    {
      const PrecisionScope inner(torch::kFloat32, torch::kCPU);
      EXPECT_EQ(at::mm(a, a).scalar_type(), torch::kFloat32);
    }
    EXPECT_EQ(at::mm(a, a).scalar_type(), torch::kBFloat16);
  }
  EXPECT_EQ(at::mm(a, a).scalar_type(), torch::kFloat32);
}

TEST(DeviceByName, SaysWhatIsMissing) {
  EXPECT_TRUE(device_by_name("cpu").is_cpu());
  for (const char* name : {"gpu", "", "cudax", "cuda:", "cuda:x", "cuda:-1"}) {
    EXPECT_THAT([name] { device_by_name(name); },
                ThrowsMessage<InvalidArgument>(HasSubstr("expected auto, cpu, cuda or cuda:N")))
        << name;
  }
  if (torch::cuda::is_available()) {
    EXPECT_TRUE(device_by_name("auto").is_cuda());
    EXPECT_THAT([] { device_by_name("cuda:99"); }, ThrowsMessage<DeviceError>(HasSubstr("there are only")));
  } else {
    EXPECT_TRUE(device_by_name("auto").is_cpu());
    EXPECT_THAT([] { device_by_name("cuda"); }, ThrowsMessage<DeviceError>(HasSubstr("hint: ")));
    EXPECT_THAT([] { device_by_name("cuda:1"); },
                ThrowsMessage<DeviceError>(HasSubstr("`cuda:1` cannot be used")));
  }
}

TEST(InterruptDeathTest, StopsAtACleanPointAndAtOnceTheSecondTime) {
  const auto clean_point = [] {
    install_interrupt_handler();
    stop_if_interrupted("training");
    std::raise(SIGINT);
    try {
      stop_if_interrupted("training");
    } catch (const Interrupted& error) {
      std::fputs(error.what(), stderr);
      std::_Exit(error.exit_code());
    }
  };
  EXPECT_EXIT(clean_point(), testing::ExitedWithCode(130), "clean point.*\n.*training: stopped by the user");
  const auto at_once = [] {
    install_interrupt_handler();
    std::raise(SIGTERM);
    std::raise(SIGINT);
    std::_Exit(0);
  };
  EXPECT_EXIT(at_once(), testing::ExitedWithCode(130), "");
  const auto told_twice = [] {  // by `timeout`: once to the process, once to its group
    install_interrupt_handler();
    std::raise(SIGTERM);
    std::raise(SIGTERM);
    std::_Exit(interrupt_requested() ? 7 : 0);
  };
  EXPECT_EXIT(told_twice(), testing::ExitedWithCode(7), "clean point");
  EXPECT_FALSE(interrupt_requested());
}

TEST(System, TellsPlausibleThings) {
  EXPECT_GT(peak_memory_bytes(), 1 << 20);
  EXPECT_FALSE(processor_name().empty());
  EXPECT_GE(available_processors(), 1);
  const double before = wall_seconds();
  EXPECT_GE(wall_seconds(), before);
  EXPECT_THAT(timestamp(),
              testing::MatchesRegex("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[+-][0-9]{4}"));
  EXPECT_THAT(version(), testing::MatchesRegex("[0-9]+\\.[0-9]+\\.[0-9]+"));
  EXPECT_STRNE(revision(), "");
}

}  // namespace
}  // namespace dmf
