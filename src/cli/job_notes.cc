#include "cli/job_notes.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "cli/handles.h"
#include "cli/json_text.h"
#include "cli/json_view.h"

namespace cli {
namespace {

namespace fs = std::filesystem;

// Empty: this user has no home.
fs::path notes_directory() {
  const char* state = std::getenv("XDG_STATE_HOME");
  if (state != nullptr && *state == '/') return fs::path(state) / "batchrouter" / "jobs";
  const char* home = std::getenv("HOME");
  return home == nullptr || *home == '\0' ? fs::path() : fs::path(home) / ".local/state/batchrouter/jobs";
}

fs::path note_file(const std::string& job_id) { return notes_directory() / (job_id + ".json"); }

[[noreturn]] void cannot_keep(const fs::path& path) {
  throw Failure(Exit::failed, path.string() + ": cannot be written: " + std::strerror(errno),
                "set XDG_STATE_HOME to a directory that can");
}

}  // namespace

void check_notes(const JobNotes& notes) {
  if (notes.empty()) return;
  const fs::path directory = notes_directory();
  std::error_code ignored;
  fs::create_directories(directory, ignored);
  ::chmod(directory.c_str(), S_IRWXU);
  if (directory.empty() || ::access(directory.c_str(), W_OK | X_OK) != 0) cannot_keep(directory);
}

void keep_notes(const std::string& job_id, const JobNotes& notes) {
  if (notes.empty()) return;
  check_notes(notes);
  const fs::path path = note_file(job_id), fresh = path.string() + ".new";
  const int fd = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (fd < 0) cannot_keep(fresh);
  const std::string text = fmt::format("{{\"on_done\":{},\"retries\":{},\"is_round\":{}}}\n", json_text(notes.on_done),
                                       notes.retries, notes.is_round);
  const bool written = ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && ::fsync(fd) == 0;
  ::close(fd);
  if (!written || std::rename(fresh.c_str(), path.c_str()) != 0) cannot_keep(path);
}

JobNotes notes_of(const std::string& job_id) {
  std::ifstream file(note_file(job_id));
  const JsonView view(std::string{std::istreambuf_iterator<char>(file), {}});
  return {view.text("/on_done"), std::atoll(view.text("/retries").c_str()), view.text("/is_round") == "true"};
}

void forget_notes(const std::string& job_id) {
  std::error_code ignored;
  fs::remove(note_file(job_id), ignored);
  fs::remove(note_file(job_id + ".ended"), ignored);
}

// The rename decides who runs it, of several processes that see the job end.
std::string take_hook(const std::string& job_id) {
  if (notes_of(job_id).on_done.empty()) return {};
  if (std::rename(note_file(job_id).c_str(), note_file(job_id + ".ended").c_str()) != 0) return {};
  return notes_of(job_id + ".ended").on_done;
}

}  // namespace cli
