// One HTTP request through the system's libcurl, the library below Foundation's own networking.
//
// libcurl is opened when it is first used, so that nothing but the library itself, which the Swift
// toolchain needs too, has to be installed.
#ifndef CCURL_H
#define CCURL_H

#include <stddef.h>

/// A client: the connections that requests share.
typedef struct curl_client curl_client;

/// What is asked for, and what is called with what comes.
typedef struct {
  const char *url;
  /// Lines of the header, “Name: value”, the last one null.
  const char *const *headers;
  int is_head;
  long connect_milliseconds;
  void *context;
  /// Called with every line of the reply's header, line feed included; not 0 ends the request.
  int (*on_header)(void *context, const char *bytes, size_t count);
  /// Called with every piece of the reply's body; not 0 ends the request.
  int (*on_body)(void *context, const char *bytes, size_t count);
  /// Called some ten times a second and oftener; not 0 ends the request.
  int (*on_tick)(void *context);
} curl_request;

/// How a request ended.
typedef struct {
  /// libcurl's code, 0 when the reply came to its end.
  int code;
  /// Whether `on_tick` ended it.
  int was_stopped;
  /// What libcurl says about it.
  char message[256];
} curl_result;

/// A new client, or null with the reason in `problem`, which holds 256 bytes.
curl_client *curl_client_open(char *problem);

/// Closes the client's connections.
void curl_client_close(curl_client *client);

/// Does one request; returns when it is over. Redirects are not followed.
curl_result curl_client_perform(curl_client *client, const curl_request *request);

#endif
