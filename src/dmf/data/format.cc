#include "dmf/data/format.h"

#include <algorithm>
#include <array>

#include "dmf/core/error.h"
#include "dmf/data/file_name.h"
#include "dmf/data/reader_options.h"
#include "dmf/text/attributes.h"

namespace dmf::data {
namespace {

namespace fs = std::filesystem;

/// Entries that are looked at when a folder is told by what lies in it.
constexpr int kLooks = 64;

/// Calls `look` with a few entries until it says true.
template <class Look>
bool any_entry(const fs::path& folder, const Look& look) {
  std::error_code error;
  int looks = 0;
  for (fs::directory_iterator it(folder, error), end; !error && it != end && looks < kLooks;
       it.increment(error), ++looks) {
    if (look(*it)) return true;
  }
  return false;
}

/// True where an image whose name `tells` lies in the folder or at most `depth` folders below.
bool has_image_named(const fs::path& folder, int depth, bool (*tells)(const std::string& name)) {
  return any_entry(folder, [&](const fs::directory_entry& entry) {
    std::error_code error;
    if (entry.is_directory(error)) return depth > 0 && has_image_named(entry.path(), depth - 1, tells);
    return has_image_extension(entry.path()) && tells(entry.path().filename().string());
  });
}

bool is_finegpr_name(const std::string& name) {
  try {
    text::surroundings_from_finegpr(name);
    return true;
  } catch (const DataError&) {
    return false;
  }
}

bool is_number_of_seven(const std::string& name) {
  return name.find('.') == 7 && parse_integer(name.substr(0, 7)).has_value();
}

bool any_folder(const fs::path& path) { return fs::is_directory(path); }
bool any_file(const fs::path& path) { return fs::is_regular_file(path); }
bool has_query(const fs::path& path) { return has_flat_layout(path) || fs::is_directory(path / "query"); }
bool has_lists(const fs::path& path) {
  for (const char* name : {"list_train.txt", "list_query.txt", "list_gallery.txt"}) {
    if (fs::exists(path / name)) return true;
  }
  return false;
}
bool has_cuhk03(const fs::path& path) {
  return has_query(path) || fs::exists(path / "cuhk-03.mat") || has_flat_layout(path / "detected") ||
         has_flat_layout(path / "labeled");
}
bool is_randperson_name(const std::string& name) { return parse_randperson(name).has_value(); }
bool has_randperson(const fs::path& path) {
  constexpr int kDownToImages = 3;  // images/scene00/camera0_1/
  const bool is_whole = fs::is_directory(path / "images") || fs::is_directory(path / "scene00");
  return has_image_named(path, is_whole ? kDownToImages : 0, is_randperson_name);
}
bool has_finegpr(const fs::path& path) {
  return has_image_named(path, 0, is_finegpr_name) || any_entry(path, [](const fs::directory_entry& entry) {
           return parse_integer(entry.path().filename().string()) &&
                  has_image_named(entry.path(), 0, is_finegpr_name);
         });
}
bool has_campus(const fs::path& path) { return fs::is_directory(path / "campus"); }
bool has_two_cameras(const fs::path& path) {
  return fs::is_directory(path / "cam_a") && fs::is_directory(path / "cam_b");
}
bool has_probe(const fs::path& path) {
  return fs::is_directory(path / "probe") && fs::is_directory(path / "gallery");
}
bool has_single_shot(const fs::path& path) { return has_two_cameras(path / "single_shot"); }
bool has_persons(const fs::path& path) { return has_image_named(path / "Persons", 0, is_number_of_seven); }
bool has_reid_raw(const fs::path& path) { return fs::exists(path / "reid_raw.json"); }
bool has_icfg(const fs::path& path) { return fs::exists(path / "ICFG-PEDES.json"); }
bool has_rstp(const fs::path& path) { return fs::exists(path / "data_captions.json"); }

template <class Options>
void add_table(OptionTable& table, const char* name) {
  static Options standard;  // only its names and defaults are looked at
  table.add(name, standard);
}

constexpr const char* kFlat = "at least one of bounding_box_train/, query/, bounding_box_test/";
constexpr const char* kMsmt = "list_train.txt, list_val.txt, list_query.txt, list_gallery.txt";

const std::array kFormats{
    Format{"market1501", "Market-1501", has_query, read_market,
           [](OptionTable& t) { add_table<MarketOptions>(t, "market1501"); }, kFlat},
    Format{"dukemtmc", "DukeMTMC-reID (withdrawn by its publishers in 2019)", has_query, read_duke, nullptr,
           kFlat},
    Format{"cuhk03", "CUHK03", has_cuhk03, read_cuhk03,
           [](OptionTable& t) { add_table<Cuhk03Options>(t, "cuhk03"); },
           "cuhk-03.mat, or CUHK03-NP's bounding_box_train/, query/, bounding_box_test/"},
    Format{"msmt17", "MSMT17", has_lists, read_msmt17,
           [](OptionTable& t) { add_table<MsmtOptions>(t, "msmt17"); }, kMsmt},
    Format{"msmt17_all", "MSMT17, all images to train", has_lists, read_msmt17_all, nullptr, kMsmt},
    Format{"randperson", "RandPerson", has_randperson, read_randperson,
           [](OptionTable& t) { add_table<SampleOptions>(t, "randperson"); },
           "images named as 000000_s00_c00_f000264.jpg, or images/scene00/… with such"},
    Format{"finegpr", "FineGPR, with FineGPR-C's captions", has_finegpr, read_finegpr,
           [](OptionTable& t) { add_table<SampleOptions>(t, "finegpr"); },
           "images named as 0001_c01_w01_l01_p01.jpg, at most one folder down"},
    Format{"cuhk01", "CUHK01", has_campus, read_cuhk01,
           [](OptionTable& t) { add_table<RandomSplitOptions>(t, "cuhk01"); }, "campus/"},
    Format{"viper", "VIPeR", has_two_cameras, read_viper,
           [](OptionTable& t) { add_table<RandomSplitOptions>(t, "viper"); }, "cam_a/ and cam_b/"},
    Format{"grid", "QMUL GRID", has_probe, read_grid,
           [](OptionTable& t) { add_table<GridOptions>(t, "grid"); },
           "probe/, gallery/ and features_and_partitions.mat"},
    Format{"prid", "PRID 2011", has_single_shot, read_prid,
           [](OptionTable& t) { add_table<RandomSplitOptions>(t, "prid"); },
           "single_shot/cam_a/ and single_shot/cam_b/"},
    Format{"ilids", "QMUL i-LIDS", has_persons, read_ilids,
           [](OptionTable& t) { add_table<RandomSplitOptions>(t, "ilids"); },
           "Persons/ with names as 0001001.jpg"},
    Format{"cuhkpedes", "CUHK-PEDES", has_reid_raw, read_cuhkpedes,
           [](OptionTable& t) { add_table<CaptionedOptions>(t, "cuhkpedes"); }, "imgs/ and reid_raw.json"},
    Format{"icfgpedes", "ICFG-PEDES", has_icfg, read_icfgpedes,
           [](OptionTable& t) { add_table<CaptionedOptions>(t, "icfgpedes"); }, "imgs/ and ICFG-PEDES.json"},
    Format{"rstpreid", "RSTPReid", has_rstp, read_rstpreid,
           [](OptionTable& t) { add_table<CaptionedOptions>(t, "rstpreid"); },
           "imgs/ and data_captions.json"},
    Format{"folder", "a folder for each identity", any_folder, read_identity_folders, nullptr,
           "a folder for each identity, or train/, query/, gallery/ with such folders"},
    Format{"csv", "a list", any_file, read_csv, nullptr, "a file", true},
};

/// The published format that a folder has, or null.
const Format* published_format(const fs::path& path) {
  if (has_flat_layout(path)) return find_format(flat_style(path));
  for (const Format& format : kFormats) {
    const std::string name = format.name;
    // A folder named query alone tells nothing; CUHK03-NP's own folders are told by has_cuhk03().
    if (format.is_at == has_query || format.is_at == any_folder || format.is_file) continue;
    if (name == "cuhk03" && fs::is_directory(path / "query")) continue;
    if (format.is_at(path)) return &format;
  }
  return nullptr;
}

/// True where a folder holds what `format` reads, or any published dataset where it is null.
bool fits(const Format* format, const fs::path& path) {
  const Format* found = published_format(path);
  if (found == nullptr || format == nullptr) return found != nullptr;
  // Both formats of MSMT17 read the same folder, of which the first is found.
  return found == format || (format->is_at == has_lists && found->is_at == has_lists);
}

/// A folder at most `depth` below that fits; empty where there is none.
fs::path find_below(const Format* format, const fs::path& path, int depth) {
  fs::path found;
  for (int down = 1; down <= depth && found.empty(); ++down) {
    any_entry(path, [&](const fs::directory_entry& entry) {
      std::error_code error;
      if (!entry.is_directory(error)) return false;
      if (down == 1 ? fits(format, entry.path()) : !(found = find_below(format, entry.path(), 1)).empty()) {
        if (down == 1) found = entry.path();
        return true;
      }
      return false;
    });
  }
  return found;
}

}  // namespace

std::span<const Format> formats() { return kFormats; }

const Format* find_format(const std::string& name) {
  const auto found = std::find_if(kFormats.begin(), kFormats.end(),
                                  [&](const Format& format) { return name == format.name; });
  return found == kFormats.end() ? nullptr : &*found;
}

const Format& recognise_format(const fs::path& path) {
  if (fs::is_regular_file(path)) return *find_format("csv");
  DMF_CHECK(fs::is_directory(path), DataError, "{}",
            (Expectation{path.string(), "no such folder or file", "", "", ""}.message()));
  if (const Format* found = published_format(path)) return *found;
  const bool has_splits = fs::is_directory(path / "train") || fs::is_directory(path / "gallery");
  // Read as folders by identity, a folder of datasets would be a dataset of as many persons.
  const fs::path below = has_splits ? fs::path() : find_below(nullptr, path, 1);
  DMF_CHECK(below.empty(), DataError, "{}",
            (Expectation{path.string(), "not a dataset but a folder that holds one", "", "",
                         fmt::format("did you mean {}?", below.string())}
                 .message()));
  return *find_format("folder");
}

std::string nearby_hint(const Format* format, const fs::path& path) {
  std::error_code error;
  const fs::path whole = fs::weakly_canonical(path, error);
  for (const fs::path& above : {whole.parent_path(), whole.parent_path().parent_path()}) {
    if (fits(format, above)) return fmt::format("did you mean {}?", above.string());
  }
  const fs::path below = find_below(format, path, 2);
  return below.empty() ? "" : fmt::format("did you mean {}?", below.string());
}

std::string formats_markdown() {
  std::string text = "| name | dataset | what is there | options |\n|---|---|---|---|\n";
  for (const Format& format : kFormats) {
    std::string options;
    OptionTable table;
    if (format.add_options != nullptr) format.add_options(table);
    for (const Option& option : table.options()) {
      options += fmt::format(
          "{}`?{}={}` {}", options.empty() ? "" : "; ", option.key.substr(option.key.find('.') + 1),
          option.standard.is_string() ? option.standard.get<std::string>() : option.standard.dump(),
          option.help);
    }
    text += fmt::format("| `{}:{}` | {} | {} | {} |\n", format.name, format.is_file ? "FILE" : "FOLDER",
                        format.title, format.layout, options);
  }
  return text;
}

}  // namespace dmf::data
