#pragma once
#include <cstdint>
#include <filesystem>
#include <opencv2/core.hpp>
#include <string>

namespace dmf::test {

/// A person as coloured rectangles before a background whose shade tells the camera.
struct Figure {
  int64_t person = 0;  ///< tells the colours of coat and trousers
  int64_t camera = 0;  ///< tells the shade of the background
  int64_t image = 0;   ///< moves the figure a little
  int height = 64, width = 32;
};

/// The picture, height x width, 8-bit blue green red.
cv::Mat draw_figure(const Figure& figure);

/// Writes the picture; its format is that of the name. Creates the folder.
void write_figure(const std::filesystem::path& path, const Figure& figure);

/// "A woman in a red coat and blue trousers."
std::string figure_caption(int64_t person);

/// Names of a person's colours: coat, trousers.
std::string coat_colour(int64_t person);
std::string trousers_colour(int64_t person);

}  // namespace dmf::test
