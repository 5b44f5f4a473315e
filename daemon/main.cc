// lanewayd: owns switches, ports and the worker; serves the API.
//
// Order matters here: the helper is forked before anything is read, capabilities are gone before
// the first byte from outside is looked at, and ports close before the helper hears of the end.

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <random>

#include <CLI/CLI.hpp>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "daemon/api.h"
#include "daemon/asio.h"
#include "daemon/controller.h"
#include "daemon/log_limit.h"
#include "daemon/metrics_server.h"
#include "daemon/privileges.h"
#include "daemon/uplink_watcher.h"
#include "daemon/version.h"
#include "ports/eal.h"
#include "ports/peer_source.h"
#include "switch/error.h"

namespace laneway {

namespace {

namespace asio = boost::asio;

// Measured: EAL's 64 MiB hold 15,980 buffers of 2 KiB with their headers.
constexpr std::size_t kBuffersPerMebibyte = 248;

struct Options {
  bool user = false;
  std::string config;
  std::string socket;
  std::string state;
  std::string run_directory;
  std::string log;
};

std::string environment(const char* name, const std::string& otherwise) {
  const char* value = std::getenv(name);
  return value == nullptr || *value == '\0' ? otherwise : value;
}

// What was not given has a place by who runs the daemon.
void complete(Options& options) {
  const std::string home = environment("HOME", "/");
  if (options.run_directory.empty()) {
    options.run_directory =
        options.user ? environment("XDG_RUNTIME_DIR", "/tmp") + "/laneway" : "/run/laneway";
  }
  if (options.socket.empty()) options.socket = options.run_directory + "/api.sock";
  if (options.state.empty() && options.config.empty()) {
    options.state =
        options.user ? environment("XDG_STATE_HOME", home + "/.local/state") + "/laneway/state.json"
                     : "/var/lib/laneway/state.json";
  }
}

void start_log(const std::string& level) {
  auto lines = std::make_shared<spdlog::sinks::stderr_color_sink_mt>();
  // Under journald the priority goes in front and the time is the journal's.
  const bool journal = std::getenv("JOURNAL_STREAM") != nullptr;
  lines->set_pattern(journal ? "%v" : "%H:%M:%S.%e %^%l%$ %v");
  const auto limited = std::make_shared<LimitedSink>(lines, monotonic_now);
  spdlog::set_default_logger(std::make_shared<spdlog::logger>("lanewayd", limited));
  spdlog::set_level(spdlog::level::from_str(level));
}

void make_directory(const std::filesystem::path& path, mode_t mode) {
  if (path.empty() || std::filesystem::is_directory(path)) return;
  std::error_code failure;
  std::filesystem::create_directories(path.parent_path(), failure);
  if (!failure && mkdir(path.c_str(), mode) != 0) failure.assign(errno, std::generic_category());
  if (!failure) return;
  const bool denied = failure == std::errc::permission_denied;
  throw Error(
      denied ? ErrorCode::PermissionDenied : ErrorCode::Io,
      "cannot make " + path.string() + ": " + failure.message(),
      "start it as root, or with --user; or name a directory of yours (--run-dir, --state)");
}

Config read_config(const Options& options) {
  if (!options.config.empty()) return read_config_file(options.config);
  return options.user ? Config{} : read_config_directory("/etc/laneway");
}

WorkerConfig worker_config(const Config& config) {
  WorkerConfig worker;
  worker.poll_only = config.poll;
  if (!config.cpus.empty()) worker.cpu = std::stoi(config.cpus);
  worker.thread_init = Eal::register_thread;
  return worker;
}

// Everything that runs on the control thread's loop.
class Daemon {
 public:
  Daemon(const Options& options, const Config& config, Helper& helper, Worker& worker,
         BufferPool& pool)
      : helper_(helper),
        runtime_{worker,
                 pool,
                 helper,
                 events_,
                 options.run_directory,
                 static_cast<mode_t>(options.user ? 0600 : 0660),
                 [this] { return random_(); }},
        controller_(runtime_,
                    options.state.empty() ? std::nullopt : std::optional(StateFile(options.state))),
        api_(controller_),
        watcher_(io_, [this] { controller_.network_changed(); }),
        server_(
            io_, listen_on_stream(options.socket, runtime_.socket_mode),
            {[this](const HttpRequest& request) { return api_.answer(request); }, Api::refused}),
        signals_(io_, SIGINT, SIGTERM, SIGHUP),
        timer_(io_) {
    controller_.set_files([options] { return read_config(options); });
    controller_.restore(config);
    if (!config.metrics.empty()) {
      metrics_.emplace(io_, config.metrics,
                       [this](const HttpRequest& r) { return api_.answer(r); });
    }
  }

  // Until a signal, or the helper's end; false then.
  bool run() {
    wait_for_signal();
    watch_helper();
    tick();
    sd_notify(0, "READY=1");
    io_.run();
    sd_notify(0, "STOPPING=1");
    controller_.save_tables();
    return !helper_ended_;
  }

 private:
  static constexpr std::chrono::milliseconds kTick{100};

  void wait_for_signal() {
    signals_.async_wait([this](const boost::system::error_code& failure, int number) {
      if (failure) return;
      if (number != SIGHUP) return io_.stop();
      reload();
      wait_for_signal();
    });
  }

  void reload() {
    try {
      controller_.reload();
    } catch (const Error& error) {
      spdlog::error("nothing was taken over: {}", error.what());
    }
  }

  void watch_helper() {
    if (!helper_.is_there()) return;
    helper_end_.emplace(io_, dup(helper_.process()));
    helper_end_->async_wait(asio::posix::stream_descriptor::wait_read,
                            [this](const boost::system::error_code& failure) {
                              if (failure) return;
                              spdlog::error("the privileged helper has ended");
                              helper_ended_ = true;
                              io_.stop();
                            });
  }

  void tick() {
    timer_.expires_after(kTick);
    timer_.async_wait([this](const boost::system::error_code& failure) {
      if (failure) return;
      controller_.tick();
      if (controller_.healthy()) sd_notify(0, "WATCHDOG=1");
      tick();
    });
  }

  asio::io_context io_{1};
  Helper& helper_;
  std::random_device random_device_;
  std::mt19937_64 random_{(std::uint64_t{random_device_()} << 32U) | random_device_()};
  EventLog events_;
  Runtime runtime_;
  Controller controller_;
  Api api_;
  UplinkWatcher watcher_;
  HttpServer server_;
  std::optional<MetricsServer> metrics_;
  asio::signal_set signals_;
  asio::steady_timer timer_;
  std::optional<asio::posix::stream_descriptor> helper_end_;
  bool helper_ended_ = false;
};

int serve(const Options& options, Helper helper) {
  const Config config = read_config(options);
  give_up_privileges(config.keep_privileges);
  start_log(options.log.empty() ? config.log : options.log);
  umask(0027);
  make_directory(options.run_directory, options.user ? 0700 : 0750);
  make_directory(std::filesystem::path(options.state).parent_path(), 0700);
  const Eal eal({.memory_mib = config.memory_mib + MempoolBuffers::kLargeMebibytes,
                 .hugepages = config.hugepages,
                 .telemetry = config.telemetry,
                 .arguments = config.eal,
                 .log = [](std::string_view line) { spdlog::debug("{}", line); }});
  MempoolBuffers pool("laneway", config.memory_mib * kBuffersPerMebibyte);
  Worker worker(worker_config(config));
  bool orderly = false;
  {
    Daemon daemon(options, config, helper, worker, pool);
    spdlog::info("lanewayd serves {}", options.socket);
    orderly = daemon.run();
  }
  unlink(options.socket.c_str());
  return orderly ? 0 : 1;
}

int run(int argc, char** argv) {
  Options options;
  CLI::App app("lanewayd: the layer-2 switch of laneway");
  app.set_version_flag("--version", kVersion);
  app.add_flag("--user", options.user, "run without privileges: no uplinks, taps or host ports");
  app.add_option("--config", options.config,
                 "a file in place of /etc/laneway; what commands create is not kept then");
  app.add_option("--socket", options.socket, "where the API listens (RUN-DIR/api.sock)");
  app.add_option("--state", options.state, "where created switches are kept");
  app.add_option("--run-dir", options.run_directory, "where sockets are made (/run/laneway)");
  app.add_option("--log", options.log, "trace, debug, info, warning or error (info)")
      ->check(CLI::IsMember({"trace", "debug", "info", "warning", "error"}));
  CLI11_PARSE(app, argc, argv);
  complete(options);
  try {
    allow_descriptors();
    return serve(options, options.user ? Helper() : Helper::start());
  } catch (const Error& error) {
    std::fprintf(stderr, "lanewayd: %s\n", error.what());
    if (!error.fix().empty()) std::fprintf(stderr, "  fix: %s\n", error.fix().c_str());
    return kind_of(error.code()).exit;
  }
}

}  // namespace

}  // namespace laneway

int main(int argc, char** argv) { return laneway::run(argc, argv); }
