#include "cli/temporary_port.h"

#include <ostream>

#include "cli/client.h"
#include "switch/error.h"

namespace laneway::cli {

TemporaryPort::TemporaryPort(const Target& on, const Object& body, Session& session)
    : session_(session),
      answer_(Value::parse(session.client.post(on.path() + "/ports", body.dump()))),
      target_{on.name, answer_["port"]["name"].text()} {}

TemporaryPort::~TemporaryPort() {
  try {
    session_.client.remove(target_.path());
  } catch (const Error& error) {
    session_.err << "laneway: cannot remove " << target_.text() << ": " << error.what() << '\n';
  }
}

}  // namespace laneway::cli
