// consumer MODEL GALLERY IMAGE…: keeps the images' vectors in a gallery, and searches for the first image.
#include <cstdio>

#include "dmf/api/model.h"
#include "dmf/core/error.h"
#include "dmf/search/exact.h"
#include "dmf/search/gallery_writer.h"

int main(int argc, char** argv) try {
  const std::vector<std::filesystem::path> images(argv + 3, argv + argc);
  const dmf::api::Model model(argv[1]);
  const dmf::api::Vectors vectors = model.embed(images);

  std::vector<dmf::search::NewCrop> crops(images.size());
  for (size_t i = 0; i < images.size(); ++i) crops[i].crop.source = images[i];
  dmf::search::GalleryWriter writer(argv[2], model.gallery_kind());
  writer.add(vectors.view(), crops);

  const auto people = writer.gallery().snapshot();
  const dmf::eval::VectorView query{vectors.view().values.first(vectors.width), 1, vectors.width};
  const dmf::search::Answers answers = dmf::search::search_exact(*people, query, 3, people->all());
  for (const dmf::search::Hit& hit : answers[0])
    std::printf("%.3f %s\n", hit.similarity, writer.gallery().crop(hit.id).source.c_str());
  return 0;
} catch (const dmf::Error& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return error.exit_code();
}
