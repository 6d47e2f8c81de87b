/* curl_library.h - libcurl, loaded at first use; for the files of lib/net alone.
 *
 *     LG_TRY(net_curl_open(err));                 // LL504 where it is missing
 *     CURL *easy = net_curl.easy_init();
 *
 * Building needs its header for types and constants; starting needs nothing (lib/base/library.h). */
#ifndef NET_CURL_LIBRARY_H
#define NET_CURL_LIBRARY_H

#define CURL_DISABLE_TYPECHECK
#define CURL_DISABLE_DEPRECATION
#include <curl/curl.h>
#include "lib/base/lg.h"

typedef struct net_curl_functions {
    CURLcode (*global_init)(long flags);
    curl_version_info_data *(*version_info)(CURLversion age);
    void (*free)(void *p);
    CURL *(*easy_init)(void);
    void (*easy_cleanup)(CURL *easy);
    void (*easy_reset)(CURL *easy);
    CURLcode (*easy_setopt)(CURL *easy, CURLoption option, ...);
    CURLcode (*easy_getinfo)(CURL *easy, CURLINFO info, ...);
    const char *(*easy_strerror)(CURLcode code);
    struct curl_slist *(*slist_append)(struct curl_slist *list, const char *text);
    void (*slist_free_all)(struct curl_slist *list);
    CURLM *(*multi_init)(void);
    CURLMcode (*multi_cleanup)(CURLM *multi);
    CURLMcode (*multi_setopt)(CURLM *multi, CURLMoption option, ...);
    CURLMcode (*multi_add_handle)(CURLM *multi, CURL *easy);
    CURLMcode (*multi_remove_handle)(CURLM *multi, CURL *easy);
    CURLMcode (*multi_perform)(CURLM *multi, int *running);
    CURLMcode (*multi_poll)(CURLM *multi, struct curl_waitfd *more, unsigned int count, int timeout_ms, int *ready);
    CURLMsg *(*multi_info_read)(CURLM *multi, int *left);
    CURLU *(*url)(void);
    void (*url_cleanup)(CURLU *url);
    CURLUcode (*url_set)(CURLU *url, CURLUPart part, const char *text, unsigned int flags);
    CURLUcode (*url_get)(const CURLU *url, CURLUPart part, char **text, unsigned int flags);
} net_curl_functions;
extern net_curl_functions net_curl;

lg_status net_curl_open(lg_err *err) LG_MUST_CHECK;

/* The file of certificates to trust, or NULL: libcurl's own way to them is right here. Once it is open. */
const char *net_curl_trusts(void);
/* Behind that: NULL where `own` can be read, otherwise the first of `places` (NULL-terminated) that can. */
const char *net_curl_trusts_of(const char *own, const char *const *places);

#endif
