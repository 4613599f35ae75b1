#pragma once
#include <cstdint>
#include <functional>
#include <vector>

#include "dmf/data/image.h"

namespace dmf::data {

/// Calls work(i) for each of `count` images, in several threads that take them in order.
/// @param threads  0: one for each available processor
/// @return         with BrokenImages::kCollect the images whose work threw a DataError, by index
/// @throws         what the first image (by order) threw; with kCollect other errors than DataError alone
std::vector<BrokenImage> over_images(int64_t count, int64_t threads, BrokenImages broken,
                                     const std::function<void(int64_t)>& work);

}  // namespace dmf::data
