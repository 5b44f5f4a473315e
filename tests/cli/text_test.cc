// What people see: tables, units, and text from the air that must not steer a terminal.
#include <gtest/gtest.h>

#include "cli/table.h"
#include "cli/units.h"
#include "tests/cli/run_cli.h"

namespace laneway {
namespace {

using cli::duration_text;
using cli::printable;
using cli::rate_text;
using cli::Table;

TEST(Units, RatesHaveThreeDigits) {
  EXPECT_EQ(rate_text(0), "0 b/s");
  EXPECT_EQ(rate_text(999.4), "999 b/s");
  EXPECT_EQ(rate_text(999.5), "1 kb/s");
  EXPECT_EQ(rate_text(41234567), "41.2 Mb/s");
  EXPECT_EQ(rate_text(573e6), "573 Mb/s");
  EXPECT_EQ(rate_text(1e9), "1 Gb/s");
  EXPECT_EQ(rate_text(2.5e9), "2.5 Gb/s");
  EXPECT_EQ(rate_text(5e15), "5000 Tb/s");
}

TEST(Units, DurationsChangeUnitAtTheMinuteAndTheHour) {
  EXPECT_EQ(duration_text(0.44), "0.4 s");
  EXPECT_EQ(duration_text(59.99), "59.9 s");
  EXPECT_EQ(duration_text(60), "1 min 0 s");
  EXPECT_EQ(duration_text(3599), "59 min 59 s");
  EXPECT_EQ(duration_text(43187), "11 h 59 min");
}

TEST(Table, ColumnsAlignByCodePoints) {
  Table table({"NIC", "LINK", "WHY"});
  table.add({"wlp3s0", "\"Caf\xc3\xa9\"", "x"});
  table.add({"eth0", "up", ""});
  std::ostringstream out;
  table.print(out, false);
  EXPECT_EQ(out.str(),
            "NIC     LINK    WHY\n"
            "wlp3s0  \"Caf\xc3\xa9\"  x\n"
            "eth0    up\n");
}

TEST(Table, HeadingIsBoldOnATerminalOnly) {
  std::ostringstream out;
  Table({"A"}).print(out, true);
  EXPECT_EQ(out.str(), "\033[1mA\033[0m\n");
}

TEST(Table, NetworkNamesCannotSteerTheTerminal) {
  EXPECT_EQ(printable("home\033[2J\n"), "home\\x1b[2J\\x0a");
  EXPECT_EQ(printable("a\xc2\x9b"
                      "b"),
            "a\\xc2\\x9bb");
  EXPECT_EQ(printable("\x9b\xff\xe2\x82"), "\\x9b\\xff\\xe2\\x82");
  EXPECT_EQ(printable("Caf\xc3\xa9"), "Caf\xc3\xa9");
}

}  // namespace
}  // namespace laneway
