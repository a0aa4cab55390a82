/* heads.c -- value heads; see resmem.h for the contracts. */

#include "inner.h"

static rsm_status small(const double *x, size_t n) { return all_within(x, n, -1e6, 1e6); }

rsm_status rsm_head_check(rsm_head *head)
{
    if (head == NULL) return RSM_NULL;
    const size_t n = head->n, h = head->h, nodes = n + 1;
    if (n == 0 || n > RSM_MAX_HORMONES || h == 0 || h > RSM_MAX_WIDTH) return RSM_SIZE;
    CHECK(small(&head->r0, 1));
    if (head->kind == RSM_MLP) {
        CHECK(small(head->w1, h * n));
        CHECK(small(head->b1, h));
        CHECK(small(head->w2, h));
    } else if (head->kind == RSM_GRAPH) {
        CHECK(small(head->e, nodes * h));
        CHECK(small(head->c, nodes * h));
        CHECK(small(head->r, nodes * h));
        CHECK(small(head->t, nodes * h));
        CHECK(small(head->a, nodes * nodes));
        CHECK(small(head->u, h * h));
        CHECK(small(head->v, h * h));
        CHECK(small(head->s, h));
    } else {
        return RSM_RANGE;
    }
    head->checked = 1;
    return RSM_OK;
}

/* The MLP of one session, x [n]. */
RSM_INLINE double mlp(const rsm_head *head, const double *restrict x)
{
    const size_t n = head->n, h = head->h;
    double sum[RSM_MAX_WIDTH], value = head->r0;
    for (size_t i = 0; i < h; i++) sum[i] = head->b1[i];
    for (size_t j = 0; j < n; j++) {
        const double *restrict from = head->w1 + j * h;
        for (size_t i = 0; i < h; i++) sum[i] += from[i] * x[j];
    }
    for (size_t i = 0; i < h; i++) value += head->w2[i] * most(sum[i], 0.0);
    return value;
}

/* out [d] += constants [rows] times matrix [rows][d]; rows >= 1. */
RSM_INLINE void blend(size_t d, size_t rows, double *restrict out, const double *restrict constants,
                      const double *restrict matrix)
{
    for (size_t f = 0; f < d; f++) {
        double sum = out[f];
        size_t j = 0;
        do sum += constants[j] * matrix[j * d + f];
        while (++j < rows);
        out[f] = sum;
    }
}

/* The graph head of one session, d features per node. */
RSM_INLINE double graph(const rsm_head *head, const double *restrict x, size_t d)
{
    const size_t n = head->n, nodes = n + 1;
    double z[(RSM_MAX_HORMONES + 1) * RSM_MAX_WIDTH], value[RSM_MAX_WIDTH], mean = 0.0;
    for (size_t i = 0; i < n; i++) mean += x[i];
    mean /= (double)n;
    for (size_t i = 0; i < nodes; i++) {
        const double level = i < n ? x[i] : mean;
        const double *restrict by = head->e + i * d, *restrict plus = head->c + i * d;
        for (size_t f = 0; f < d; f++) z[i * d + f] = most(by[f] * level + plus[f], 0.0);
    }
    for (size_t f = 0; f < d; f++) value[f] = 0.0;
    for (size_t i = 0; i < nodes; i++) {
        const double *restrict r = head->r + i * d, *restrict t = head->t + i * d;
        double told[RSM_MAX_WIDTH], y[RSM_MAX_WIDTH];
        for (size_t f = 0; f < d; f++) told[f] = 0.0;
        for (size_t f = 0; f < d; f++) y[f] = head->s[f];
        blend(d, nodes, told, head->a + i * nodes, z);
        blend(d, d, y, z + i * d, head->u);
        blend(d, d, y, told, head->v);
        for (size_t f = 0; f < d; f++) value[f] += r[f] * most(y[f], 0.0) + t[f] * z[i * d + f];
    }
    double sum = head->r0;
    for (size_t f = 0; f < d; f++) sum += value[f];
    return sum;
}

/* Eight features, the usual width, are worth a copy that knows it. */
RSM_INLINE double value_of(const rsm_head *head, const double *x)
{
    if (head->kind == RSM_MLP) return mlp(head, x);
    return head->h == 8 ? graph(head, x, 8) : graph(head, x, head->h);
}

RSM_WIDE static void evaluate(const rsm_head *head, size_t count, double *out, const double *x)
{
    for (size_t i = 0; i < count; i++) out[i] = value_of(head, x + i * head->n);
}

rsm_status rsm_value(const rsm_head *head, size_t count, double *out, const double *x)
{
    if (head == NULL || out == NULL) return RSM_NULL;
    if (!head->checked) return RSM_UNCHECKED;
    if (count == 0 || count > SIZE_MAX / sizeof *x / head->n) return RSM_SIZE;
    CHECK(small(x, count * head->n));
    if (!apart(out, count * sizeof *out, x, count * head->n * sizeof *x)) return RSM_OVERLAP;

    evaluate(head, count, out, x);
    return RSM_OK;
}
