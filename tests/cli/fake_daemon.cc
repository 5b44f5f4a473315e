#include "tests/cli/fake_daemon.h"

#include <cstdlib>
#include <cstring>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "switch/error.h"

namespace laneway::test {

namespace {

// Header and body of one request; "" when the client went away first.
std::pair<std::string, std::string> read_request(int connection) {
  std::string bytes;
  char piece[4096];
  std::size_t header_end = std::string::npos;
  std::size_t wanted = 0;
  while (header_end == std::string::npos || bytes.size() < wanted) {
    const ssize_t got = recv(connection, piece, sizeof piece, 0);
    if (got <= 0) return {};
    bytes.append(piece, static_cast<std::size_t>(got));
    header_end = bytes.find("\r\n\r\n");
    if (header_end == std::string::npos) continue;
    const auto length = bytes.find("Content-Length: ");
    wanted = header_end + 4;
    if (length < header_end) wanted += std::stoul(bytes.substr(length + 16));
  }
  return {bytes.substr(0, header_end), bytes.substr(header_end + 4)};
}

void send_all(int connection, const std::string& bytes) {
  for (std::size_t sent = 0; sent < bytes.size();) {
    const ssize_t now = send(connection, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (now <= 0) return;
    sent += static_cast<std::size_t>(now);
  }
}

}  // namespace

FakeDaemon::FakeDaemon() {
  std::string folder = "/tmp/laneway-test-XXXXXX";
  if (mkdtemp(folder.data()) == nullptr) throw system_error("mkdtemp");
  folder_ = folder;
  socket_ = folder_ + "/api.sock";
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, socket_.c_str(), socket_.size() + 1);
  listener_ = check(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
  check(bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address), "bind");
  check(listen(listener_, 8), "listen");
  thread_ = std::thread([this] { serve(); });
}

FakeDaemon::~FakeDaemon() {
  shutdown(listener_, SHUT_RDWR);
  thread_.join();
  close(listener_);
  for (const int connection : silent_) close(connection);
  unlink(socket_.c_str());
  rmdir(folder_.c_str());
}

void FakeDaemon::answer(const std::string& request, int status, const std::string& body) {
  const std::lock_guard hold(lock_);
  answers_[request] = {status, body};
}

std::vector<std::string> FakeDaemon::requests() const {
  const std::lock_guard hold(lock_);
  return requests_;
}

void FakeDaemon::serve() {
  for (;;) {
    const int connection = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (connection < 0) return;
    serve_one(connection);
  }
}

void FakeDaemon::serve_one(int connection) {
  const auto [header, body] = read_request(connection);
  const std::string request = header.substr(0, header.find(" HTTP/"));
  Answer answer{404, R"({"schema":1,"error":{"code":"no_entry","message":"nothing","fix":null,)"
                     R"("subject":null,"exit":4}})"};
  {
    const std::lock_guard hold(lock_);
    requests_.push_back(body.empty() ? request : request + " " + body);
    if (const auto found = answers_.find(request); found != answers_.end()) answer = found->second;
    if (answer.status == 0) {
      silent_.push_back(connection);
      return;
    }
  }
  std::string bytes = "HTTP/1.1 " + std::to_string(answer.status) + " X\r\n";
  if (answer.status != 204)
    bytes += "Content-Length: " + std::to_string(answer.body.size()) + "\r\n";
  send_all(connection, bytes + "\r\n" + answer.body);
  close(connection);
}

}  // namespace laneway::test
