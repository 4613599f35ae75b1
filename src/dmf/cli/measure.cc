#include "dmf/cli/measure.h"

#include "dmf/cli/records.h"
#include "dmf/core/error.h"
#include "dmf/core/log.h"
#include "dmf/core/system.h"
#include "dmf/data/dataset.h"

namespace dmf::cli {
namespace {

// A dataset's queries and gallery.
struct TestSet {
  data::Dataset dataset;
  bool is_drawn;  // the queries, of a dataset without these splits
};

TestSet open_test_set(const std::string& spec, const EvalRequest& request) {
  TestSet set{data::open_dataset(spec), false};
  set.is_drawn = complete_test_half(set.dataset);
  const std::vector<data::Record>& queries = set.dataset.query;
  if (!request.by.empty()) {
    const std::vector<int64_t> rows = all_rows(queries);
    check_columns(request.by, {labels_of(queries, rows), {}, words_of(set.dataset, queries, rows)}, spec);
  }
  return set;
}

class SetEmbedder {
 public:
  SetEmbedder(const embed::Embedder& embedder, const data::Dataset& dataset)
      : embedder_(embedder), dataset_(dataset) {}

  /// Vectors and labels of a split. @param with_words  also what is known of each image, attribute by
  /// attribute @param rows  gets the records that the vectors are of
  LabelledSet embed(data::Split split, const std::string& name, bool with_words, std::vector<int64_t>& rows) {
    const std::vector<data::Record>& records = data::require_split(dataset_, split);
    const embed::ImageEmbeddings images = embedder_.images(paths_of(records), name);
    for (const data::BrokenImage& broken : images.broken)
      warnings_.add("image cannot be decoded", broken.reason);
    const torch::Tensor values = images.vectors.to(torch::kCPU, torch::kFloat32).contiguous();
    const float* first = values.const_data_ptr<float>();
    LabelledSet set{{{first, first + values.numel()}, values.size(0), values.size(1)}, {}};
    set.table.labels = labels_of(records, images.rows);
    if (with_words) set.table.words = words_of(dataset_, records, images.rows);
    rows = images.rows;
    return set;
  }
  /// Vectors of the captions of all queries and gallery images, with the persons they are of. They have no
  /// camera: a caption's own picture in the gallery is a right answer, too.
  LabelledSet embed_captions() const {
    std::vector<std::string> captions;
    eval::Labels labels;
    for (const auto* records : {&dataset_.query, &dataset_.gallery}) {
      for (const data::Record& record : *records) {
        if (record.identity <= data::kDistractor) continue;
        captions.insert(captions.end(), record.captions.begin(), record.captions.end());
        labels.identities.resize(captions.size(), record.identity);
      }
    }
    DMF_CHECK(!captions.empty(), DataError, "{}: no query or gallery image has a caption", dataset_.spec);
    labels.cameras.assign(captions.size(), eval::kUnknownCamera);
    const torch::Tensor values = embedder_.sentences(captions).contiguous();
    const float* first = values.const_data_ptr<float>();
    LabelledSet set{{{first, first + values.numel()}, values.size(0), values.size(1)}, {}};
    set.table.labels = std::move(labels);
    return set;
  }
  WarningCounter& warnings() { return warnings_; }

 private:
  const embed::Embedder& embedder_;
  const data::Dataset& dataset_;
  WarningCounter warnings_;
};

}  // namespace

void check_test(const std::string& spec, const EvalRequest& request) { open_test_set(spec, request); }

TestResult measure(const embed::Embedder& embedder, const std::string& spec,
                   const eval::ProtocolOptions& protocol) {
  return measure(embedder, spec, EvalRequest{.protocol = protocol});
}

TestResult measure(const embed::Embedder& embedder, const std::string& spec, const EvalRequest& request) {
  return measure(embedder, embed_test(embedder, spec, request), request);
}

EmbeddedTest embed_test(const embed::Embedder& embedder, const std::string& spec,
                        const EvalRequest& request) {
  TestSet set = open_test_set(spec, request);
  const double start = wall_seconds();
  SetEmbedder sets(embedder, set.dataset);
  std::vector<int64_t> query_rows, gallery_rows;
  LabelledSet query = request.text
                          ? sets.embed_captions()
                          : sets.embed(data::Split::kQuery, "queries", !request.by.empty(), query_rows);
  LabelledSet gallery = sets.embed(data::Split::kGallery, "gallery", false, gallery_rows);
  sets.warnings().report();
  const int64_t broken = sets.warnings().total();
  return {
      std::move(set.dataset),  set.is_drawn, std::move(query),      std::move(gallery), std::move(query_rows),
      std::move(gallery_rows), broken,       wall_seconds() - start};
}

TestResult measure(const embed::Embedder& embedder, const EmbeddedTest& test, const EvalRequest& request) {
  const double start = wall_seconds();
  TestResult result;
  result.dataset = test.dataset.spec;
  result.format = test.dataset.name;
  result.fingerprint = test.dataset.fingerprint;
  evaluate_into(result, test.query, test.gallery, request);
  if (test.is_drawn)
    result.figures.protocol += "; queries drawn: one image of each identity and camera, seed 0";
  if (request.text) result.figures.protocol += "; text to image: the queries are captions";
  if (!request.text)
    result.paper = paper_figure(embedder.training(), result.format, result.figures.queries,
                                result.figures.gallery - result.figures.gallery_junk);
  result.broken_images = test.broken_images;
  result.embed_seconds = test.seconds;
  result.rank_seconds = wall_seconds() - start;
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
