/* heads.c -- value heads; see resmem.h for the contracts. */

#include "heads.h"

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

RSM_WIDE static void evaluate(const rsm_head *head, size_t count, double *out, const double *x)
{
    for (size_t i = 0; i < count; i++) values_of(head, x + i * head->n, 1, &out[i]);
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
