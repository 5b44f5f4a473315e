#include "daemon/http.h"

#include <deque>
#include <optional>
#include <set>

#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <sys/socket.h>

namespace laneway {

namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using Protocol = asio::generic::stream_protocol;  // UNIX and TCP alike
using Connection = boost::beast::basic_stream<Protocol>;
using Failure = boost::system::error_code;
using Request = http::request<http::string_body>;
using Parser = http::request_parser<http::string_body>;

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::map<std::string, std::string> query_of(std::string_view text) {
  std::map<std::string, std::string> query;
  while (!text.empty()) {
    const std::string_view piece = text.substr(0, text.find('&'));
    text.remove_prefix(std::min(text.size(), piece.size() + 1));
    const std::size_t equals = piece.find('=');
    const std::string_view value =
        equals == std::string_view::npos ? std::string_view{} : piece.substr(equals + 1);
    query[percent_decoded(piece.substr(0, equals))] = percent_decoded(value);
  }
  return query;
}

std::string text_of(boost::beast::string_view view) { return {view.data(), view.size()}; }

HttpRequest request_from(const Request& raw, uid_t user) {
  const std::string target = text_of(raw.target());
  const std::size_t mark = target.find('?');
  HttpRequest request;
  request.method = text_of(raw.method_string());
  request.path = target.substr(0, mark);
  if (mark != std::string::npos)
    request.query = query_of(std::string_view(target).substr(mark + 1));
  request.body = raw.body();
  request.host = text_of(raw[http::field::host]);
  request.last_event_id = text_of(raw["Last-Event-ID"]);
  request.user = user;
  return request;
}

Protocol protocol_of(const Descriptor& socket) {
  int family = AF_UNIX;
  socklen_t size = sizeof family;
  getsockopt(socket.get(), SOL_SOCKET, SO_DOMAIN, &family, &size);
  return {family, 0};
}

uid_t peer_of(Connection& connection) {
  ucred peer{};
  socklen_t size = sizeof peer;
  const int socket = connection.socket().native_handle();
  if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return static_cast<uid_t>(-1);
  return peer.uid;
}

// The writing end of one stream: a queue that the connection's coroutine empties.
class Queue final : public HttpStream {
 public:
  explicit Queue(const asio::any_io_executor& executor) : wake_(executor) {}

  void send(std::string text) override {
    pending_ += text.size();
    if (pending_ > kMaxPending) ended_ = true;
    if (!ended_) texts_.push_back(std::move(text));
    wake_.cancel();
  }
  std::size_t pending() const override { return pending_; }
  void end() {
    ended_ = true;
    wake_.cancel();
  }
  bool ended() const { return ended_; }

  // The next text; a comment if none came for a while; nullopt at the end.
  asio::awaitable<std::optional<std::string>> next() {
    while (texts_.empty() && !ended_) {
      Failure cancelled;
      wake_.expires_after(HttpServer::kKeepAlive);
      co_await wake_.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
      if (!cancelled) co_return ":\n\n";
    }
    if (ended_) co_return std::nullopt;
    std::string text = std::move(texts_.front());
    texts_.pop_front();
    pending_ -= text.size();
    co_return text;
  }

 private:
  asio::steady_timer wake_;
  std::deque<std::string> texts_;
  std::size_t pending_ = 0;
  bool ended_ = false;
};

}  // namespace

std::string percent_decoded(std::string_view text) {
  std::string plain;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const bool escape = text[at] == '%' && at + 2 < text.size() && hex_value(text[at + 1]) >= 0 &&
                        hex_value(text[at + 2]) >= 0;
    if (!escape) {
      plain += text[at];
      continue;
    }
    plain += static_cast<char>(hex_value(text[at + 1]) * 16 + hex_value(text[at + 2]));
    at += 2;
  }
  return plain;
}

class HttpServer::Core : public std::enable_shared_from_this<Core> {
 public:
  Core(asio::io_context& io, Descriptor listener, Handlers handlers)
      : acceptor_(io, protocol_of(listener), listener.release()), handlers_(std::move(handlers)) {}

  void start() {
    asio::co_spawn(
        acceptor_.get_executor(), [self = shared_from_this()] { return self->accept(); },
        asio::detached);
  }

  void stop() {
    Failure ignored;
    acceptor_.close(ignored);
    for (Connection* connection : open_) connection->socket().close(ignored);
    for (Queue* queue : streams_) queue->end();
  }

 private:
  asio::awaitable<void> accept() {
    while (acceptor_.is_open()) {
      Failure failure;
      Protocol::socket socket =
          co_await acceptor_.async_accept(asio::redirect_error(asio::use_awaitable, failure));
      if (failure) {
        // Out of descriptors, perhaps: others may close some.
        asio::steady_timer pause(acceptor_.get_executor(), std::chrono::milliseconds{100});
        co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, failure));
        continue;
      }
      asio::co_spawn(
          acceptor_.get_executor(),
          [self = shared_from_this(), connection = std::make_shared<Connection>(
                                          std::move(socket))] { return self->serve(connection); },
          asio::detached);
    }
  }

  asio::awaitable<void> serve(std::shared_ptr<Connection> connection) {
    open_.insert(connection.get());
    const bool crowded = open_.size() > kMaxClients;
    boost::beast::flat_buffer buffer;
    bool goes_on = true;
    while (goes_on) goes_on = co_await serve_one(*connection, buffer, crowded);
    open_.erase(connection.get());
  }

  // One request and its answer; false if the connection ends with it.
  asio::awaitable<bool> serve_one(Connection& connection, boost::beast::flat_buffer& buffer,
                                  bool crowded) {
    Parser parser;
    parser.header_limit(kMaxHeader);
    parser.body_limit(kMaxBody);
    connection.expires_after(kTimeToSend);
    Failure failure;
    co_await http::async_read(connection, buffer, parser,
                              asio::redirect_error(asio::use_awaitable, failure));
    if (failure && !is_bad_request(failure)) co_return false;
    HttpAnswer answer;
    if (failure) {
      answer = handlers_.refused(failure == http::error::body_limit ? 413 : 400);
    } else if (crowded) {
      answer = handlers_.refused(503);
    } else {
      answer = handlers_.answer(request_from(parser.get(), peer_of(connection)));
    }
    if (answer.start && streams_.size() >= kMaxStreams) answer = handlers_.refused(503);
    if (answer.start) {
      co_await stream(connection, answer);
      co_return false;
    }
    const bool goes_on = !failure && !crowded && parser.get().keep_alive();
    co_return co_await write(connection, answer, goes_on);
  }

  static bool is_bad_request(const Failure& failure) {
    return failure.category() == make_error_code(http::error::body_limit).category() &&
           failure != http::error::end_of_stream && failure != http::error::partial_message;
  }

  static asio::awaitable<bool> write(Connection& connection, const HttpAnswer& answer,
                                     bool goes_on) {
    http::response<http::string_body> response;
    response.version(11);
    response.result(static_cast<unsigned>(answer.status));
    if (!answer.body.empty()) response.set(http::field::content_type, answer.content_type);
    response.body() = answer.body;
    response.keep_alive(goes_on);
    response.prepare_payload();
    connection.expires_after(kTimeToSend);
    Failure failure;
    co_await http::async_write(connection, response,
                               asio::redirect_error(asio::use_awaitable, failure));
    co_return goes_on && !failure;
  }

  asio::awaitable<void> stream(Connection& connection, const HttpAnswer& answer) {
    const auto queue = std::make_shared<Queue>(connection.get_executor());
    streams_.insert(queue.get());
    // A listener has nothing to say: what becomes readable is its end.
    connection.socket().async_wait(Protocol::socket::wait_read,
                                   [queue](const Failure&) { queue->end(); });
    const std::function<void()> stop = answer.start(queue);
    if (co_await write_stream_header(connection)) co_await write_stream(connection, *queue);
    stop();
    streams_.erase(queue.get());
  }

  static asio::awaitable<bool> write_stream_header(Connection& connection) {
    http::response<http::empty_body> response;
    response.version(11);
    response.result(http::status::ok);
    response.set(http::field::content_type, "text/event-stream");
    response.set(http::field::cache_control, "no-store");
    response.chunked(true);
    http::response_serializer<http::empty_body> serializer(response);
    connection.expires_after(kTimeToSend);
    Failure failure;
    co_await http::async_write_header(connection, serializer,
                                      asio::redirect_error(asio::use_awaitable, failure));
    co_return !failure;
  }

  static asio::awaitable<void> write_stream(Connection& connection, Queue& queue) {
    while (const std::optional<std::string> text = co_await queue.next()) {
      connection.expires_after(kTimeToSend);
      Failure failure;
      co_await asio::async_write(connection, http::make_chunk(asio::buffer(*text)),
                                 asio::redirect_error(asio::use_awaitable, failure));
      if (failure) co_return;
    }
  }

  asio::basic_socket_acceptor<Protocol> acceptor_;
  Handlers handlers_;
  std::set<Connection*> open_;
  std::set<Queue*> streams_;
};

HttpServer::HttpServer(asio::io_context& io, Descriptor listener, Handlers handlers)
    : core_(std::make_shared<Core>(io, std::move(listener), std::move(handlers))) {
  core_->start();
}

HttpServer::~HttpServer() { core_->stop(); }

}  // namespace laneway
