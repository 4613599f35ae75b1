#include "dmf/cli/flags.h"

#include <fmt/format.h>

#include <charconv>

#include "dmf/core/error.h"

namespace dmf::cli {

void add_embedding_flags(CLI::App& app, embed::EmbedOptions& options) {
  app.add_flag("--flip", options.flip, "average the vectors of each image and its mirror image");
  app.add_flag("--skip-broken", options.skip_broken,
               "leave images that cannot be decoded out, counted, instead of stopping");
  add_device_flags(app, options);
}

void add_device_flags(CLI::App& app, embed::EmbedOptions& options) {
  app.add_option("--batch", options.batch, "images that go through the model together")
      ->check(CLI::Range(1, 4096))
      ->capture_default_str();
  app.add_option("--device", options.device, "cpu, cuda, cuda:1 or auto")->capture_default_str();
  app.add_option("--precision", options.precision, "float32, bfloat16 or auto")->capture_default_str();
}

void add_json_flag(CLI::App& app, std::string& file, const std::string& without_file) {
  app.add_option("--json", file,
                 fmt::format("write one JSON document to FILE; without FILE, {}", without_file))
      ->expected(0, 1)
      ->default_str("-")
      ->type_name("FILE");
}

CLI::Validator positive_number() {
  return {[](const std::string& text) {
            int64_t number = 0;
            const char* end = text.data() + text.size();
            const auto read = std::from_chars(text.data(), end, number);
            const bool is_one = read.ec == std::errc() && read.ptr == end && number > 0;
            return is_one ? std::string() : fmt::format("expected a whole number above 0, got '{}'", text);
          },
          ""};
}

ImageSize parse_size(const std::string& text) {
  ImageSize size;
  const char* end = text.data() + text.size();
  const auto rows = std::from_chars(text.data(), end, size.height);
  const bool has_cross = rows.ec == std::errc() && rows.ptr != end && *rows.ptr == 'x';
  const auto columns = has_cross ? std::from_chars(rows.ptr + 1, end, size.width) : rows;
  DMF_CHECK(has_cross && columns.ec == std::errc() && columns.ptr == end, InvalidArgument,
            "--size: expected HEIGHTxWIDTH as in 256x128, got `{}`", text);
  return size;
}

void add_data_root_flag(CLI::App& app, std::string& folder) {
  app.add_option("--data-root", folder,
                 "folder that datasets named without a path (`market1501:`) are looked for in; standard is "
                 "DMF_DATA, else data")
      ->type_name("DIR");
}

}  // namespace dmf::cli
