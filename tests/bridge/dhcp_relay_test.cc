#include "bridge/dhcp_relay.h"

#include <gtest/gtest.h>

namespace laneway {
namespace {

using std::chrono::seconds;
using Form = DhcpRelay::Form;

constexpr PortId kPort{3};
const MacAddress kGuest = *MacAddress::parse("52:54:00:00:00:0a");

MacAddress client(std::uint64_t number) {
  return MacAddress::from_number(0x525400000000U + number);
}

TEST(DhcpRelay, TwoUnansweredTriesThenTheRelayInTurns) {
  DhcpRelay relay;
  EXPECT_EQ(relay.next_form(kPort, kGuest, true, seconds{0}), Form::Broadcast);
  EXPECT_EQ(relay.next_form(kPort, kGuest, true, seconds{2}), Form::Broadcast);
  EXPECT_EQ(relay.next_form(kPort, kGuest, true, seconds{6}), Form::Relayed);
  EXPECT_EQ(relay.next_form(kPort, kGuest, true, seconds{14}), Form::AsSent);
  EXPECT_EQ(relay.next_form(kPort, kGuest, true, seconds{30}), Form::Relayed);
}

TEST(DhcpRelay, AnswerStartsTheCountAnew) {
  DhcpRelay relay;
  relay.next_form(kPort, kGuest, true, seconds{0});
  relay.next_form(kPort, kGuest, true, seconds{2});
  relay.answered(kPort, kGuest, false, seconds{3});
  EXPECT_EQ(relay.next_form(kPort, kGuest, true, seconds{3}), Form::Broadcast);
}

TEST(DhcpRelay, WhoWasAnsweredByRelayGoesOnByRelay) {
  DhcpRelay relay;
  relay.answered(kPort, kGuest, true, seconds{6});
  EXPECT_EQ(relay.next_form(kPort, kGuest, true, seconds{6}), Form::Relayed);
  EXPECT_EQ(relay.next_form(kPort, kGuest, true, seconds{8}), Form::Relayed);
  EXPECT_EQ(relay.next_form(kPort, kGuest, true, seconds{12}), Form::Broadcast);
  relay.answered(kPort, kGuest, false, seconds{13});
  EXPECT_EQ(relay.next_form(kPort, kGuest, true, seconds{14}), Form::Broadcast);
}

TEST(DhcpRelay, WithoutAHostAddressThereIsNoRelay) {
  DhcpRelay relay;
  for (int n = 0; n < 2; ++n) {
    EXPECT_EQ(relay.next_form(kPort, kGuest, false, seconds{n}), Form::Broadcast);
  }
  EXPECT_EQ(relay.next_form(kPort, kGuest, false, seconds{2}), Form::AsSent);
  EXPECT_EQ(relay.next_form(kPort, kGuest, false, seconds{3}), Form::Broadcast);
}

TEST(DhcpRelay, TriesAreForgottenJustAfterTwoMinutes) {
  DhcpRelay relay;
  relay.next_form(kPort, kGuest, true, seconds{0});
  relay.next_form(kPort, kGuest, true, seconds{0});
  EXPECT_EQ(relay.next_form(kPort, kGuest, true, seconds{120}), Form::Relayed);
  EXPECT_EQ(relay.next_form(kPort, kGuest, true, seconds{240} + Nanos{1}), Form::Broadcast);
}

TEST(DhcpRelay, ManyClientsOfOnePortCostAnotherPortNothing) {
  DhcpRelay relay;
  relay.answered(kPort, kGuest, true, seconds{1});
  for (std::uint64_t n = 0; n < 100; ++n) relay.next_form(PortId{4}, client(n), true, seconds{2});
  EXPECT_EQ(relay.next_form(kPort, kGuest, true, seconds{3}), Form::Relayed);
}

TEST(DhcpRelay, PortThatIsForgottenStartsAnew) {
  DhcpRelay relay;
  relay.answered(kPort, kGuest, true, seconds{1});
  relay.forget(kPort);
  EXPECT_EQ(relay.next_form(kPort, kGuest, true, seconds{2}), Form::Broadcast);
}

}  // namespace
}  // namespace laneway
