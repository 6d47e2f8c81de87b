/* json_text.h - a text in JSON's quotes, ASCII alone; what is no UTF-8 becomes U+FFFD.
 *
 *     nn_json_text(&out, "Dé \"A\"");      // "D\u00e9 \"A\"" with its quotes
 */
#ifndef NN_JSON_TEXT_H
#define NN_JSON_TEXT_H

#include "lib/base/lg.h"

void nn_json_text(lg_buf *out, const char *text);

#endif
