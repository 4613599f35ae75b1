// A service with figures in the place of persons and a model that sees their colours: for the page's test, and to
// look at the page.
//
//   dmf_fake_server FOLDER COUNT [KEYS]
//
// FOLDER gets the gallery. Prints its port; ends when standard input is closed.
#include <cstdio>
#include <cstdlib>
#include <iostream>

#include "dmf/core/random.h"
#include "dmf/serve/testing_service.h"

namespace {

using namespace dmf;
using namespace dmf::serve;
using namespace dmf::serve::testing_service;

data::Pixels figure(Colour coat, Colour trousers) {
  data::Pixels pixels{96, 48, std::vector<uint8_t>(96 * 48 * 3, 205)};
  const auto fill = [&](int64_t top, int64_t bottom, int64_t left, int64_t right, Colour colour) {
    for (int64_t y = top; y < bottom; ++y)
      for (int64_t x = left; x < right; ++x) {
        uint8_t* pixel = &pixels.rgb[static_cast<size_t>(3 * (48 * y + x))];
        pixel[0] = colour.red, pixel[1] = colour.green, pixel[2] = colour.blue;
      }
  };
  fill(8, 22, 18, 30, {224, 180, 150});
  fill(22, 54, 11, 37, coat);
  fill(54, 90, 14, 34, trousers);
  return pixels;
}

void fill_gallery(const std::string& folder, int64_t count) {
  search::GalleryWriter writer(folder, {"made up", kWidth});
  const FakeModel model;
  RandomStream random(1, "figures");
  std::vector<float> values;
  std::vector<search::NewCrop> crops;
  const auto colour = [&] {
    const auto part = [&] { return static_cast<uint8_t>(random.integer(256)); };
    return Colour{part(), part(), part()};
  };
  for (int64_t i = 0; i < count; ++i) {
    const data::Pixels pixels = figure(i == 0 ? kRed : colour(), i == 0 ? kGrey : colour());
    const Vector vector = model.pictures({data::resize_pixels(pixels, 16, 8)})[0];
    values.insert(values.end(), vector.begin(), vector.end());
    search::NewCrop crop;
    crop.crop = {.source = fmt::format("figures/{}.jpg", i),
                 .camera = i % 9 == 8 ? "" : fmt::format("gate {}", i % 4 + 1),
                 .time = 1'769'817'600'000 + i * 61'000,
                 .identity = i % 3 == 0 ? fmt::format("figure {}", i) : "",
                 .tags = i % 2 == 0 ? std::vector<std::string>{"morning"} : std::vector<std::string>{}};
    crop.thumbnail = data::thumbnail_jpeg(pixels, 96);
    crops.push_back(std::move(crop));
  }
  writer.add({values, count, kWidth}, crops);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  const std::string folder = argv[1];
  fill_gallery(folder, std::atoll(argv[2]));
  const FakeModel model;
  const KeyRing keys(argc > 3 ? argv[3] : "");
  FolderStore store(folder);
  Audit audit("");
  Service service(store, model, keys, audit);
  HttpServer server({.port = 0}, [&](const Head& head) { return service.admit(head); });
  service.watch(&server);
  std::cout << server.port() << std::endl;
  for (char c; std::cin.get(c);) {
  }
  server.stop();
}
