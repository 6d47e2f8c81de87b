/* curl_library.c - libcurl under the names it has in the distributions. */
#include "lib/net/curl_library.h"
#include <unistd.h>
#include "lib/base/library.h"

#include "lib/base/banned.h"

net_curl_functions net_curl;

static const lg_symbol symbols[] = {
    {"curl_global_init", (void **)&net_curl.global_init},
    {"curl_version_info", (void **)&net_curl.version_info},
    {"curl_free", (void **)&net_curl.free},
    {"curl_easy_init", (void **)&net_curl.easy_init},
    {"curl_easy_cleanup", (void **)&net_curl.easy_cleanup},
    {"curl_easy_reset", (void **)&net_curl.easy_reset},
    {"curl_easy_setopt", (void **)&net_curl.easy_setopt},
    {"curl_easy_getinfo", (void **)&net_curl.easy_getinfo},
    {"curl_easy_strerror", (void **)&net_curl.easy_strerror},
    {"curl_slist_append", (void **)&net_curl.slist_append},
    {"curl_slist_free_all", (void **)&net_curl.slist_free_all},
    {"curl_multi_init", (void **)&net_curl.multi_init},
    {"curl_multi_cleanup", (void **)&net_curl.multi_cleanup},
    {"curl_multi_setopt", (void **)&net_curl.multi_setopt},
    {"curl_multi_add_handle", (void **)&net_curl.multi_add_handle},
    {"curl_multi_remove_handle", (void **)&net_curl.multi_remove_handle},
    {"curl_multi_perform", (void **)&net_curl.multi_perform},
    {"curl_multi_poll", (void **)&net_curl.multi_poll},
    {"curl_multi_info_read", (void **)&net_curl.multi_info_read},
    {"curl_url", (void **)&net_curl.url},
    {"curl_url_cleanup", (void **)&net_curl.url_cleanup},
    {"curl_url_set", (void **)&net_curl.url_set},
    {"curl_url_get", (void **)&net_curl.url_get},
    {0},
};

/* ---- certificates ---- */
/* A libcurl that a package brought along (docs/adr/0158) asks where its own distribution keeps them; these are where
 * the others do. All belong to the system, and none is a switch of ours. */
static const char *const trusted_places[] = {"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt",
                                             "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem", NULL};
static const char *trusted; /* written once, when the library is opened */

const char *net_curl_trusts_of(const char *own, const char *const *places)
{
    if (own && access(own, R_OK) == 0) return NULL;
    for (; *places; places++)
        if (access(*places, R_OK) == 0) return *places;
    return NULL;
}

const char *net_curl_trusts(void)
{
    return trusted;
}

/* A libcurl without TLS would send what is secret as it is; one that resolves names by waiting cannot be cancelled. */
static lg_status begin(lg_err *err)
{
    if (net_curl.global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return lg_fail(err, LG_E_UNSUPPORTED, 504, "libcurl is needed for this and does not start here");
    const curl_version_info_data *built = net_curl.version_info(CURLVERSION_NOW);
    int features = built->features;
    bool folder_alone = built->age >= CURLVERSION_SEVENTH && !built->cainfo && built->capath;
    if (built->age >= CURLVERSION_SEVENTH && !folder_alone)
        trusted = net_curl_trusts_of(built->cainfo, trusted_places);
    if ((features & CURL_VERSION_SSL) && (features & CURL_VERSION_ASYNCHDNS)) return LG_OK;
    lg_fail(err, LG_E_UNSUPPORTED, 504, "the libcurl that is installed here cannot be used");
    return lg_why(err, "it was built without TLS, or resolves names without a thread");
}

/* The builds with OpenSSL and with GnuTLS have one interface. */
static lg_library curl = {.name = "libcurl",
                          .sonames = (const char *const[]){"libcurl.so.4", "libcurl-gnutls.so.4", NULL},
                          .package = "libcurl4",
                          .symbols = symbols,
                          .after_load = begin};

lg_status net_curl_open(lg_err *err)
{
    return lg_library_open(&curl, err);
}
