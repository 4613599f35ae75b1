#pragma once
#include <filesystem>

namespace dmf::test {

/// Folder of the development data: DMF_DEV_DATA, else ../shared beside the project. Empty when it is not
/// there.
std::filesystem::path development_data();

/// Folder of the Python packages with the pre-trained encoders (.deps/site). Empty when it is not there.
std::filesystem::path packages();

/// Folder tests/golden of the project.
std::filesystem::path golden();

}  // namespace dmf::test

/// Skips the test, saying so, where the development data is absent.
#define DMF_NEEDS_DEVELOPMENT_DATA() \
  if (dmf::test::development_data().empty()) GTEST_SKIP() << "no development data (set DMF_DEV_DATA)"
