// daemon/http.h: HTTP/1.1 on a UNIX socket, for the API: small requests, answers that are there at
// once, and streams of server-sent events.
//
// Limits, so that no client can hold the daemon up: see the constants; a client over one is
// answered with the error and closed, a stream that does not read is cut.
//
// Threads: all runs on the io_context's one thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include <sys/types.h>

#include "daemon/asio.h"
#include "switch/descriptor.h"

namespace laneway {

struct HttpRequest {
  std::string method;
  std::string path;  // without the query, as sent
  std::map<std::string, std::string> query;
  std::string body;
  std::string host;  // the header's, "" without one
  std::string last_event_id;
  uid_t user = 0;  // of the peer (SO_PEERCRED); -1 over TCP
};

// What a handler sends to a client that goes on listening.
class HttpStream {
 public:
  static constexpr std::size_t kMaxPending = 1 << 20;  // bytes: the last 4,096 events fit

  virtual ~HttpStream() = default;
  // Queues `text`; a client that has kMaxPending bytes unread is cut.
  virtual void send(std::string text) = 0;
  // Bytes that are queued: who has more to say than a client takes looks here first.
  virtual std::size_t pending() const { return 0; }
};

struct HttpAnswer {
  int status = 200;
  std::string body;
  std::string content_type = "application/json";
  // Set: the answer is a stream, to which `start` may send from now on, until the result is called.
  std::function<std::function<void()>(std::shared_ptr<HttpStream>)> start;
};

// RFC 3986 section 2.1; what is no escape stays as it is.
std::string percent_decoded(std::string_view text);

class HttpServer {
 public:
  static constexpr std::size_t kMaxBody = 64 * 1024;
  static constexpr std::uint32_t kMaxHeader = 8 * 1024;
  static constexpr std::size_t kMaxClients = 64;
  static constexpr std::size_t kMaxStreams = 16;
  static constexpr std::chrono::seconds kTimeToSend{10};  // a request, and to take an answer
  static constexpr std::chrono::seconds kKeepAlive{15};   // a comment line in quiet streams

  // `answer` must not throw. `refused` makes the answer for a request that is over a limit:
  // 413, 503, 400.
  struct Handlers {
    std::function<HttpAnswer(const HttpRequest&)> answer;
    std::function<HttpAnswer(int status)> refused;
  };
  // Serves the listening socket until it is destroyed.
  HttpServer(boost::asio::io_context& io, Descriptor listener, Handlers handlers);
  ~HttpServer();

 private:
  class Core;
  std::shared_ptr<Core> core_;
};

}  // namespace laneway
