#pragma once
#include "dmf/eval/distance.h"
#include "dmf/eval/evaluate.h"
#include "dmf/eval/expansion.h"

namespace dmf::eval {

/// Images that a camera's mean is trusted like: with n images it is (sum + this * mean of all) / (n + this).
inline constexpr double kCameraMeanPrior = 1;

/// Takes from each vector what the vectors of its camera have in common: from queries and gallery alike the
/// mean of the gallery's vectors of that camera. A camera with few images in the gallery has a mean that lies
/// near that of the whole gallery; an image of an unknown camera, or of one that the gallery does not have, loses
/// the mean of the whole gallery.
///
/// What a camera's light, colours and angle add to all its pictures is what makes strangers of one camera look
/// alike to a model that has never seen that camera. The step needs no identity, but it needs to know each
/// image's camera and a gallery that stands for what the cameras see: figures with it are to be named so, and
/// not to be compared with figures without. Source: ours; kin to camera-based batch normalisation (Zhuang et
/// al., ECCV 2020), which does it with each layer's statistics.
/// @param metric  kCosine: of unit vectors; kSquaredEuclidean: of vectors as they are
/// @throws InvalidArgument  vectors of different width; labels that do not fit; a gallery without known cameras;
///                          vectors that cannot be ranked, or could not be without their camera's mean
ExpandedVectors without_camera_means(const LabelledVectors& query, const LabelledVectors& gallery,
                                     Metric metric);

}  // namespace dmf::eval
