#pragma once

#include <string>
#include <string_view>

namespace br::gateway {

// 256 random bits in hexadecimal.
std::string make_token();

// Compares in a time that does not tell how much of it is right. An empty token is never right.
bool token_matches(std::string_view given, std::string_view token);

// The token of that file. Where there is none and `make` is set, one is made, for its owner's eyes only (0600). Empty,
// with `error` saying why: it cannot be read or written, others can read it, or it is shorter than a token may be.
std::string token_of_file(const std::string& path, bool make, std::string& error);

}  // namespace br::gateway
