#define _GNU_SOURCE
#include "acceptance/vendors.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "abi/support.h"

enum { kVendors = 12 };

struct vendors {
  pid_t child;
  FILE *output;
  size_t count;
  char names[kVendors][32];
  char urls[kVendors][128];
  char origin[64];
  int port;
};

/* In the child: becomes the emulator, which ends with the test. */
static void become_emulator(int output, const char *const *arguments) {
  const char *program = getenv("BATCHROUTER_PROGRAM");
  const char *argv[32] = {"batchrouter", "emulate"};
  for (size_t i = 0; arguments[i] != NULL && i < 29; i++) argv[i + 2] = arguments[i];
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  dup2(output, STDOUT_FILENO);
  execv(program != NULL ? program : "batchrouter", (char *const *)argv);
  perror("BATCHROUTER_PROGRAM");
  _exit(127);
}

static void read_urls(vendors *self) {
  char line[256];
  while (self->count < kVendors && fgets(line, sizeof line, self->output) != NULL) {
    assert_int_equal(sscanf(line, "%31s %127s", self->names[self->count], self->urls[self->count]), 2);
    self->count++;
  }
  assert_int_equal(self->count, kVendors);
  assert_int_equal(sscanf(self->urls[0], "http://127.0.0.1:%d/", &self->port), 1);
  snprintf(self->origin, sizeof self->origin, "http://127.0.0.1:%d", self->port);
}

vendors *vendors_start(const char *const *arguments) {
  vendors *self = calloc(1, sizeof *self);
  int ends[2];
  assert_non_null(self);
  assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
  self->child = fork();
  assert_true(self->child >= 0);
  if (self->child == 0) become_emulator(ends[1], arguments);
  close(ends[1]);
  self->output = fdopen(ends[0], "r");
  read_urls(self);
  return self;
}

/* docs/emulator.md lists where each vendor is. */
vendors *vendors_known(const char *origin) {
  static const char *const places[][2] = {{"openai", "/v1"},           {"anthropic", "/anthropic"},
                                          {"google", "/google"},       {"mistral", "/mistral"},
                                          {"groq", "/groq/openai/v1"}, {"together", "/together/v1"}};
  vendors *self = calloc(1, sizeof *self);
  assert_non_null(self);
  assert_int_equal(sscanf(origin, "http://127.0.0.1:%d", &self->port), 1);
  for (self->count = 0; self->count < sizeof places / sizeof places[0]; self->count++) {
    snprintf(self->names[self->count], sizeof self->names[0], "%s", places[self->count][0]);
    snprintf(self->urls[self->count], sizeof self->urls[0], "%s%s", origin, places[self->count][1]);
  }
  return self;
}

void vendors_stop(vendors *self) {
  if (self->child > 0) {
    kill(self->child, SIGTERM);
    waitpid(self->child, NULL, 0);
    fclose(self->output);
  }
  free(self);
}

const char *vendors_url(const vendors *self, const char *vendor) {
  for (size_t i = 0; i < self->count; i++)
    if (strcmp(self->names[i], vendor) == 0) return self->urls[i];
  fail_msg("no vendor %s", vendor);
  return NULL;
}

const char *vendors_origin(const vendors *self) { return self->origin; }

static int dial(int port) {
  struct sockaddr_in address = {
      .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  assert_true(fd >= 0);
  assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
  return fd;
}

/* One call; the answer with its head, freed by the caller. Anything but 200 fails the test. */
static char *call(const vendors *self, const char *method, const char *path, const char *body) {
  int fd = dial(self->port);
  dprintf(fd, "%s /__emulator/%s HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Length: %zu\r\n\r\n%s",
          method, path, strlen(body), body);
  size_t size = 0, room = 1 << 16;
  char *answer = malloc(room);
  ssize_t got;
  while ((got = read(fd, answer + size, room - size - 1)) > 0) {
    size += (size_t)got;
    if (size + 1 == room) answer = realloc(answer, room *= 2);
  }
  answer[size] = '\0';
  close(fd);
  if (strncmp(answer, "HTTP/1.1 200", 12) != 0) fail_msg("%s %s: %s", method, path, answer);
  return answer;
}

void vendors_advance(const vendors *self, int64_t ms) {
  char path[64];
  snprintf(path, sizeof path, "advance?ms=%lld", (long long)ms);
  free(call(self, "POST", path, ""));
}

void vendors_fault(const vendors *self, const char *text) { free(call(self, "POST", "faults", text)); }

void vendors_tell(const vendors *self) {
  char *answer = call(self, "GET", "ledger", "");
  print_error("the ledger: %s\n", answer);
  free(answer);
}

int64_t vendors_ledger(const vendors *self, const char *field) {
  char *answer = call(self, "GET", "ledger", "");
  char key[64];
  snprintf(key, sizeof key, "\"%s\":", field);
  const char *found = strstr(answer, key);
  if (found == NULL) fail_msg("the ledger has no %s: %s", field, answer);
  long long value = strtoll(found + strlen(key), NULL, 10);
  free(answer);
  return value;
}

void vendors_wait(const vendors *self, const char *field, int64_t least) {
  while (vendors_ledger(self, field) < least) continue;
}
