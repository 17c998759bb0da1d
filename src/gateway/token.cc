#include "gateway/token.h"

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace br::gateway {
namespace {

constexpr size_t kTokenBytes = 32;
constexpr size_t kShortestToken = 16;
constexpr size_t kLongestToken = 512;

// A descriptor that closes itself.
struct TokenFile {
  explicit TokenFile(int descriptor) : fd(descriptor) {}
  ~TokenFile() {
    if (fd >= 0) ::close(fd);
  }
  TokenFile(const TokenFile&) = delete;
  TokenFile& operator=(const TokenFile&) = delete;
  int fd;
};

std::string problem(const std::string& path, const char* what) {
  return path + ": the token file " + what + ": " + std::strerror(errno);
}

std::string read_token(int fd, const std::string& path, std::string& error) {
  struct stat info {};
  std::array<char, kLongestToken + 1> buffer{};
  const ssize_t size = ::fstat(fd, &info) == 0 ? ::read(fd, buffer.data(), buffer.size()) : -1;
  if (size < 0) {
    error = problem(path, "cannot be read");
    return {};
  }
  std::string token(buffer.data(), static_cast<size_t>(size));
  while (!token.empty() && (token.back() == '\n' || token.back() == '\r' || token.back() == ' ')) token.pop_back();
  if ((info.st_mode & 077) != 0) {
    error = path + ": other users of this machine can read the token file; chmod 600 it";
  } else if (token.size() < kShortestToken || token.size() > kLongestToken) {
    error = path + ": a token has " + std::to_string(kShortestToken) + " to " + std::to_string(kLongestToken) +
            " characters; delete the file and one is made";
  } else if (token.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~") !=
             std::string::npos) {
    error = path + ": a token consists of letters, digits and -._~ only, because it may stand in a URL";
  }
  return error.empty() ? token : std::string();
}

}  // namespace

std::string make_token() {
  std::array<unsigned char, kTokenBytes> bytes{};
  if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()))
    throw std::runtime_error("the system gives no random numbers");
  std::string token;
  for (const unsigned char byte : bytes) {
    token += "0123456789abcdef"[byte >> 4];
    token += "0123456789abcdef"[byte & 15];
  }
  return token;
}

bool token_matches(std::string_view given, std::string_view token) {
  if (token.empty()) return false;
  unsigned difference = given.size() == token.size() ? 0 : 1;
  for (size_t i = 0; i < token.size(); ++i) {
    const char c = i < given.size() ? given[i] : '\0';
    difference |= static_cast<unsigned>(static_cast<unsigned char>(c) ^ static_cast<unsigned char>(token[i]));
  }
  return difference == 0;
}

std::string token_of_file(const std::string& path, bool make, std::string& error) {
  error.clear();
  if (const TokenFile there(::open(path.c_str(), O_RDONLY | O_CLOEXEC)); there.fd >= 0)
    return read_token(there.fd, path, error);
  if (errno != ENOENT || !make) {
    error = problem(path, "cannot be read");
    return {};
  }
  const std::string token = make_token();
  const std::string line = token + "\n";
  const TokenFile made(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (made.fd >= 0 && ::fchmod(made.fd, 0600) == 0 &&
      ::write(made.fd, line.data(), line.size()) == static_cast<ssize_t>(line.size()))
    return token;
  // Another gateway of this directory made it in the same moment.
  if (made.fd < 0 && errno == EEXIST) return token_of_file(path, false, error);
  error = problem(path, "cannot be written");
  return {};
}

}  // namespace br::gateway
