#pragma once
#include <filesystem>
#include <string>
#include <vector>

namespace dmf::test {

/// Arguments of a training that takes seconds: small images, a small model, `steps` steps a stage, on the CPU
/// in float32.
/// @param command  "train" or "quickstart"
/// @param folder   gets the token stores (tokens/); the run folder is `folder`/run
std::vector<std::string> tiny_training(const std::string& command, const std::string& dataset,
                                       const std::filesystem::path& folder, int steps = 10);

/// `first` and then `second`.
std::vector<std::string> operator+(std::vector<std::string> first, const std::vector<std::string>& second);

}  // namespace dmf::test
