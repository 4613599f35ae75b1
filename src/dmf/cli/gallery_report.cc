#include "dmf/cli/gallery_report.h"

#include <algorithm>

#include "dmf/core/error.h"
#include "dmf/core/table.h"

namespace dmf::cli {
namespace {

constexpr size_t kMostValues = 12;  // of a kind, in the table

std::string size_text(int64_t bytes) {
  const double mebibytes = static_cast<double>(bytes) / (1 << 20);
  return mebibytes < 1024 ? fmt::format("{:.1f} MiB", mebibytes)
                          : fmt::format("{:.2f} GiB", mebibytes / 1024);
}

std::string counts_text(const nlohmann::json& counts) {
  std::string text;
  size_t shown = 0;
  for (const auto& [name, count] : counts.items()) {
    if (shown++ == kMostValues) {
      text += fmt::format(" and {} more", counts.size() - kMostValues);
      break;
    }
    text += fmt::format("{}{} ({})", shown > 1 ? ", " : "", name.empty() ? "not known" : name,
                        count.get<int64_t>());
  }
  return text.empty() ? "none" : text;
}

nlohmann::json time_json(const std::optional<int64_t>& time) {
  return time ? nlohmann::json(search::time_text(*time)) : nlohmann::json();
}

nlohmann::json count_json(const std::optional<int64_t>& count) {
  return count ? nlohmann::json(*count) : nlohmann::json();
}

}  // namespace

nlohmann::json gallery_info(const search::GalleryView& gallery) {
  const search::GalleryStatistics statistics = gallery.statistics();
  return {{"crops", statistics.crops},
          {"model", gallery.kind().model},
          {"model_file", gallery.property("model_file")},
          {"width", gallery.kind().width},
          {"flip", gallery.property("flip") == "yes"},
          {"identities", statistics.identities},
          {"thumbnails", statistics.thumbnails},
          {"cameras", statistics.cameras},
          {"tags", statistics.tags},
          {"first_time", time_json(statistics.first_time)},
          {"last_time", time_json(statistics.last_time)},
          {"deleted_rows", statistics.deleted_rows},
          {"segments", count_json(statistics.segments)},
          {"blocks", count_json(statistics.blocks)},
          {"vector_bytes", statistics.vector_bytes},
          {"database_bytes", statistics.database_bytes},
          {"damage", gallery.damage()}};
}

std::string info_table(const nlohmann::json& info) {
  const auto number = [&](const char* key) { return info[key].get<int64_t>(); };
  std::string text = fmt::format(
      "{} crops of {} identities, {} with a thumbnail\n"
      "  model     {} ({} numbers{}; {})\n"
      "  cameras   {}\n  tags      {}\n",
      number("crops"), number("identities"), number("thumbnails"), info["model"].get<std::string>(),
      number("width"), info["flip"].get<bool>() ? ", mean with the mirror image" : "",
      info["model_file"].get<std::string>(), counts_text(info["cameras"]), counts_text(info["tags"]));
  if (info["first_time"].is_string()) {
    text += fmt::format("  times     {} to {}\n", info["first_time"].get<std::string>(),
                        info["last_time"].get<std::string>());
  }
  text += info["segments"].is_null()
              ? fmt::format("  database  {} with indexes, {} of vectors\n",
                            size_text(number("database_bytes")), size_text(number("vector_bytes")))
              : fmt::format("  on disk   {} of vectors in {} segments, {} of fields and thumbnails\n",
                            size_text(number("vector_bytes")), number("segments"),
                            size_text(number("database_bytes")));
  if (number("deleted_rows") > 0)
    text += fmt::format("  deleted   {} vectors that `dmf index compact` removes\n", number("deleted_rows"));
  for (const auto& each : info["damage"]) text += fmt::format("  DAMAGED   {}\n", each.get<std::string>());
  text.pop_back();
  return text;
}

std::string action_line(const nlohmann::json& result) {
  std::string line;
  for (const auto& [name, value] : result.items()) {
    std::string words = name;
    std::replace(words.begin(), words.end(), '_', ' ');
    line += fmt::format("{}{} {}", line.empty() ? "" : ", ", words,
                        value.is_string() ? value.get<std::string>() : value.dump());
  }
  return line;
}

}  // namespace dmf::cli
