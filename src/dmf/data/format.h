#pragma once
#include <filesystem>
#include <span>
#include <string>

#include "dmf/core/option_table.h"
#include "dmf/data/reading.h"
#include "dmf/data/spec.h"

namespace dmf::data {

/// A dataset format: a row of the table in format.cc.
struct Format {
  const char* name;   ///< in front of the colon
  const char* title;  ///< as published
  /// True where `path` holds what this format reads. Looks at few entries only.
  bool (*is_at)(const std::filesystem::path& path);
  /// Fills the splits of `reading`, whose dataset.root is set.
  void (*read)(Reading& reading, const Spec& spec);
  /// Adds the options that stand behind `?`.
  void (*add_options)(OptionTable& table);
  const char* layout;  ///< what a folder has to hold, for messages
  bool is_file = false;
};

/// All formats.
std::span<const Format> formats();

/// The format of that name, or null.
const Format* find_format(const std::string& name);

/// The format of a folder or file that came without one; `folder` or `csv` where nothing else fits.
/// @throws DataError  no such folder or file
const Format& recognise_format(const std::filesystem::path& path);

/// "did you mean FOLDER?": a folder above, below or beside `path` that holds what the format reads; empty
/// where there is none. With `format` null any of the published formats counts.
std::string nearby_hint(const Format* format, const std::filesystem::path& path);

}  // namespace dmf::data
