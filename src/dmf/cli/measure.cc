#include "dmf/cli/measure.h"

#include "dmf/core/error.h"
#include "dmf/core/log.h"
#include "dmf/core/system.h"
#include "dmf/data/dataset.h"

namespace dmf::cli {
namespace {

// data's and eval's words for "junk" and "no camera" are the same numbers: labels go over as they are.
static_assert(data::kJunk == eval::kJunk && data::kNoCamera == eval::kUnknownCamera);

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
  eval::Labels& labels = set.table.labels;
  for (const int64_t row : images.rows) {
    labels.identities.push_back(records[static_cast<size_t>(row)].identity);
    labels.cameras.push_back(records[static_cast<size_t>(row)].camera);
  }
  return set;
}

}  // namespace

TestResult measure(const embed::Embedder& embedder, const std::string& spec,
                   const eval::ProtocolOptions& protocol) {
  return measure(embedder, spec, EvalRequest{.protocol = protocol});
}

TestResult measure(const embed::Embedder& embedder, const std::string& spec, const EvalRequest& request) {
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
  evaluate_into(result, query, gallery, request);
  if (is_drawn) result.figures.protocol += "; queries drawn: one image of each identity and camera, seed 0";
  result.paper = paper_figure(embedder.training(), result.format, result.figures.queries,
                              result.figures.gallery - result.figures.gallery_junk);
  result.broken_images = warnings.total();
  result.embed_seconds = embedded - start;
  result.rank_seconds = wall_seconds() - embedded;
  warnings.report();
  return result;
}

TestResult measure_vectors(const VectorInput& input, const EvalRequest& request) {
  const double start = wall_seconds();
  TestResult result;
  result.dataset = input.name;
  result.fingerprint = input.fingerprint;
  evaluate_into(result, input.query, input.gallery, request);
  result.rank_seconds = wall_seconds() - start;
  return result;
}

}  // namespace dmf::cli
