#pragma once
#include <cstdint>
#include <filesystem>
#include <string>

namespace dmf::test {

/// A made-up dataset: persons are two coloured rectangles (coat and trousers) before a background whose shade
/// tells the camera.
struct FigureOptions {
  int64_t train_identities = 8, test_identities = 4;
  int64_t cameras = 2, images = 2;  ///< images of an identity by each camera
  int64_t height = 64, width = 32;
  bool has_captions = true;
};

/// Draws the dataset into `folder`: crops as PPM, and `figures.csv` with identity, camera, split and caption.
/// @return its name for the command line, "csv:…/figures.csv"
std::string draw_figures(const std::filesystem::path& folder, const FigureOptions& options = {});

}  // namespace dmf::test
