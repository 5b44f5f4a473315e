// cli/rate_search.h: the rates at which a switch loses nothing (NDR) or no more than so much (PDR):
// binary search as FD.io CSIT's MLRsearch does it, short trials first, then full ones.
#pragma once

#include <functional>
#include <vector>

#include "cli/testbed.h"

namespace laneway::cli {

// The highest rate that kept a goal and the lowest that did not, frames a second.
struct RateBounds {
  double lower = 0;
  double upper = 0;
};

class RateSearch {
 public:
  static constexpr std::size_t kMostTrials = 40;  // of one search; what is known then is told

  struct Goals {
    double trial_seconds = 2;
    double precision_ratio = 0.005;  // width of the interval, of its upper end
  };
  // One trial at this rate for so many seconds; 0: all that can be sent.
  using Run = std::function<Trial(double pps, double seconds)>;
  RateSearch(const Goals& goals, Run run);

  // The rate received when all is sent that can be (MRR): the median of three trials.
  double mrr() const noexcept { return mrr_; }
  // The interval of the rates with `loss_ratio` at most. Searches for several share their trials.
  RateBounds find(double loss_ratio);
  const std::vector<Trial>& trials() const noexcept { return trials_; }

 private:
  struct Known {
    RateBounds bounds;
    bool has_upper = false;
  };
  Known known(double loss_ratio, double least_seconds) const;
  double next_rate(double loss_ratio, double seconds) const;
  void narrow(double loss_ratio, double seconds, double width_ratio);
  void measure(double pps, double seconds);

  const Goals goals_;
  const Run run_;
  double mrr_ = 0;
  double most_ = 0;  // what can be sent
  std::vector<Trial> trials_;
};

}  // namespace laneway::cli
