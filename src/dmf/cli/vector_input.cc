#include "dmf/cli/vector_input.h"

#include <cmath>

#include "dmf/core/error.h"
#include "dmf/core/file.h"
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

// A matrix by columns as vectors; `count` of them.
eval::VectorSet vectors_of(const data::MatArray& matrix, int64_t count, const std::string& where) {
  const std::vector<size_t>& sizes = matrix.sizes();
  DMF_CHECK(sizes.size() == 2, DataError, "{}: expected a matrix, got {} dimensions", where, sizes.size());
  const auto rows = static_cast<int64_t>(sizes[0]), columns = static_cast<int64_t>(sizes[1]);
  DMF_CHECK(rows == count || columns == count, DataError,
            "{}: expected a vector for each of the {} labels, got a matrix of {} x {}", where, count, rows,
            columns);
  const bool is_by_row = rows == count;
  const int64_t width = is_by_row ? columns : rows;
  DMF_CHECK(width > 0, DataError, "{}: vectors of width 0", where);
  const std::vector<double> numbers = matrix.numbers();
  std::vector<float> values(numbers.size());
  for (int64_t i = 0; i < count; ++i) {
    for (int64_t k = 0; k < width; ++k) {
      const int64_t place = is_by_row ? k * count + i : i * width + k;
      values[static_cast<size_t>(i * width + k)] = static_cast<float>(numbers[static_cast<size_t>(place)]);
    }
  }
  return {std::move(values), count, width};
}

std::vector<int64_t> whole_numbers(const data::MatArray& array, const std::string& where) {
  std::vector<int64_t> whole;
  for (const double number : array.numbers()) {
    DMF_CHECK(number == std::floor(number) && std::abs(number) <= 0x1p53, DataError,
              "{}: expected whole numbers, got {}", where, number);
    whole.push_back(static_cast<int64_t>(number));
  }
  return whole;
}

LabelledSet read_part(const data::MatFile& file, const std::string& where, const std::string& name) {
  const auto variable = [&](const std::string& end) { return file.find(name + end); };
  const auto place = [&](const char* end) { return where + ": " + name + end; };
  LabelsTable table;
  table.labels.identities = whole_numbers(variable("_label"), place("_label"));
  if (file.has(name + "_cam")) table.labels.cameras = whole_numbers(variable("_cam"), place("_cam"));
  DMF_CHECK(table.labels.cameras.empty() || table.labels.cameras.size() == table.labels.identities.size(),
            DataError, "{}: expected a camera for each of the {} labels, got {}", place("_cam"),
            table.count(), table.labels.cameras.size());
  eval::VectorSet vectors = vectors_of(variable("_f"), table.count(), place("_f"));
  return {std::move(vectors), std::move(table)};
}

// The one matrix of numbers in a .mat, whatever its name.
eval::VectorSet read_mat_vectors(const std::filesystem::path& path, int64_t count) {
  const data::MatFile file(path);
  const std::vector<std::string> names = file.names();
  DMF_CHECK(names.size() == 1, DataError,
            "{}: expected one matrix of vectors, got {} variables; hint: a file that holds "
            "query_f, query_label, gallery_f, gallery_label is given alone, without --labels",
            path.string(), names.size());
  return vectors_of(file.find(names.front()), count, path.string() + ": " + names.front());
}

LabelledSet read_file(const std::filesystem::path& path, LabelsTable table) {
  if (path.extension() == ".mat") {
    eval::VectorSet vectors = read_mat_vectors(path, table.count());
    return {std::move(vectors), std::move(table)};
  }
  DMF_CHECK(path.extension() == ".npy", DataError, "{}: expected a file of vectors, .npy or .mat",
            path.string());
  return {eval::read_npy_vectors(path), std::move(table)};
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
  VectorInput input{gallery.string(), fingerprint_of({query, gallery, labels}),
                    read_file(query, table.split("query", labels)),
                    read_file(gallery, table.split("gallery", labels))};
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
  return {path.string(), fingerprint_of({path}), read_part(file, path.string(), "query"),
          read_part(file, path.string(), "gallery")};
}

}  // namespace dmf::cli
