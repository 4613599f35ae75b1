#pragma once
#include <CLI/CLI.hpp>
#include <string>

#include "dmf/embed/embedder.h"

namespace dmf::cli {

/// Declares the flags of every command that turns images into vectors: --flip, --skip-broken, --batch,
/// --device, --precision. Their values land in `options`, which must outlive the parsing.
void add_embedding_flags(CLI::App& app, embed::EmbedOptions& options);

/// Declares those of them that say how a model works: --batch, --device, --precision.
void add_device_flags(CLI::App& app, embed::EmbedOptions& options);

/// Declares --json [FILE]: "-" in `file` where it is given without a FILE, empty where it is not given.
/// @param without_file  where the document goes then, for the help: "to standard output"
void add_json_flag(CLI::App& app, std::string& file, const std::string& without_file);

/// A whole number above 0, as a flag's value. CLI11's own says what it expects by its largest double.
CLI::Validator positive_number();

/// Height and width of images, pixels.
struct ImageSize {
  int64_t height = 0, width = 0;
};

/// The value of --size, HEIGHTxWIDTH as in 256x128. @throws InvalidArgument  anything else
ImageSize parse_size(const std::string& text);

/// Declares --data-root DIR (data_root.h).
void add_data_root_flag(CLI::App& app, std::string& folder);

}  // namespace dmf::cli
