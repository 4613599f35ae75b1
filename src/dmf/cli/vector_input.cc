#include "dmf/cli/vector_input.h"

#include <limits>
#include <optional>

#include "dmf/core/error.h"
#include "dmf/core/file.h"
#include "dmf/core/log.h"
#include "dmf/data/mat_file.h"

namespace dmf::cli {
namespace {

std::string fingerprint_of(const std::vector<std::filesystem::path>& files) {
  Sha256 digest;
  for (const auto& file : files) digest.add(MappedFile(file).bytes());
  return digest.hex().substr(0, 16);
}

void check_count(const LabelledSet& set, const std::filesystem::path& labels) {
  DMF_CHECK(set.table.count() == set.vectors.view().count, DataError,
            "{}: expected a row for each of the {} vectors, got {}", labels.string(),
            set.vectors.view().count, set.table.count());
}

// A matrix of a .mat that is to be `count` vectors, and where it stands, for messages.
struct MatVectors {
  data::MatArray matrix;
  int64_t count;
  std::string where;

  int64_t rows() const { return static_cast<int64_t>(matrix.sizes()[0]); }
  int64_t columns() const { return static_cast<int64_t>(matrix.sizes()[1]); }
  bool may_be_by_row() const { return rows() == count; }
  bool may_be_by_column() const { return columns() == count; }
};

MatVectors mat_vectors(data::MatArray matrix, int64_t count, const std::string& where) {
  const std::vector<size_t>& sizes = matrix.sizes();
  DMF_CHECK(sizes.size() == 2, DataError, "{}: expected a matrix, got {} dimensions", where, sizes.size());
  MatVectors vectors{std::move(matrix), count, where};
  DMF_CHECK(vectors.may_be_by_row() || vectors.may_be_by_column(), DataError,
            "{}: expected a vector for each of the {} labels, got a matrix of {} x {}", where, count,
            vectors.rows(), vectors.columns());
  return vectors;
}

// A square matrix has its vectors where the other part has them.
bool is_by_row(const MatVectors& own, const MatVectors* other) {
  if (!own.may_be_by_row() || !own.may_be_by_column()) return own.may_be_by_row();
  if (other != nullptr && !(other->may_be_by_row() && other->may_be_by_column()))
    return other->may_be_by_row();
  spdlog::warn("{}: as many vectors as numbers in each, {}: taken to be rows", own.where, own.count);
  return true;
}

eval::VectorSet vectors_of(const MatVectors& own, const MatVectors* other) {
  const int64_t count = own.count;
  const bool by_row = is_by_row(own, other);
  const int64_t width = by_row ? own.columns() : own.rows();
  DMF_CHECK(width > 0, DataError, "{}: vectors of width 0", own.where);
  const std::vector<double> numbers = own.matrix.numbers();
  std::vector<float> values(numbers.size());
  for (int64_t i = 0; i < count; ++i) {
    for (int64_t k = 0; k < width; ++k) {
      const int64_t place = by_row ? k * count + i : i * width + k;
      values[static_cast<size_t>(i * width + k)] = static_cast<float>(numbers[static_cast<size_t>(place)]);
    }
  }
  return {std::move(values), count, width};
}

LabelsTable read_mat_labels(const data::MatFile& file, const std::string& where, const std::string& name) {
  LabelsTable table;
  table.labels.identities = file.find(name + "_label").integers(eval::kJunk);
  if (file.has(name + "_cam"))
    table.labels.cameras = file.find(name + "_cam").integers(std::numeric_limits<int64_t>::min());
  DMF_CHECK(table.labels.cameras.empty() || table.labels.cameras.size() == table.labels.identities.size(),
            DataError, "{}: {}_cam: expected a camera for each of the {} labels, got {}", where, name,
            table.count(), table.labels.cameras.size());
  return table;
}

// The one matrix of numbers in a .mat, whatever its name; nothing of another file.
std::optional<MatVectors> only_matrix(const std::filesystem::path& path, int64_t count) {
  if (path.extension() != ".mat") return std::nullopt;
  const data::MatFile file(path);
  const std::vector<std::string> names = file.names();
  DMF_CHECK(names.size() == 1, DataError,
            "{}: expected one matrix of vectors, got {} variables; hint: a file that holds "
            "query_f, query_label, gallery_f, gallery_label is given alone, without --labels",
            path.string(), names.size());
  return mat_vectors(file.find(names.front()), count, path.string() + ": " + names.front());
}

eval::VectorSet read_vectors(const std::filesystem::path& path, const std::optional<MatVectors>& own,
                             const std::optional<MatVectors>& other) {
  if (own) return vectors_of(*own, other ? &*other : nullptr);
  DMF_CHECK(path.extension() == ".npy", DataError, "{}: expected a file of vectors, .npy or .mat",
            path.string());
  return eval::read_npy_vectors(path);
}

}  // namespace

VectorInput read_vector_folder(const std::filesystem::path& folder) {
  const auto read = [&](const std::string& name) {
    const std::filesystem::path labels = folder / (name + ".csv");
    LabelledSet set{eval::read_npy_vectors(folder / (name + ".npy")), read_labels_table(labels)};
    check_count(set, labels);
    return set;
  };
  LabelledSet query = read("query"), gallery = read("gallery");
  const std::string digest = fingerprint_of(
      {folder / "query.npy", folder / "query.csv", folder / "gallery.npy", folder / "gallery.csv"});
  return {folder.string(), digest, std::move(query), std::move(gallery)};
}

VectorInput read_vector_files(const std::filesystem::path& query, const std::filesystem::path& gallery,
                              const std::filesystem::path& labels) {
  const LabelsTable table = read_labels_table(labels);
  LabelsTable queries = table.split("query", labels), images = table.split("gallery", labels);
  const auto query_matrix = only_matrix(query, queries.count()),
             gallery_matrix = only_matrix(gallery, images.count());
  VectorInput input{gallery.string(),
                    fingerprint_of({query, gallery, labels}),
                    {read_vectors(query, query_matrix, gallery_matrix), std::move(queries)},
                    {read_vectors(gallery, gallery_matrix, query_matrix), std::move(images)}};
  for (const auto& [set, file, name] :
       {std::tuple(&input.query, query, "query"), std::tuple(&input.gallery, gallery, "gallery")}) {
    DMF_CHECK(set->table.count() == set->vectors.view().count, DataError,
              "{}: {} vectors, but {} has {} rows of the split '{}'", file.string(),
              set->vectors.view().count, labels.string(), set->table.count(), name);
  }
  return input;
}

VectorInput read_vector_mat(const std::filesystem::path& path) {
  const data::MatFile file(path);
  const std::string where = path.string();
  LabelsTable queries = read_mat_labels(file, where, "query"),
              images = read_mat_labels(file, where, "gallery");
  const MatVectors query = mat_vectors(file.find("query_f"), queries.count(), where + ": query_f"),
                   gallery = mat_vectors(file.find("gallery_f"), images.count(), where + ": gallery_f");
  return {where,
          fingerprint_of({path}),
          {vectors_of(query, &gallery), std::move(queries)},
          {vectors_of(gallery, &query), std::move(images)}};
}

}  // namespace dmf::cli
