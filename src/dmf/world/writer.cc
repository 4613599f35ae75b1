#include "dmf/world/writer.h"

#include <atomic>
#include <exception>
#include <mutex>
#include <nlohmann/json.hpp>
#include <opencv2/core/utility.hpp>
#include <optional>
#include <thread>

#include "dmf/core/error.h"
#include "dmf/core/file.h"
#include "dmf/core/interrupt.h"
#include "dmf/core/progress.h"
#include "dmf/core/system.h"
#include "dmf/world/describe.h"
#include "dmf/world/studio.h"

namespace dmf::world {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr int kVersion = 1;  // of what the same options give; a folder of another one is not gone on with
constexpr int kQuality = 92;
constexpr const char* kParameters = "world.json";
constexpr const char* kCaptions = "captions.jsonl";
constexpr const char* kAttributes = "attributes.json";
constexpr const char* kParts = ".parts";

json parameters(const WorldOptions& o) {
  return {{"version", kVersion},
          {"domain", o.domain},
          {"domain_shift", o.domain_shift},
          {"identities", o.identities},
          {"images_per_identity", o.images},
          {"seed", o.seed},
          {"height", o.height},
          {"width", o.width},
          {"near_twins", o.near_twins},
          {"layout", o.layout == Layout::kMarket ? "market1501" : "finegpr"},
          {"test_identities", o.test_identities},
          {"captions", o.captions}};
}

/// Takes a new folder, or one of the same world.
void claim(const fs::path& folder, const json& wanted) {
  const fs::path file = folder / kParameters;
  const std::string hint = "another --out, or remove the folder";
  if (!fs::exists(file)) {
    std::error_code error;
    DMF_CHECK(
        !fs::exists(folder) || fs::is_empty(folder, error), DataError, "{}",
        (Expectation{folder.string(), "not a world's folder", "an empty or a new folder", "other files", hint}
             .message()));
    write_text(file, wanted.dump(2) + "\n");
    return;
  }
  const json found = json::parse(read_text(file), nullptr, false);
  DMF_CHECK(found.is_object(), DataError, "{}: not a world's parameters; hint: {}", file.string(), hint);
  for (const auto& [key, value] : wanted.items()) {
    const auto other = found.find(key);
    const std::string got = other == found.end() ? "nothing" : other->dump();
    DMF_CHECK(got == value.dump(), DataError, "{}",
              (Expectation{folder.string(), "made with other parameters: " + key, value.dump(), got, hint}
                   .message()));
  }
}

class Writer {
 public:
  Writer(const WorldOptions& options, fs::path folder)
      : options_(options),
        folder_(std::move(folder)),
        progress_("world", options.identities * options.images, "images") {}

  WorldReport run(int threads) {
    const double start = wall_seconds();
    WorldReport report{.images = options_.identities * options_.images};
    if (is_complete()) {
      progress_.skip(report.images);
    } else {
      report.made = options_.images * make_identities(threads);
      stop_if_interrupted("making a world");
      finish();
    }
    progress_.finish();
    report.seconds = wall_seconds() - start;
    return report;
  }

 private:
  bool is_complete() const { return fs::exists(folder_ / kAttributes); }
  fs::path part(int64_t identity) const { return folder_ / kParts / fmt::format("{:06}.jsonl", identity); }

  /// @return how many were made
  int64_t make_identities(int threads) {
    std::vector<int64_t> open;
    for (int64_t identity = 1; identity <= options_.identities; ++identity) {
      fs::exists(part(identity)) ? progress_.skip(options_.images) : open.push_back(identity);
    }
    if (open.empty()) return 0;
    studio_.emplace(options_);
    std::atomic<size_t> next = 0;
    std::exception_ptr failure;
    const auto work = [&] {
      try {
        for (size_t i; (i = next++) < open.size() && !interrupt_requested();) make_identity(open[i]);
      } catch (...) {
        const std::lock_guard lock(mutex_);
        if (!failure) failure = std::current_exception();
        next = open.size();
      }
    };
    std::vector<std::thread> others;
    for (int i = 1; i < threads; ++i) others.emplace_back(work);
    work();
    for (std::thread& thread : others) thread.join();
    if (failure) std::rethrow_exception(failure);
    return static_cast<int64_t>(open.size());
  }

  void make_identity(int64_t number) {
    std::string lines;
    studio_->photograph(number, [&](const MadeImage& made) {
      AtomicFile file(folder_ / made.file);
      file.write(encode_jpeg(made.picture.image, kQuality));
      file.commit();
      lines += json{{"image", made.file}, {"captions", json::array({made.caption})}}.dump() + "\n";
      const std::lock_guard lock(mutex_);
      progress_.advance(1);
    });
    write_text(part(number), lines);
  }

  /// Puts the captions together; the attributes come last and tell that all is there.
  void finish() {
    json attributes = json::object();
    AtomicFile captions(folder_ / kCaptions);
    for (int64_t number = 1; number <= options_.identities; ++number) {
      if (options_.captions) captions.write(read_text(part(number)));
      attributes[fmt::format("{:04}", number)] = describe(identity_of(options_, number));
    }
    if (options_.captions) captions.commit();
    remove_broken();
    write_text(folder_ / kAttributes, attributes.dump(1) + "\n");
    fs::remove_all(folder_ / kParts);
  }

  /// What a killed run had not finished (AtomicFile's NAME.partPROCESS).
  void remove_broken() const {
    std::vector<fs::path> broken;
    for (const auto& entry : fs::recursive_directory_iterator(folder_)) {
      if (entry.is_regular_file() && entry.path().extension().string().starts_with(".part"))
        broken.push_back(entry);
    }
    for (const fs::path& file : broken) fs::remove(file);
  }

  WorldOptions options_;
  fs::path folder_;
  std::optional<Studio> studio_;  // made where there is something to make
  Progress progress_;
  std::mutex mutex_;
};

/// OpenCV's own threads off while it lives: the images are many and small, and there is a thread for each.
class OpenCvOnOneThread {
 public:
  OpenCvOnOneThread() : before_(cv::getNumThreads()) { cv::setNumThreads(1); }
  ~OpenCvOnOneThread() { cv::setNumThreads(before_); }
  OpenCvOnOneThread(const OpenCvOnOneThread&) = delete;
  OpenCvOnOneThread& operator=(const OpenCvOnOneThread&) = delete;

 private:
  int before_;
};

}  // namespace

WorldReport write_world(const WorldOptions& options, const fs::path& folder, int threads) {
  check_world_options(options);
  DMF_CHECK(threads >= 0 && threads <= 1024, InvalidArgument, "threads: expected 0 … 1024, got {}", threads);
  const OpenCvOnOneThread guard;
  claim(folder, parameters(options));
  return Writer(options, folder).run(threads == 0 ? static_cast<int>(available_processors()) : threads);
}

}  // namespace dmf::world
