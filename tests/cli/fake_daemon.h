// tests/cli/fake_daemon.h: answers requests on a UNIX socket as it was told to, and remembers them.
//
// Threads: serves on a thread of its own; answers are set before the first request that needs them.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace laneway::test {

class FakeDaemon {
 public:
  FakeDaemon();
  ~FakeDaemon();
  FakeDaemon(const FakeDaemon&) = delete;
  FakeDaemon& operator=(const FakeDaemon&) = delete;

  // `request` is "GET /v1/switches". Whatever has no answer is answered with 404 no_entry.
  void answer(const std::string& request, int status, const std::string& body);
  // Takes the request and never answers it.
  void keep_silent_on(const std::string& request) { answer(request, 0, ""); }

  const std::string& socket() const noexcept { return socket_; }
  // What came, as "POST /v1/switches {…}", in order.
  std::vector<std::string> requests() const;

 private:
  struct Answer {
    int status;
    std::string body;
  };

  void serve();
  void serve_one(int connection);

  std::string folder_;
  std::string socket_;
  int listener_;
  mutable std::mutex lock_;
  std::map<std::string, Answer> answers_;
  std::vector<std::string> requests_;
  std::vector<int> silent_;
  std::thread thread_;
};

}  // namespace laneway::test
