#define _POSIX_C_SOURCE 200809L
#include "shout_provider.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct shout {
  char directory[512];
};

void *shout_new(const char *directory) {
  struct shout *shout = malloc(sizeof *shout);
  if (shout != NULL) snprintf(shout->directory, sizeof shout->directory, "%s", directory);
  return shout;
}

void shout_free(void *shout) { free(shout); }

/* ---- a batch is a file, named after the marker ---- */

static void path_of(const struct shout *shout, const char *id, const char *ending, char *path, size_t size) {
  snprintf(path, size, "%s/%s%s", shout->directory, id, ending);
}

/* An id of ours holds nothing that a path could be made of. */
static int is_id(const char *id) { return id[strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789-")] == '\0'; }

static FILE *open_batch(const struct shout *shout, const char *id) {
  char path[1024];
  if (!is_id(id)) return NULL;
  path_of(shout, id, ".jsonl", path, sizeof path);
  return fopen(path, "r");
}

static int copy_file(FILE *from, FILE *to) {
  char block[4096];
  size_t n;
  while ((n = fread(block, 1, sizeof block, from)) > 0) {
    if (fwrite(block, 1, n, to) != n) return 0;
  }
  return !ferror(from) && fflush(to) == 0 && fsync(fileno(to)) == 0;
}

/* ---- the functions of the table ---- */

static int32_t supports_model(void *user_data, const char *model) {
  (void)user_data;
  return strncmp(model, "loud", 4) == 0;
}

/* The marker is the id. So a second submit of the same batch, which never comes, would make no second batch; and list
 * finds one whose id was lost. */
static br_status submit(void *user_data, br_provider_call *call) {
  const struct shout *shout = user_data;
  const char *id = br_call_marker(call);
  char unfinished[1024], path[1024];
  path_of(shout, id, ".part", unfinished, sizeof unfinished);
  path_of(shout, id, ".jsonl", path, sizeof path);
  FILE *from = fopen(br_call_requests_path(call), "r");
  FILE *to = from == NULL ? NULL : fopen(unfinished, "w");
  int good = to != NULL && copy_file(from, to);
  if (from != NULL) fclose(from);
  if (to != NULL && fclose(to) != 0) good = 0;
  if (!good) return br_call_fail(call, BR_EIO, 0, -1, NULL, "the batch cannot be kept; check the directory");
  /* From here on it exists. A service that answers no more at such a point is BR_EUNKNOWN. */
  if (rename(unfinished, path) != 0) return br_call_fail(call, BR_EUNKNOWN, 1, -1, NULL, strerror(errno));
  br_call_set_state(call, BR_STATE_IN_PROGRESS, "heard");
  return br_call_set_batch_id(call, id);
}

static br_status poll(void *user_data, br_provider_call *call) {
  FILE *file = open_batch(user_data, br_call_batch_id(call));
  if (file == NULL) return br_call_fail(call, BR_ENOTFOUND, 0, -1, NULL, "there is no such batch");
  int64_t rows = 0;
  for (int c; (c = getc(file)) != EOF;) rows += c == '\n';
  fclose(file);
  br_call_set_counts(call, rows, rows, 0, 0, 0);
  return br_call_set_state(call, BR_STATE_COMPLETED, "shouted");
}

/* The JSON string that is the value of `key`, quotes included, and its length; NULL if there is none. */
static const char *string_of(const char *line, const char *key, size_t *length) {
  const size_t key_length = strlen(key);
  int is_key = 0;
  for (const char *at = line; *at != '\0'; at++) {
    if (*at != '"') continue;
    const char *end = at + 1;
    while (*end != '\0' && *end != '"') end += *end == '\\' && end[1] != '\0' ? 2 : 1;
    if (*end == '\0') return NULL;
    const size_t size = (size_t)(end + 1 - at);
    const char *next = end + 1 + strspn(end + 1, " \t");
    if (is_key && *next != ':') {
      *length = size;
      return at;
    }
    is_key = *next == ':' && size == key_length + 2 && strncmp(at + 1, key, key_length) == 0 &&
             next[1 + strspn(next + 1, " \t")] == '"';
    at = end;
  }
  return NULL;
}

/* Capitals, but for what an escape like \n or \u00e9 means. */
static void shout_text(char *json, size_t length) {
  for (size_t i = 0; i < length; i++) {
    if (json[i] == '\\')
      i += json[i + 1] == 'u' ? 5 : 1;
    else
      json[i] = (char)toupper((unsigned char)json[i]);
  }
}

static br_status answer(br_provider_call *call, const char *line) {
  size_t id_length = 0, text_length = 0;
  const char *id = string_of(line, "custom_id", &id_length);
  const char *text = string_of(line, "content", &text_length);
  if (text == NULL) text = string_of(line, "text", &text_length);
  if (id == NULL) return BR_OK; /* a row that is missing becomes a result of its own */
  br_call_write(call, "{\"custom_id\":", 13);
  br_call_write(call, id, id_length);
  if (text == NULL) {
    static const char kError[] =
        ",\"status\":\"errored\",\"error\":{\"code\":\"no_text\",\"message\":\"nothing to shout\"}}\n";
    return br_call_write(call, kError, sizeof kError - 1);
  }
  char *loud = malloc(text_length + 1);
  if (loud == NULL) return br_call_fail(call, BR_ENOMEM, 1, -1, NULL, "memory is out");
  memcpy(loud, text, text_length);
  loud[text_length] = '\0';
  shout_text(loud, text_length);
  br_call_write(call, ",\"status\":\"succeeded\",\"finish_reason\":\"stop\",\"text\":", 52);
  br_call_write(call, loud, text_length);
  free(loud);
  return br_call_write(call, "}\n", 2);
}

static br_status fetch(void *user_data, br_provider_call *call) {
  FILE *file = open_batch(user_data, br_call_batch_id(call));
  if (file == NULL) return br_call_fail(call, BR_ENOTFOUND, 0, -1, NULL, "there is no such batch");
  char *line = NULL;
  size_t capacity = 0;
  br_status status = BR_OK;
  while (status == BR_OK && getline(&line, &capacity, file) > 0) status = answer(call, line);
  free(line);
  fclose(file);
  return status;
}

/* Everything is answered at once, so that there is nothing left to stop. */
static br_status cancel(void *user_data, br_provider_call *call) { return poll(user_data, call); }

static br_status list(void *user_data, br_provider_call *call) {
  const struct shout *shout = user_data;
  DIR *directory = opendir(shout->directory);
  if (directory == NULL) return br_call_fail(call, BR_EIO, 1, -1, NULL, "the batches cannot be listed");
  for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
    char id[256];
    snprintf(id, sizeof id, "%s", entry->d_name);
    char *ending = strrchr(id, '.');
    if (ending == NULL || strcmp(ending, ".jsonl") != 0) continue;
    *ending = '\0';
    br_call_add_batch(call, id, id);
    br_call_set_state(call, BR_STATE_COMPLETED, "shouted");
  }
  closedir(directory);
  return BR_OK;
}

const br_provider_vtbl *shout_table(void) {
  static const br_provider_vtbl table = {
      .size = sizeof(br_provider_vtbl),
      .name = "shout",
      .capabilities = "{\"title\":\"Shout\",\"limits\":{\"requests\":1000},\"discount_percent\":100}",
      .supports_model = supports_model,
      .submit = submit,
      .poll = poll,
      .fetch = fetch,
      .cancel = cancel,
      .list = list,
  };
  return &table;
}
