/* http_server.h - a web server on 127.0.0.1 for tests: what it answers is a function of the test's.
 *
 *     static bool answer(server *s, int fd, const server_ask *ask) { server_say(fd, 200, "", "hi", 2); return true; }
 *     server_start(&s, answer);        // s.port
 *     ... server_log(&s), server_connections(&s) ...
 *     server_stop(&s);
 *
 * Each connection has a thread of its own, and is kept open while `answer` returns true. */
#ifndef HTTP_SERVER_H
#define HTTP_SERVER_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <unistd.h>
#include "tests/support/test.h"

typedef struct server_ask {
    char text[20000]; /* head and body as they came */
    char method[16], path[400];
    int number; /* from 1: which of all requests to this server */
} server_ask;

typedef struct server server;
typedef bool (*server_fn)(server *s, int fd, const server_ask *ask);
enum { SERVER_LINKS = 64, SERVER_LOG = 200000 };
struct server {
    server_fn answer;
    int listener, port;
    pthread_t thread, link[SERVER_LINKS];
    int fd[SERVER_LINKS];
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int connections, requests, at_once, most_at_once;
    bool stopping;
    char log[SERVER_LOG]; /* all requests, one behind the other */
    size_t logged;
};

static inline bool server_send(int fd, const void *data, size_t len)
{
    while (len) {
        ssize_t n = send(fd, data, len, MSG_NOSIGNAL);
        if (n <= 0) return false;
        data = (const char *)data + n;
        len -= (size_t)n;
    }
    return true;
}

static inline void server_say(int fd, int status, const char *lines, const void *body, size_t len)
{
    char head[2000];
    int n = snprintf(head, sizeof head, "HTTP/1.1 %d X\r\nContent-Length: %zu\r\n%s\r\n", status, len, lines);
    if (server_send(fd, head, (size_t)n) && len) server_send(fd, body, len);
}

/* One request with its body; false where the connection ends. */
static inline bool server_read(int fd, server_ask *ask)
{
    size_t have = 0, want = 0;
    memset(ask, 0, sizeof *ask);
    while (have < sizeof ask->text - 1) {
        char *end = strstr(ask->text, "\r\n\r\n"), *length = strcasestr(ask->text, "\r\nContent-Length:");
        if (end) want = (size_t)(end + 4 - ask->text) + (length && length < end ? strtoul(length + 17, NULL, 10) : 0);
        if (end && have >= want) break;
        ssize_t n = recv(fd, ask->text + have, sizeof ask->text - 1 - have, 0);
        if (n <= 0) return false;
        if (ask->text[0] == 0x16) { /* somebody begins with TLS */
            server_say(fd, 400, "", "", 0);
            return false;
        }
        have += (size_t)n;
    }
    return sscanf(ask->text, "%15s %399s", ask->method, ask->path) == 2;
}

typedef struct server_link {
    server *s;
    int fd;
} server_link;

static inline void server_note(server *s, server_ask *ask)
{
    pthread_mutex_lock(&s->lock);
    ask->number = ++s->requests;
    if (++s->at_once > s->most_at_once) s->most_at_once = s->at_once;
    size_t n = strlen(ask->text);
    if (s->logged + n < SERVER_LOG) memcpy(s->log + s->logged, ask->text, n + 1), s->logged += n;
    pthread_cond_broadcast(&s->changed);
    pthread_mutex_unlock(&s->lock);
}

static void *server_serve(void *arg)
{
    server_link link = *(server_link *)arg;
    server_ask *ask = calloc(1, sizeof *ask);
    free(arg);
    for (bool more = true; more && ask && server_read(link.fd, ask);) {
        server_note(link.s, ask);
        more = link.s->answer(link.s, link.fd, ask);
        pthread_mutex_lock(&link.s->lock);
        link.s->at_once--;
        pthread_mutex_unlock(&link.s->lock);
    }
    shutdown(link.fd, SHUT_RDWR);
    free(ask);
    return NULL;
}

static void *server_run(void *arg)
{
    server *s = arg;
    for (;;) {
        int fd = accept(s->listener, NULL, NULL);
        pthread_mutex_lock(&s->lock);
        bool stop = fd < 0 || s->stopping || s->connections == SERVER_LINKS;
        server_link *link = stop ? NULL : malloc(sizeof *link);
        if (link) {
            *link = (server_link){s, fd};
            s->fd[s->connections] = fd;
            pthread_create(&s->link[s->connections++], NULL, server_serve, link);
        }
        pthread_mutex_unlock(&s->lock);
        if (stop) {
            if (fd >= 0) close(fd);
            return NULL;
        }
    }
}

static inline void server_start(server *s, server_fn answer)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    memset(s, 0, sizeof *s);
    s->answer = answer;
    pthread_mutex_init(&s->lock, NULL);
    pthread_cond_init(&s->changed, NULL);
    s->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(s->listener >= 0 && bind(s->listener, (struct sockaddr *)&at, len) == 0 && listen(s->listener, 64) == 0);
    CHECK(getsockname(s->listener, (struct sockaddr *)&at, &len) == 0);
    s->port = ntohs(at.sin_port);
    CHECK(pthread_create(&s->thread, NULL, server_run, s) == 0);
}

static inline void server_stop(server *s)
{
    pthread_mutex_lock(&s->lock);
    s->stopping = true;
    pthread_cond_broadcast(&s->changed);
    for (int i = 0; i < s->connections; i++) shutdown(s->fd[i], SHUT_RDWR);
    pthread_mutex_unlock(&s->lock);
    shutdown(s->listener, SHUT_RDWR);
    pthread_join(s->thread, NULL);
    for (int i = 0; i < s->connections; i++) {
        pthread_join(s->link[i], NULL);
        close(s->fd[i]);
    }
    close(s->listener);
}

/* What there has been so far. */
static inline int server_value(server *s, const int *value)
{
    pthread_mutex_lock(&s->lock);
    int now = *value;
    pthread_mutex_unlock(&s->lock);
    return now;
}
#define server_requests(s)     server_value(s, &(s)->requests)
#define server_connections(s)  server_value(s, &(s)->connections)
#define server_most_at_once(s) server_value(s, &(s)->most_at_once)
#define server_log(s)          (server_value(s, &(s)->requests), (s)->log)

/* Waits until the server is stopped: for an answer that never comes. */
static inline void server_hang(server *s)
{
    pthread_mutex_lock(&s->lock);
    while (!s->stopping) pthread_cond_wait(&s->changed, &s->lock);
    pthread_mutex_unlock(&s->lock);
}

#endif
