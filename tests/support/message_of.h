#pragma once
#include <functional>
#include <string>

namespace dmf::test {

/// What the `Expected` error that `work` throws says; another error passes through, and without one this
/// tells so.
template <class Expected>
std::string message_of(const std::function<void()>& work) {
  try {
    work();
  } catch (const Expected& error) {
    return error.what();
  }
  return "no such error";
}

}  // namespace dmf::test
