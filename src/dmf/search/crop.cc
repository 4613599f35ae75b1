#include "dmf/search/crop.h"

#include <algorithm>
#include <chrono>
#include <regex>

#include "dmf/core/error.h"
#include "dmf/search/digest.h"

namespace dmf::search {
namespace {

constexpr int64_t kMinute = 60'000, kHour = 60 * kMinute, kDay = 24 * kHour;

int64_t days_of(int year, unsigned month, unsigned day, const std::string& text) {
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(month),
                                         std::chrono::day(day)};
  DMF_CHECK(date.ok(), InvalidArgument, "time: there is no such day: '{}'", text);
  return std::chrono::sys_days(date).time_since_epoch().count();
}

int number(const std::ssub_match& match) { return match.matched ? std::stoi(match.str()) : 0; }

}  // namespace

std::vector<std::string> sorted_tags(std::vector<std::string> tags) {
  std::erase(tags, "");
  std::sort(tags.begin(), tags.end());
  tags.erase(std::unique(tags.begin(), tags.end()), tags.end());
  return tags;
}

Crop updated(Crop crop, const CropUpdate& update) {
  if (update.camera) crop.camera = *update.camera;
  if (update.identity) crop.identity = *update.identity;
  if (update.time) crop.time = *update.time;
  if (update.tags) crop.tags = *update.tags;
  crop.tags.insert(crop.tags.end(), update.add_tags.begin(), update.add_tags.end());
  for (const std::string& tag : update.remove_tags) std::erase(crop.tags, tag);
  crop.tags = sorted_tags(std::move(crop.tags));
  return crop;
}

int64_t digest_of(const Crop& crop) {
  // Lengths before the texts: no two crops are written alike.
  std::string text = fmt::format("{};{};", crop.id, crop.time ? std::to_string(*crop.time) : "-");
  const auto add = [&](const std::string& field) { text += fmt::format("{}:{};", field.size(), field); };
  for (const std::string* field : {&crop.source, &crop.version, &crop.camera, &crop.identity}) add(*field);
  for (const std::string& tag : crop.tags) add(tag);
  return digest(text);
}

int64_t parse_time(const std::string& text) {
  static const std::regex kForm(
      R"((\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,3}))?)?)?(Z|([+-])(\d\d):?(\d\d))?)");
  std::smatch part;
  DMF_CHECK(std::regex_match(text, part, kForm), InvalidArgument,
            "time: expected 2026-01-31, 2026-01-31T12:00:05 or 2026-01-31T12:00:05+01:00, got '{}'", text);
  const int hour = number(part[4]), minute = number(part[5]), second = number(part[6]);
  const int zone_hours = number(part[10]), zone_minutes = number(part[11]);
  DMF_CHECK(hour < 24 && minute < 60 && second < 60 && zone_hours < 24 && zone_minutes < 60, InvalidArgument,
            "time: there is no such time of day: '{}'", text);
  std::string fraction = part[7].str();
  fraction.resize(3, '0');
  const int64_t local = days_of(number(part[1]), static_cast<unsigned>(number(part[2])),
                                static_cast<unsigned>(number(part[3])), text) *
                            kDay +
                        hour * kHour + minute * kMinute + second * 1000 + std::stoi(fraction);
  const int64_t zone = zone_hours * kHour + zone_minutes * kMinute;
  return part[9].str() == "-" ? local + zone : local - zone;
}

std::string time_text(int64_t milliseconds) {
  const std::chrono::sys_time<std::chrono::milliseconds> time{std::chrono::milliseconds(milliseconds)};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const int64_t rest = (time - day).count();
  std::string text = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", static_cast<int>(date.year()),
                                 static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                                 rest / kHour, rest / kMinute % 60, rest / 1000 % 60);
  if (rest % 1000 != 0) text += fmt::format(".{:03}", rest % 1000);
  return text + "Z";
}

}  // namespace dmf::search
