// cli/client.h: a client of lanewayd: HTTP/1.1 over its UNIX socket.
//
// Threads: used by one thread; each call waits for its answer, at most as long as the deadline.
#pragma once

#include <chrono>
#include <functional>
#include <iosfwd>
#include <string>
#include <string_view>

namespace laneway::cli {

// Where the daemon listens: `given` if not empty, else $LANEWAY_SOCKET, else the system's socket if
// it is there, else that of `lanewayd --user` if it is there, else the system's.
std::string api_socket(const std::string& given);

class Client {
 public:
  // Connects to nothing yet. With `log`, writes a line about each request there.
  Client(std::string socket_path, std::chrono::milliseconds deadline, std::ostream* log = nullptr)
      : path_(std::move(socket_path)), deadline_(deadline), log_(log) {}

  // The answer's body without the last line end, empty for 204. Throws the Error that the daemon
  // answers with; NoDaemon if it is not reachable, Timeout if it does not answer in time.
  std::string get(std::string_view target) { return request("GET", target, {}); }
  std::string post(std::string_view target, std::string_view body) {
    return request("POST", target, body);
  }
  std::string patch(std::string_view target, std::string_view body) {
    return request("PATCH", target, body);
  }
  void remove(std::string_view target) { request("DELETE", target, {}); }

  // Gives the data of each server-sent event to `take` until it returns false or the daemon ends.
  void listen(std::string_view target, const std::function<bool(std::string_view)>& take);

  const std::string& socket_path() const noexcept { return path_; }

 private:
  std::string request(std::string_view method, std::string_view target, std::string_view body);

  std::string path_;
  std::chrono::milliseconds deadline_;
  std::ostream* log_;
};

// `text` with everything but letters, digits and -._~ as %XX (RFC 3986 section 2.1).
std::string percent_encoded(std::string_view text);

}  // namespace laneway::cli
