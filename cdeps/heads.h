/* heads.h -- the arithmetic of the value heads; heads.c and tick.c include it. */

#ifndef RESMEM_HEADS_H
#define RESMEM_HEADS_H

#include "inner.h"

/* The MLP of w sessions, x [n][w]. */
RSM_INLINE void mlp(const rsm_head *head, const double *restrict x, size_t w, double *restrict out)
{
    const size_t n = head->n, h = head->h;
    if (w == 1) {
        double sum[RSM_MAX_WIDTH], value = head->r0;
        for (size_t i = 0; i < h; i++) sum[i] = head->b1[i];
        for (size_t j = 0; j < n; j++) {
            const double *restrict from = head->w1 + j * h;
            for (size_t i = 0; i < h; i++) sum[i] += from[i] * x[j];
        }
        for (size_t i = 0; i < h; i++) value += head->w2[i] * most(sum[i], 0.0);
        out[0] = value;
        return;
    }
    for (size_t e = 0; e < w; e++) out[e] = head->r0;
    for (size_t i = 0; i < h; i++) {
        double from[RSM_MAX_HORMONES], hidden[RSM_LANES];
        const double bias = head->b1[i], to = head->w2[i];
        for (size_t j = 0; j < n; j++) from[j] = head->w1[j * h + i];
        for (size_t e = 0; e < w; e++) {
            double sum = bias;
            size_t j = 0;
            do sum += from[j] * x[j * w + e];  /* n >= 1 */
            while (++j < n);
            hidden[e] = sum;
        }
        for (size_t e = 0; e < w; e++) out[e] += to * most(hidden[e], 0.0);
    }
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

/* Values [w] of w sessions, x [n][w]. */
RSM_INLINE void values_of(const rsm_head *head, const double *x, size_t w, double *out)
{
    if (head->kind == RSM_MLP) {
        mlp(head, x, w, out);
        return;
    }
    for (size_t e = 0; e < w; e++) {
        double row[RSM_MAX_HORMONES];
        for (size_t i = 0; i < head->n; i++) row[i] = x[i * w + e];
        out[e] = head->h == 8 ? graph(head, row, 8) : graph(head, row, head->h);
    }
}

#endif
