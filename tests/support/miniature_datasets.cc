#include "support/miniature_datasets.h"

#include <algorithm>
#include <fstream>
#include <functional>
#include <stdexcept>

#include "support/miniature_figure.h"
#include "support/miniature_mat.h"

namespace dmf::test {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kTrain = 8, kTest = 4, kCameras = 2, kImages = 2;

/// printf for short names.
template <class... Values>
std::string text(const char* format, Values... values) {
  char buffer[160];
  std::snprintf(buffer, sizeof(buffer), format, values...);
  return buffer;
}

void write_file(const fs::path& path, const std::string& content) {
  fs::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << content;
}

/// Calls with person, camera and image, all from 0, for each picture of some persons.
void each_picture(int64_t first, int64_t persons,
                  const std::function<void(int64_t person, int64_t camera, int64_t image)>& draw) {
  for (int64_t person = first; person < first + persons; ++person) {
    for (int64_t camera = 0; camera < kCameras; ++camera) {
      for (int64_t image = 0; image < kImages; ++image) draw(person, camera, image);
    }
  }
}

/// Market's three folders; `name` tells a file's name.
void make_flat(const fs::path& folder,
               const std::function<std::string(int64_t person, int64_t camera, int64_t image)>& name) {
  each_picture(0, kTrain, [&](int64_t person, int64_t camera, int64_t image) {
    write_figure(folder / "bounding_box_train" / name(person, camera, image), {person, camera, image});
  });
  each_picture(kTrain, kTest, [&](int64_t person, int64_t camera, int64_t image) {
    const char* split = image == 0 ? "query" : "bounding_box_test";
    write_figure(folder / split / name(person, camera, image), {person, camera, image});
  });
}

std::string market_name(int64_t person, int64_t camera, int64_t image) {
  return text("%04ld_c%lds1_%06ld_%02ld.jpg", person * 3 + 2, camera + 1, 151 + 25 * image, image + 1);
}

fs::path make_market(const fs::path& folder) {
  make_flat(folder, market_name);
  write_figure(folder / "bounding_box_test/-1_c1s1_000401_03.jpg", {20, 0, 0});
  write_figure(folder / "bounding_box_test/0000_c2s1_000976_01.jpg", {21, 1, 0});
  write_file(folder / "readme.txt", "made up\n");
  return folder;
}

fs::path make_market_500k(const fs::path& folder) {
  make_market(folder);
  for (int64_t i = 0; i < 5; ++i)
    write_figure(folder / "images" / text("0000_c%lds1_%06ld_00.jpg", i % 2 + 1, 900 + i),
                 {30 + i, i % 2, 0});
  return folder;
}

fs::path make_duke(const fs::path& folder) {
  make_flat(folder, [](int64_t person, int64_t camera, int64_t image) {
    return text("%04ld_c%ld_f%07ld.jpg", person * 2 + 1, camera + 1, 46182 + 120 * image);
  });
  write_figure(folder / "bounding_box_test/7128_c6_f0163520.jpg", {22, 5, 0});
  return folder;
}

fs::path make_cuhk03_np(const fs::path& folder) {
  for (const char* boxes : {"detected", "labeled"}) {
    make_flat(folder / boxes, [](int64_t person, int64_t camera, int64_t image) {
      return text("%04ld_c%ld_%ld.png", person + 1, camera + 1, camera * 5 + image + 1);
    });
  }
  return folder / "detected";
}

std::string msmt_name(int64_t person, int64_t camera, int64_t image) {
  return text("%04ld/%04ld_%03ld_%02ld_0303morning_%04ld_%ld.jpg", person, person, image, camera + 1,
              15 + image, image);
}

/// Both parts count their persons from 0, as MSMT17 does.
void make_msmt(const fs::path& folder, const std::string& train, const std::string& test) {
  std::string lists[4];
  each_picture(0, kTrain, [&](int64_t person, int64_t camera, int64_t image) {
    const std::string name = msmt_name(person, camera, image);
    write_figure(folder / train / name, {person, camera, image});
    lists[camera == 1 && image == 1 && person % 4 == 0 ? 1 : 0] += name + text(" %ld\n", person);
  });
  each_picture(0, kTest, [&](int64_t person, int64_t camera, int64_t image) {
    const std::string name = msmt_name(person, camera, image);
    write_figure(folder / test / name, {kTrain + person, camera, image});
    lists[image == 0 ? 2 : 3] += name + text(" %ld\n", person);
  });
  const char* names[] = {"list_train.txt", "list_val.txt", "list_query.txt", "list_gallery.txt"};
  for (size_t i = 0; i < 4; ++i) write_file(folder / names[i], lists[i]);
}

fs::path make_msmt_v1(const fs::path& folder) {
  make_msmt(folder / "MSMT17_V1", "train", "test");
  return folder / "MSMT17_V1";
}

fs::path make_msmt_v2(const fs::path& folder) {
  make_msmt(folder / "MSMT17_V2", "mask_train_v2", "mask_test_v2");
  return folder / "MSMT17_V2";
}

std::string randperson_name(int64_t person, int64_t scene, int64_t camera, int64_t image) {
  return text("%06ld_s%02ld_c%02ld_f%06ld.jpg", person, scene, camera, 264 + 96 * image);
}

fs::path make_randperson(const fs::path& folder) {
  each_picture(0, kTrain + kTest, [&](int64_t person, int64_t camera, int64_t image) {
    write_figure(folder / "randperson_subset" / randperson_name(person, person % 3, camera, image),
                 {person, camera, image});
  });
  return folder / "randperson_subset";
}

fs::path make_randperson_whole(const fs::path& folder) {
  each_picture(0, kTrain + kTest, [&](int64_t person, int64_t camera, int64_t image) {
    const fs::path cameras = text("images/scene%02ld/camera%ld_1", person % 3, camera);
    write_figure(folder / cameras / randperson_name(person, person % 3, camera, image),
                 {person, camera, image});
  });
  write_file(folder / "images/scene00/camera0_1_point.txt", "000000_s00_c00_f000264.jpg 1 2 3 4\n");
  return folder;
}

/// Number of an attribute's colour in FineGPR's table.
int64_t finegpr_colour(const std::string& name) {
  const char* names[] = {"black", "white", "red", "purple", "gray", "yellow", "blue", "green", "brown"};
  for (int64_t i = 0; i < 9; ++i) {
    if (name == names[i]) return i + 1;
  }
  return 1;
}

/// FineGPR-C's sentences and the table of attributes.
void annotate_finegpr(const fs::path& folder, const std::vector<std::string>& names) {
  std::string captions, attributes;
  for (const std::string& name : names) {
    captions +=
        "ImageName:" + name + ", the caption is: " + figure_caption(std::stol(name.substr(0, 4)) - 1) + "\n";
  }
  for (int64_t person = 0; person < kTrain + kTest; ++person) {
    attributes += text(
                      "%s  \"%04ld\": {\"gender\": %ld, \"hair_length\": %ld, \"age\": 2, \"wear_hat\": 2, "
                      "\"color_of_upper_body_clothes\": ",
                      person == 0 ? "" : ",\n", person + 1, 2 - person % 2, person % 2 + 1) +
                  text("%ld, \"color_of_lower_body_clothes\": %ld}", finegpr_colour(coat_colour(person)),
                       finegpr_colour(trousers_colour(person)));
  }
  write_file(folder / "FineGPR-C.txt", captions);
  write_file(folder / "attributes.json", "{\n" + attributes + "\n}\n");
}

fs::path make_finegpr(const fs::path& folder, bool is_subset) {
  const fs::path root = folder / (is_subset ? "FineGPR_subset" : "FineGPR");
  std::vector<std::string> names;
  for (int64_t person = 0; person < kTrain + kTest; ++person) {
    for (int64_t view = 0; view < (is_subset ? 4 : 12); ++view) {
      const int64_t camera = is_subset ? view * 9 + 1 : view * 3 + 1;
      names.push_back(text("%04ld_c%02ld_w%02ld_l%02ld_p%02ld.jpg", person + 1, camera, view % 7 + 1,
                           (view + person) % 7 + 1, person % 9 + 1));
      const fs::path within = is_subset ? fs::path() : fs::path(text("%04ld", person + 1));
      write_figure(root / within / names.back(), {person, camera, view});
    }
  }
  annotate_finegpr(root, names);
  return root;
}

fs::path make_cuhk01(const fs::path& folder) {
  each_picture(0, kTrain + kTest, [&](int64_t person, int64_t camera, int64_t image) {
    write_figure(folder / "campus" / text("%04ld%03ld.png", person + 1, camera * 2 + image + 1),
                 {person, camera, image});
  });
  return folder;
}

fs::path make_viper(const fs::path& folder) {
  for (int64_t person = 0; person < kTrain + kTest; ++person) {
    write_figure(folder / "VIPeR/cam_a" / text("%03ld_45.bmp", person), {person, 0, 0});
    write_figure(folder / "VIPeR/cam_b" / text("%03ld_90.bmp", person), {person, 1, 1});
  }
  return folder / "VIPeR";
}

fs::path make_grid(const fs::path& folder) {
  const fs::path root = folder / "underground_reid";
  for (int64_t person = 1; person <= kTrain + kTest; ++person) {
    write_figure(root / "probe" / text("%04ld_1_25004_107_32_106_221.jpeg", person), {person, 1, 0});
    write_figure(root / "gallery" / text("%04ld_2_25023_116_134_128_330.jpeg", person), {person, 2, 1});
  }
  for (int64_t i = 0; i < 3; ++i)
    write_figure(root / "gallery" / text("0000_%ld_9%03ld_1_2_3_4.jpeg", i + 3, i), {40 + i, 3, 0});
  write_grid_partitions(root / "features_and_partitions.mat", kTrain + kTest);
  return root;
}

fs::path make_prid(const fs::path& folder) {
  const fs::path root = folder / "prid_2011";
  // As published: 1 … 200 are the same persons in both views, the others are not.
  for (const int64_t person : {1, 2, 3, 4, 5, 6, 7, 8, 201, 202})
    write_figure(root / "single_shot/cam_a" / text("person_%04ld.png", person), {person, 0, 0});
  for (const int64_t person : {1, 2, 3, 4, 5, 6, 7, 8, 201, 202, 203})
    write_figure(root / "single_shot/cam_b" / text("person_%04ld.png", person), {person, 1, 1});
  return root;
}

fs::path make_ilids(const fs::path& folder) {
  for (int64_t person = 1; person <= kTrain + kTest; ++person) {
    for (int64_t image = 1; image <= 2 + person % 3; ++image) {
      write_figure(folder / "i-LIDS_Pedestrian/Persons" / text("%04ld%03ld.jpg", person, image),
                   {person, image, image});
    }
  }
  return folder / "i-LIDS_Pedestrian";
}

/// How the captioned datasets differ.
struct Captioned {
  const char* list;      ///< name of the JSON file
  const char* path_key;  ///< of an image's path
  int64_t first_identity;
  std::string (*name)(int64_t person, int64_t camera, int64_t image);
};

fs::path make_captioned(const fs::path& folder, const Captioned& form) {
  std::string list;
  each_picture(0, kTrain + kTest, [&](int64_t person, int64_t camera, int64_t image) {
    const std::string name = form.name(person, camera, image);
    write_figure(folder / "imgs" / name, {person, camera, image});
    const char* split = person < kTrain ? "train" : person % 2 == 0 ? "val" : "test";
    const std::string caption = figure_caption(person);
    list += text("%s{\"split\": \"%s\", \"id\": %ld, \"%s\": \"", list.empty() ? "[" : ",\n ", split,
                 person + form.first_identity, form.path_key) +
            name + "\", \"captions\": [\"" + caption + "\", \"" + caption + " A bag.\"]," +
            " \"processed_tokens\": [[\"a\", \"person\"], [\"a\", \"bag\"]]}";
  });
  write_file(folder / form.list, list + "]\n");
  return folder;
}

std::string cuhkpedes_name(int64_t person, int64_t camera, int64_t image) {
  return person % 2 == 0 ? text("cam_a/%03ld_%ld_%ld.png", person, camera, image)
                         : "Market/" + market_name(person, camera, image);
}

std::string icfgpedes_name(int64_t person, int64_t camera, int64_t image) {
  return (person < kTrain ? "train/" : "test/") + msmt_name(person, camera, image);
}

std::string rstpreid_name(int64_t person, int64_t camera, int64_t image) {
  return text("%04ld_c%ld_%04ld.jpg", person, camera + 1, 30 + image);
}

struct Miniature {
  const char* name;
  std::function<fs::path(const fs::path&)> make;
};

const std::vector<Miniature>& miniatures() {
  static const std::vector<Miniature> table{
      {"market1501", make_market},
      {"market1501+500k", make_market_500k},
      {"dukemtmc", make_duke},
      {"cuhk03", make_cuhk03_np},
      {"cuhk03-raw", make_cuhk03_raw},
      {"msmt17", make_msmt_v1},
      {"msmt17-v2", make_msmt_v2},
      {"msmt17_all", make_msmt_v1},
      {"randperson", make_randperson},
      {"randperson-whole", make_randperson_whole},
      {"finegpr", [](const fs::path& folder) { return make_finegpr(folder, false); }},
      {"finegpr-subset", [](const fs::path& folder) { return make_finegpr(folder, true); }},
      {"cuhk01", make_cuhk01},
      {"viper", make_viper},
      {"grid", make_grid},
      {"prid", make_prid},
      {"ilids", make_ilids},
      {"cuhkpedes",
       [](const fs::path& folder) {
         return make_captioned(folder, {"reid_raw.json", "file_path", 1, cuhkpedes_name});
       }},
      {"icfgpedes",
       [](const fs::path& folder) {
         return make_captioned(folder, {"ICFG-PEDES.json", "file_path", 0, icfgpedes_name});
       }},
      {"rstpreid",
       [](const fs::path& folder) {
         return make_captioned(folder, {"data_captions.json", "img_path", 0, rstpreid_name});
       }},
  };
  return table;
}

}  // namespace

std::vector<std::string> miniature_names() {
  std::vector<std::string> names;
  for (const Miniature& miniature : miniatures()) names.emplace_back(miniature.name);
  return names;
}

fs::path make_miniature(const std::string& name, const fs::path& folder) {
  const auto& table = miniatures();
  const auto found =
      std::find_if(table.begin(), table.end(), [&](const Miniature& entry) { return name == entry.name; });
  if (found == table.end()) throw std::invalid_argument("no miniature of the name " + name);
  fs::create_directories(folder);
  return found->make(folder);
}

}  // namespace dmf::test
