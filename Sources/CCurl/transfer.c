#include "CCurl.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Numbers of libcurl's interface, which have been the same since its version 4 of 2006.
enum {
  GLOBAL_ALL = 3,
  OPTION_NOPROGRESS = 43,
  OPTION_NOBODY = 44,
  OPTION_NOSIGNAL = 99,
  OPTION_CONNECTTIMEOUT_MS = 156,
  OPTION_PROTOCOLS = 181,
  OPTION_SUPPRESS_CONNECT_HEADERS = 265,
  OPTION_WRITEDATA = 10001,
  OPTION_URL = 10002,
  OPTION_ERRORBUFFER = 10010,
  OPTION_HTTPHEADER = 10023,
  OPTION_HEADERDATA = 10029,
  OPTION_WRITEFUNCTION = 20011,
  OPTION_HEADERFUNCTION = 20079,
  PROTOCOLS_HTTP_AND_HTTPS = 3,
  MESSAGE_DONE = 1,
  CODE_OUT_OF_MEMORY = 27,
  CODE_ABORTED = 42,
};

struct message {
  int kind;
  void *easy;
  union {
    void *whatever;
    int code;
  } data;
};

static struct {
  int (*global_init)(long);
  void *(*easy_init)(void);
  int (*easy_setopt)(void *, int, ...);
  void (*easy_cleanup)(void *);
  const char *(*easy_strerror)(int);
  void *(*slist_append)(void *, const char *);
  void (*slist_free_all)(void *);
  void *(*multi_init)(void);
  int (*multi_add_handle)(void *, void *);
  int (*multi_remove_handle)(void *, void *);
  int (*multi_perform)(void *, int *);
  int (*multi_poll)(void *, void *, unsigned, int, int *);
  struct message *(*multi_info_read)(void *, int *);
  int (*multi_cleanup)(void *);
} curl;

static char opening_problem[256];
static pthread_once_t opened = PTHREAD_ONCE_INIT;

static void open_library(void) {
#ifdef __APPLE__
  const char *name = "libcurl.4.dylib";
#else
  const char *name = "libcurl.so.4";
#endif
  void *library = dlopen(name, RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    snprintf(opening_problem, sizeof opening_problem, "%s", dlerror());
    return;
  }
  const struct {
    const char *name;
    void **place;
  } symbols[] = {
      {"curl_global_init", (void **)&curl.global_init},
      {"curl_easy_init", (void **)&curl.easy_init},
      {"curl_easy_setopt", (void **)&curl.easy_setopt},
      {"curl_easy_cleanup", (void **)&curl.easy_cleanup},
      {"curl_easy_strerror", (void **)&curl.easy_strerror},
      {"curl_slist_append", (void **)&curl.slist_append},
      {"curl_slist_free_all", (void **)&curl.slist_free_all},
      {"curl_multi_init", (void **)&curl.multi_init},
      {"curl_multi_add_handle", (void **)&curl.multi_add_handle},
      {"curl_multi_remove_handle", (void **)&curl.multi_remove_handle},
      {"curl_multi_perform", (void **)&curl.multi_perform},
      {"curl_multi_poll", (void **)&curl.multi_poll},
      {"curl_multi_info_read", (void **)&curl.multi_info_read},
      {"curl_multi_cleanup", (void **)&curl.multi_cleanup},
  };
  for (size_t i = 0; i < sizeof symbols / sizeof *symbols; i++) {
    *symbols[i].place = dlsym(library, symbols[i].name);
    if (!*symbols[i].place) {
      snprintf(opening_problem, sizeof opening_problem, "%s is too old: it has no %s", name,
               symbols[i].name);
      return;
    }
  }
  if (curl.global_init(GLOBAL_ALL) != 0) {
    snprintf(opening_problem, sizeof opening_problem, "%s could not be set up", name);
  }
}

struct curl_client {
  void *multi;
};

curl_client *curl_client_open(char *problem) {
  pthread_once(&opened, open_library);
  memcpy(problem, opening_problem, sizeof opening_problem);
  if (*problem) return NULL;
  curl_client *client = malloc(sizeof *client);
  if (client) client->multi = curl.multi_init();
  if (client && client->multi) return client;
  free(client);
  snprintf(problem, sizeof opening_problem, "there is no memory left");
  return NULL;
}

void curl_client_close(curl_client *client) {
  curl.multi_cleanup(client->multi);
  free(client);
}

// libcurl takes any count but the one it gave for the wish to end.
static size_t pass_header(char *bytes, size_t size, size_t count, void *data) {
  const curl_request *request = data;
  return request->on_header(request->context, bytes, size * count) ? size * count + 1
                                                                  : size * count;
}

static size_t pass_body(char *bytes, size_t size, size_t count, void *data) {
  const curl_request *request = data;
  return request->on_body(request->context, bytes, size * count) ? size * count + 1
                                                                : size * count;
}

static void run(void *multi, const curl_request *request, curl_result *result) {
  int running = 1;
  while (running) {
    if (curl.multi_perform(multi, &running) != 0) return;
    if (request->on_tick(request->context)) {
      result->code = CODE_ABORTED;
      result->was_stopped = 1;
      return;
    }
    if (running && curl.multi_poll(multi, NULL, 0, 100, NULL) != 0) return;
  }
  int left = 0;
  struct message *message;
  while ((message = curl.multi_info_read(multi, &left))) {
    if (message->kind == MESSAGE_DONE) result->code = message->data.code;
  }
}

curl_result curl_client_perform(curl_client *client, const curl_request *request) {
  curl_result result = {.code = CODE_OUT_OF_MEMORY};
  void *easy = curl.easy_init();
  void *headers = NULL;
  if (!easy) return result;
  for (const char *const *line = request->headers; *line; line++) {
    void *longer = curl.slist_append(headers, *line);
    if (!longer) goto end;
    headers = longer;
  }
  curl.easy_setopt(easy, OPTION_URL, request->url);
  curl.easy_setopt(easy, OPTION_HTTPHEADER, headers);
  curl.easy_setopt(easy, OPTION_NOBODY, (long)request->is_head);
  curl.easy_setopt(easy, OPTION_NOSIGNAL, 1L);
  curl.easy_setopt(easy, OPTION_NOPROGRESS, 1L);
  curl.easy_setopt(easy, OPTION_CONNECTTIMEOUT_MS, request->connect_milliseconds);
  curl.easy_setopt(easy, OPTION_PROTOCOLS, (long)PROTOCOLS_HTTP_AND_HTTPS);
  curl.easy_setopt(easy, OPTION_SUPPRESS_CONNECT_HEADERS, 1L);
  curl.easy_setopt(easy, OPTION_ERRORBUFFER, result.message);
  curl.easy_setopt(easy, OPTION_HEADERFUNCTION, pass_header);
  curl.easy_setopt(easy, OPTION_HEADERDATA, request);
  curl.easy_setopt(easy, OPTION_WRITEFUNCTION, pass_body);
  curl.easy_setopt(easy, OPTION_WRITEDATA, request);
  if (curl.multi_add_handle(client->multi, easy) == 0) {
    run(client->multi, request, &result);
    curl.multi_remove_handle(client->multi, easy);
  }
  if (result.code != 0 && !*result.message) {
    snprintf(result.message, sizeof result.message, "%s", curl.easy_strerror(result.code));
  }
end:
  curl.easy_cleanup(easy);
  curl.slist_free_all(headers);
  return result;
}
