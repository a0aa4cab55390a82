/* recall.c -- scan, order and fuse scores; see resmem.h for the contracts. */

#include <float.h>
#include <stdlib.h>

#include "inner.h"

enum { WAYS = 16 };  /* independent sums, so that the compiler may use vectors */
enum { BLOCK = 2048 };

RSM_WIDE static void scan(size_t count, size_t dim, float *out, const float *rows,
                          const float *query)
{
    for (size_t i = 0; i < count; i++) {
        const float *row = rows + i * dim;
        float part[WAYS] = {0}, sum = 0.0F;
        size_t j = 0;
        for (; j + WAYS <= dim; j += WAYS)
            for (size_t k = 0; k < WAYS; k++) part[k] += row[j + k] * query[j + k];
        for (; j < dim; j++) part[j % WAYS] += row[j] * query[j];
        for (size_t k = 0; k < WAYS; k++) sum += part[k];
        out[i] = isfinite(sum) ? sum : -FLT_MAX;
    }
}

rsm_status rsm_scan(size_t count, size_t dim, float *out, const float *rows, const float *query)
{
    if (count == 0 || dim == 0 || count > SIZE_MAX / sizeof *rows / dim) return RSM_SIZE;
    if (out == NULL || rows == NULL || query == NULL) return RSM_NULL;
    for (size_t j = 0; j < dim; j++)
        if (!isfinite(query[j])) return RSM_NOT_FINITE;
    if (!apart(out, count * sizeof *out, rows, count * dim * sizeof *rows) ||
        !apart(out, count * sizeof *out, query, dim * sizeof *query))
        return RSM_OVERLAP;

    scan(count, dim, out, rows, query);
    return RSM_OK;
}

RSM_WIDE static void scan_codes(size_t count, size_t dim, float *out, const int8_t *codes,
                                const float *step, const int16_t *query, float unit)
{
    for (size_t i = 0; i < count; i++) {
        const int8_t *row = codes + i * dim;
        int32_t sum = 0;
        for (size_t j = 0; j < dim; j++) sum += (int32_t)row[j] * (int32_t)query[j];
        const float score = unit * step[i] * (float)sum;
        out[i] = isfinite(score) ? score : -FLT_MAX;
    }
}

rsm_status rsm_scan_codes(size_t count, size_t dim, float *out, const int8_t *codes,
                          const float *step, const int16_t *query, float unit)
{
    if (count == 0 || dim == 0 || count > SIZE_MAX / sizeof *step / dim) return RSM_SIZE;
    if (out == NULL || codes == NULL || step == NULL || query == NULL) return RSM_NULL;
    if (!isfinite(unit)) return RSM_NOT_FINITE;
    const int64_t limit = INT32_MAX / 128;
    for (size_t j = 0; j < dim; j++)
        if ((int64_t)abs(query[j]) > limit / (int64_t)dim) return RSM_RANGE;
    if (!apart(out, count * sizeof *out, codes, count * dim * sizeof *codes) ||
        !apart(out, count * sizeof *out, step, count * sizeof *step) ||
        !apart(out, count * sizeof *out, query, dim * sizeof *query))
        return RSM_OVERLAP;

    scan_codes(count, dim, out, codes, step, query, unit);
    return RSM_OK;
}

/* True if index a is a worse choice than b: a lower score, or the same and a later index. */
RSM_INLINE int worse(const float *score, int32_t a, int32_t b)
{
    return score[a] < score[b] || (score[a] == score[b] && a > b);
}

/* Restore the heap (worst at the root) below `root`. */
static void sink(const float *score, int32_t *heap, size_t root, size_t size)
{
    for (size_t child = 2 * root + 1; child < size; child = 2 * root + 1) {
        if (child + 1 < size && worse(score, heap[child + 1], heap[child])) child++;
        if (!worse(score, heap[child], heap[root])) return;
        const int32_t moved = heap[root];
        heap[root] = heap[child];
        heap[child] = moved;
        root = child;
    }
}

RSM_WIDE static unsigned any_nan(size_t count, const float *x)
{
    unsigned found = 0;
    for (size_t i = 0; i < count; i++) found |= x[i] != x[i];
    return found;
}

rsm_status rsm_top(size_t count, size_t k, int32_t *index, const float *score)
{
    if (count == 0 || count > INT32_MAX || k == 0 || k > count) return RSM_SIZE;
    if (index == NULL || score == NULL) return RSM_NULL;
    if (any_nan(count, score)) return RSM_NOT_FINITE;
    if (!apart(index, k * sizeof *index, score, count * sizeof *score)) return RSM_OVERLAP;

    for (size_t i = 0; i < k; i++) index[i] = (int32_t)i;
    for (size_t i = k / 2; i-- > 0;) sink(score, index, i, k);
    for (size_t i = k; i < count; i++) {
        if (!worse(score, index[0], (int32_t)i)) continue;
        index[0] = (int32_t)i;
        sink(score, index, 0, k);
    }
    for (size_t left = k - 1; left > 0; left--) {  /* worst to the end: best first remains */
        const int32_t worst = index[0];
        index[0] = index[left];
        index[left] = worst;
        sink(score, index, 0, left);
    }
    return RSM_OK;
}

/* The largest magnitude; infinite if a number is not finite.  No early end: vectors are faster. */
RSM_WIDE static float largest(size_t count, const float *x)
{
    float most = 0.0F;
    int broken = 0;
    for (size_t i = 0; i < count; i++) {
        const float size = fabsf(x[i]);
        most = size > most ? size : most;
        broken |= !(size <= FLT_MAX);
    }
    return broken ? INFINITY : most;
}

/* By blocks, so that what is summed stays in the cache. */
RSM_WIDE static void fuse(size_t count, size_t columns, float *out, const float *column,
                          const float *weight)
{
    for (size_t first = 0; first < count; first += BLOCK) {
        const size_t size = count - first < BLOCK ? count - first : BLOCK;
        float *sum = out + first;
        for (size_t i = 0; i < size; i++) sum[i] = weight[0] * column[first + i];
        for (size_t c = 1; c < columns; c++) {
            const float *x = column + c * count + first;
            for (size_t i = 0; i < size; i++) sum[i] += weight[c] * x[i];
        }
    }
}

rsm_status rsm_fuse(size_t count, size_t columns, float *out, const float *column,
                    const float *weight)
{
    if (count == 0 || columns == 0 || count > SIZE_MAX / sizeof *column / columns) return RSM_SIZE;
    if (out == NULL || column == NULL || weight == NULL) return RSM_NULL;
    const float most = fmaxf(largest(columns, weight), largest(columns * count, column));
    if (!isfinite(most)) return RSM_NOT_FINITE;
    if (most > 1e18F) return RSM_RANGE;
    if (!apart(out, count * sizeof *out, column, columns * count * sizeof *column) ||
        !apart(out, count * sizeof *out, weight, columns * sizeof *weight))
        return RSM_OVERLAP;

    fuse(count, columns, out, column, weight);
    return RSM_OK;
}

/* True if every number is a row, or -1 where `least` is. */
RSM_WIDE static int rows_within(size_t size, const int32_t *row, int32_t least, int32_t count)
{
    int broken = 0;
    for (size_t i = 0; i < size; i++) broken |= row[i] < least || row[i] >= count;
    return !broken;
}

/* The most of the row's own part and its share of the parts around it. */
RSM_INLINE float most_near(size_t count, size_t ways, size_t i, const float *own,
                           const int32_t *near, const float *share)
{
    float best = own[i];
    for (size_t w = 0; w < ways; w++) {
        const int32_t at = near[w * count + i];
        const float given = at < 0 ? 0.0F : share[w * count + i] * own[at];
        best = given > best ? given : best;
    }
    return best;
}

rsm_status rsm_match(size_t count, size_t groups, size_t ways, float *out, float *own,
                     int32_t *seen, const int32_t *start, const int32_t *row, const float *part,
                     const int32_t *near, const float *share)
{
    if (count == 0 || count > INT32_MAX || groups > INT32_MAX || ways > 4) return RSM_SIZE;
    if (out == NULL || own == NULL || seen == NULL || start == NULL) return RSM_NULL;
    if (start[0] != 0) return RSM_RANGE;
    for (size_t g = 0; g < groups; g++)
        if (start[g] > start[g + 1]) return RSM_RANGE;
    const size_t size = (size_t)start[groups];
    if (size > 0 && (row == NULL || part == NULL)) return RSM_NULL;
    if (ways > 0 && (near == NULL || share == NULL)) return RSM_NULL;
    const float high = fmaxf(largest(size, part), largest(ways * count, share));
    if (!isfinite(high)) return RSM_NOT_FINITE;
    if (high > 1e18F || !rows_within(size, row, 0, (int32_t)count) ||
        !rows_within(ways * count, near, -1, (int32_t)count))
        return RSM_RANGE;
    if (!apart(out, count * sizeof *out, part, size * sizeof *part) ||
        !apart(out, count * sizeof *out, share, ways * count * sizeof *share) ||
        !apart(out, count * sizeof *out, own, count * sizeof *own))
        return RSM_OVERLAP;

    for (size_t g = 0; g < groups; g++) {
        const size_t first = (size_t)start[g], end = (size_t)start[g + 1];
        const int32_t stamp = (int32_t)g + 1;
        for (size_t p = first; p < end; p++) own[row[p]] = part[p];
        for (size_t p = first; p < end; p++) {
            for (size_t w = 0; w <= ways; w++) {
                const int32_t i = w == ways ? row[p] : near[w * count + (size_t)row[p]];
                if (i < 0 || seen[i] == stamp) continue;
                seen[i] = stamp;
                out[i] += most_near(count, ways, (size_t)i, own, near, share);
            }
        }
        for (size_t p = first; p < end; p++) own[row[p]] = 0.0F;
    }
    return RSM_OK;
}

rsm_status rsm_around(size_t count, size_t ways, float *out, const float *x, const int32_t *near,
                      const float *share)
{
    if (count == 0 || count > INT32_MAX || ways == 0 || ways > SIZE_MAX / sizeof *x / count)
        return RSM_SIZE;
    if (out == NULL || x == NULL || near == NULL || share == NULL) return RSM_NULL;
    const float high = fmaxf(largest(count, x), largest(ways * count, share));
    if (!isfinite(high)) return RSM_NOT_FINITE;
    if (high > 1e18F || !rows_within(ways * count, near, -1, (int32_t)count)) return RSM_RANGE;
    if (!apart(out, count * sizeof *out, x, count * sizeof *x) ||
        !apart(out, count * sizeof *out, near, ways * count * sizeof *near) ||
        !apart(out, count * sizeof *out, share, ways * count * sizeof *share))
        return RSM_OVERLAP;

    for (size_t i = 0; i < count; i++) {
        float sum = 0.0F;
        for (size_t w = 0; w < ways; w++) {
            const int32_t at = near[w * count + i];
            sum += at < 0 ? 0.0F : share[w * count + i] * x[at];
        }
        out[i] = sum;
    }
    return RSM_OK;
}
