#include <CLI/CLI.hpp>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <thread>

#include "dmf/cli/command.h"
#include "dmf/cli/flags.h"
#include "dmf/cli/gallery_place.h"
#include "dmf/cli/index_images.h"
#include "dmf/cli/serve_model.h"
#include "dmf/core/error.h"
#include "dmf/core/interrupt.h"
#include "dmf/core/log.h"
#include "dmf/core/table.h"
#include "dmf/fuse/model_identity.h"
#include "dmf/serve/service.h"

namespace dmf::cli {
namespace {

struct ServeArguments {
  GalleryPlace place;
  std::string model, keys, audit, add_key, remove_key;
  bool lists_keys = false;
  serve::ServerOptions server;
  serve::ServiceOptions service;
  serve::StoreOptions store;
  embed::EmbedOptions embedding;
  int64_t body_mebibytes = 10, retain_days = 0, idle = 20, upload = 60;
};

bool is_loopback(const std::string& host) { return host.starts_with("127.") || host == "::1"; }

/// NAME:ROLE[:RATE]
serve::Key parse_key(const std::string& text) {
  const size_t first = text.find(':');
  DMF_CHECK(first != std::string::npos, InvalidArgument,
            "--add-key: expected NAME:ROLE as in desk:read, got '{}'", text);
  const size_t second = text.find(':', first + 1);
  serve::Key key{.name = text.substr(0, first),
                 .role = serve::role_by_name(text.substr(first + 1, second - first - 1)),
                 .digest = {}};
  if (second == std::string::npos) return key;
  const bool is_rate = CLI::detail::lexical_cast(text.substr(second + 1), key.rate) && key.rate > 0;
  DMF_CHECK(is_rate, InvalidArgument, "--add-key: expected a rate above 0 behind the role, got '{}'",
            text.substr(second + 1));
  return key;
}

/// What is asked of the keys' file alone. @return false where nothing is
bool keep_keys(const ServeArguments& arguments) {
  if (arguments.add_key.empty() && arguments.remove_key.empty() && !arguments.lists_keys) return false;
  DMF_CHECK(!arguments.keys.empty(), InvalidArgument, "which file of keys? hint: --keys FILE");
  std::string text;
  if (!arguments.add_key.empty()) {
    text = serve::add_key(arguments.keys, parse_key(arguments.add_key)) + "\n";
    spdlog::info("keep this key: it is not stored and not told again");
  }
  if (!arguments.remove_key.empty()) serve::remove_key(arguments.keys, arguments.remove_key);
  if (arguments.lists_keys) {
    std::vector<std::vector<std::string>> rows;
    for (const serve::Key& key : serve::read_keys(arguments.keys))
      rows.push_back(
          {key.name, serve::name_of(key.role), key.rate > 0 ? fmt::format("{:g}", key.rate) : "standard"});
    text += text_table({"name", "role", "requests a second"}, rows);
  }
  std::fputs(text.c_str(), stdout);
  return true;
}

void check(const ServeArguments& arguments) {
  DMF_CHECK(!arguments.place.name.empty(), InvalidArgument, "which gallery? hint: dmf serve GALLERY");
  DMF_CHECK(
      is_loopback(arguments.server.host) || !arguments.keys.empty(), InvalidArgument,
      "--host {}: everybody who reaches this machine could search; hint: --keys FILE (dmf serve --keys FILE "
      "--add-key desk:read makes one)",
      arguments.server.host);
  DMF_CHECK(arguments.retain_days == 0 || !arguments.store.is_read_only, InvalidArgument,
            "--retain-days deletes, --read-only forbids it");
  if (!is_loopback(arguments.server.host) && arguments.server.certificate.empty())
    spdlog::warn(
        "keys and pictures cross the network unencrypted; hint: --certificate and --private-key, or a proxy "
        "with TLS on this machine");
}

/// The model of a gallery that is there, or that is made now.
std::unique_ptr<ServedModel> load_model(ServeArguments& arguments) {
  const bool is_there = is_gallery(arguments.place);
  if (is_there) {
    const auto opened = open_gallery(arguments.place);
    const search::GalleryView& gallery = *opened;
    if (arguments.model.empty()) arguments.model = gallery.property("model_file");
    arguments.embedding.flip = gallery.property("flip") == "yes";
    DMF_CHECK(!arguments.model.empty(), InvalidArgument,
              "{}: does not know its model file; hint: --model FILE", arguments.place.name);
    const std::string identity = fuse::model_identity(arguments.model);
    DMF_CHECK(identity == gallery.kind().model, InvalidArgument,
              "{}: holds vectors of model {}, {} is {}; hint: --model with the file it was made with",
              arguments.place.name, gallery.kind().model, arguments.model, identity);
  }
  DMF_CHECK(!arguments.model.empty(), DataError,
            "{}: no gallery; hint: `dmf index add` makes one, and --model FILE "
            "an empty one",
            arguments.place.name);
  auto model = std::make_unique<ServedModel>(arguments.model, arguments.embedding);
  if (!is_there) {
    const auto writer = open_keeper(arguments.place, {fuse::model_identity(arguments.model), model->width()});
    writer->set_property("model_file", std::filesystem::absolute(arguments.model).lexically_normal());
    writer->set_property("flip", "no");
  }
  return model;
}

std::unique_ptr<serve::Store> open_store(const GalleryPlace& place, const serve::StoreOptions& options) {
  if (place.is_folder()) return std::make_unique<serve::FolderStore>(place.name, options);
  return std::make_unique<serve::SharedStore>([&] { return open_gallery(place); },
                                              options.is_read_only ? nullptr : open_keeper(place), options);
}

/// Serves until Ctrl-C or SIGTERM.
void serve_until_stopped(const ServeArguments& arguments, serve::Store& store, serve::Service& service) {
  using Clock = std::chrono::steady_clock;
  constexpr auto kDay = std::chrono::hours(24);
  const auto upkeep = [&] {
    if (store.is_read_only()) return;
    if (arguments.retain_days > 0) service.retain(arguments.retain_days);
    store.compact();
  };
  // Those who search go on, and tomorrow it is tried again.
  const auto tried_upkeep = [&] {
    try {
      upkeep();
    } catch (const Error& error) {
      spdlog::error("upkeep: {}", error.what());
    }
  };
  if (arguments.place.is_folder()) {
    upkeep();
  } else {
    tried_upkeep();  // others serve the same gallery
  }
  auto next = Clock::now() + kDay;
  serve::HttpServer server(arguments.server, [&](const serve::Head& head) { return service.admit(head); });
  service.watch(&server);
  const std::string& host = arguments.server.host;
  spdlog::info("{}: {} crops at {}://{}:{}", arguments.place.name, store.statistics().crops,
               arguments.server.certificate.empty() ? "http" : "https",
               host.find(':') == std::string::npos ? host : "[" + host + "]", server.port());
  while (!interrupt_requested()) {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    if (Clock::now() < next) continue;
    next += kDay;
    tried_upkeep();
  }
  server.stop();
  service.watch(nullptr);
}

void serve_gallery(ServeArguments arguments) {
  if (keep_keys(arguments)) return;
  check(arguments);
  // What the header says is checked before; this is for headers that lie.
  ::setenv("OPENCV_IO_MAX_IMAGE_PIXELS", std::to_string(arguments.service.picture_pixels).c_str(), 1);
  std::signal(SIGPIPE, SIG_IGN);
  arguments.server.idle = std::chrono::seconds(arguments.idle);
  arguments.server.upload = std::chrono::seconds(arguments.upload);
  arguments.service.body_bytes = arguments.body_mebibytes << 20;
  arguments.service.pictures.most = arguments.embedding.batch;
  const serve::KeyRing keys(arguments.keys);
  const std::unique_ptr<ServedModel> model = load_model(arguments);
  const std::unique_ptr<serve::Store> store = open_store(arguments.place, arguments.store);
  if (arguments.audit.empty())
    arguments.audit = arguments.place.is_folder()
                          ? std::filesystem::path(arguments.place.name) / "audit.jsonl"
                          : std::filesystem::path(arguments.place.name + "-audit.jsonl");
  serve::Audit audit(arguments.audit);
  serve::Service service(*store, *model, keys, audit, arguments.service);
  serve_until_stopped(arguments, *store, service);
  throw Interrupted("stopped; what was in work was answered");
}

void declare_limits(CLI::App& app, ServeArguments& arguments) {
  const auto number = [&](const char* name, int64_t& value, int64_t low, int64_t high, const char* help) {
    app.add_option(name, value, help)->check(CLI::Range(low, high))->capture_default_str()->type_name("N");
  };
  app.add_option("--rate", arguments.service.rate,
                 "requests a second of a key that has no rate of its own; 0: any")
      ->check(CLI::Range(0.0, 1e6))
      ->capture_default_str();
  number("--body-mib", arguments.body_mebibytes, 1, 1024, "largest body of a request, MiB");
  number("--picture-pixels", arguments.service.picture_pixels, 1024, data::kMaxPixels,
         "largest picture, pixels; larger ones are refused from their header");
  number("--connections", arguments.server.connections, 1, 100'000, "connections open at a time");
  number("--workers", arguments.server.workers, 1, 1024, "requests in work at a time");
  number("--queue", arguments.server.queue, 1, 1'000'000,
         "requests that wait for a worker; one more is refused (503)");
  number("--idle-seconds", arguments.idle, 1, 3600,
         "a client may be silent so long, and take so long for its header");
  number("--upload-seconds", arguments.upload, 1, 3600, "a client may take so long for its body");
  number("--thumbnail", arguments.service.thumbnail, 0, 1024, "height of the small pictures kept; 0: none");
}

std::function<void()> declare_serve(CLI::App& app) {
  auto arguments = std::make_shared<ServeArguments>();
  arguments->embedding.batch = 32;
  app.add_option(
         "gallery", arguments->place.name,
         "folder that `dmf index` made, with --store its name there; with --model, an empty one is made "
         "where there is none")
      ->type_name("GALLERY");
  add_store_flag(app, arguments->place.store);
  app.add_option("--host", arguments->server.host,
                 "address to listen at; others than this machine's need --keys")
      ->capture_default_str()
      ->type_name("ADDRESS");
  app.add_option("--port", arguments->server.port, "port to listen at; 0: any that is free")
      ->check(CLI::Range(0, 65535))
      ->capture_default_str();
  app.add_option("--keys", arguments->keys, "file of API keys; it may change meanwhile")->type_name("FILE");
  app.add_option(
         "--add-key", arguments->add_key,
         "only add a key to the file and print it; roles: read, write, admin; RATE: requests a second")
      ->type_name("NAME:ROLE[:RATE]");
  app.add_option("--remove-key", arguments->remove_key, "only take a key out of the file")->type_name("NAME");
  app.add_flag("--list-keys", arguments->lists_keys, "only list the file's keys");
  app.add_option("--certificate", arguments->server.certificate, "serve TLS: certificate with its chain, PEM")
      ->type_name("FILE");
  app.add_option("--private-key", arguments->server.private_key, "its private key, PEM")->type_name("FILE");
  app.add_option("--audit", arguments->audit,
                 "log of every search, change and deletion, a JSON object a line; standard is "
                 "GALLERY/audit.jsonl, with "
                 "--store GALLERY-audit.jsonl here")
      ->type_name("FILE");
  app.add_option("--retain-days", arguments->retain_days,
                 "delete crops that are older, at the start and daily; 0: none")
      ->check(CLI::Range(int64_t{0}, int64_t{36500}))
      ->capture_default_str();
  app.add_flag("--read-only", arguments->store.is_read_only,
               "change nothing: another process may write the gallery meanwhile");
  declare_limits(app, *arguments);
  app.add_option("--model", arguments->model, "model file; standard is the one the gallery was made with")
      ->type_name("FILE");
  add_device_flags(app, arguments->embedding);
  return [arguments] { serve_gallery(*arguments); };
}

}  // namespace

Command serve_command() {
  return {"serve", "Serves a gallery: HTTP and JSON, keys, and a page to search from",
          "dmf serve people --port 8080", declare_serve};
}

}  // namespace dmf::cli
