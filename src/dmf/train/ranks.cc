#include "dmf/train/ranks.h"

#define USE_C10D_GLOO  // the wheel's libtorch has it
#include <unistd.h>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

#include <functional>
#include <stop_token>
#include <thread>
#include <utility>

#include "dmf/core/error.h"
#include "dmf/core/system.h"

namespace dmf::train {
namespace {

using namespace std::chrono_literals;

constexpr auto kBeat = 500ms;         // between two signs of life
constexpr auto kSilence = 4 * kBeat;  // after which a process counts as gone
constexpr auto kCallTime = 30min;     // of a call: rank 0 may validate meanwhile

std::string own_name(const Launch& launch) {
  return fmt::format("rank {} of {} (process {} on host {})", launch.rank, launch.size, ::getpid(),
                     host_name());
}

std::vector<uint8_t> bytes_of(const std::string& text) { return {text.begin(), text.end()}; }

}  // namespace

/// The store where the processes meet, their signs of life in it, and the group that computes.
class Ranks::Connection {
 public:
  Connection(const Launch& launch, std::chrono::seconds patience) : launch_(launch) {
    c10d::TCPStoreOptions options;
    options.port = static_cast<uint16_t>(launch.port);
    options.isServer = launch.rank == 0;
    options.numWorkers = static_cast<size_t>(launch.size);
    options.timeout = patience;
    try {
      store_ = c10::make_intrusive<c10d::TCPStore>(launch.host, options);
      store_->set(key("name", launch.rank), bytes_of(own_name(launch)));
      store_->set(key("life", launch.rank), bytes_of("0"));
      const auto group_options = c10d::ProcessGroupGloo::Options::create_default(kCallTime);
      group_ = c10::make_intrusive<c10d::ProcessGroupGloo>(store_, static_cast<int>(launch.rank),
                                                           static_cast<int>(launch.size), group_options);
    } catch (const std::exception& error) {
      throw Error(fmt::format(
          "{}: cannot meet the others at {}:{} within {} s: {}; hint: are {} processes started, and "
          "is the port free and reachable from all hosts?",
          own_name(launch), launch.host, launch.port, patience.count(), first_line(error), launch.size));
    }
    beating_ = std::jthread([this](const std::stop_token& stop) { beat(stop); });
  }

  /// Runs a call of the group; an error becomes one that names who is gone.
  void run(const std::function<c10::intrusive_ptr<c10d::Work>(c10d::ProcessGroupGloo&)>& call) {
    std::string reason;
    try {
      call(*group_)->wait();
      return;
    } catch (const std::exception& error) {
      reason = first_line(error);
    }
    throw Error(fmt::format("{}: {} is gone ({}); --resume goes on from the last checkpoint",
                            own_name(launch_), who_is_gone(), reason));
  }

 private:
  static std::string key(const char* what, int64_t rank) { return fmt::format("{}/{}", what, rank); }
  static std::string first_line(const std::exception& error) {
    const std::string text = error.what();
    return text.substr(0, text.find('\n'));
  }

  void beat(const std::stop_token& stop) {
    try {
      const auto store = store_->clone();  // a connection of its own: the other may be in a call
      for (int64_t count = 0; !stop.stop_requested(); ++count) {
        store->set(key("life", launch_.rank), bytes_of(std::to_string(count)));
        std::this_thread::sleep_for(kBeat / 5);
      }
    } catch (const std::exception&) {
      // The store is gone with rank 0, which the next call finds out.
    }
  }

  /// Name of the first process that gives no sign of life any more. What one process has found the others
  /// believe: when they look, it may have ended itself.
  std::string who_is_gone() {
    try {
      const auto store = store_->clone();
      std::vector<std::vector<uint8_t>> before;
      for (int64_t rank = 0; rank < launch_.size; ++rank) before.push_back(store->get(key("life", rank)));
      std::this_thread::sleep_for(kSilence);
      std::string found = "another rank";
      for (int64_t rank = launch_.size - 1; rank >= 0; --rank) {
        if (store->get(key("life", rank)) != before[static_cast<size_t>(rank)]) continue;
        const auto name = store->get(key("name", rank));
        found.assign(name.begin(), name.end());
      }
      const auto agreed = store->compareSet("gone", {}, bytes_of(found));
      if (launch_.rank == 0) std::this_thread::sleep_for(kSilence);  // the others ask its store
      return {agreed.begin(), agreed.end()};
    } catch (const std::exception&) {
      return fmt::format("rank 0 of {} (on host {})", launch_.size, launch_.host);
    }
  }

  Launch launch_;
  c10::intrusive_ptr<c10d::TCPStore> store_;
  c10::intrusive_ptr<c10d::ProcessGroupGloo> group_;
  std::jthread beating_;  // last: it uses what stands above
};

Ranks::Ranks(const Launch& launch, std::chrono::seconds patience)
    : launch_(launch), connection_(std::make_unique<Connection>(launch, patience)) {}

Ranks::~Ranks() = default;

void Ranks::sum(torch::Tensor& values) const {
  std::vector<torch::Tensor> list = {values};
  connection_->run([&](c10d::ProcessGroupGloo& group) { return group.allreduce(list); });
}

int64_t Ranks::sum(int64_t number) const {
  torch::Tensor numbers = at::tensor({number}, torch::kInt64);
  sum(numbers);
  return numbers.item<int64_t>();
}

torch::Tensor Ranks::gather(const torch::Tensor& rows) const {
  torch::Tensor counts = at::zeros({size()}, torch::kInt64);
  counts[rank()] = rows.size(0);
  sum(counts);
  // gloo gathers tensors of one shape: shorter ones are filled up, and cut again.
  std::vector<int64_t> shape = rows.sizes().vec();
  shape[0] = counts.max().item<int64_t>();
  torch::Tensor filled = at::zeros(shape, rows.options().requires_grad(false));
  filled.narrow(0, 0, rows.size(0)).copy_(rows.detach());
  std::vector<std::vector<torch::Tensor>> all(1);
  for (int64_t i = 0; i < size(); ++i) all[0].push_back(at::empty_like(filled));
  std::vector<torch::Tensor> mine = {filled};
  connection_->run([&](c10d::ProcessGroupGloo& group) { return group.allgather(all, mine); });
  for (int64_t i = 0; i < size(); ++i)
    all[0][static_cast<size_t>(i)] = all[0][static_cast<size_t>(i)].narrow(0, 0, counts[i].item<int64_t>());
  return at::cat(all[0]);
}

void Ranks::take_from_first(const std::vector<torch::Tensor>& tensors) const {
  for (const torch::Tensor& tensor : tensors) {
    std::vector<torch::Tensor> list = {tensor.detach().contiguous()};
    connection_->run([&](c10d::ProcessGroupGloo& group) { return group.broadcast(list); });
    const torch::NoGradGuard no_grad;
    tensor.detach().copy_(list[0]);
  }
}

void Ranks::wait_for_all() const {
  torch::Tensor nothing = at::zeros({1});
  sum(nothing);
}

}  // namespace dmf::train
