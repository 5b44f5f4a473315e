#include "cli/rate_search.h"

#include <algorithm>
#include <utility>

namespace laneway::cli {

namespace {

constexpr double kShortSeconds = 0.2;
constexpr double kShortWidth = 0.05;
constexpr std::size_t kMrrTrials = 3;

bool counts(const Trial& trial, double least_seconds) {
  return trial.offered_pps > 0 && trial.sent > 0 && trial.valid && trial.seconds >= least_seconds;
}

}  // namespace

RateSearch::RateSearch(const Goals& goals, Run run) : goals_(goals), run_(std::move(run)) {
  std::vector<double> rates;
  for (std::size_t trial = 0; trial < kMrrTrials; ++trial) {
    measure(0, goals_.trial_seconds);
    rates.push_back(trials_.back().received_pps());
    most_ = std::max(most_, trials_.back().sent_pps());
  }
  std::sort(rates.begin(), rates.end());
  mrr_ = rates[kMrrTrials / 2];
}

void RateSearch::measure(double pps, double seconds) {
  trials_.push_back(run_(pps, seconds));
  // What the generator cannot send is no rate of the switch's.
  if (pps > 0 && !trials_.back().valid) most_ = std::min(most_, trials_.back().sent_pps());
}

// What trials of `least_seconds` and longer say. One that sent nothing says nothing.
RateSearch::Known RateSearch::known(double loss_ratio, double least_seconds) const {
  Known known{{0, most_}, false};
  for (const Trial& trial : trials_) {
    if (!counts(trial, least_seconds)) continue;
    if (trial.loss_ratio() <= loss_ratio || trial.offered_pps > known.bounds.upper) continue;
    known.bounds.upper = trial.offered_pps;
    known.has_upper = true;
  }
  for (const Trial& trial : trials_) {
    if (!counts(trial, least_seconds)) continue;
    if (trial.loss_ratio() > loss_ratio || trial.offered_pps >= known.bounds.upper) continue;
    known.bounds.lower = std::max(known.bounds.lower, trial.offered_pps);
  }
  return known;
}

// Bounds that short trials found are tried first.
double RateSearch::next_rate(double loss_ratio, double seconds) const {
  const Known here = known(loss_ratio, seconds);
  const RateBounds hint = known(loss_ratio, 0).bounds;
  if (here.bounds.lower == 0 && hint.lower > 0 && hint.lower < here.bounds.upper) return hint.lower;
  if (!here.has_upper && hint.upper > here.bounds.lower && hint.upper < here.bounds.upper) {
    return hint.upper;
  }
  return (here.bounds.lower + here.bounds.upper) / 2;
}

void RateSearch::narrow(double loss_ratio, double seconds, double width_ratio) {
  while (trials_.size() < kMostTrials) {
    const RateBounds bounds = known(loss_ratio, seconds).bounds;
    if (bounds.upper - bounds.lower <= width_ratio * bounds.upper) return;
    measure(next_rate(loss_ratio, seconds), seconds);
  }
}

RateBounds RateSearch::find(double loss_ratio) {
  const double full = goals_.trial_seconds;
  if (kShortSeconds < full) narrow(loss_ratio, kShortSeconds, kShortWidth);
  narrow(loss_ratio, full, goals_.precision_ratio);
  return known(loss_ratio, full).bounds;
}

}  // namespace laneway::cli
