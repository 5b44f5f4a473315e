#include "cli/laneway.h"

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <new>

#include <unistd.h>

#include "cli/client.h"
#include "cli/json.h"
#include "cli/parse.h"
#include "cli/table.h"
#include "switch/error.h"

namespace laneway::cli {

namespace {

constexpr std::string_view kDefaultSeconds = "10";

void render(const Error& error, bool json, std::ostream& err) {
  if (!json) {
    err << "laneway: " << printable(error.what()) << '\n';
    if (!error.fix().empty()) err << "  fix: " << printable(error.fix()) << '\n';
    return;
  }
  Object body;
  body.set("code", kind_of(error.code()).name).set("message", error.what());
  const auto set_or_null = [&](std::string_view key, const std::string& value) {
    value.empty() ? body.set_null(key) : body.set(key, value);
  };
  set_or_null("fix", error.fix());
  set_or_null("subject", error.subject());
  body.set("exit", static_cast<std::uint64_t>(kind_of(error.code()).exit));
  err << Object().set("schema", std::uint64_t{1}).set("error", body).dump() << '\n';
}

bool is_coloured(const std::ostream& out) {
  return &out == &std::cout && isatty(STDOUT_FILENO) == 1 && std::getenv("NO_COLOR") == nullptr;
}

int run_parsed(const Parsed& parsed, std::ostream& out, std::ostream& err) {
  if (parsed.command == nullptr) {
    out << parsed.text;
    return 0;
  }
  const Arguments& given = parsed.arguments;
  const double seconds = std::stod(given.text_or("timeout", kDefaultSeconds));
  const auto deadline = std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000));
  Client client(api_socket(given.text_or("socket", "")), deadline,
                given.has("verbose") ? &err : nullptr);
  Session session{
      client,          out, err, given.has("json"), given.has("quiet"), given.has("verbose"),
      is_coloured(out)};
  try {
    const int status = parsed.command->run(given, session);
    if (!out.flush()) throw Error(ErrorCode::Io, "cannot write to standard output");
    return status;
  } catch (const Error& error) {
    if (parsed.command->exit_on_error == 0 || error.code() == ErrorCode::Usage) throw;
    render(error, session.json, err);
    return parsed.command->exit_on_error;
  }
}

// Usage errors are rendered too, before it is known what was asked for.
bool wants_json(const std::vector<std::string>& words) {
  const auto end = std::find(words.begin(), words.end(), "--");
  return std::find(words.begin(), end, "--json") != end;
}

}  // namespace

int run_laneway(const std::vector<std::string>& words, std::ostream& out, std::ostream& err) {
  const auto failed = [&](const Error& error) {
    render(error, wants_json(words), err);
    return kind_of(error.code()).exit;
  };
  try {
    return run_parsed(parse(words), out, err);
  } catch (const Error& error) {
    return failed(error);
  } catch (const std::exception& error) {
    return failed(Error(ErrorCode::Internal, std::string("a bug in laneway: ") + error.what(),
                        "please report it with the command that led here"));
  }
}

}  // namespace laneway::cli
