#define _GNU_SOURCE
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

#include "conformance.h"

/* Does not return: the child becomes the emulator, and ends with the test. */
static void become_emulator(const char *program, const char *const *arguments, int output) {
  char *list[64];
  size_t count = 0;
  list[count++] = (char *)program;
  list[count++] = (char *)"emulate";
  list[count++] = (char *)"--json";
  while (*arguments != NULL && count < 63) list[count++] = (char *)*arguments++;
  list[count] = NULL;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  dup2(output, STDOUT_FILENO);
  execv(program, list);
  perror(program);
  _exit(127);
}

vendor vendor_start(const char *program, const char *const *arguments) {
  vendor self = {0};
  int ends[2];
  assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
  self.process = fork();
  assert_true(self.process >= 0);
  if (self.process == 0) become_emulator(program, arguments, ends[1]);
  close(ends[1]);
  FILE *output = fdopen(ends[0], "r");
  char line[4096] = "";
  if (fgets(line, sizeof line, output) == NULL) fail_msg("%s emulate says nothing", program);
  fclose(output);
  cJSON *said = cJSON_Parse(line);
  const cJSON *urls = cJSON_GetObjectItemCaseSensitive(said, "base_urls");
  const char *url = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(urls, "openai"));
  assert_non_null(url);
  snprintf(self.base_url, sizeof self.base_url, "%s", url);
  self.port = cJSON_GetObjectItemCaseSensitive(said, "port")->valueint;
  cJSON_Delete(said);
  return self;
}

/* Reads until the other side closes; freed by the caller. */
static char *read_all(int fd) {
  size_t size = 0, capacity = 1 << 16;
  char *text = malloc(capacity + 1);
  for (;;) {
    const ssize_t got = read(fd, text + size, capacity - size);
    assert_true(got >= 0);
    if (got == 0) break;
    size += (size_t)got;
    if (size == capacity) text = realloc(text, (capacity *= 2) + 1);
    assert_non_null(text);
  }
  text[size] = '\0';
  return text;
}

cJSON *vendor_ledger(const vendor *self) {
  static const char kAsk[] = "GET /__emulator/ledger HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const struct sockaddr_in address = {.sin_family = AF_INET,
                                      .sin_port = htons((uint16_t)self->port),
                                      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  assert_int_equal(connect(fd, (const struct sockaddr *)&address, sizeof address), 0);
  assert_int_equal(write(fd, kAsk, sizeof kAsk - 1), sizeof kAsk - 1);
  char *answer = read_all(fd);
  close(fd);
  const char *body = strstr(answer, "\r\n\r\n");
  assert_non_null(body);
  cJSON *ledger = cJSON_Parse(body + 4);
  if (ledger == NULL) fail_msg("the ledger is no JSON: %s", answer);
  free(answer);
  return ledger;
}

void vendor_stop(vendor *self) {
  kill(self->process, SIGKILL);
  waitpid(self->process, NULL, 0);
}
