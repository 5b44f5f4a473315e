#include "switch/mailbox.h"

#include <atomic>
#include <stdexcept>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <poll.h>

namespace laneway {
namespace {

bool readable(const Mailbox& mailbox) {
  pollfd descriptor{.fd = mailbox.poll_fd(), .events = POLLIN, .revents = 0};
  return poll(&descriptor, 1, 0) == 1;
}

TEST(Mailbox, RefusesWhatItHasNoRoomFor) {
  Mailbox mailbox(2);
  int ran = 0;
  EXPECT_TRUE(mailbox.post([&] { ++ran; }));
  EXPECT_TRUE(mailbox.post([&] { ++ran; }));
  EXPECT_FALSE(mailbox.post([&] { ++ran; }));
  mailbox.drain();
  EXPECT_EQ(ran, 2);
  EXPECT_TRUE(mailbox.post([&] { ++ran; }));
}

TEST(Mailbox, IsReadableFromACommandToItsRun) {
  Mailbox mailbox(4);
  EXPECT_FALSE(readable(mailbox));
  mailbox.post([] {});
  EXPECT_TRUE(readable(mailbox));
  EXPECT_TRUE(mailbox.pending());
  mailbox.drain();
  EXPECT_FALSE(readable(mailbox));
  EXPECT_FALSE(mailbox.pending());
}

TEST(Mailbox, ACommandLeftByACommandRunsInTheNextRound) {
  Mailbox mailbox(4);
  int ran = 0;
  mailbox.post([&] { mailbox.post([&] { ++ran; }); });
  mailbox.drain();
  EXPECT_EQ(ran, 0);
  EXPECT_TRUE(readable(mailbox));
  mailbox.drain();
  EXPECT_EQ(ran, 1);
}

TEST(Mailbox, MoreCallersThanRoomWaitAndAreAllServed) {
  Mailbox mailbox(2);
  std::atomic<int> ran{0};
  std::atomic<int> returned{0};
  std::vector<std::thread> callers;
  for (int n = 0; n < 8; ++n) {
    callers.emplace_back([&] {
      mailbox.run([&] { ++ran; });
      ++returned;
    });
  }
  while (returned < 8) mailbox.drain();
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(ran, 8);
}

TEST(Mailbox, WhatACommandThrowsReachesItsCaller) {
  Mailbox mailbox(2);
  std::atomic<bool> caught{false};
  std::thread caller([&] {
    try {
      mailbox.run([] { throw std::runtime_error("no"); });
    } catch (const std::runtime_error&) {
      caught = true;
    }
  });
  while (!mailbox.pending()) std::this_thread::yield();
  mailbox.drain();
  caller.join();
  EXPECT_TRUE(caught);
}

}  // namespace
}  // namespace laneway
