/* jpeg_write.c - img_jpeg_write of png.h, by TurboJPEG. */
#include <turbojpeg.h>
#include "lib/image/png.h"
#include "lib/base/banned.h"

lg_status img_jpeg_write(const img_picture *p, int quality, lg_buf *out, lg_err *err)
{
    if (quality < 1 || quality > 100)
        return lg_fail(err, LG_E_ARG, 323, "JPEG quality goes from 1 to 100, not %d", quality);
    unsigned char *bytes = NULL;
    unsigned long len = 0;
    tjhandle tj = tjInitCompress();
    if (!tj) return lg_fail(err, LG_E_MEMORY, 901, "out of memory while writing a JPEG");
    int sampling = p->c == 1 ? TJSAMP_GRAY : quality < 90 ? TJSAMP_420 : TJSAMP_444;
    lg_status st = LG_OK;
    if (tjCompress2(tj, p->px, p->w, 0, p->h, p->c == 1 ? TJPF_GRAY : TJPF_RGB, &bytes, &len, sampling, quality,
                    TJFLAG_ACCURATEDCT)) {
        lg_fail(err, LG_E_INTERNAL, 903, "a picture could not be written as JPEG");
        st = lg_why(err, "%.120s", tjGetErrorStr2(tj));
    } else {
        lg_buf_add(out, bytes, len);
        st = lg_buf_check(out, err);
    }
    tjFree(bytes);
    tjDestroy(tj);
    return st;
}
