#include "dmf/cli/named_set.h"

#include <cctype>

#include "dmf/cli/paper.h"
#include "dmf/cli/training_setup.h"
#include "dmf/core/error.h"
#include "dmf/data/dataset.h"

namespace dmf::cli {
namespace {

NamedSet named_set(const std::string& spec) {
  const data::Dataset dataset = data::open_dataset(spec);
  NamedSet set;
  set.spec = spec;
  set.format = dataset.name;
  set.fingerprint = dataset.fingerprint;
  set.root = std::filesystem::weakly_canonical(dataset.root);
  set.has_test = !dataset.query.empty() && !dataset.gallery.empty();
  set.has_texts = has_words(dataset);
  const bool is_official = dataset.title == dataset.name;
  const std::string folder = set.root.filename().string();
  set.label = is_official ? paper_dataset_name(dataset.name) : fmt::format("{} ({})", folder, dataset.name);
  set.key = as_folder(dataset.name + "-" + folder);
  return set;
}

}  // namespace

std::vector<NamedSet> named_sets(const std::vector<std::string>& specs) {
  std::vector<NamedSet> sets;
  for (const std::string& spec : specs) {
    NamedSet set = named_set(spec);
    for (const NamedSet& other : sets) {
      DMF_CHECK(other.spec != set.spec, InvalidArgument, "{} is given twice", spec);
      if (other.key == set.key) set.key += "-" + set.fingerprint.substr(0, 8);
      if (other.label == set.label) set.label = spec;
    }
    sets.push_back(std::move(set));
  }
  return sets;
}

std::string as_folder(std::string text) {
  for (char& c : text) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '_' && c != '.') c = '-';
  }
  return text;
}

}  // namespace dmf::cli
