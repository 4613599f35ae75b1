#pragma once
#include <filesystem>
#include <map>
#include <string>

#include "dmf/weights/tensors.h"

namespace dmf::weights {

/// What a safetensors file holds.
struct Safetensors {
  NamedTensors tensors;
  std::map<std::string, std::string> metadata;  ///< the header's `__metadata__`; empty where it has none
};

/// Reads a file of weights, whichever of the two formats it has; its content decides, not its name.
/// @return tensors on the CPU, contiguous, each with memory of its own, of the file's element types
/// @throws DataError  as read_safetensors and read_pytorch, and on a file of another format
NamedTensors read_tensors(const std::filesystem::path& path);

/// Reads a safetensors file, checking it whole: the header's length and JSON, each name once, each tensor's
/// bytes inside the file and of the length that its shape and type ask for, no overlap and no hole between
/// tensors. Types: F64 F32 F16 BF16 I64 I32 I16 I8 U8 BOOL.
/// @throws DataError  naming the file, and the offset or tensor that is wrong
Safetensors read_safetensors(const std::filesystem::path& path);

/// Writes a safetensors file, atomically. The same tensors and metadata give the same bytes: wide element
/// types first (so that all data is aligned), names sorted within a type, header padded to 8 bytes.
/// @param tensors   any shape and device; one of read_safetensors' types
/// @param metadata  UTF-8 texts
/// @throws InvalidArgument  another type, an undefined tensor, a text that is not UTF-8
/// @throws DataError        the file cannot be written
void write_safetensors(const std::filesystem::path& path, const NamedTensors& tensors,
                       const std::map<std::string, std::string>& metadata = {});

/// Reads a checkpoint that torch.save wrote (.pth, .pt, .bin): the zip format, and the older one without zip.
///
/// A checkpoint is a pickle, a program for Python's pickle machine. This reader has a machine of its own that
/// knows only how to build dictionaries, lists, tuples, texts, numbers and tensors; it has no means to call
/// anything, and refuses a file that names anything else.
///
/// Names: nested dictionaries and lists are joined by dots ("a.b.0"). Where the outermost dictionary holds a
/// dictionary "state_dict", "model_state_dict" or "model" (the first of these that is there), that one is
/// read and what stands beside it (optimiser, epoch) is left out. What is not a tensor is left out.
/// @throws DataError  naming the file, and the offset or tensor that is wrong, or the global that is refused
NamedTensors read_pytorch(const std::filesystem::path& path);

}  // namespace dmf::weights
