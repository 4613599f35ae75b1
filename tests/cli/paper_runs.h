#pragma once
#include <filesystem>
#include <string>
#include <vector>

namespace dmf::test {

/// Writes miniatures of the paper's datasets into `root` under the names that --data-root looks for.
void make_paper_datasets(const std::filesystem::path& root);

/// `--set …` that shrink a configuration of the paper until it takes seconds: the light encoders, small
/// images, a small model, few samples, one epoch a stage.
/// @param cache  gets the token stores
std::vector<std::string> shrunk(const std::filesystem::path& cache);

}  // namespace dmf::test
