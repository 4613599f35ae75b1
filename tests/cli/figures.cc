#include "cli/figures.h"

#include <array>
#include <fstream>
#include <string>
#include <vector>

namespace dmf::test {
namespace {

struct Colour {
  const char* name;
  std::array<uint8_t, 3> rgb;
};

constexpr std::array<Colour, 8> kColours = {{{"black", {20, 20, 20}},
                                             {"white", {235, 235, 235}},
                                             {"red", {200, 30, 30}},
                                             {"green", {30, 150, 50}},
                                             {"blue", {30, 50, 190}},
                                             {"yellow", {230, 210, 40}},
                                             {"pink", {240, 150, 190}},
                                             {"brown", {120, 75, 40}}}};

struct Figure {
  Colour coat, trousers;
  int64_t camera, image;
};

/// Colour of a pixel: head, coat and trousers one above the other in the middle half, moved a little by the
/// image.
std::array<uint8_t, 3> pixel(const Figure& figure, double x, double y) {
  const double middle = 0.5 + 0.04 * static_cast<double>(figure.image);
  const bool is_body = x > middle - 0.25 && x < middle + 0.25;
  if (is_body && y > 0.08 && y < 0.2) return {224, 180, 150};
  if (is_body && y >= 0.2 && y < 0.55) return figure.coat.rgb;
  if (is_body && y >= 0.55 && y < 0.95) return figure.trousers.rgb;
  const auto shade = static_cast<uint8_t>(90 + 60 * figure.camera);
  return {shade, shade, static_cast<uint8_t>(shade - 20)};
}

void draw(const std::filesystem::path& path, const Figure& figure, const FigureOptions& options) {
  std::ofstream file(path, std::ios::binary);
  file << "P6\n" << options.width << ' ' << options.height << "\n255\n";
  for (int64_t row = 0; row < options.height; ++row) {
    for (int64_t column = 0; column < options.width; ++column) {
      const auto rgb = pixel(figure, (static_cast<double>(column) + 0.5) / static_cast<double>(options.width),
                             (static_cast<double>(row) + 0.5) / static_cast<double>(options.height));
      file.write(reinterpret_cast<const char*>(rgb.data()), 3);
    }
  }
}

}  // namespace

std::string draw_figures(const std::filesystem::path& folder, const FigureOptions& options) {
  std::filesystem::create_directories(folder);
  std::ofstream list(folder / "figures.csv");
  list << "path,identity,camera,split,caption\n";
  for (int64_t identity = 0; identity < options.train_identities + options.test_identities; ++identity) {
    const Colour& coat = kColours[static_cast<size_t>(identity) % kColours.size()];
    const Colour& trousers = kColours[static_cast<size_t>(identity * 3 + identity / 8 + 1) % kColours.size()];
    for (int64_t camera = 1; camera <= options.cameras; ++camera) {
      for (int64_t image = 0; image < options.images; ++image) {
        const std::string name =
            std::to_string(identity) + "_c" + std::to_string(camera) + "_" + std::to_string(image) + ".ppm";
        draw(folder / name, {coat, trousers, camera, image}, options);
        const bool is_query = camera == 1 && image == 0;
        const char* split = identity < options.train_identities ? "train" : is_query ? "query" : "gallery";
        list << name << ",person" << identity << ',' << camera << ',' << split << ',';
        if (options.has_captions) {
          list << "\"A person in a " << coat.name << " coat and " << trousers.name << " trousers.\"";
        }
        list << '\n';
      }
    }
  }
  return "csv:" + (folder / "figures.csv").string();
}

}  // namespace dmf::test
