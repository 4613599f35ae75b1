#include "dmf/cli/contact_sheet.h"

#include <map>

#include "dmf/data/dataset.h"
#include "dmf/report/contact_sheet.h"

namespace dmf::cli {

void write_contact_sheet(const world::WorldOptions& options, const std::filesystem::path& folder,
                         const std::filesystem::path& file) {
  const std::string format = options.layout == world::Layout::kMarket ? "market1501:" : "finegpr:";
  const data::Dataset dataset = data::open_dataset(format + folder.string());
  std::map<std::string, std::string> captions;  // of the file's name
  for (const auto* split : {&dataset.train, &dataset.query, &dataset.gallery}) {
    for (const data::Record& record : *split) {
      if (!record.captions.empty()) captions[record.path.name()] = record.captions.front();
    }
  }
  std::vector<std::vector<report::ListedImage>> rows;
  for (const auto& names : world::sheet_images(options)) {
    rows.emplace_back();
    for (const std::string& name : names) {
      const std::filesystem::path path = folder / name;
      rows.back().push_back({data::decode_pixels(path), captions[std::filesystem::path(name).filename()]});
    }
  }
  report::draw_contact_sheet(rows).save_png(file);
}

}  // namespace dmf::cli
