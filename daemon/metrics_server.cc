#include "daemon/metrics_server.h"

#include <charconv>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "daemon/api.h"
#include "switch/error.h"

namespace laneway {

namespace {

constexpr int kBacklog = 16;

struct Endpoint {
  sockaddr_storage address{};
  socklen_t size = 0;
};

// Names are not looked up: the daemon is there before the network is.
Endpoint endpoint_of(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  const std::string digits = colon == std::string::npos ? "" : text.substr(colon + 1);
  std::uint16_t port = 0;
  const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  const bool is_number = failure == std::errc{} && end == digits.data() + digits.size();
  std::string host = text.substr(0, std::min(colon, text.size()));
  Endpoint found;
  auto& v4 = reinterpret_cast<sockaddr_in&>(found.address);
  auto& v6 = reinterpret_cast<sockaddr_in6&>(found.address);
  if (is_number && inet_pton(AF_INET, host.c_str(), &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    found.size = sizeof v4;
    return found;
  }
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
    if (is_number && inet_pton(AF_INET6, host.c_str(), &v6.sin6_addr) == 1) {
      v6.sin6_family = AF_INET6;
      v6.sin6_port = htons(port);
      found.size = sizeof v6;
      return found;
    }
  }
  throw Error(ErrorCode::BadConfig, "metrics = \"" + text + "\": no address and port",
              "write ADDRESS:PORT, such as 127.0.0.1:9590 or [::1]:9590");
}

Descriptor listen_on(const std::string& text) {
  const Endpoint endpoint = endpoint_of(text);
  Descriptor listener(
      check(socket(endpoint.address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0),
            "metrics " + text + ": socket"));
  const int yes = 1;
  setsockopt(listener.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  const auto* address = reinterpret_cast<const sockaddr*>(&endpoint.address);
  check(bind(listener.get(), address, endpoint.size), "metrics " + text + ": bind");
  check(listen(listener.get(), kBacklog), "metrics " + text + ": listen");
  return listener;
}

HttpAnswer refusal(int status, const std::string& why) {
  return {status, why + "\n", "text/plain; charset=utf-8", nullptr};
}

}  // namespace

MetricsServer::MetricsServer(boost::asio::io_context& io, const std::string& address,
                             std::function<HttpAnswer(const HttpRequest&)> answer)
    : server_(io, listen_on(address),
              {[address, answer = std::move(answer)](const HttpRequest& request) {
                 if (request.host != address) return refusal(403, "not the configured address");
                 if (request.path != "/metrics") return refusal(404, "only /metrics is here");
                 if (request.method != "GET") return refusal(400, "only GET is understood");
                 return answer(request);
               },
               Api::refused}) {}

}  // namespace laneway
