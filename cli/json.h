// cli/json.h: the API's objects, to read and to write.
//
// A thin face of nlohmann::json, so that its header (7 s to compile) is needed in json.cc alone.
// Unknown fields read as null: fields may be added to the API's objects, and older ones lack them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace laneway::cli {

// On one line. What is no UTF-8 (names of networks are bytes of somebody else's choice) is
// replaced.
std::string dump(const nlohmann::json& value);

// A value of a document, read only; it keeps the document alive.
class Value {
 public:
  // Throws Error(Internal) if `text` is not one JSON document.
  static Value parse(std::string_view text);

  bool is_null() const;
  bool is_string() const;
  // The member called `key`; null if there is none, or this is no object.
  Value operator[](std::string_view key) const;
  std::vector<Value> items() const;                            // of a list; else none
  std::vector<std::pair<std::string, Value>> members() const;  // of an object; else none
  std::size_t size() const;                                    // items or members

  // A string as it is, null as `otherwise`, other values as JSON.
  std::string text(std::string_view otherwise = "-") const;
  double number() const;        // 0 for what is no number
  std::uint64_t count() const;  // 0 for what is no number
  bool truth() const;           // false for what is no boolean

 private:
  Value(std::shared_ptr<const nlohmann::json> document, const nlohmann::json* value)
      : document_(std::move(document)), value_(value) {}

  std::shared_ptr<const nlohmann::json> document_;
  const nlohmann::json* value_;
};

// An object that is being written.
class Object {
 public:
  Object();

  Object& set(std::string_view key, std::string_view value);
  Object& set(std::string_view key, const char* value) { return set(key, std::string_view(value)); }
  Object& set(std::string_view key, bool value);
  Object& set(std::string_view key, std::uint64_t value);
  Object& set(std::string_view key, double value);
  Object& set(std::string_view key, const std::vector<std::string>& values);
  Object& set(std::string_view key, const Object& value);
  Object& set(std::string_view key, const std::vector<Object>& values);
  Object& set_null(std::string_view key);
  // A setting as it is typed: on, off, true and false are booleans, digits a number, else text.
  Object& set_word(std::string_view key, std::string_view word);

  bool empty() const;
  std::string dump() const;  // on one line

 private:
  std::shared_ptr<nlohmann::json> object_;
};

}  // namespace laneway::cli
