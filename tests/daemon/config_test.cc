#include "daemon/config.h"

#include <string>

#include <gtest/gtest.h>

#include "switch/error.h"

namespace laneway {
namespace {

// What parse_config says of `text`; "" if nothing is wrong.
std::string complaint(std::string_view text) {
  try {
    parse_config(text, "f.toml");
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::BadConfig);
    return error.what();
  }
  return {};
}

TEST(Config, EmptyFileIsAllDefaults) {
  const Config config = parse_config("", "f.toml");
  EXPECT_EQ(config.workers, 1U);
  EXPECT_EQ(config.memory_mib, 64U);
  EXPECT_FALSE(config.poll);
  EXPECT_TRUE(config.switches.empty());
}

TEST(Config, ReadsASwitchWithItsPort) {
  const Config config = parse_config(R"(
[[switch]]
name = "office"
uplink = "auto"
mac_table = { limit = 64, age = "5m" }
uplink_settings = { storm_limit = 50 }
[[switch.port]]
name = "vm1"
spec = "stream:vm1"
mac = "52:54:00:6b:1f:c0"
settings = { mac_spoofing = true, prefixes = ["10.9.0.0/24", "fd00::/64"] }
)",
                                     "f.toml");
  ASSERT_EQ(config.switches.size(), 1U);
  const SwitchDeclaration& office = config.switches[0];
  EXPECT_EQ(office.kind(), "external");
  EXPECT_TRUE(office.host) << "with an uplink the host port is on by default";
  EXPECT_EQ(office.mac_limit, 64U);
  EXPECT_EQ(office.mac_age, std::chrono::minutes{5});
  EXPECT_EQ(office.configured_in, "f.toml:2");
  EXPECT_EQ(office.uplink_settings.at("storm_limit"), "50");
  ASSERT_EQ(office.ports.size(), 1U);
  EXPECT_EQ(office.ports[0].mac, MacAddress::parse("52:54:00:6b:1f:c0"));
  EXPECT_EQ(office.ports[0].settings.at("mac_spoofing"), "on");
  EXPECT_EQ(office.ports[0].settings.at("prefixes"), "10.9.0.0/24,fd00::/64");
}

TEST(Config, UnknownKeyNamesItsPlaceAndTheNearestKey) {
  EXPECT_EQ(complaint("[[switch]]\nname = \"a\"\nuplnk = \"auto\"\n"),
            "f.toml:3:1: unknown key 'uplnk' (did you mean 'uplink'?)");
  EXPECT_EQ(complaint("[daemon]\nfoobar = 1\n"), "f.toml:2:1: unknown key 'foobar'");
}

TEST(Config, WrongTypeNamesItsPlace) {
  EXPECT_EQ(complaint("[[switch]]\nname = \"a\"\nhost = \"yes\"\n"),
            "f.toml:3:8: 'host': expected true or false");
  EXPECT_EQ(complaint("[daemon]\neal = \"-x\"\n"), "f.toml:2:7: 'eal': expected a list of texts");
}

TEST(Config, LimitsHoldAtTheirEdges) {
  const auto with_limit = [](int limit) {
    return complaint("[[switch]]\nname = \"a\"\nmac_table = { limit = " + std::to_string(limit) +
                     " }\n");
  };
  EXPECT_EQ(with_limit(16), "");
  EXPECT_EQ(with_limit(1048576), "");
  EXPECT_EQ(with_limit(15), "f.toml:3:23: 'limit': expected a number from 16 to 1048576");
  EXPECT_NE(with_limit(1048577), "");
}

TEST(Config, SyntaxErrorNamesItsPlace) {
  EXPECT_TRUE(complaint("[daemon]\nworkers = \n").starts_with("f.toml:2:"))
      << complaint("workers = \n");
}

TEST(Config, ReservedAndDoubleNamesAreRefused) {
  EXPECT_NE(complaint("[[switch]]\nname = \"-a\"\n"), "");
  EXPECT_NE(complaint("[[switch]]\nname = \"a\"\n[[switch]]\nname = \"a\"\n"), "");
  EXPECT_NE(
      complaint("[[switch]]\nname = \"a\"\n[[switch.port]]\nname = \"host\"\nspec = \"tap:x\"\n"),
      "");
}

TEST(Config, ExportReadsBackToTheSame) {
  Config config = parse_config(R"(
[[switch]]
name = "office"
uplink = "eth0"
translate = "on"
reserved = "drop"
settings = { answers = "suppress" }
[[switch.port]]
name = "vm1"
spec = "stream:vm1"
policy = "trunk"
)",
                               "f.toml");
  Config again = parse_config(config_toml(config.switches), "again.toml");
  for (Config* both : {&config, &again}) {
    both->switches[0].configured_in.reset();
    both->switches[0].ports[0].configured_in.reset();
  }
  EXPECT_EQ(config.switches, again.switches);
}

TEST(Declaration, DurationsHaveAUnit) {
  EXPECT_EQ(parse_duration("300s"), std::chrono::seconds{300});
  EXPECT_EQ(parse_duration("0s"), Nanos{0});
  EXPECT_EQ(parse_duration("250ms"), std::chrono::milliseconds{250});
  for (const char* wrong : {"", "300", "s", "-1s", "1d", "99999999s"}) {
    EXPECT_EQ(parse_duration(wrong), std::nullopt) << wrong;
  }
}

TEST(Declaration, NamesHaveAtMost31Characters) {
  EXPECT_NO_THROW(check_switch_name(std::string(31, 'a')));
  EXPECT_THROW(check_switch_name(std::string(32, 'a')), Error);
  for (const char* wrong : {"", ".a", "a/b", "a b", "ä"})
    EXPECT_THROW(check_switch_name(wrong), Error);
  EXPECT_THROW(check_port_name("uplink"), Error);
}

}  // namespace
}  // namespace laneway
