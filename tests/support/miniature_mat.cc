#include "support/miniature_mat.h"

#include <matio.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/miniature_figure.h"

namespace dmf::test {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kPairs = 2, kPersons = 6, kPlaces = 10;

using MatFile = std::unique_ptr<mat_t, int (*)(mat_t*)>;

MatFile create(const fs::path& path, mat_ft version) {
  fs::create_directories(path.parent_path());
  fs::remove(path);
  MatFile file(Mat_CreateVer(path.c_str(), nullptr, version), Mat_Close);
  if (!file) throw std::runtime_error(path.string() + ": cannot be written");
  return file;
}

void write(mat_t* file, matvar_t* variable, matio_compression compression) {
  const std::unique_ptr<matvar_t, void (*)(matvar_t*)> owner(variable, Mat_VarFree);
  if (Mat_VarWrite(file, variable, compression) != 0)
    throw std::runtime_error("a variable cannot be written");
}

matvar_t* column(const char* name, std::vector<double> values) {
  size_t sizes[] = {values.size(), 1};
  return Mat_VarCreate(name, MAT_C_DOUBLE, MAT_T_DOUBLE, 2, sizes, values.data(), 0);
}

matvar_t* cells(const char* name, size_t rows, size_t columns, std::vector<matvar_t*>& content) {
  size_t sizes[] = {rows, columns};
  return Mat_VarCreate(name, MAT_C_CELL, MAT_T_CELL, 2, sizes, content.data(), 0);
}

matvar_t* characters(std::string value) {
  size_t sizes[] = {1, value.size()};
  return Mat_VarCreate(nullptr, MAT_C_CHAR, MAT_T_UINT8, 2, sizes, value.data(), 0);
}

/// A picture as MATLAB keeps it: [height, width, 3], the first index fastest, red green blue.
matvar_t* picture(const Figure& figure) {
  const cv::Mat bgr = draw_figure(figure);
  const auto height = static_cast<size_t>(bgr.rows), width = static_cast<size_t>(bgr.cols);
  std::vector<uint8_t> values(height * width * 3);
  for (size_t channel = 0; channel < 3; ++channel) {
    for (size_t x = 0; x < width; ++x) {
      for (size_t y = 0; y < height; ++y) {
        values[(channel * width + x) * height + y] =
            bgr.at<cv::Vec3b>(static_cast<int>(y), static_cast<int>(x))[static_cast<int>(2 - channel)];
      }
    }
  }
  size_t sizes[] = {height, width, 3};
  return Mat_VarCreate(nullptr, MAT_C_UINT8, MAT_T_UINT8, 3, sizes, values.data(), 0);
}

matvar_t* nothing() {
  size_t sizes[] = {0, 0};
  return Mat_VarCreate(nullptr, MAT_C_DOUBLE, MAT_T_DOUBLE, 2, sizes, nullptr, 0);
}

/// Two pictures by each camera: places 1, 2 and 6, 7 of 10.
bool has_picture(int64_t place) { return place % 5 < 2; }

matvar_t* boxes(const char* name) {
  std::vector<matvar_t*> pairs;
  for (int64_t pair = 0; pair < kPairs; ++pair) {
    std::vector<matvar_t*> pictures;
    for (int64_t place = 0; place < kPlaces; ++place) {  // by columns, as MATLAB counts
      for (int64_t person = 0; person < kPersons; ++person) {
        // Heights differ, as those of real crops do.
        const Figure figure{pair * kPersons + person, place / 5, place, 60 + static_cast<int>(place), 28};
        pictures.push_back(has_picture(place) ? picture(figure) : nothing());
      }
    }
    pairs.push_back(cells(nullptr, kPersons, kPlaces, pictures));
  }
  return cells(name, kPairs, 1, pairs);
}

void write_new_protocol(const fs::path& path) {
  std::vector<matvar_t*> names;
  std::vector<double> labels, cameras, train, query, gallery;
  for (int64_t pair = 0; pair < kPairs; ++pair) {
    for (int64_t person = 0; person < kPersons; ++person) {
      for (int64_t place = 0; place < kPlaces; ++place) {
        if (!has_picture(place)) continue;
        char name[32];
        std::snprintf(name, sizeof(name), "%ld_%03ld_%ld_%02ld.png", pair + 1, person + 1, place / 5 + 1,
                      place + 1);
        names.push_back(characters(name));
        labels.push_back(static_cast<double>(pair * kPersons + person + 1));
        cameras.push_back(static_cast<double>(place / 5 + 1));
        auto& part = person < 4 ? train : place % 5 == 0 ? query : gallery;
        part.push_back(static_cast<double>(names.size()));
      }
    }
  }
  const MatFile file = create(path, MAT_FT_MAT5);
  const size_t count = names.size();
  write(file.get(), column("camId", cameras), MAT_COMPRESSION_ZLIB);
  write(file.get(), cells("filelist", count, 1, names), MAT_COMPRESSION_NONE);  // matio packs cells wrongly
  write(file.get(), column("labels", labels), MAT_COMPRESSION_ZLIB);
  write(file.get(), column("query_idx", query), MAT_COMPRESSION_ZLIB);
  write(file.get(), column("gallery_idx", gallery), MAT_COMPRESSION_ZLIB);
  write(file.get(), column("train_idx", train), MAT_COMPRESSION_ZLIB);
}

}  // namespace

fs::path make_cuhk03_raw(const fs::path& folder) {
  const fs::path root = folder / "cuhk03_release";
  {
    const MatFile file = create(root / "cuhk-03.mat", MAT_FT_MAT73);
    write(file.get(), boxes("detected"), MAT_COMPRESSION_NONE);
    write(file.get(), boxes("labeled"), MAT_COMPRESSION_NONE);
    std::vector<matvar_t*> splits;
    for (int64_t split = 0; split < 2; ++split) {
      const auto first = static_cast<double>(split + 1);
      std::vector<double> test{1, 2, first, first};  // [persons, 2]: pair, person
      size_t sizes[] = {2, 2};
      splits.push_back(Mat_VarCreate(nullptr, MAT_C_DOUBLE, MAT_T_DOUBLE, 2, sizes, test.data(), 0));
    }
    write(file.get(), cells("testsets", splits.size(), 1, splits), MAT_COMPRESSION_NONE);
  }
  write_new_protocol(root / "cuhk03_new_protocol_config_detected.mat");
  write_new_protocol(root / "cuhk03_new_protocol_config_labeled.mat");
  return root;
}

void write_grid_partitions(const fs::path& path, int64_t persons) {
  std::vector<matvar_t*> splits;
  for (int64_t split = 0; split < 2; ++split) {
    std::vector<double> train;
    for (int64_t person = 1 + split; person <= persons; person += 2)
      train.push_back(static_cast<double>(person));
    const char* fields[] = {"probe", "gallery", "trainIdx"};
    size_t one[] = {1, 1}, row[] = {1, train.size()};
    matvar_t* entry = Mat_VarCreateStruct(nullptr, 2, one, fields, 3);
    Mat_VarSetStructFieldByName(entry, "probe", 0, column(nullptr, {1}));
    Mat_VarSetStructFieldByName(entry, "gallery", 0, column(nullptr, {2}));
    Mat_VarSetStructFieldByName(entry, "trainIdx", 0,
                                Mat_VarCreate(nullptr, MAT_C_DOUBLE, MAT_T_DOUBLE, 2, row, train.data(), 0));
    splits.push_back(entry);
  }
  const MatFile file = create(path, MAT_FT_MAT5);
  write(file.get(), cells("trainIdxAll", 1, splits.size(), splits), MAT_COMPRESSION_ZLIB);
}

}  // namespace dmf::test
