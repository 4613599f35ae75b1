#pragma once
#include <filesystem>

#include "dmf/data/reading.h"

namespace dmf::data {

/// The file of FineGPR-C's sentences: the first text or JSON file in the folder whose name has "caption" or
/// begins with "FineGPR-C" (capitals or not; captions.jsonl is read by read_annotations()), or one beside the
/// folder, or in FineGPR-C/ beside it, that begins so. Empty where there is none.
std::filesystem::path find_caption_file(const std::filesystem::path& root);

/// Adds sentences to the records of `reading`, which are found by the image's file name alone. The file is
/// read as a stream: what belongs to no record (the images that were not drawn) takes no memory.
///
/// Forms, told by the content:
///   lines  `ImageName:0001_c01_w01_l01_p01.jpg, the caption is: A woman ….`  (as FineGPR-C's authors write)
///          `0001_c01_w01_l01_p01.jpg A woman …`, with a space, a tab, a comma or a colon between
///          `{"image": "0001_c01_w01_l01_p01.jpg", "captions": ["…"]}`, an object a line
///   JSON   COCO's captions: {"images": [{"id", "file_name"}], "annotations": [{"image_id", "caption"}]};
///          or a list of objects with the image (image, image_id, file_name, file_path, img_path) and its
///          caption(s)
/// A sentence without its image is counted, unless reading.is_drawn.
/// @throws DataError  a line or object of another form (with its line or number), no sentence for any record
void read_caption_file(Reading& reading, const std::filesystem::path& path);

}  // namespace dmf::data
