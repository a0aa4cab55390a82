/* late.c -- the best match of each token of a question among an item's; see resmem.h. */

#include <stdlib.h>
#include <string.h>

#include "inner.h"

enum { BYTE = 8 };

/* The signs that each byte stands for, the highest bit first. */
static void spell(int16_t signs[256][BYTE])
{
    for (int byte = 0; byte < 256; byte++)
        for (int bit = 0; bit < BYTE; bit++)
            signs[byte][bit] = (int16_t)(byte >> (BYTE - 1 - bit) & 1 ? 1 : -1);
}

RSM_WIDE static void late(size_t count, size_t tokens, size_t dim, float *out,
                          const uint8_t *codes, const int32_t *start, const int16_t *query,
                          float unit)
{
    int16_t signs[256][BYTE], piece[RSM_LATE_DIM];
    int32_t best[RSM_LATE_TOKENS];
    spell(signs);
    for (size_t i = 0; i < count; i++) {
        for (size_t t = 0; t < tokens; t++) best[t] = INT32_MIN;
        for (size_t p = (size_t)start[i]; p < (size_t)start[i + 1]; p++) {
            const uint8_t *code = codes + p * (dim / BYTE);
            for (size_t j = 0; j < dim / BYTE; j++)
                memcpy(piece + BYTE * j, signs[code[j]], sizeof signs[0]);
            for (size_t t = 0; t < tokens; t++) {
                const int16_t *token = query + t * dim;
                int32_t sum = 0;
                for (size_t j = 0; j < dim; j++) sum += (int32_t)piece[j] * (int32_t)token[j];
                best[t] = sum > best[t] ? sum : best[t];
            }
        }
        int64_t total = 0;
        if (start[i] < start[i + 1])
            for (size_t t = 0; t < tokens; t++) total += best[t];
        out[i] = unit * (float)total;
    }
}

rsm_status rsm_late(size_t count, size_t tokens, size_t dim, float *out, const uint8_t *codes,
                    const int32_t *start, const int16_t *query, float unit)
{
    if (count == 0 || count > INT32_MAX || tokens == 0 || tokens > RSM_LATE_TOKENS) return RSM_SIZE;
    if (dim == 0 || dim % BYTE != 0 || dim > RSM_LATE_DIM) return RSM_SIZE;
    if (out == NULL || start == NULL || query == NULL) return RSM_NULL;
    if (!isfinite(unit)) return RSM_NOT_FINITE;
    if (!(fabsf(unit) <= 1.0F) || start[0] != 0) return RSM_RANGE;
    for (size_t i = 0; i < count; i++)
        if (start[i] > start[i + 1]) return RSM_RANGE;
    if (start[count] > 0 && codes == NULL) return RSM_NULL;
    if (!apart(out, count * sizeof *out, codes, (size_t)start[count] * (dim / BYTE)) ||
        !apart(out, count * sizeof *out, start, (count + 1) * sizeof *start) ||
        !apart(out, count * sizeof *out, query, tokens * dim * sizeof *query))
        return RSM_OVERLAP;

    late(count, tokens, dim, out, codes, start, query, unit);
    return RSM_OK;
}
