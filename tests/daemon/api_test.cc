#include "daemon/api.h"

#include <random>
#include <thread>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <sys/socket.h>
#include <sys/un.h>

#include "ports/peer_source.h"
#include "switch/error.h"

namespace laneway {
namespace {

using nlohmann::json;

// A daemon without privileges, without its process: what the API does to the model.
class ApiTest : public testing::Test {
 protected:
  ApiTest() { std::filesystem::create_directories(folder_); }
  ~ApiTest() override { std::filesystem::remove_all(folder_); }

  HttpAnswer ask(const std::string& method, const std::string& target, const json& body = {}) {
    HttpRequest request;
    request.method = method;
    request.path = target.substr(0, target.find('?'));
    if (target.ends_with("force=1")) request.query["force"] = "1";
    if (!body.is_null()) request.body = body.dump();
    return api_.answer(request);
  }
  json get(const std::string& target) { return json::parse(ask("GET", target).body); }
  std::string code_of(const HttpAnswer& answer) {
    return json::parse(answer.body)["error"]["code"].get<std::string>();
  }
  void create(const std::string& name) {
    ASSERT_EQ(ask("POST", "/v1/switches", {{"name", name}}).status, 201);
  }

  const std::string folder_ = testing::TempDir() + "api." + std::to_string(getpid());
  HeapBuffers pool_;
  Worker worker_{{}};
  Helper helper_;
  EventLog events_;
  std::mt19937_64 random_{1};
  Runtime runtime_{worker_, pool_, helper_, events_, folder_, 0600, [this] { return random_(); }};
  Controller controller_{runtime_, StateFile(folder_ + "/state.json")};
  Api api_{controller_};
};

TEST_F(ApiTest, CreatedSwitchIsShownAndListed) {
  create("lab");
  const json shown = get("/v1/switches/lab")["switch"];
  EXPECT_EQ(shown["kind"], "private");
  EXPECT_EQ(shown["state"], "up");
  EXPECT_TRUE(shown["uplink"].is_null());
  EXPECT_TRUE(shown["host"].is_null());
  EXPECT_EQ(get("/v1/switches")["switches"].size(), 1U);
}

TEST_F(ApiTest, AttachAnswersWithWhatQemuNeeds) {
  create("lab");
  const HttpAnswer answer = ask("POST", "/v1/switches/lab/ports", {{"spec", "stream:vm1"}});
  ASSERT_EQ(answer.status, 201) << answer.body;
  const json attached = json::parse(answer.body);
  EXPECT_EQ(attached["port"]["name"], "vm1");
  EXPECT_EQ(attached["port"]["spec"], "stream:" + folder_ + "/vm1.sock");
  EXPECT_TRUE(attached["port"]["mac"].get<std::string>().starts_with("52:54:00:"));
  EXPECT_EQ(attached["qemu"][0], "-netdev");
}

TEST_F(ApiTest, ErrorsHaveTheirCodeAndStatus) {
  create("lab");
  EXPECT_EQ(code_of(ask("GET", "/v1/switches/lba")), "no_switch");
  EXPECT_EQ(code_of(ask("GET", "/v1/switches/lab/ports/x")), "no_port");
  EXPECT_EQ(code_of(ask("POST", "/v1/switches", {{"name", "lab"}})), "exists");
  EXPECT_EQ(code_of(ask("POST", "/v1/switches", {{"name", "-"}})), "bad_name");
  EXPECT_EQ(code_of(ask("POST", "/v1/switches", {{"name", "a"}, {"host", "maybe"}})),
            "bad_request");
  EXPECT_EQ(code_of(ask("POST", "/v1/switches", {{"name", "a"}, {"uplink", "nowhere"}})), "no_nic");
  EXPECT_EQ(code_of(ask("POST", "/v1/switches", {{"name", "a"}, {"uplink", "lo"}})), "nic_refused");
  EXPECT_EQ(code_of(ask("POST", "/v1/switches/lab/ports", {{"spec", "xpd:eth1"}})), "bad_spec");
  EXPECT_EQ(code_of(ask("POST", "/v1/switches/lab/ports", {{"spec", "tap:lwx"}})),
            "needs_capability");
  EXPECT_EQ(code_of(ask("POST", "/v1/config/check", "x")), "bad_config");
  EXPECT_EQ(ask("GET", "/v1/nothing").status, 404);
  EXPECT_EQ(ask("GET", "/v1/switches/lba").status, 404);
}

TEST_F(ApiTest, RefusedCommandChangesNothing) {
  create("lab");
  ask("POST", "/v1/switches/lab/ports", {{"spec", "tap:lwx"}});
  ask("POST", "/v1/switches", {{"name", "a"}, {"host", true}});
  EXPECT_EQ(get("/v1/switches")["switches"].size(), 1U);
  EXPECT_TRUE(get("/v1/switches/lab")["switch"]["ports"].empty());
}

TEST_F(ApiTest, RefusalsSayWhyAndChangeNothing) {
  create("lab");
  ask("POST", "/v1/switches/lab/ports", {{"spec", "stream:vm1"}});
  const json before = get("/v1/switches/lab")["switch"]["ports"];
  struct Case {
    json body;
    std::string code, says;
  };
  const std::vector<Case> cases{
      {{{"spec", "stream:/tmp/" + std::string(108, 'x')}}, "bad_spec", "holds 107"},
      {{{"spec", "stream:vm1"}, {"name", "vm9"}}, "in_use", "in use by lab/vm1"},
      {{{"spec", "stream:vm2"}, {"name", "vm1"}}, "exists", "port 'lab/vm1' exists"},
      {{{"spec", "xpd:eth1"}}, "bad_spec", "did you mean xdp"},
      {{{"spec", "stream:/nowhere/vm.sock"}}, "io", "/nowhere/vm.sock"},
      {{{"spec", "stream:vm3"}, {"colour", "red"}}, "bad_request", "colour"},
  };
  for (const Case& one : cases) {
    const HttpAnswer answer = ask("POST", "/v1/switches/lab/ports", one.body);
    EXPECT_EQ(code_of(answer), one.code) << answer.body;
    EXPECT_NE(answer.body.find(one.says), std::string::npos) << answer.body;
  }
  EXPECT_EQ(get("/v1/switches/lab")["switch"]["ports"], before);
}

TEST_F(ApiTest, PortsOfAFileAreChangedInTheFileOnly) {
  const Config config = parse_config(
      "[[switch]]\nname = \"lab\"\n[[switch.port]]\n"
      "name = \"vm1\"\nspec = \"stream:vm1\"\n",
      "laneway.toml");
  controller_.restore(config);
  const HttpAnswer refused = ask("DELETE", "/v1/switches/lab/ports/vm1");
  EXPECT_EQ(code_of(refused), "configured");
  EXPECT_NE(refused.body.find("laneway.toml:3"), std::string::npos) << refused.body;
  EXPECT_EQ(
      code_of(ask("PATCH", "/v1/switches/lab/ports/vm1", {{"settings", {{"isolated", true}}}})),
      "configured");
  EXPECT_EQ(ask("POST", "/v1/switches/lab/ports", {{"spec", "stream:vm2"}}).status, 201);
  EXPECT_EQ(StateFile(folder_ + "/state.json").load().attached[0].ports[0].name, "vm2");
  EXPECT_EQ(ask("DELETE", "/v1/switches/lab/ports/vm2").status, 204);
}

TEST_F(ApiTest, ReloadTakesOverWhatDiffersAndNothingElse) {
  std::string text;
  controller_.set_files([&] { return parse_config(text, "laneway.toml"); });
  const auto port = [](const std::string& name) {
    return "[[switch.port]]\nname = \"" + name + "\"\nspec = \"stream:" + name + "\"\n";
  };
  const std::string lab = "[[switch]]\nname = \"lab\"\n";
  text = lab + port("vm1") + port("vm2");
  EXPECT_EQ(ask("POST", "/v1/config/reload").status, 200);
  const json mac = get("/v1/switches/lab/ports/vm1")["port"]["mac"];
  ask("POST", "/v1/switches/lab/ports", {{"spec", "stream:own"}});

  text = lab + port("vm1") + port("vm3");
  const json changes = json::parse(ask("POST", "/v1/config/reload").body)["changes"];
  EXPECT_EQ(changes, json::array({"port lab/vm2 removed", "port lab/vm3 added"}));
  EXPECT_EQ(get("/v1/switches/lab/ports/vm1")["port"]["mac"], mac);
  EXPECT_EQ(get("/v1/switches/lab/ports")["ports"].size(), 3U);

  text = lab + port("vm1") + "[[switch]]\nname = \"b\"\nhost = true\n";  // a tap: not allowed here
  EXPECT_EQ(code_of(ask("POST", "/v1/config/reload")), "needs_capability");
  EXPECT_EQ(get("/v1/switches/lab/ports")["ports"].size(), 3U);
  EXPECT_EQ(ask("GET", "/v1/switches/b").status, 404);

  text = "";
  EXPECT_EQ(ask("POST", "/v1/config/reload").status, 200);
  EXPECT_EQ(ask("GET", "/v1/switches/lab").status, 404);
  text = lab;
  EXPECT_EQ(ask("POST", "/v1/config/reload").status, 200);
  EXPECT_EQ(get("/v1/switches/lab/ports")["ports"][0]["name"], "own");
}

TEST_F(ApiTest, SwitchWithGuestsIsRemovedByForceOnly) {
  create("lab");
  ask("POST", "/v1/switches/lab/ports", {{"spec", "stream:vm1"}});
  const HttpAnswer refused = ask("DELETE", "/v1/switches/lab");
  EXPECT_EQ(code_of(refused), "in_use");
  EXPECT_NE(refused.body.find("lab has guests: vm1"), std::string::npos);
  EXPECT_EQ(ask("DELETE", "/v1/switches/lab?force=1").status, 204);
  EXPECT_TRUE(get("/v1/switches")["switches"].empty());
}

TEST_F(ApiTest, SocketInUseNamesItsPort) {
  create("lab");
  create("other");
  ask("POST", "/v1/switches/lab/ports", {{"spec", "stream:vm1"}});
  const HttpAnswer answer = ask("POST", "/v1/switches/other/ports", {{"spec", "stream:vm1"}});
  EXPECT_EQ(code_of(answer), "in_use");
  EXPECT_NE(answer.body.find("in use by lab/vm1"), std::string::npos) << answer.body;
}

TEST_F(ApiTest, SamePortOnceMoreExists) {
  create("lab");
  ask("POST", "/v1/switches/lab/ports", {{"spec", "stream:vm1"}});
  EXPECT_EQ(code_of(ask("POST", "/v1/switches/lab/ports", {{"spec", "stream:vm1"}})), "exists");
  EXPECT_EQ(
      code_of(ask("POST", "/v1/switches/lab/ports", {{"spec", "stream:vm1"}, {"name", "vm1"}})),
      "exists");
}

TEST_F(ApiTest, SettingsAreChangedAndKept) {
  create("lab");
  ask("POST", "/v1/switches/lab/ports", {{"spec", "stream:vm1"}});
  EXPECT_EQ(ask("PATCH", "/v1/switches/lab/ports/vm1", {{"settings", {{"isolated", true}}}}).status,
            200);
  EXPECT_EQ(get("/v1/switches/lab/ports/vm1")["port"]["settings"]["isolated"], "on");
  EXPECT_EQ(
      code_of(ask("PATCH", "/v1/switches/lab/ports/vm1", {{"settings", {{"isolatd", true}}}})),
      "bad_request");
}

TEST_F(ApiTest, WhatWasCreatedIsBackAfterARestart) {
  create("lab");
  ask("POST", "/v1/switches/lab/ports", {{"spec", "stream:vm1"}});
  const std::string mac = get("/v1/switches/lab/ports/vm1")["port"]["mac"];
  ask("POST", "/v1/switches/lab/ports", {{"spec", "stream:vm2"}, {"temporary", true}});
  const std::string state = folder_ + "/state.json";
  std::filesystem::copy(state, folder_ + "/saved.json");
  ask("DELETE", "/v1/switches/lab?force=1");
  std::filesystem::rename(folder_ + "/saved.json", state);

  Controller again(runtime_, StateFile(state));
  again.restore({});
  ManagedSwitch& lab = again.find("lab");
  ASSERT_EQ(lab.guests().size(), 1U);
  EXPECT_EQ(to_string(*lab.guests()[0]->declared.mac), mac);
}

TEST_F(ApiTest, MacTableListsAndForgets) {
  create("lab");
  ask("POST", "/v1/switches/lab/ports", {{"spec", "stream:vm1"}});
  EXPECT_EQ(get("/v1/switches/lab/macs")["macs"][0]["kind"], "pinned");
  EXPECT_EQ(
      ask("POST", "/v1/switches/lab/macs", {{"mac", "02:00:00:00:00:07"}, {"port", "vm1"}}).status,
      201);
  EXPECT_EQ(get("/v1/switches/lab/macs")["entries"], 2);
  EXPECT_EQ(ask("DELETE", "/v1/switches/lab/macs").status, 204);
}

// A body that is cut or has one byte damaged is done or refused by name; nothing in it is a bug.
TEST_F(ApiTest, P1_DamagedBodiesAreRefusedByName) {
  const std::vector<std::pair<std::string, json>> requests{
      {"POST /v1/switches", {{"name", "lab"}, {"host", false}, {"uplink", "none"}}},
      {"PATCH /v1/switches/lab", {{"settings", {{"answers", "all"}}}}},
      {"POST /v1/switches/lab/ports",
       {{"name", "vm1"},
        {"spec", "stream:vm1"},
        {"mac", "52:54:00:00:00:01"},
        {"policy", "guest"}}},
      {"PATCH /v1/switches/lab/ports/vm1", {{"settings", {{"isolated", "on"}}}}},
      {"POST /v1/switches/lab/macs", {{"mac", "52:54:00:00:00:02"}, {"port", "vm1"}}}};
  create("lab");
  for (const auto& [line, body] : requests) {
    HttpRequest request;
    request.method = line.substr(0, line.find(' '));
    request.path = line.substr(line.find(' ') + 1);
    const std::string whole = body.dump();
    for (std::size_t at = 0; at < whole.size(); ++at) {
      for (const std::string_view with : {"", "\xff", "[", "9", "\"", "\\u0000"}) {
        request.body = whole.substr(0, at) + std::string(with);
        if (!with.empty()) request.body += whole.substr(at + 1);
        const int status = api_.answer(request).status;
        EXPECT_TRUE(status < 500) << line << " " << request.body << ": " << status;
      }
    }
  }
}

TEST_F(ApiTest, EventsTellWhatCommandsDid) {
  create("lab");
  ask("POST", "/v1/switches/lab/ports", {{"spec", "stream:vm1"}});
  std::vector<std::string> names;
  events_.replay(0, [&](const EventLog::Event& event) { names.push_back(event.name); });
  EXPECT_EQ(names, (std::vector<std::string>{"switch_created", "port_added"}));
}

TEST_F(ApiTest, MetricsHaveEachReasonFromTheStart) {
  create("lab");
  ask("POST", "/v1/switches/lab/ports", {{"spec", "stream:vm1"}});
  const std::string text = ask("GET", "/metrics").body;
  for (std::size_t i = 0; i < kDropReasons; ++i) {
    const std::string line = "laneway_drops_total{switch=\"lab\",port=\"vm1\",reason=\"" +
                             std::string(name_of(static_cast<Drop>(i))) + "\"} 0\n";
    EXPECT_NE(text.find(line), std::string::npos) << line;
  }
  EXPECT_NE(text.find("laneway_port_up{switch=\"lab\",port=\"vm1\"} 0\n"), std::string::npos);
  EXPECT_EQ(text.find("52:54:00"), std::string::npos);
}

TEST_F(ApiTest, StatsComeTwiceASecondUntilTheirReaderIsGone) {
  struct Reader final : HttpStream {
    void send(std::string text) override { texts.push_back(std::move(text)); }
    std::vector<std::string> texts;
  };
  create("lab");
  const auto reader = std::make_shared<Reader>();
  const auto stop = ask("GET", "/v1/stats").start(reader);
  controller_.tick();
  ASSERT_EQ(reader->texts.size(), 2U);
  EXPECT_TRUE(reader->texts[0].starts_with("event: stats\ndata: {"));
  EXPECT_NE(reader->texts[0].find("\"name\":\"lab\""), std::string::npos);
  stop();
  std::this_thread::sleep_for(std::chrono::milliseconds{600});
  controller_.tick();
  EXPECT_EQ(reader->texts.size(), 2U);
}

// One client of the server on a socket of its own; the server runs on a thread.
class HttpTest : public testing::Test {
 protected:
  HttpTest() {
    const auto listener = [&] { return listen_on_stream(path_, 0600); };
    server_ = std::make_unique<HttpServer>(
        io_, listener(),
        HttpServer::Handlers{[](const HttpRequest& request) {
                               return HttpAnswer{200,
                                                 request.method + " " + request.path + " " +
                                                     std::to_string(request.user),
                                                 "text/plain", nullptr};
                             },
                             Api::refused});
    thread_ = std::thread([this] { io_.run(); });
  }
  ~HttpTest() override {
    boost::asio::post(io_, [this] { server_.reset(); });
    thread_.join();
    unlink(path_.c_str());
  }

  // What comes back until the server closes.
  std::string exchange(const std::string& request) {
    const Descriptor client(socket(AF_UNIX, SOCK_STREAM, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path_.copy(address.sun_path, sizeof address.sun_path - 1);
    const auto* generic = reinterpret_cast<const sockaddr*>(&address);
    EXPECT_EQ(connect(client.get(), generic, sizeof address), 0);
    EXPECT_GT(send(client.get(), request.data(), request.size(), MSG_NOSIGNAL), 0);
    std::string answer;
    std::array<char, 4096> part{};
    for (ssize_t got = 1; got > 0;) {
      got = recv(client.get(), part.data(), part.size(), 0);
      if (got > 0) answer.append(part.data(), static_cast<std::size_t>(got));
    }
    return answer;
  }

  const std::string path_ = testing::TempDir() + "http." + std::to_string(getpid());
  boost::asio::io_context io_{1};
  std::unique_ptr<HttpServer> server_;
  std::thread thread_;
};

TEST_F(HttpTest, AnswersWithTheCallersIdentityAtHand) {
  const std::string answer =
      exchange("GET /v1/x?a=b HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200")) << answer;
  EXPECT_TRUE(answer.ends_with("GET /v1/x " + std::to_string(getuid()))) << answer;
}

TEST_F(HttpTest, BodyOver64KiBIsRefused) {
  const std::string answer =
      exchange("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 65537\r\n\r\n");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 413")) << answer;
  EXPECT_NE(answer.find("too_large"), std::string::npos);
}

// Each byte of a request damaged: an answer or an end, and the next client is served.
TEST_F(HttpTest, P1_DamagedRequestsEndAlone) {
  const std::string whole =
      "POST /v1/x?a=%41 HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}";
  for (std::size_t at = 0; at < whole.size() - 40; ++at) {
    for (const char byte : {'\0', '\n', '%', '\xff'}) {
      std::string damaged = whole;
      damaged[at] = byte;
      const std::string answer = exchange(damaged + "\r\n\r\n");
      EXPECT_TRUE(answer.empty() || answer.starts_with("HTTP/1.1 ")) << at << " " << answer;
    }
  }
  EXPECT_TRUE(exchange(whole).starts_with("HTTP/1.1 200"));
}

TEST_F(HttpTest, WhatIsNoHttpIsRefused) {
  EXPECT_TRUE(exchange("hello\r\n\r\n").starts_with("HTTP/1.1 400"));
}

}  // namespace
}  // namespace laneway
