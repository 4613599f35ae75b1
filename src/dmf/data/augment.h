#pragma once
#include <torch/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "dmf/core/option_table.h"
#include "dmf/core/random.h"
#include "dmf/data/change_writer.h"

namespace dmf::data {

/// Random changes for training, on pixels or on stored maps.
/// Source: paper Section IV-B (TransReID's: flip, pad 10 and crop, random erasing; Zhong et al. 2020 for the
/// erasing).
struct AugmentOptions {
  double flip = 0.5;
  int64_t pad = 10;
  double erase = 0.5;
  double erase_area_min = 0.02;
  double erase_area_max = 0.4;
  double erase_aspect_min = 0.3;
  double erase_aspect_max = 3.3;
  std::string fill = "zero";

  template <class Visitor>
  void visit(Visitor& v) {
    v("flip", flip, Range{0.0, 1.0}, "probability of a horizontal flip");
    v("pad", pad, Range<int64_t>{0, 64},
      "cells (pixels of an image, cells of a stored map) padded before the random crop");
    v("erase", erase, Range{0.0, 1.0}, "probability of erasing a random rectangle");
    v("erase_area_min", erase_area_min, Range{0.0, 1.0}, "smallest erased share of the area");
    v("erase_area_max", erase_area_max, Range{0.0, 1.0}, "largest erased share of the area");
    v("erase_aspect_min", erase_aspect_min, Range{0.01, 1.0},
      "smallest height / width of the erased rectangle");
    v("erase_aspect_max", erase_aspect_max, Range{1.0, 100.0},
      "largest height / width of the erased rectangle");
    v("fill", fill, Choices{{"zero", "mean"}},
      "what padding and erasing leave: 0, or the sample's mean of each channel");
  }
};

/// The same for maps of 16- or 32-pixel cells: pad by one cell.
AugmentOptions grid_augment_options();

/// Flip, pad-and-crop, erasing, in this order, drawn for each sample.
/// @param batch  [B, C, H, W], any type, any device: pixels or a map's cells
/// @return       [B, C, H, W], a new tensor of the same type, device and memory format
torch::Tensor augment(const torch::Tensor& batch, const AugmentOptions& options, RandomStream& random);

/// What augment() would draw for `count` samples, from the same stream.
std::vector<Change> draw_changes(int64_t count, int64_t height, int64_t width, const AugmentOptions& options,
                                 RandomStream& random);

/// Flips each sample left to right with `probability`.
/// @param batch  [B, C, H, W], any type, any device
torch::Tensor random_flip(const torch::Tensor& batch, double probability, RandomStream& random);

/// Moves each sample by whole cells, up to `pad` in both directions: pads `pad` cells on every side, crops at
/// random.
/// @param batch  [B, C, H, W], any type, any device
/// @param fill   "zero" or "mean", see AugmentOptions
torch::Tensor pad_and_crop(const torch::Tensor& batch, int64_t pad, const std::string& fill,
                           RandomStream& random);

/// Erases a random rectangle of whole cells of each sample with probability options.erase. Ten draws are made
/// for a rectangle that fits (as in the original); on a very small map the sample may stay whole.
/// @param batch  [B, C, H, W], any type, any device
torch::Tensor random_erase(const torch::Tensor& batch, const AugmentOptions& options, RandomStream& random);

/// Random looks of an image, to be stored side by side: other light, colours, sharpness, framing, so that
/// what is learned does not hang on one camera's style.
struct ViewOptions {
  double flip = 0.0;
  double crop = 0.5;
  double crop_area_min = 0.7;
  double jitter = 1.0;
  double brightness = 0.3;
  double contrast = 0.3;
  double saturation = 0.5;
  double hue = 0.05;
  double grayscale = 0.1;
  double blur = 0.2;
  double blur_sigma = 1.5;

  template <class Visitor>
  void visit(Visitor& v) {
    v("flip", flip, Range{0.0, 1.0}, "probability of a horizontal flip");
    v("crop", crop, Range{0.0, 1.0}, "probability of cutting out a part and stretching it to the whole");
    v("crop_area_min", crop_area_min, Range{0.05, 1.0}, "smallest share of the area cut out");
    v("jitter", jitter, Range{0.0, 1.0}, "probability of changing brightness, contrast, saturation and hue");
    v("brightness", brightness, Range{0.0, 1.0}, "factor drawn from 1 - this … 1 + this");
    v("contrast", contrast, Range{0.0, 1.0}, "factor drawn from 1 - this … 1 + this");
    v("saturation", saturation, Range{0.0, 1.0}, "factor drawn from 1 - this … 1 + this");
    v("hue", hue, Range{0.0, 0.5}, "turn of the colour circle drawn from -this … this (1 is a whole turn)");
    v("grayscale", grayscale, Range{0.0, 1.0}, "probability of leaving out the colours");
    v("blur", blur, Range{0.0, 1.0}, "probability of a Gaussian blur");
    v("blur_sigma", blur_sigma, Range{0.1, 10.0},
      "largest standard deviation of the blur, pixels; drawn from 0.1 on");
  }
};

/// View number `view` of an image. View 0 is the image itself; every other depends only on (seed,
/// image_index, view).
/// @param image        [3, H, W] uint8 (0 … 255) or float32 (0 … 1), CPU
/// @param image_index  the image's place in its dataset
/// @return             [3, H, W], type and range of `image`
/// @throws InvalidArgument  another shape or type, a negative number
torch::Tensor make_view(const torch::Tensor& image, const ViewOptions& options, uint64_t seed,
                        int64_t image_index, int64_t view);

}  // namespace dmf::data
