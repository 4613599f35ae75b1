#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>

#include "dmf/cli/command.h"
#include "dmf/cli/flags.h"
#include "dmf/cli/labels_file.h"
#include "dmf/cli/launched.h"
#include "dmf/cli/records.h"
#include "dmf/cli/result.h"
#include "dmf/core/error.h"
#include "dmf/core/file.h"
#include "dmf/core/log.h"
#include "dmf/core/npy.h"
#include "dmf/core/progress.h"
#include "dmf/data/dataset.h"
#include "dmf/embed/embedder.h"

namespace dmf::cli {
namespace {

struct EmbedArguments {
  std::string model, out, list, split = "all", json;
  std::vector<std::string> inputs, texts;
  embed::EmbedOptions embedding;
};

// What is to be embedded.
struct Inputs {
  std::vector<data::Record> records;
  bool has_labels = true;  // all of it comes from datasets
};

Inputs gather(const EmbedArguments& arguments) {
  Inputs inputs;
  for (const std::string& input : arguments.inputs) {
    if (std::filesystem::is_directory(input)) {
      for (const auto& file : images_below(input)) inputs.records.push_back({.path = file, .captions = {}});
      inputs.has_labels = false;
    } else if (input.find(':') != std::string::npos && !std::filesystem::exists(input)) {
      const std::vector<data::Record> records = records_of(data::open_dataset(input), arguments.split);
      inputs.records.insert(inputs.records.end(), records.begin(), records.end());
    } else {
      inputs.records.push_back({.path = input, .captions = {}});
      inputs.has_labels = false;
    }
  }
  return inputs;
}

// What was embedded, row by row, and with which figures.
struct Embedded {
  torch::Tensor vectors;
  std::vector<std::string> names;
  int64_t broken = 0;
};

/// Vectors of all images, and which each is of. Of several processes each works on its share; all get everything.
struct ImageVectors {
  torch::Tensor vectors;  ///< [M, D]
  torch::Tensor rows;     ///< [M] int64
};
ImageVectors vectors_of(const embed::Embedder& embedder, const std::vector<std::filesystem::path>& paths,
                        const train::Ranks* ranks) {
  const auto count = static_cast<int64_t>(paths.size());
  const int64_t size = ranks == nullptr ? 1 : ranks->size(), rank = ranks == nullptr ? 0 : ranks->rank();
  const int64_t first = count * rank / size, last = count * (rank + 1) / size;
  const embed::ImageEmbeddings images = embedder.images({paths.begin() + first, paths.begin() + last});
  WarningCounter warnings;
  for (const data::BrokenImage& broken : images.broken)
    warnings.add("image cannot be decoded", broken.reason);
  warnings.report();
  const ImageVectors mine{images.vectors, at::tensor(images.rows, torch::kInt64) + first};
  return ranks == nullptr ? mine : ImageVectors{ranks->gather(mine.vectors), ranks->gather(mine.rows)};
}

Embedded embed_images(const embed::Embedder& embedder, const EmbedArguments& arguments,
                      const train::Ranks* ranks) {
  Inputs inputs = gather(arguments);
  const ImageVectors images = vectors_of(embedder, paths_of(inputs.records), ranks);
  const int64_t read = images.rows.size(0);
  Embedded result{images.vectors, {}, static_cast<int64_t>(inputs.records.size()) - read};
  if (ranks != nullptr && !ranks->is_first()) return result;
  std::vector<data::Record> kept;
  for (int64_t i = 0; i < read; ++i) {
    kept.push_back(std::move(inputs.records[static_cast<size_t>(images.rows[i].item<int64_t>())]));
    result.names.push_back(kept.back().path.string());
  }
  if (inputs.has_labels) write_labels(std::filesystem::path(arguments.out).replace_extension(".csv"), kept);
  return result;
}

void write_names(const std::string& file, const std::vector<std::string>& names) {
  std::string text;
  for (std::string name : names) {
    std::replace(name.begin(), name.end(), '\n', ' ');  // a line is a row
    text += name + "\n";
  }
  write_text(file, text);
}

void embed(EmbedArguments arguments) {
  const Measurement measurement;
  DMF_CHECK(arguments.inputs.empty() != arguments.texts.empty(), InvalidArgument,
            "give either images, folders or datasets, or --text \"…\"");
  if (arguments.list.empty())
    arguments.list = std::filesystem::path(arguments.out).replace_extension(".txt").string();
  DMF_CHECK(arguments.list != arguments.out, InvalidArgument, "--out and --list are both {}", arguments.out);
  const std::shared_ptr<const train::Ranks> ranks = join_ranks();
  const embed::Embedder embedder(arguments.model, arguments.embedding);
  const Embedded result = arguments.texts.empty()
                              ? embed_images(embedder, arguments, ranks.get())
                              : Embedded{embedder.sentences(arguments.texts), arguments.texts};
  if (!is_first(ranks)) return;
  write_npy(arguments.out, result.vectors);
  write_names(arguments.list, result.names);
  const int64_t N = result.vectors.size(0), D = result.vectors.size(1);
  if (arguments.json != "-") {
    std::printf("%s: [%ld, %ld] float32, unit rows; what each row is: %s (%s, %s)\n", arguments.out.c_str(),
                static_cast<long>(N), static_cast<long>(D), arguments.list.c_str(),
                embedder.setting().c_str(), duration_text(measurement.seconds()).c_str());
  }
  if (arguments.json.empty()) return;
  nlohmann::json document = measurement.document();
  document["model"] = {{"file", arguments.model},
                       {"fingerprint", fingerprint(MappedFile(arguments.model).text())},
                       {"setting", embedder.setting()},
                       {"flip", arguments.embedding.flip}};
  document["results"] = {{{"vectors", arguments.out},
                          {"list", arguments.list},
                          {"count", N},
                          {"width", D},
                          {"broken_images", result.broken}}};
  write_document(document, arguments.json);
}

std::function<void()> declare_embed(CLI::App& app) {
  auto arguments = std::make_shared<EmbedArguments>();
  app.add_option("input", arguments->inputs,
                 "images, folders (searched through) or datasets (FORMAT:PATH, see `dmf help eval`)")
      ->type_name("IMAGE|FOLDER|DATASET");
  app.add_option("--model", arguments->model, "model file of a run")->required()->type_name("FILE");
  app.add_option("--out", arguments->out, "vectors as NumPy's .npy, [N, D] float32, unit rows")
      ->required()
      ->type_name("FILE");
  app.add_option(
         "--list", arguments->list,
         "what each row is, a line each; as standard --out with .txt (of datasets also a .csv with labels)")
      ->type_name("FILE");
  app.add_option("--text", arguments->texts, "sentences instead of images; may be repeated")
      ->allow_extra_args(false)
      ->type_name("TEXT");
  app.add_option("--split", arguments->split, "of datasets: train, query, gallery or all")
      ->check(CLI::IsMember({"train", "query", "gallery", "all"}))
      ->capture_default_str();
  add_json_flag(app, arguments->json, "to standard output");
  add_embedding_flags(app, arguments->embedding);
  return [arguments] { embed(*arguments); };
}

}  // namespace

Command embed_command() {
  return {"embed", "Turns images or sentences into vectors that can be compared with each other",
          "dmf embed --model runs/first/model.safetensors --out crops.npy folder/of/crops", declare_embed};
}

}  // namespace dmf::cli
