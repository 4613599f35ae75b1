#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "dmf/data/pixels.h"
#include "dmf/report/canvas.h"
#include "dmf/report/page.h"

namespace dmf::cli {

/// Whether a report shows pictures of persons.
enum class Pictures {
  kShown,
  kBlurred,  ///< so that nobody can be recognised
  kNone
};

/// The folder that a report is written to, and what may stand in it: where pictures are blurred, neither
/// names of files nor names of persons.
class ReportFolder {
 public:
  ReportFolder(std::filesystem::path folder, Pictures pictures);

  bool is_private() const { return pictures_ != Pictures::kShown; }
  Pictures pictures() const { return pictures_; }
  const std::filesystem::path& path() const { return folder_; }

  /// Writes NAME.csv. @return its name
  std::string write_csv(const std::string& name, const std::vector<std::string>& header,
                        const std::vector<std::vector<std::string>>& rows) const;
  /// Writes NAME.png. @return its name
  std::string write_png(const std::string& name, const report::Canvas& canvas) const;

  /// A photograph of a person as it may be shown: blurred where it must be, a grey field where there are to
  /// be none or it cannot be read.
  data::Pixels photograph(const std::filesystem::path& file, int64_t height, int64_t width) const;
  /// The same on a page. @param description  for who cannot see it
  report::Html photograph_html(const data::Pixels& photograph, const std::string& description) const;
  /// A file's name, or nothing where it may not be told.
  std::string file_name(const std::filesystem::path& file) const;

 private:
  std::filesystem::path folder_;
  Pictures pictures_;
};

}  // namespace dmf::cli
