/* known_sets.c - sets that people know by name: where they can be had, under which terms, and what they unpack to. Said
 * where such a set is named and not there; nothing is ever fetched by itself. Where each fact was found is in
 * docs/formats.md, "Known sets". */
#include <string.h>
#include "lib/data/load_private.h"

#include "lib/base/banned.h"

typedef struct known_set {
    const char *names; /* in small letters and digits only; ^ at its start, $ at its end */
    const char *title, *terms, *get, *folder;
} known_set;

#define FLICKRLOGOS                                                                                                    \
    "ask for it by mail as https://www.uni-augsburg.de/en/fakultaet/fai/informatik/prof/mmc/research/datensatze/"      \
    "flickrlogos/ says, unpack it here"

/* The first that fits counts: fashion-mnist is not MNIST. */
static const known_set sets[] = {
    {"flickr27 flickrlogo27 flickrlogos27", "Flickr Logos 27", "its photos are under Flickr's terms of use",
     "get it from http://image.ntua.gr/iva/datasets/flickr_logos/, unpack it here and the images inside it",
     "flickr_logos_27_dataset"},
    {"flickr32 flickrlogo32 flickrlogos32 flickrlogosv2", "FlickrLogos-32",
     "its photos are under Flickr's terms of use", FLICKRLOGOS, "FlickrLogos-v2"},
    {"flickr47 flickrlogo47 flickrlogos47", "FlickrLogos-47", "its photos are under Flickr's terms of use", FLICKRLOGOS,
     "FlickrLogos_47"},
    {"belga", "BelgaLogos", "its photos are copyrighted by the BELGA press agency, free for research only",
     "get images and annotations from http://www-sop.inria.fr/members/Alexis.Joly/BelgaLogos/BelgaLogos.html, "
     "unpack both into a folder `belga`",
     "belga"},
    {"openlogo", "QMUL-OpenLogo", "it is made of seven other sets, whose terms hold",
     "get it from https://hangsu0730.github.io/qmul-openlogo/, unpack it here", "openlogo"},
    {"fashionmnist", "Fashion-MNIST", "MIT licence, (c) Zalando SE",
     "get the four .gz files from https://github.com/zalandoresearch/fashion-mnist into a folder `fashion-mnist` (on "
     "Debian: apt install dataset-fashion-mnist puts them into /usr/share/datasets/fashion-mnist)",
     "fashion-mnist"},
    {"^mnist", "MNIST", "CC BY-SA 3.0, (c) Yann LeCun and Corinna Cortes",
     "get https://storage.googleapis.com/cvdf-datasets/mnist/train-images-idx3-ubyte.gz and "
     "train-labels-idx1-ubyte.gz, "
     "t10k-images-idx3-ubyte.gz, t10k-labels-idx1-ubyte.gz beside it into a folder `mnist`",
     "mnist"},
    {"^coco$ mscoco coco2014 coco2017", "COCO",
     "annotations CC BY 4.0, (c) COCO Consortium; its photos are under Flickr's terms of use",
     "get images and annotations from https://cocodataset.org/#download, unpack both into a folder `coco`", "coco"},
    {"^voc$ pascalvoc vocdevkit voc2007 voc2012", "Pascal VOC", "its terms stand at the address",
     "get it from http://host.robots.ox.ac.uk/pascal/VOC/, unpack it here", "VOCdevkit"},
};

/* The last part of a path in small letters and digits: "data/FlickrLogos-32_v2.zip" -> "flickrlogos32v2zip". */
static void plain_name(const char *path, char out[64])
{
    size_t end = strlen(path), n = 0;
    while (end && path[end - 1] == '/') end--;
    size_t at = end;
    while (at && path[at - 1] != '/') at--;
    for (; at < end && n + 1 < 64; at++) {
        char c = path[at];
        if (c >= 'A' && c <= 'Z') c = (char)(c + 32);
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) out[n++] = c;
    }
    out[n] = 0;
}

/* One word of known_set.names against a plain name. */
static bool is_name(const char *word, size_t len, const char *name)
{
    size_t n = strlen(name);
    bool at_start = len && *word == '^', at_end = len && word[len - 1] == '$';
    word += at_start;
    len -= (size_t)at_start + (size_t)at_end;
    for (size_t i = 0; i + len <= n; i++) {
        if (at_start && i) break;
        if (at_end && i + len != n) continue;
        if (memcmp(name + i, word, len) == 0) return true;
    }
    return false;
}

static const known_set *find_set(const char *path)
{
    char name[64];
    plain_name(path, name);
    for (size_t k = 0; k < sizeof sets / sizeof *sets; k++)
        for (const char *s = sets[k].names; *s; s += *s == ' ') {
            size_t len = strcspn(s, " ");
            if (is_name(s, len, name)) return &sets[k];
            s += len;
        }
    return NULL;
}

lg_status data_say_where(const data_load_spec *spec, lg_err *err)
{
    const known_set *known = err->code == 302 ? find_set(spec->from) : NULL;
    if (!known) return err->status;
    char *said = lg_strf(&(lg_err){0}, "%s", err->msg);
    lg_err_clear(err);
    lg_fail(err, LG_E_DATA, 302, "%s", said ? said : "there is no such folder");
    lg_free(said);
    lg_why(err, "%s is not part of Logolens, and nothing is downloaded unasked; %s", known->title, known->terms);
    return lg_try(err, "%s, then: load %s from %s", known->get, spec->name, known->folder);
}
