#include "dmf/cli/measure.h"

#include "dmf/cli/labels_file.h"
#include "dmf/core/error.h"
#include "dmf/core/file.h"
#include "dmf/core/log.h"
#include "dmf/core/system.h"
#include "dmf/data/dataset.h"
#include "dmf/eval/evaluate.h"
#include "dmf/eval/vector_file.h"

namespace dmf::cli {
namespace {

// data's and eval's words for "junk" and "no camera" are the same numbers: labels go over as they are.
static_assert(data::kJunk == eval::kJunk && data::kNoCamera == eval::kUnknownCamera);

// Vectors with their labels, the memory included.
struct LabelledSet {
  eval::VectorSet vectors;
  eval::Labels labels;
  eval::LabelledVectors all() const { return {vectors.view(), labels}; }
};

LabelledSet embed_records(const embed::Embedder& embedder, const std::vector<data::Record>& records,
                          const std::string& what, WarningCounter& warnings) {
  std::vector<std::filesystem::path> paths;
  for (const data::Record& record : records) paths.push_back(record.path);
  const embed::ImageEmbeddings images = embedder.images(paths, what);
  for (const data::BrokenImage& broken : images.broken)
    warnings.add("image cannot be decoded", broken.reason);
  const torch::Tensor values = images.vectors.to(torch::kCPU, torch::kFloat32).contiguous();
  const float* first = values.const_data_ptr<float>();
  LabelledSet set{{{first, first + values.numel()}, values.size(0), values.size(1)}, {}};
  for (const int64_t row : images.rows) {
    set.labels.identities.push_back(records[static_cast<size_t>(row)].identity);
    set.labels.cameras.push_back(records[static_cast<size_t>(row)].camera);
  }
  return set;
}

LabelledSet read_vectors(const std::filesystem::path& folder, const std::string& name) {
  const std::filesystem::path labels_file = folder / (name + ".csv");
  LabelledSet set{eval::read_npy_vectors(folder / (name + ".npy")), read_labels(labels_file)};
  DMF_CHECK(set.labels.count() == set.vectors.view().count, DataError,
            "{}: expected a row for each of the {} vectors, got {}", labels_file.string(),
            set.vectors.view().count, set.labels.count());
  return set;
}

// What is wrong with a dataset's labels or a model's vectors is told with the dataset's name.
eval::EvalResult evaluate_named(const std::string& name, const LabelledSet& query, const LabelledSet& gallery,
                                const eval::ProtocolOptions& protocol) {
  try {
    return eval::evaluate(query.all(), gallery.all(), protocol);
  } catch (const InvalidArgument& error) {
    throw DataError(fmt::format("{}: {}", name, error.what()));
  }
}

}  // namespace

TestResult measure(const embed::Embedder& embedder, const std::string& spec,
                   const eval::ProtocolOptions& protocol) {
  data::Dataset dataset = data::open_dataset(spec);
  const bool is_drawn = dataset.query.empty() && dataset.gallery.empty();
  if (is_drawn) data::split_queries(dataset, /*seed=*/0);
  const auto& queries = data::require_split(dataset, data::Split::kQuery);
  const auto& images = data::require_split(dataset, data::Split::kGallery);
  WarningCounter warnings;
  const double start = wall_seconds();
  const LabelledSet query = embed_records(embedder, queries, "queries", warnings);
  const LabelledSet gallery = embed_records(embedder, images, "gallery", warnings);
  const double embedded = wall_seconds();
  TestResult result;
  result.dataset = spec;
  result.format = dataset.name;
  result.fingerprint = dataset.fingerprint;
  result.figures = evaluate_named(spec, query, gallery, protocol);
  if (is_drawn) result.figures.protocol += "; queries drawn: one image of each identity and camera, seed 0";
  result.paper = paper_figure(embedder.training(), result.format, result.figures.queries,
                              result.figures.gallery - result.figures.gallery_junk);
  result.broken_images = warnings.total();
  result.embed_seconds = embedded - start;
  result.rank_seconds = wall_seconds() - embedded;
  warnings.report();
  return result;
}

TestResult measure_vectors(const std::filesystem::path& folder, const eval::ProtocolOptions& protocol) {
  const LabelledSet query = read_vectors(folder, "query"), gallery = read_vectors(folder, "gallery");
  const double start = wall_seconds();
  TestResult result;
  result.dataset = folder.string();
  result.figures = evaluate_named(folder.string(), query, gallery, protocol);
  result.rank_seconds = wall_seconds() - start;
  Sha256 digest;
  for (const char* name : {"query.npy", "query.csv", "gallery.npy", "gallery.csv"}) {
    digest.add(MappedFile(folder / name).bytes());
  }
  result.fingerprint = digest.hex().substr(0, 16);
  return result;
}

}  // namespace dmf::cli
