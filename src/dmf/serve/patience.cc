#include "dmf/serve/patience.h"

#include <sys/socket.h>

namespace dmf::serve {

Patience::Patience(std::chrono::seconds header, std::chrono::seconds body)
    : header_(header), body_(body), thread_([this] { run(); }) {}

Patience::~Patience() {
  {
    const std::lock_guard lock(mutex_);
    is_ending_ = true;
  }
  ending_.notify_all();
  thread_.join();
}

void Patience::add(Watched* client) {
  const std::lock_guard lock(mutex_);
  clients_.insert(client);
}

void Patience::remove(Watched* client) {
  const std::lock_guard lock(mutex_);
  clients_.erase(client);
}

void Patience::enter(Watched* client, Phase phase) {
  const std::lock_guard lock(mutex_);
  client->phase = phase;
  client->since = std::chrono::steady_clock::now();
}

int64_t Patience::cut_off() const {
  const std::lock_guard lock(mutex_);
  return cut_off_;
}

void Patience::run() {
  std::unique_lock lock(mutex_);
  while (!ending_.wait_for(lock, std::chrono::milliseconds(500), [this] { return is_ending_; })) look();
}

void Patience::look() {
  const auto now = std::chrono::steady_clock::now();
  for (Watched* client : clients_) {
    if (client->phase == Phase::kAnswer) continue;
    if (now - client->since < (client->phase == Phase::kHeader ? header_ : body_)) continue;
    ::shutdown(client->socket, SHUT_RDWR);  // its thread sees the end and closes
    client->phase = Phase::kAnswer;
    ++cut_off_;
  }
}

}  // namespace dmf::serve
