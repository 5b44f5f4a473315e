// switch/error.h: the one exception of laneway: "what was being done: why not", a fix where there
// is one, and a code that programs can act on.
//
// Thrown while setting up and by control commands, never on the frame path. Caught in `main` and in
// the loop that serves commands.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

namespace laneway {

enum class ErrorCode : std::uint8_t {
  Usage,
  BadRequest,
  BadName,
  BadFilter,
  BadSpec,
  BadConfig,
  NoDaemon,
  NoSwitch,
  NoPort,
  NoNic,
  NoEntry,
  Exists,
  InUse,
  Configured,
  NicRefused,
  NeedsTranslation,
  LimitReached,
  PermissionDenied,
  ReadOnly,
  NeedsCapability,
  NeedsHugepages,
  DeviceFailed,
  Unsupported,
  BadCapture,
  Expectation,
  TooLarge,
  Busy,
  Timeout,
  Io,
  Internal,
};
constexpr std::size_t kErrorCodes = 30;

// What a code is called in JSON, what HTTP and the command line answer with it.
struct ErrorKind {
  std::string_view name;  // snake_case
  int http;               // status; 0 where no request is involved
  int exit;               // exit status of `laneway`
};
const ErrorKind& kind_of(ErrorCode code) noexcept;
// The code called `name`; Internal if there is none.
ErrorCode error_code(std::string_view name) noexcept;

class Error : public std::runtime_error {
 public:
  explicit Error(ErrorCode code, const std::string& message, std::string fix = {},
                 std::string subject = {})
      : std::runtime_error(message),
        code_(code),
        fix_(std::move(fix)),
        subject_(std::move(subject)) {}

  ErrorCode code() const noexcept { return code_; }
  const std::string& fix() const noexcept { return fix_; }  // "" where none is known
  const std::string& subject() const noexcept {
    return subject_;
  }  // the object named: "office/vm1"

 private:
  ErrorCode code_;
  std::string fix_;
  std::string subject_;
};

// An Error of a system call that just failed: "`what`: strerror(errno)". EPERM and EACCES become
// PermissionDenied, all else `code`.
Error system_error(const std::string& what, ErrorCode code = ErrorCode::Io);
// Returns `result` of a system call, or throws system_error(what) if it is negative.
int check(int result, const std::string& what, ErrorCode code = ErrorCode::Io);

// The word among `known` nearest to `word` (Damerau's distance of at most 2 and at most half its
// length);
// "" if none is near. For "did you mean".
std::string_view nearest(std::string_view word, const std::string_view* known, std::size_t count);

}  // namespace laneway
