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

RSM_WIDE_BYTES static void scan_codes(size_t count, size_t dim, float *out, const int8_t *codes,
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

/* What some number is: not finite, beyond 1e18, below 0, not above 0.  No early end, and no greatest
 * number kept: so the compiler may use vectors. */
enum { WILD = 1, FAR = 2, BELOW = 4, NOT_ABOVE = 8 };

RSM_WIDE static int flaws(size_t count, const float *x)
{
    int wild = 0, far = 0, below = 0, flat = 0;
    for (size_t i = 0; i < count; i++) {
        wild |= !(fabsf(x[i]) <= FLT_MAX);
        far |= !(fabsf(x[i]) <= 1e18F);
        below |= x[i] < 0.0F;
        flat |= !(x[i] > 0.0F);
    }
    return (wild ? WILD : 0) | (far ? FAR : 0) | (below ? BELOW : 0) | (flat ? NOT_ABOVE : 0);
}

/* The status of numbers with these flaws, of which `refused` are out of range. */
RSM_INLINE rsm_status usable(int found, int refused)
{
    if (found & WILD) return RSM_NOT_FINITE;
    return found & refused ? RSM_RANGE : RSM_OK;
}

/* By blocks, so that what is summed stays in the cache. */
RSM_WIDE static void sum(size_t count, size_t columns, float *out, const float *const *column,
                         const float *weight)
{
    for (size_t first = 0; first < count; first += BLOCK) {
        const size_t size = count - first < BLOCK ? count - first : BLOCK;
        float *total = out + first;
        for (size_t i = 0; i < size; i++) total[i] = weight[0] * column[0][first + i];
        for (size_t c = 1; c < columns; c++) {
            const float *x = column[c] + first;
            for (size_t i = 0; i < size; i++) total[i] += weight[c] * x[i];
        }
    }
}

rsm_status rsm_sum(size_t count, size_t columns, float *out, const float *const *column,
                   const float *weight)
{
    if (count == 0 || columns == 0 || count > SIZE_MAX / sizeof(float)) return RSM_SIZE;
    if (out == NULL || column == NULL || weight == NULL) return RSM_NULL;
    for (size_t c = 0; c < columns; c++)
        if (column[c] == NULL) return RSM_NULL;
    int found = flaws(columns, weight);
    for (size_t c = 0; c < columns; c++) found |= flaws(count, column[c]);
    CHECK(usable(found, FAR));
    for (size_t c = 0; c < columns; c++)
        if (!apart(out, count * sizeof *out, column[c], count * sizeof *out)) return RSM_OVERLAP;
    if (!apart(out, count * sizeof *out, weight, columns * sizeof *weight)) return RSM_OVERLAP;

    sum(count, columns, out, column, weight);
    return RSM_OK;
}

/* True if every number is a row, or -1 where `least` is. */
RSM_WIDE static int rows_within(size_t size, const int32_t *row, int32_t least, int32_t count)
{
    int broken = 0;
    for (size_t i = 0; i < size; i++) broken |= row[i] < least || row[i] >= count;
    return !broken;
}

/* Raise own[row] to a part, and what is near it to a share of it: no branch but the end of a list,
 * for which of them is the most follows no pattern. */
RSM_INLINE void raise_near(size_t ways, float *own, int32_t row, float part, const int32_t *near,
                           const float *share)
{
    own[row] = own[row] < part ? part : own[row];
    for (size_t w = 0; w < ways; w++) {  /* what i has at way w has i at the other one */
        const int32_t at = near[(size_t)row * ways + w];
        if (at < 0) continue;
        const float given = share[(size_t)at * ways + (w ^ 1)] * part;
        own[at] = own[at] < given ? given : own[at];
    }
}

/* Add what `raise_near` left at a row and near it to the sums, once: it is 0 afterwards. */
RSM_INLINE void settle_near(size_t ways, float *out, float *own, int32_t row, const int32_t *near)
{
    out[row] += own[row];
    own[row] = 0.0F;
    for (size_t w = 0; w < ways; w++) {
        const int32_t at = near[(size_t)row * ways + w];
        if (at < 0) continue;
        out[at] += own[at];
        own[at] = 0.0F;
    }
}

/* One number of ways per call, so that the compiler unrolls them. */
RSM_INLINE void bm25(size_t groups, size_t ways, float *out, float *own, const int32_t *start,
                     const int32_t *row, const float *times, const float *idf, const float *norm,
                     const int32_t *near, const float *share)
{
    for (size_t g = 0; g < groups; g++) {
        const size_t first = (size_t)start[g], end = (size_t)start[g + 1];
        for (size_t p = first; p < end; p++) {
            const float part = idf[g] * times[p] / (times[p] + norm[row[p]]);
            raise_near(ways, own, row[p], part, near, share);
        }
        for (size_t p = first; p < end; p++) settle_near(ways, out, own, row[p], near);
    }
}

/* True if `start` rises from 0. */
static int rising(size_t groups, const int32_t *start)
{
    for (size_t g = 0; g < groups; g++)
        if (start[g] > start[g + 1]) return 0;
    return start[0] == 0;
}

rsm_status rsm_bm25(size_t count, size_t groups, size_t ways, float *out, float *own,
                    const int32_t *start, const int32_t *row, const float *times, const float *idf,
                    const float *norm, const int32_t *near, const float *share)
{
    if (count == 0 || count > INT32_MAX || (ways != 0 && ways != 2 && ways != 4)) return RSM_SIZE;
    if (out == NULL || own == NULL || start == NULL || norm == NULL) return RSM_NULL;
    if (groups > 0 && idf == NULL) return RSM_NULL;
    if (!rising(groups, start)) return RSM_RANGE;
    const size_t size = (size_t)start[groups];
    if (size > 0 && (row == NULL || times == NULL)) return RSM_NULL;
    if (ways > 0 && (near == NULL || share == NULL)) return RSM_NULL;
    CHECK(usable(flaws(size, times) | flaws(groups, idf) | flaws(ways * count, share), FAR | BELOW));
    CHECK(usable(flaws(count, norm), FAR | NOT_ABOVE));
    if (!rows_within(size, row, 0, (int32_t)count) ||
        !rows_within(ways * count, near, -1, (int32_t)count))
        return RSM_RANGE;
    if (!apart(out, count * sizeof *out, times, size * sizeof *times) ||
        !apart(out, count * sizeof *out, norm, count * sizeof *norm) ||
        !apart(out, count * sizeof *out, share, ways * count * sizeof *share) ||
        !apart(out, count * sizeof *out, own, count * sizeof *own))
        return RSM_OVERLAP;

    if (ways == 4) bm25(groups, 4, out, own, start, row, times, idf, norm, near, share);
    if (ways == 2) bm25(groups, 2, out, own, start, row, times, idf, norm, near, share);
    if (ways == 0) bm25(groups, 0, out, own, start, row, times, idf, norm, near, share);
    return RSM_OK;
}

rsm_status rsm_tally(size_t count, size_t groups, size_t bins, double *out, const int32_t *start,
                     const int32_t *row, const float *times, const int32_t *bin)
{
    if (count == 0 || count > INT32_MAX || bins == 0 || bins > INT32_MAX) return RSM_SIZE;
    if (groups > SIZE_MAX / sizeof *out / bins) return RSM_SIZE;
    if (start == NULL || bin == NULL || (groups > 0 && out == NULL)) return RSM_NULL;
    if (!rising(groups, start)) return RSM_RANGE;
    const size_t size = (size_t)start[groups];
    if (size > 0 && (row == NULL || times == NULL)) return RSM_NULL;
    CHECK(usable(flaws(size, times), FAR));
    if (!rows_within(size, row, 0, (int32_t)count) || !rows_within(count, bin, 0, (int32_t)bins))
        return RSM_RANGE;
    if (!apart(out, groups * bins * sizeof *out, times, size * sizeof *times))
        return RSM_OVERLAP;

    for (size_t g = 0; g < groups; g++) {
        double *held = out + g * bins;
        for (size_t b = 0; b < bins; b++) held[b] = 0.0;
        for (size_t p = (size_t)start[g]; p < (size_t)start[g + 1]; p++)
            held[bin[row[p]]] += times[p];
    }
    return RSM_OK;
}

rsm_status rsm_around(size_t count, size_t ways, float *out, const float *x, const int32_t *near,
                      const float *share)
{
    if (count == 0 || count > INT32_MAX || ways == 0 || ways > SIZE_MAX / sizeof *x / count)
        return RSM_SIZE;
    if (out == NULL || x == NULL || near == NULL || share == NULL) return RSM_NULL;
    CHECK(usable(flaws(count, x) | flaws(ways * count, share), FAR));
    if (!rows_within(ways * count, near, -1, (int32_t)count)) return RSM_RANGE;
    if (!apart(out, count * sizeof *out, x, count * sizeof *x) ||
        !apart(out, count * sizeof *out, near, ways * count * sizeof *near) ||
        !apart(out, count * sizeof *out, share, ways * count * sizeof *share))
        return RSM_OVERLAP;

    for (size_t i = 0; i < count; i++) {
        float sum = 0.0F;
        for (size_t w = 0; w < ways; w++) {
            const int32_t at = near[i * ways + w];
            sum += at < 0 ? 0.0F : share[i * ways + w] * x[at];
        }
        out[i] = sum;
    }
    return RSM_OK;
}
