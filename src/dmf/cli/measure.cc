#include "dmf/cli/measure.h"

#include "dmf/cli/labels_file.h"
#include "dmf/core/error.h"
#include "dmf/core/file.h"
#include "dmf/core/log.h"
#include "dmf/core/npy.h"
#include "dmf/core/shape.h"
#include "dmf/core/system.h"
#include "dmf/data/dataset.h"
#include "dmf/eval/evaluate.h"

namespace dmf::cli {
namespace {

// data's and eval's words for "junk" and "no camera" are the same numbers: labels go over as they are.
static_assert(data::kJunk == eval::kJunk && data::kNoCamera == eval::kUnknownCamera);

eval::Vectors embed_records(const embed::Embedder& embedder, const std::vector<data::Record>& records,
                            const std::string& what, WarningCounter& warnings) {
  std::vector<std::filesystem::path> paths;
  for (const data::Record& record : records) paths.push_back(record.path);
  const embed::ImageEmbeddings images = embedder.images(paths, what);
  for (const data::BrokenImage& broken : images.broken)
    warnings.add("image cannot be decoded", broken.reason);
  eval::Vectors vectors{images.vectors, {}};
  for (const int64_t row : images.rows) {
    vectors.labels.identities.push_back(records[static_cast<size_t>(row)].identity);
    vectors.labels.cameras.push_back(records[static_cast<size_t>(row)].camera);
  }
  return vectors;
}

eval::Vectors read_vectors(const std::filesystem::path& folder, const std::string& name) {
  const std::filesystem::path file = folder / (name + ".npy");
  const torch::Tensor values = read_npy(file);
  DMF_CHECK(values.dim() == 2 && at::isFloatingType(values.scalar_type()), DataError,
            "{}: expected [N, D] of a floating type, got {} {}", file.string(), shape_text(values.sizes()),
            c10::toString(values.scalar_type()));
  const std::filesystem::path labels_file = folder / (name + ".csv");
  eval::Vectors vectors{values.to(torch::kFloat32), read_labels(labels_file)};
  DMF_CHECK(vectors.labels.count() == values.size(0), DataError,
            "{}: expected a row for each of the {} vectors, got {}", labels_file.string(), values.size(0),
            vectors.labels.count());
  return vectors;
}

// What is wrong with a dataset's labels or a model's vectors is told with the dataset's name.
eval::EvalResult evaluate_named(const std::string& name, const eval::Vectors& query,
                                const eval::Vectors& gallery, const eval::ProtocolOptions& protocol) {
  try {
    return eval::evaluate(query, gallery, protocol);
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
  const eval::Vectors query = embed_records(embedder, queries, "queries", warnings);
  const eval::Vectors gallery = embed_records(embedder, images, "gallery", warnings);
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
  const eval::Vectors query = read_vectors(folder, "query"), gallery = read_vectors(folder, "gallery");
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
