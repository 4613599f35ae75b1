#include "cli/paper_runs.h"

#include "support/miniature_datasets.h"

namespace dmf::test {

void make_paper_datasets(const std::filesystem::path& root) {
  make_miniature("market1501", root / "Market-1501-v15.09.15");
  make_miniature("dukemtmc", root / "DukeMTMC-reID");
  make_miniature("cuhk03", root / "cuhk03-np");
  // These three make a folder of their published name.
  for (const char* name : {"msmt17", "randperson", "finegpr"}) make_miniature(name, root);
}

std::vector<std::string> shrunk(const std::filesystem::path& cache) {
  std::vector<std::string> arguments = {"--epochs", "1"};
  for (const std::string& option :
       {"run.cache=" + cache.string(), std::string("run.device=cpu"), std::string("run.precision=float32"),
        std::string("image.name=efficientnet-lite0"), std::string("image.weights="),
        std::string("image.freeze=stage5"), std::string("image.height=64"), std::string("image.width=32"),
        std::string("text_encoder.name=minilm-l6"), std::string("text_encoder.folder="),
        std::string("model.initial="), std::string("model.width=64"), std::string("model.heads=4"),
        std::string("model.depth=1"), std::string("batch.identities=4"), std::string("batch.samples=2"),
        std::string("batch.epoch=identities")}) {
    arguments.insert(arguments.end(), {"--set", option});
  }
  return arguments;
}

}  // namespace dmf::test
