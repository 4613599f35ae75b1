#include "dmf/cli/filter_flags.h"

#include <filesystem>

namespace dmf::cli {

void FilterFlags::declare(CLI::App& app, const std::string& else_where) {
  app.add_option("--camera", cameras, "crops of this camera; may be repeated: of any of them" + else_where)
      ->allow_extra_args(false)
      ->type_name("NAME");
  app.add_option("--identity", identities, "crops of this identity; may be repeated" + else_where)
      ->allow_extra_args(false)
      ->type_name("NAME");
  app.add_option("--tag", tags, "crops with this tag; may be repeated: with all of them" + else_where)
      ->allow_extra_args(false)
      ->type_name("TAG");
  app.add_option("--from", from,
                 "crops of this time or later: 2026-01-31, 2026-01-31T12:00:05+01:00 (else UTC)")
      ->type_name("TIME");
  app.add_option("--before", before, "crops from before this time")->type_name("TIME");
}

search::Filter FilterFlags::filter() const {
  search::Filter filter{.ids = ids, .cameras = cameras, .identities = identities, .tags = tags};
  for (const std::string& source : sources)
    filter.sources.push_back(std::filesystem::absolute(source).lexically_normal());
  if (!from.empty()) filter.from = search::parse_time(from);
  if (!before.empty()) filter.before = search::parse_time(before);
  return filter;
}

}  // namespace dmf::cli
