#include "dmf/embed/embedder.h"

#include <gmock/gmock.h>

#include "dmf/core/error.h"
#include "dmf/core/file.h"
#include "dmf/core/progress.h"
#include "dmf/core/random.h"
#include "dmf/embed/testing_encoders.h"
#include "dmf/fuse/model_file.h"
#include "support/temporary_folder.h"

namespace dmf::embed {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Property;
using testing::Throws;

class EmbedderTest : public testing::Test {
 protected:
  EmbedderTest() { Progress::set_enabled(false); }

  // A picture of 64 x 64 random pixels, left dark and right bright, or the other way round.
  std::filesystem::path picture(const std::string& name, uint64_t seed, bool mirrored = false) {
    RandomStream random(seed, "picture");
    std::string text = "P6 64 64 255\n";
    std::string rows;
    for (int y = 0; y < 64; ++y) {
      std::string row;
      for (int x = 0; x < 64; ++x) {
        std::string pixel;
        for (int c = 0; c < 3; ++c) pixel += static_cast<char>(2 * x + random.integer(100));
        row = mirrored ? pixel + row : row + pixel;
      }
      rows += row;
    }
    const auto path = folder_ / name;
    write_text(path, text + rows);
    return path;
  }

  test::TemporaryFolder folder_;
};

void expect_unit_rows(const torch::Tensor& vectors) {
  EXPECT_LT((vectors.norm(2, 1) - 1).abs().max().item<double>(), 1e-6);
}

TEST_F(EmbedderTest, GivesAUnitVectorForEachImageInOrder) {
  const Embedder embedder(small_model(), {}, small_options());
  const auto a = picture("a.ppm", 1), b = picture("b.ppm", 2), c = picture("c.ppm", 3, true);
  const ImageEmbeddings all = embedder.images({a, b, c});
  EXPECT_EQ(all.vectors.sizes(), (std::vector<int64_t>{3, 16}));
  EXPECT_EQ(all.vectors.scalar_type(), torch::kFloat32);
  EXPECT_THAT(all.rows, ElementsAre(0, 1, 2));
  EXPECT_THAT(all.broken, IsEmpty());
  expect_unit_rows(all.vectors);
  EXPECT_TRUE(torch::equal(embedder.images({a, b, c}).vectors, all.vectors));  // again the same
  const torch::Tensor turned = embedder.images({c, b, a}).vectors.flip({0});   // other batches
  EXPECT_LT((turned - all.vectors).abs().max().item<double>(), 1e-5);
  EXPECT_GT((all.vectors[2] - all.vectors[0]).abs().max().item<double>(), 1e-3);
}

TEST_F(EmbedderTest, OfNoImagesGivesNoVectors) {
  const ImageEmbeddings none = Embedder(small_model(), {}, small_options()).images({});
  EXPECT_EQ(none.vectors.sizes(), (std::vector<int64_t>{0, 16}));
}

TEST_F(EmbedderTest, FlipMakesAnImageAndItsMirrorImageEqual) {
  const auto image = picture("a.ppm", 1), mirror = picture("b.ppm", 1, true);
  const auto difference = [&](bool flip) {
    EmbedOptions options = small_options();
    options.flip = flip;
    const torch::Tensor vectors = Embedder(small_model(), {}, options).images({image, mirror}).vectors;
    expect_unit_rows(vectors);
    return (vectors[0] - vectors[1]).abs().max().item<double>();
  };
  EXPECT_LT(difference(true), 1e-6);
  EXPECT_GT(difference(false), 1e-3);
}

TEST_F(EmbedderTest, ABrokenImageStopsTheWorkOrIsCounted) {
  write_text(folder_ / "broken.jpg", "\xff\xd8\xff no picture");
  const std::vector<std::filesystem::path> paths{picture("a.ppm", 1), picture("b.ppm", 2),
                                                 folder_ / "broken.jpg", picture("c.ppm", 3)};
  EmbedOptions options = small_options();
  EXPECT_THAT([&] { Embedder(small_model(), {}, options).images(paths); },
              Throws<DataError>(Property(&Error::what, HasSubstr("broken.jpg"))));
  options.skip_broken = true;
  const ImageEmbeddings found = Embedder(small_model(), {}, options).images(paths);
  EXPECT_EQ(found.vectors.size(0), 3);
  EXPECT_THAT(found.rows, ElementsAre(0, 1, 3));
  ASSERT_EQ(found.broken.size(), 1);
  EXPECT_EQ(found.broken[0].index, 2);
  EXPECT_THAT(found.broken[0].reason, HasSubstr("broken.jpg"));
  expect_unit_rows(found.vectors);
}

TEST_F(EmbedderTest, SentencesAreUnitVectorsOfTheirKeyWords) {
  const auto letters = std::make_shared<LetterEncoder>();
  const std::vector<std::string> texts{"a woman in a red coat, walking", "a man in blue jeans",
                                       "good evening"};
  const torch::Tensor vectors = Embedder(small_model(), {letters}, small_options()).sentences(texts);
  EXPECT_EQ(vectors.sizes(), (std::vector<int64_t>{3, 16}));
  expect_unit_rows(vectors);
  EXPECT_THAT(letters->seen, ElementsAre("woman red coat", "man blue jeans", "good evening"));
  letters->seen.clear();
  Embedder(small_model(), {letters, false}, small_options()).sentences(texts);
  EXPECT_THAT(letters->seen, ElementsAre(texts[0], texts[1], texts[2]));
}

TEST_F(EmbedderTest, ASentenceThatCannotBeReadIsAnError) {
  const auto letters = std::make_shared<LetterEncoder>();
  EXPECT_THAT(
      [&] {
        Embedder(small_model(), {letters}, small_options()).sentences({"red coat", "x", ""});
      },
      Throws<InvalidArgument>(Property(&Error::what, HasSubstr("sentence 3 of 3 has no word"))));
  EXPECT_THAT([&] { Embedder(small_model(0), {}, small_options()).sentences({"red coat"}); },
              Throws<InvalidArgument>(Property(&Error::what, HasSubstr("has no text branch"))));
}

TEST_F(EmbedderTest, RefusesAFileThatIsNoModel) {
  write_text(folder_ / "model.safetensors", "no model at all");
  EXPECT_THAT([&] { Embedder(folder_ / "model.safetensors"); },
              Throws<DataError>(Property(&Error::what, HasSubstr("model.safetensors"))));
}

}  // namespace
}  // namespace dmf::embed
