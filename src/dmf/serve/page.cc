#include "dmf/serve/page.h"

#include <random>

#include "dmf/serve/page_html.h"

namespace dmf::serve {
namespace {

std::string nonce() {
  std::random_device random;
  return fmt::format("{:08x}{:08x}{:08x}{:08x}", random(), random(), random(), random());
}

void replace_all(std::string& text, const std::string& what, const std::string& by) {
  for (size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size()))
    text.replace(at, what.size(), by);
}

}  // namespace

Reply page_reply() {
  const std::string once = nonce();
  Reply reply{200, "text/html; charset=utf-8", std::string(kPageHtml), {}};
  replace_all(reply.body, "{{nonce}}", once);
  reply.headers = {
      {"Content-Security-Policy",
       fmt::format("default-src 'none'; script-src 'nonce-{0}'; style-src 'nonce-{0}'; img-src blob: data:; "
                   "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
                   once)},
      {"X-Frame-Options", "DENY"},
      {"Permissions-Policy", "camera=(), microphone=(), geolocation=()"}};
  return reply;
}

}  // namespace dmf::serve
