/* recall.c -- scan, order and fuse scores; see resmem.h for the contracts. */

#include <float.h>

#include "inner.h"

enum { WAYS = 16 };  /* independent sums, so that the compiler may use vectors */

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

rsm_status rsm_top(size_t count, size_t k, int32_t *index, const float *score)
{
    if (count == 0 || count > INT32_MAX || k == 0 || k > count) return RSM_SIZE;
    if (index == NULL || score == NULL) return RSM_NULL;
    for (size_t i = 0; i < count; i++)
        if (isnan(score[i])) return RSM_NOT_FINITE;
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

rsm_status rsm_fuse(size_t count, size_t columns, float *out, const float *column,
                    const float *weight)
{
    if (count == 0 || columns == 0 || count > SIZE_MAX / sizeof *column / columns) return RSM_SIZE;
    if (out == NULL || column == NULL || weight == NULL) return RSM_NULL;
    for (size_t c = 0; c < columns; c++)
        if (!isfinite(weight[c])) return RSM_NOT_FINITE;
    for (size_t i = 0; i < columns * count; i++)
        if (!isfinite(column[i])) return RSM_NOT_FINITE;
    for (size_t c = 0; c < columns; c++)
        if (!(fabsf(weight[c]) <= 1e18F)) return RSM_RANGE;
    for (size_t i = 0; i < columns * count; i++)
        if (!(fabsf(column[i]) <= 1e18F)) return RSM_RANGE;
    if (!apart(out, count * sizeof *out, column, columns * count * sizeof *column) ||
        !apart(out, count * sizeof *out, weight, columns * sizeof *weight))
        return RSM_OVERLAP;

    for (size_t i = 0; i < count; i++) out[i] = weight[0] * column[i];
    for (size_t c = 1; c < columns; c++)
        for (size_t i = 0; i < count; i++) out[i] += weight[c] * column[c * count + i];
    return RSM_OK;
}
