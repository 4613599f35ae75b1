#pragma once
#include <atomic>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>

#include "dmf/core/file.h"
#include "dmf/data/thumbnail.h"
#include "dmf/serve/service.h"
#include "support/temporary_folder.h"

namespace dmf::serve::testing_service {

inline constexpr int64_t kWidth = 7;

struct Colour {
  uint8_t red = 0, green = 0, blue = 0;
};
inline constexpr Colour kRed{230, 20, 20}, kGreen{20, 230, 20}, kBlue{20, 20, 230}, kGrey{120, 120, 120};

/// A person: a coat and trousers, as a PPM file.
inline std::string person(Colour coat, Colour trousers, int64_t height = 32, int64_t width = 16) {
  std::string file = fmt::format("P6\n{} {}\n255\n", width, height);
  for (int64_t y = 0; y < height; ++y) {
    const Colour& colour = 2 * y < height ? coat : trousers;
    for (int64_t x = 0; x < width; ++x)
      for (const uint8_t part : {colour.red, colour.green, colour.blue}) file += static_cast<char>(part);
  }
  return file;
}

inline Vector unit(Vector vector) {
  double square = 0;
  for (const float value : vector) square += static_cast<double>(value) * static_cast<double>(value);
  for (float& value : vector) value = static_cast<float>(static_cast<double>(value) / std::sqrt(square));
  return vector;
}

/// A model that sees the mean colours of the upper and the lower half, and reads "red", "green" and "blue" as
/// the coat's.
class FakeModel : public Model {
 public:
  int64_t width() const override { return kWidth; }
  int64_t picture_height() const override { return 16; }
  int64_t picture_width() const override { return 8; }
  bool reads_sentences() const override { return reads; }
  nlohmann::json card() const override { return {{"setting", "made up"}}; }
  std::optional<search::SameThreshold> threshold() const override {
    if (!has_threshold) return std::nullopt;
    return search::SameThreshold{
        .distance = 0.1, .low = 0.05, .high = 0.2, .far = 0.01, .dataset = "figures"};
  }
  std::vector<Vector> pictures(const std::vector<data::Pixels>& pictures) const override {
    ++passes;
    wait();
    std::vector<Vector> vectors;
    for (const data::Pixels& picture : pictures) vectors.push_back(vector_of(picture));
    return vectors;
  }
  std::vector<Vector> sentences(const std::vector<std::string>& sentences) const override {
    wait();
    std::vector<Vector> vectors;
    for (const std::string& sentence : sentences) {
      Vector vector(kWidth, 0.05F);
      const char* names[] = {"red", "green", "blue"};
      for (size_t i = 0; i < 3; ++i) vector[i] += sentence.find(names[i]) != std::string::npos ? 1.F : 0.F;
      vectors.push_back(unit(vector));
    }
    return vectors;
  }
  Reading read(const std::string&) const override { return {{"red coat"}, {"hat"}, {"zorbing"}}; }
  Likeness compare(const data::Pixels&, const data::Pixels&) const override {
    return {0.5, {2, 1, {0.25F, 1}}, {2, 1, {0, 1}}};
  }

  /// Until then every pass waits.
  std::atomic<bool> is_held{false};
  mutable std::atomic<int> passes{0};
  bool reads = true, has_threshold = true;

 private:
  void wait() const {
    while (is_held) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  static Vector vector_of(const data::Pixels& picture) {
    Vector vector(kWidth, 0);
    vector[6] = 0.1F;
    for (size_t i = 0; i < picture.rgb.size(); ++i)
      vector[(2 * i < picture.rgb.size() ? 0 : 3) + i % 3] += static_cast<float>(picture.rgb[i]) / 255 / 64;
    return unit(vector);
  }
};

/// A service on a gallery of its own.
struct Served {
  explicit Served(const std::string& keys_file = "", const ServiceOptions& options = {},
                  const StoreOptions& store_options = {})
      : keys(keys_file) {
    { const search::GalleryWriter writer(folder / "gallery", {"made up", kWidth}); }
    store = std::make_unique<FolderStore>(folder / "gallery", store_options);
    audit = std::make_unique<Audit>(folder / "audit.jsonl");
    service = std::make_unique<Service>(*store, model, keys, *audit, options);
  }
  Reply ask(const std::string& method, const std::string& target, const std::string& body = "",
            const std::string& type = "application/json",
            std::map<std::string, std::string> headers = {}) const {
    Head head{method, target, "", std::move(headers), "127.0.0.1", false};
    const size_t mark = target.find('?');
    head.path = target.substr(0, mark);
    if (mark != std::string::npos) head.query = target.substr(mark + 1);
    head.headers.try_emplace("host", "localhost:8080");
    if (!type.empty()) head.headers["content-type"] = type;
    try {
      return service->admit(head).run(body);
    } catch (const Refusal& refusal) {
      return refusal.reply();
    }
  }
  nlohmann::json json(const std::string& method, const std::string& target, const std::string& body = "",
                      const std::string& type = "application/json") const {
    return nlohmann::json::parse(ask(method, target, body, type).body);
  }
  /// Adds a person. @return the crop's number
  int64_t add(Colour coat, Colour trousers, const std::string& query = "") const {
    return json("POST", "/crops" + query, person(coat, trousers), "image/x-portable-pixmap")["id"];
  }
  std::string audited() const { return read_text(folder / "audit.jsonl"); }

  test::TemporaryFolder folder;
  FakeModel model;
  KeyRing keys;
  std::unique_ptr<Store> store;
  std::unique_ptr<Audit> audit;
  std::unique_ptr<Service> service;
};

}  // namespace dmf::serve::testing_service
