/* exif.c - the one thing we need from an Exif block: tag 274, orientation, of its first directory (Exif 2.3, TIFF 6.0).
 */
#include <string.h>
#include "lib/image/decode_parts.h"
#include "lib/base/banned.h"

int img_exif_orientation(img_bytes tiff)
{
    enum { TAG_ORIENTATION = 274, TYPE_SHORT = 3, TYPE_LONG = 4, ENTRY = 12 };
    if (tiff.len < 8) return 1;
    bool little = tiff.p[0] == 'I' && tiff.p[1] == 'I';
    if (!little && memcmp(tiff.p, "MM", 2)) return 1;
    uint32_t (*get16)(const uint8_t *) = little ? img_le16 : img_be16;
    uint32_t (*get32)(const uint8_t *) = little ? img_le32 : img_be32;
    size_t at = get32(tiff.p + 4);
    if (get16(tiff.p + 2) != 42 || at < 8 || at > tiff.len - 2) return 1;
    uint32_t entries = get16(tiff.p + at);
    at += 2;
    for (uint32_t i = 0; i < entries && tiff.len - at >= ENTRY; i++, at += ENTRY) {
        const uint8_t *e = tiff.p + at;
        if (get16(e) != TAG_ORIENTATION || get32(e + 4) != 1) continue;
        uint32_t type = get16(e + 2), value = type == TYPE_SHORT ? get16(e + 8) : type == TYPE_LONG ? get32(e + 8) : 0;
        return value >= 1 && value <= 8 ? (int)value : 1;
    }
    return 1;
}
