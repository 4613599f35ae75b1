// What bench/serve.py runs: a gallery of a size, and clients.
//
//   dmf_serve_bench fill FROM TO COUNT              TO becomes FROM's crops and variations of them, COUNT in all
//   dmf_serve_bench load PORT CLIENTS SECONDS FILE  CLIENTS connections, each sends the requests of FILE (parted by a
//                                                   line "%%%", whole as they go over the line) one after the other
//                                                   and waits for each answer; figures as JSON
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <nlohmann/json.hpp>

#include "dmf/core/error.h"
#include "dmf/core/file.h"
#include "dmf/core/random.h"
#include "dmf/core/system.h"
#include "dmf/search/gallery_writer.h"

namespace {

using namespace dmf;

void fill(const std::string& from, const std::string& to, int64_t count) {
  const search::Gallery seeds(from);
  const auto snapshot = seeds.snapshot();
  const std::vector<int64_t> ids = snapshot->ids();
  search::GalleryWriter writer(to, seeds.kind());
  for (const char* name : {"model_file", "flip"}) writer.set_property(name, seeds.property(name));
  const int64_t width = snapshot->width();
  RandomStream random(1, "variations");
  for (int64_t done = writer.gallery().count(); done < count;) {
    std::vector<float> values;
    std::vector<search::NewCrop> crops;
    for (; done < count && crops.size() < 4096; ++done) {
      const int64_t id = ids[static_cast<size_t>(done) % ids.size()];
      const float* vector = snapshot->vector(id);
      const double spread = 0.5 / std::sqrt(static_cast<double>(width));
      for (int64_t k = 0; k < width; ++k)
        values.push_back(vector[k] + static_cast<float>(spread * random.normal()));
      search::NewCrop crop{seeds.crop(id), seeds.thumbnail(id)};
      crop.crop.id = 0;
      crop.crop.source = fmt::format("variation {}", done);
      crop.crop.camera = fmt::format("gate {}", done % 20);
      crop.crop.time = 1'769'817'600'000 + done * 1000;
      crops.push_back(std::move(crop));
    }
    writer.add({values, static_cast<int64_t>(crops.size()), width}, crops);
  }
}

struct Client {
  int socket = -1;
  size_t request = 0, sent = 0;
  std::string answer;
  size_t wanted = 0;  // bytes of the answer; 0: not known yet
  double start = 0;
};

class Load {
 public:
  Load(int64_t port, std::vector<std::string> requests) : port_(port), requests_(std::move(requests)) {}

  nlohmann::json run(int64_t clients, double seconds) {
    poll_ = ::epoll_create1(0);
    clients_.resize(static_cast<size_t>(clients));
    for (size_t i = 0; i < clients_.size(); ++i) {
      clients_[i].request = i % requests_.size();
      open(clients_[i]);
    }
    const double start = wall_seconds();
    end_ = start + seconds;
    std::vector<epoll_event> events(1024);
    while (open_ > 0 && wall_seconds() < end_ + 60) {
      const int count = ::epoll_wait(poll_, events.data(), static_cast<int>(events.size()), 1000);
      for (int i = 0; i < count; ++i)
        step(clients_[static_cast<size_t>(events[static_cast<size_t>(i)].data.u64)],
             events[static_cast<size_t>(i)].events);
    }
    std::sort(times_.begin(), times_.end());
    const auto quantile = [&](double share) {
      return times_.empty()
                 ? 0
                 : 1000 * times_[static_cast<size_t>(share * static_cast<double>(times_.size() - 1))];
    };
    return {{"clients", clients},
            {"answers", times_.size()},
            {"answers_a_second", static_cast<double>(times_.size()) / (last_ - start)},
            {"p50_ms", quantile(0.5)},
            {"p90_ms", quantile(0.9)},
            {"p99_ms", quantile(0.99)},
            {"largest_ms", quantile(1)},
            {"statuses", statuses_},
            {"lost", lost_ + open_}};
  }

 private:
  void open(Client& client) {
    client.socket = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    const int yes = 1;
    ::setsockopt(client.socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port_));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ::connect(client.socket, reinterpret_cast<sockaddr*>(&address), sizeof(address));
    epoll_event event{EPOLLOUT | EPOLLIN, {.u64 = static_cast<uint64_t>(&client - clients_.data())}};
    ::epoll_ctl(poll_, EPOLL_CTL_ADD, client.socket, &event);
    client.start = wall_seconds();
    ++open_;
  }
  void wait_for(Client& client, uint32_t what) const {
    epoll_event event{what, {.u64 = static_cast<uint64_t>(&client - clients_.data())}};
    ::epoll_ctl(poll_, EPOLL_CTL_MOD, client.socket, &event);
  }
  void close(Client& client) {
    ::close(client.socket);
    client.socket = -1;
    --open_;
  }
  void step(Client& client, uint32_t events) {
    if (client.socket < 0) return;
    const std::string& request = requests_[client.request];
    if ((events & EPOLLOUT) != 0 && client.sent < request.size()) {
      const ssize_t count =
          ::send(client.socket, request.data() + client.sent, request.size() - client.sent, MSG_NOSIGNAL);
      if (count > 0) client.sent += static_cast<size_t>(count);
      if (client.sent == request.size()) wait_for(client, EPOLLIN);
    }
    if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) == 0) return;
    char buffer[65536];
    const ssize_t count = ::recv(client.socket, buffer, sizeof(buffer), 0);
    if (count < 0 && errno == EAGAIN) return;
    if (count <= 0) {
      ++lost_;
      return close(client);
    }
    client.answer.append(buffer, static_cast<size_t>(count));
    if (client.wanted == 0) {
      const size_t head = client.answer.find("\r\n\r\n"), length = client.answer.find("Content-Length: ");
      if (head == std::string::npos || length > head) return;
      client.wanted = head + 4 + std::strtoull(client.answer.c_str() + length + 16, nullptr, 10);
    }
    if (client.answer.size() >= client.wanted) finish(client);
  }
  void finish(Client& client) {
    last_ = wall_seconds();
    times_.push_back(last_ - client.start);
    ++statuses_[client.answer.substr(9, 3)];
    if (last_ >= end_) return close(client);
    client.request = (client.request + 1) % requests_.size();
    client.sent = client.wanted = 0;
    client.answer.clear();
    client.start = last_;
    wait_for(client, EPOLLIN | EPOLLOUT);
  }

  int64_t port_;
  std::vector<std::string> requests_;
  std::vector<Client> clients_;
  int poll_ = -1;
  int64_t open_ = 0, lost_ = 0;
  double end_ = 0, last_ = 0;
  std::vector<double> times_;
  std::map<std::string, int64_t> statuses_;
};

std::vector<std::string> requests_of(const std::string& file) {
  std::string text = read_text(file);
  std::vector<std::string> requests;
  const std::string mark = "\n%%%\n";
  for (size_t at; (at = text.find(mark)) != std::string::npos; text.erase(0, at + mark.size()))
    requests.push_back(text.substr(0, at));
  return requests;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string action = argc > 1 ? argv[1] : "";
  if (action == "fill" && argc == 5) {
    fill(argv[2], argv[3], std::atoll(argv[4]));
  } else if (action == "load" && argc == 6) {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
    Load load(std::atoll(argv[2]), requests_of(argv[5]));
    std::printf("%s\n", load.run(std::atoll(argv[3]), std::atof(argv[4])).dump().c_str());
  } else {
    return 2;
  }
}
