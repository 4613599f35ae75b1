#include "cli/tiny_training.h"

namespace dmf::test {

std::vector<std::string> tiny_training(const std::string& command, const std::string& dataset,
                                       const std::filesystem::path& folder, int steps) {
  std::vector<std::string> arguments = {command, "--train", dataset, "--out", (folder / "run").string()};
  for (const std::string& option :
       {"run.cache=" + (folder / "tokens").string(), std::string("run.device=cpu"),
        std::string("run.precision=float32"), std::string("image.name=efficientnet-lite0"),
        std::string("image.height=64"), std::string("image.width=32"), std::string("store.views=1"),
        std::string("model.width=64"), std::string("model.heads=4"), std::string("model.depth=1"),
        std::string("batch.identities=4"), std::string("batch.samples=2"),
        std::string("batch.texts_beside=1"), "pretrain.steps=" + std::to_string(steps),
        "finetune.steps=" + std::to_string(steps), std::string("train.log_every=5")}) {
    arguments.insert(arguments.end(), {"--set", option});
  }
  return arguments;
}

std::vector<std::string> operator+(std::vector<std::string> first, const std::vector<std::string>& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

}  // namespace dmf::test
