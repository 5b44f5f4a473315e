// switch/limits.h: what bindings and proxies may hold, keep, and say, each limit with its reason.
//
// Somebody outside decides how fast each of these would grow: a guest, the LAN, an access point.
#pragma once

#include <cstddef>
#include <cstdint>

#include "switch/rate_limit.h"
#include "switch/types.h"

namespace laneway::limits {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

// Bindings, counted a family.
constexpr std::size_t kBindings = 1024;    // a switch: 128 guests with their reserved share
constexpr std::size_t kPortBindings = 64;  // a port: the privacy addresses of some days
constexpr std::size_t kTentative = 16;     // of a port's: more DADs at a time is no host but a scan
constexpr std::size_t kUnverified = 16;    // of a port's: a router's foreign sources fill no more
constexpr std::size_t kReserved = 8;       // a guest port's own: an ordinary host fits
constexpr std::size_t kGuestPorts = kBindings / kReserved;

// Ages of bindings.
constexpr Nanos kTentativeAge = seconds{10};   // RFC 5227 section 1.1: probing and waiting take 7 s
constexpr Nanos kUnverifiedAge = seconds{60};  // a guest that answers no probe is not kept longer
constexpr Nanos kValidAge = minutes{20};       // above the ARP timeouts of common systems
constexpr Nanos kStaleAge = minutes{10};       // silent for half an hour in all: ask
constexpr Nanos kProbeInterval = seconds{1};   // RFC 4861 section 10, RETRANS_TIMER
constexpr int kProbes = 3;                     // RFC 4861 section 10, MAX_UNICAST_SOLICIT
constexpr Nanos kRivalInterval = seconds{10};  // a thief must not make us pester the owner
constexpr Nanos kUseResolution =
    seconds{1};  // `used` is written no more often: a store a frame saved

// DHCP.
constexpr std::size_t kDhcpTransactions = 32;  // a port: a nested host's guests booting at once
constexpr Nanos kDhcpTransactionAge = seconds{60};  // RFC 2131 section 4.1: retries end by then

// Words of guests that we ration.
constexpr RateLimit kAnnouncements{seconds{10}, 4};  // of one address; RFC 5227 section 2.3 sends 2
constexpr Nanos kConflictWindow = seconds{1};  // a defence after it is free: RFC 4861's NA delay is
                                               // below MAX_ANYCAST_DELAY_TIME, 1 s

// Words of ours.
constexpr Nanos kDefenceInterval = seconds{10};  // RFC 5227 section 1.1, DEFEND_INTERVAL
constexpr std::size_t kDefences = 16;            // addresses defended toward a port at a time
constexpr RateLimit kProxyAnswers = RateLimit::per_second(100);  // a port: a scan gets no more
constexpr std::uint32_t kProbesPerTick = 5;  // 50 a second: 1,024 stale bindings in 20 s
constexpr RateLimit kAnnounceRate{milliseconds{50}, 2};     // airtime of a roam storm
constexpr RateLimit kFirstRoundRate{milliseconds{10}, 10};  // a new station address is urgent
constexpr int kAnnounceRepeats = 2;                // RFC 5227 ANNOUNCE_NUM; RFC 4861 allows 3 NAs
constexpr Nanos kAnnounceInterval = seconds{2};    // RFC 5227 ANNOUNCE_INTERVAL
constexpr Nanos kKeepaliveInterval = seconds{25};  // below the 30 s after which APs forget

// Answers on behalf of others (`suppress`).
constexpr std::size_t kPendingWords = 4096;    // announcements to be said: two a binding
constexpr std::size_t kLanNeighbors = 256;     // of the uplink, remembered: a flat LAN's busy hosts
constexpr Nanos kAnswerableAge = seconds{30};  // heard longer ago: it is asked itself

// A probe with sender 0.0.0.0 looks like a rival's to a guest that is probing itself.
constexpr Nanos kQuietAfterProbe = seconds{10};

}  // namespace laneway::limits
