// daemon/metrics_server.h: /metrics over TCP, where `[daemon] metrics` asks for it, and nothing
// else: no other path, no other method, no request that a web page of somebody else's has sent
// (DNS rebinding: Host must be the configured address).
#pragma once

#include <functional>
#include <string>

#include "daemon/http.h"

namespace laneway {

class MetricsServer {
 public:
  // `address`: "127.0.0.1:9590" or "[::1]:9590". `answer`: what the API says to a request. Throws
  // Error (BadConfig if the address is none; InUse, PermissionDenied, Io if it cannot be had).
  MetricsServer(boost::asio::io_context& io, const std::string& address,
                std::function<HttpAnswer(const HttpRequest&)> answer);

 private:
  HttpServer server_;
};

}  // namespace laneway
