// daemon/api.h: the daemon's API: which request does what. Bodies are checked field by field before
// anything is done; every Error becomes its object and HTTP status.
//
// Threads: the control thread's.
#pragma once

#include <string>

#include "daemon/controller.h"
#include "daemon/http.h"

namespace laneway {

class Api {
 public:
  explicit Api(Controller& controller) : controller_(controller) {}

  // Never throws.
  HttpAnswer answer(const HttpRequest& request);
  // For a request that never came to be one.
  static HttpAnswer refused(int status);

 private:
  Controller& controller_;
};

}  // namespace laneway
