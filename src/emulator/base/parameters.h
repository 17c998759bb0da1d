#pragma once

#include <algorithm>
#include <span>
#include <string_view>

#include "emulator/base/json.h"

namespace br::emulator {

// The JSON types that a parameter may have, as bits.
enum Type : unsigned {
  kString = 1,
  kNumber = 2,
  kInteger = 4,
  kBoolean = 8,
  kArray = 16,
  kObject = 32,
  kNull = 64,
  kAny = 127
};

// One field of a vendor's request schema.
struct Parameter {
  std::string_view name;
  unsigned types;
  double least = 0;
  double most = 0;  // least == most: no range
};

enum class Misfit { kNone, kUnknown, kType, kBelow, kAbove };

inline bool has_type(const json::Value& value, unsigned types) {
  return (value.IsString() && (types & kString) != 0) || (value.IsNumber() && (types & kNumber) != 0) ||
         ((value.IsInt64() || value.IsUint64()) && (types & kInteger) != 0) ||
         (value.IsBool() && (types & kBoolean) != 0) || (value.IsArray() && (types & kArray) != 0) ||
         (value.IsObject() && (types & kObject) != 0) || (value.IsNull() && (types & kNull) != 0);
}

inline const Parameter* find_parameter(std::span<const Parameter> known, std::string_view name) {
  const auto at = std::find_if(known.begin(), known.end(), [&](const Parameter& each) { return each.name == name; });
  return at == known.end() ? nullptr : &*at;
}

// What is wrong with a field; each vendor has words of its own for it.
inline Misfit misfit(const Parameter* known, const json::Value& value) {
  if (known == nullptr) return Misfit::kUnknown;
  if (!has_type(value, known->types)) return Misfit::kType;
  if (!value.IsNumber() || known->least == known->most) return Misfit::kNone;
  if (value.GetDouble() < known->least) return Misfit::kBelow;
  return value.GetDouble() > known->most ? Misfit::kAbove : Misfit::kNone;
}

}  // namespace br::emulator
