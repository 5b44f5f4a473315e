#include "cli/client.h"
#include "cli/commands.h"
#include "cli/json.h"
#include "cli/target.h"
#include "switch/error.h"

namespace laneway::cli {

namespace {

// A port's address and policy are fields of the port, all else are its settings.
Object changes(const std::vector<std::string>& words) {
  Object fields;
  Object settings;
  for (const std::string& word : words) {
    const auto [key, value] = key_and_value(word);
    if (key == "mac" || key == "policy") {
      fields.set(key, value);
    } else {
      settings.set_word(key, value);
    }
  }
  return settings.empty() ? fields : fields.set("settings", settings);
}

int set(const Arguments& arguments, Session& session) {
  std::vector<std::string> words = arguments.all("NAME[/PORT] KEY=VALUE");
  std::optional<std::string> target;
  if (words.front().find('=') == std::string::npos) {
    target = words.front();
    words.erase(words.begin());
  }
  if (words.empty()) {
    throw Error(ErrorCode::Usage, "nothing to set", "laneway set " + *target + " KEY=VALUE");
  }
  const Object body = changes(words);
  session.client.patch(target_of(target, session.client).path(), body.dump());
  return 0;
}

}  // namespace

Command set_command() {
  return {"set",
          "change settings of a switch or port while it runs",
          {{"NAME[/PORT] KEY=VALUE", Takes::Text, "", "what to change, and to what",
            Occurs::AtLeastOnce}},
          set};
}

}  // namespace laneway::cli
