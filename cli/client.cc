#include "cli/client.h"

#include <cctype>
#include <cstdlib>
#include <limits>
#include <optional>
#include <ostream>

#include <unistd.h>

#include "cli/asio.h"
#include "cli/json.h"
#include "switch/error.h"

namespace laneway::cli {

namespace {

namespace http = boost::beast::http;
using Failure = boost::system::error_code;
using Socket = boost::asio::local::stream_protocol;
using Stream = boost::beast::basic_stream<Socket>;

constexpr const char* kSystemSocket = "/run/laneway/api.sock";
// The daemon is trusted: a table may have a million entries. (boost::none, which ought to say this,
// compares as less than every length in Beast 1.74.)
constexpr std::uint64_t kNoLimit = std::numeric_limits<std::uint64_t>::max();

Error not_reachable(const std::string& path, const Failure& why) {
  const bool forbidden = why == boost::system::errc::permission_denied;
  return Error(ErrorCode::NoDaemon, "cannot reach lanewayd at " + path + ": " + why.message(),
               forbidden ? "join group laneway (sudo usermod -aG laneway $USER), then log in again"
                         : "systemctl start laneway, or start lanewayd --user");
}

// The daemon's {"error":{…}} as the exception it stands for.
Error answered_error(const std::string& body, unsigned status) {
  const Value error = Value::parse(body)["error"];
  if (error.is_null()) {
    return Error(ErrorCode::Internal,
                 "the daemon answers with HTTP status " + std::to_string(status));
  }
  return Error(error_code(error["code"].text("")), error["message"].text(""), error["fix"].text(""),
               error["subject"].text(""));
}

// One connection and what runs on it. Every wait ends at the deadline.
class Exchange {
 public:
  Exchange(const std::string& path, std::chrono::milliseconds deadline) : stream_(io_) {
    stream_.expires_after(deadline);
    if (path.size() >= sizeof(sockaddr_un::sun_path)) {
      throw not_reachable(path, make_error_code(boost::system::errc::filename_too_long));
    }
    const auto why = wait([&](auto done) { stream_.async_connect(Socket::endpoint(path), done); });
    if (why) throw not_reachable(path, why);
  }

  Failure send(http::request<http::string_body>& request) {
    return wait([&](auto done) { http::async_write(stream_, request, done); });
  }
  Failure read(http::response_parser<http::string_body>& parser) {
    return wait([&](auto done) { http::async_read(stream_, buffer_, parser, done); });
  }
  Failure read_header(http::response_parser<http::string_body>& parser) {
    return wait([&](auto done) { http::async_read_header(stream_, buffer_, parser, done); });
  }
  Failure read_some(http::response_parser<http::string_body>& parser) {
    return wait([&](auto done) { http::async_read_some(stream_, buffer_, parser, done); });
  }
  void forget_deadline() { stream_.expires_never(); }

 private:
  template <typename Start>
  Failure wait(const Start& start) {
    Failure result;
    start([&result](const Failure& why, auto&&...) { result = why; });
    io_.restart();
    io_.run();
    return result;
  }

  boost::asio::io_context io_{1};
  Stream stream_;
  boost::beast::flat_buffer buffer_;
};

http::request<http::string_body> request_of(std::string_view method, std::string_view target,
                                            std::string_view body) {
  http::request<http::string_body> request;
  request.method_string({method.data(), method.size()});
  request.target({target.data(), target.size()});
  request.version(11);
  request.set(http::field::host, "laneway");
  if (!body.empty()) request.set(http::field::content_type, "application/json");
  request.body() = std::string(body);
  request.prepare_payload();
  return request;
}

std::string seconds_text(std::chrono::milliseconds time) {
  const std::string text = std::to_string(static_cast<double>(time.count()) / 1000);
  return text.substr(0, text.find_last_not_of(".0") + 1) + " s";
}

}  // namespace

std::string api_socket(const std::string& given) {
  if (!given.empty()) return given;
  if (const char* from_environment = std::getenv("LANEWAY_SOCKET"); from_environment != nullptr) {
    return from_environment;
  }
  if (access(kSystemSocket, F_OK) == 0) return kSystemSocket;
  if (const char* runtime = std::getenv("XDG_RUNTIME_DIR"); runtime != nullptr) {
    const std::string user = std::string(runtime) + "/laneway/api.sock";
    if (access(user.c_str(), F_OK) == 0) return user;
  }
  return kSystemSocket;
}

std::string Client::request(std::string_view method, std::string_view target,
                            std::string_view body) {
  const auto late = [&](const Failure& why) {
    const std::string what = std::string(method) + " " + std::string(target);
    if (why == boost::beast::error::timeout) {
      return Error(ErrorCode::Timeout,
                   "not answered within " + seconds_text(deadline_) + ": " + what,
                   "wait longer: --timeout SECONDS");
    }
    return not_reachable(path_, why);
  };
  Exchange exchange(path_, deadline_);
  auto request = request_of(method, target, body);
  if (const auto why = exchange.send(request)) throw late(why);
  http::response_parser<http::string_body> parser;
  parser.body_limit(kNoLimit);
  if (const auto why = exchange.read(parser)) throw late(why);
  const unsigned status = parser.get().result_int();
  if (log_ != nullptr) *log_ << method << ' ' << target << ": " << status << '\n';
  if (status >= 400) throw answered_error(parser.get().body(), status);
  std::string answer = std::move(parser.get().body());
  if (!answer.empty() && answer.back() == '\n') answer.pop_back();
  return answer;
}

void Client::listen(std::string_view target, const std::function<bool(std::string_view)>& take) {
  Exchange exchange(path_, deadline_);
  auto request = request_of("GET", target, {});
  request.set(http::field::accept, "text/event-stream");
  http::response_parser<http::string_body> parser;
  parser.body_limit(kNoLimit);
  Failure why = exchange.send(request);
  if (!why) why = exchange.read_header(parser);
  if (why) throw not_reachable(path_, why);
  if (parser.get().result_int() >= 400) {
    exchange.read(parser);
    throw answered_error(parser.get().body(), parser.get().result_int());
  }
  exchange.forget_deadline();

  constexpr std::string_view kData = "data:";
  std::string pending;
  while (!parser.is_done() && !why) {
    why = exchange.read_some(parser);
    pending += std::exchange(parser.get().body(), {});
    for (auto end = pending.find('\n'); end != std::string::npos; end = pending.find('\n')) {
      std::string line = pending.substr(0, end);
      pending.erase(0, end + 1);
      if (!line.empty() && line.back() == '\r') line.pop_back();
      if (line.compare(0, kData.size(), kData) != 0) continue;
      line.erase(
          0, kData.size() + (line.size() > kData.size() && line[kData.size()] == ' ' ? 1U : 0U));
      if (!take(line)) return;
    }
  }
  if (!parser.is_done()) throw not_reachable(path_, why);
}

std::string percent_encoded(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  constexpr std::string_view kPlain = "-._~";
  std::string encoded;
  for (const char letter : text) {
    const auto byte = static_cast<unsigned char>(letter);
    if (std::isalnum(byte) != 0 || kPlain.find(letter) != std::string_view::npos) {
      encoded += letter;
    } else {
      encoded += {'%', kHex[byte >> 4U], kHex[byte & 15U]};
    }
  }
  return encoded;
}

}  // namespace laneway::cli
