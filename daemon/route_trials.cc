#include "daemon/route_trials.h"

namespace laneway {

void RouteTrials::conflict(const IpAddress& address, Nanos now) {
  const auto found = trials_.find(address);
  if (found == trials_.end()) return;
  Trial& trial = found->second;
  trial.passed = false;
  if (trial.probing || trial.probe_at <= now) trial.probe_at = now + kBetweenProbes;
  trial.probing = false;
}

void RouteTrials::keep_only(const std::set<IpAddress>& addresses) {
  std::erase_if(trials_, [&](const auto& trial) { return !addresses.contains(trial.first); });
}

bool RouteTrials::passed(const IpAddress& address, Nanos now) {
  Trial& trial = trials_.try_emplace(address, Trial{now, {}, false, false}).first->second;
  if (trial.probing && now - trial.silent_since >= kSilence) {
    trial.probing = false;
    trial.passed = true;
  }
  return trial.passed;
}

std::vector<IpAddress> RouteTrials::due(Nanos now) {
  std::vector<IpAddress> addresses;
  for (auto& [address, trial] : trials_) {
    if (trial.passed || trial.probing || now < trial.probe_at) continue;
    trial.probing = true;
    trial.silent_since = now;
    trial.probe_at = now + kBetweenProbes;
    addresses.push_back(address);
  }
  return addresses;
}

}  // namespace laneway
