#include "cli/json.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "switch/error.h"

namespace laneway::cli {

namespace {

const nlohmann::json kNull;

}  // namespace

std::string dump(const nlohmann::json& value) {
  return value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

Value Value::parse(std::string_view text) {
  auto document =
      std::make_shared<const nlohmann::json>(nlohmann::json::parse(text, nullptr, false));
  if (document->is_discarded()) {
    throw Error(ErrorCode::Internal, "a bug in laneway: the daemon's answer is not JSON");
  }
  const nlohmann::json* root = document.get();
  return Value(std::move(document), root);
}

bool Value::is_null() const { return value_->is_null(); }

bool Value::is_string() const { return value_->is_string(); }

Value Value::operator[](std::string_view key) const {
  if (!value_->is_object()) return Value(document_, &kNull);
  const auto found = value_->find(key);
  return Value(document_, found == value_->end() ? &kNull : &*found);
}

std::vector<Value> Value::items() const {
  std::vector<Value> items;
  if (!value_->is_array()) return items;
  items.reserve(value_->size());
  for (const nlohmann::json& item : *value_) items.push_back(Value(document_, &item));
  return items;
}

std::vector<std::pair<std::string, Value>> Value::members() const {
  std::vector<std::pair<std::string, Value>> members;
  if (!value_->is_object()) return members;
  for (const auto& [key, member] : value_->items())
    members.emplace_back(key, Value(document_, &member));
  return members;
}

std::size_t Value::size() const { return value_->is_structured() ? value_->size() : 0; }

std::string Value::text(std::string_view otherwise) const {
  if (value_->is_null()) return std::string(otherwise);
  if (value_->is_string()) return value_->get<std::string>();
  return cli::dump(*value_);
}

double Value::number() const { return value_->is_number() ? value_->get<double>() : 0; }

std::uint64_t Value::count() const {
  return value_->is_number() ? value_->get<std::uint64_t>() : std::uint64_t{0};
}

bool Value::truth() const { return value_->is_boolean() && value_->get<bool>(); }

Object::Object() : object_(std::make_shared<nlohmann::json>(nlohmann::json::object())) {}

Object& Object::set(std::string_view key, std::string_view value) {
  (*object_)[std::string(key)] = value;
  return *this;
}

Object& Object::set(std::string_view key, bool value) {
  (*object_)[std::string(key)] = value;
  return *this;
}

Object& Object::set(std::string_view key, std::uint64_t value) {
  (*object_)[std::string(key)] = value;
  return *this;
}

Object& Object::set(std::string_view key, double value) {
  (*object_)[std::string(key)] = value;
  return *this;
}

Object& Object::set(std::string_view key, const std::vector<std::string>& values) {
  (*object_)[std::string(key)] = values;
  return *this;
}

Object& Object::set(std::string_view key, const Object& value) {
  (*object_)[std::string(key)] = *value.object_;
  return *this;
}

Object& Object::set(std::string_view key, const std::vector<Object>& values) {
  auto list = nlohmann::json::array();
  for (const Object& value : values) list.push_back(*value.object_);
  (*object_)[std::string(key)] = std::move(list);
  return *this;
}

Object& Object::set_null(std::string_view key) {
  (*object_)[std::string(key)] = nullptr;
  return *this;
}

Object& Object::set_word(std::string_view key, std::string_view word) {
  constexpr std::size_t kDigits = 19;  // what fits 64 bits whatever the digits are
  const bool digits =
      !word.empty() && word.size() <= kDigits &&
      std::all_of(word.begin(), word.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (word == "on" || word == "true") return set(key, true);
  if (word == "off" || word == "false") return set(key, false);
  if (digits) return set(key, std::uint64_t{std::stoull(std::string(word))});
  return set(key, word);
}

bool Object::empty() const { return object_->empty(); }

std::string Object::dump() const { return cli::dump(*object_); }

}  // namespace laneway::cli
