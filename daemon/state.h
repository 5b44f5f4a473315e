// daemon/state.h: state.json: the switches and ports that commands created, with their drawn
// addresses, so that they are back after a restart.
//
// Written to a new file, fsynced and renamed, so the file is the old one or the new one, never
// half.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "daemon/declaration.h"
#include "daemon/saved_tables.h"

namespace laneway {

class StateFile {
 public:
  static constexpr int kSchema = 1;

  explicit StateFile(std::filesystem::path path) : path_(std::move(path)) {}

  struct Loaded {
    std::vector<SwitchDeclaration> switches;
    std::vector<SwitchDeclaration> attached;  // to declared switches: their names and ports alone
    std::vector<SavedTables> tables;
    std::size_t refused_entries = 0;     // of the tables
    std::optional<std::string> refused;  // why the file was put aside as PATH.bad
  };
  // What was saved last; nothing where there is no file. A damaged file or one of a newer schema is
  // renamed to PATH.bad. Throws Error (Io) if it cannot be read at all.
  Loaded load() const;
  // Saves the switches and ports that are not temporary, and the tables; on return they are on the
  // disk. 0600. Throws Error (Io); the old file is then still there.
  void save(const std::vector<SwitchDeclaration>& switches,
            const std::vector<SavedTables>& tables = {}) const;

 private:
  std::filesystem::path path_;
};

}  // namespace laneway
