/* tick.c -- the whole tick, of one session and of many; see resmem.h for the contracts. */

#include <string.h>

#include "heads.h"
#include "layers.h"

enum { MAX_ROWS = 4 * RSM_MAX_HORMONES + RSM_MAX_SIGNALS + 2 * RSM_MAX_KNOBS + T_SIZE };

static rsm_status check_fleet(const rsm_fleet *f, double seconds)
{
    if (f == NULL || f->profile == NULL || f->rates == NULL || f->state == NULL ||
        f->signals == NULL)
        return RSM_NULL;
    if (!f->profile->checked || !f->rates->checked) return RSM_UNCHECKED;
    if (f->head != NULL && (!f->head->checked || f->head->n != f->profile->n))
        return RSM_UNCHECKED;
    if (f->head != NULL && f->values == NULL) return RSM_NULL;
    if (!isfinite(seconds)) return RSM_NOT_FINITE;
    return within(seconds, 0.0, MAX_DT) ? RSM_OK : RSM_RANGE;
}

/* The state overlaps nothing else; its columns are `wide`, the others' `count`. */
static int separate(const rsm_fleet *f, size_t wide, size_t count)
{
    const rsm_profile *p = f->profile;
    const size_t bytes = state_rows(p) * wide * sizeof *f->state, row = count * sizeof *f->state;
    return apart(f->state, bytes, f->signals, p->s * row) &&
           apart(f->state, bytes, f->push, p->n * row) && apart(f->state, bytes, f->values, row) &&
           apart(f->state, bytes, f->refused, count);
}

/* What is wrong with a refused session: a NaN or infinity, or a number out of range. */
static rsm_status why(const batch *b)
{
    const rsm_profile *p = b->p;
    const size_t rows = state_rows(p);
    for (size_t i = 0; i < rows; i++)
        if (!isfinite(b->x[i])) return RSM_NOT_FINITE;
    for (size_t j = 0; j < p->s; j++)
        if (isinf(b->signals[j])) return RSM_NOT_FINITE;
    for (size_t i = 0; b->push != NULL && i < p->n; i++)
        if (!isfinite(b->push[i])) return RSM_NOT_FINITE;
    return RSM_RANGE;
}

RSM_WIDE static rsm_status tick_one(const rsm_fleet *f, double seconds, int safe)
{
    const upcoming none_follows = {NULL, NULL, 0, 0};
    const batch b = {f->profile, f->rates, f->state, f->signals, f->push, seconds, safe, none_follows};
    int64_t bad[1];
    if (!sound(&b, 1)) {
        check_columns(&b, 1, bad);
        if (bad[0]) return why(&b);
    }

    advance(&b, 1);
    if (f->head != NULL) values_of(f->head, f->state, 1, f->values);
    return RSM_OK;
}

rsm_status rsm_tick(const rsm_fleet *f, double seconds, int safe)
{
    CHECK(check_fleet(f, seconds));
    if (f->count != 1) return RSM_SIZE;
    if (!separate(f, 1, 1)) return RSM_OVERLAP;
    return tick_one(f, seconds, safe);
}

/* w columns of n rows that are `count` apart, into rows of RSM_LANES; the rest is `fill`. */
RSM_INLINE void gather(double *restrict to, const double *restrict rows, size_t n, size_t count,
                       size_t w, double fill)
{
    for (size_t i = 0; i < n; i++, to += RSM_LANES, rows += count) {
        if (w == RSM_LANES) {
            for (size_t e = 0; e < RSM_LANES; e++) to[e] = rows[e];
        } else {
            for (size_t e = 0; e < RSM_LANES; e++) to[e] = e < w ? rows[e] : fill;
        }
    }
}

/* Tick a tile in place.  A refused session computes on zeros and is put back as it was. */
RSM_WIDE static void tick_tile(const rsm_fleet *f, size_t tile, double seconds, int safe)
{
    const rsm_profile *p = f->profile;
    const size_t rows = state_rows(p), at = tile * RSM_LANES;
    const size_t w = f->count - at < RSM_LANES ? f->count - at : RSM_LANES;
    double *x = f->state + at * rows, value[RSM_LANES];
    double signals[RSM_MAX_SIGNALS * RSM_LANES], push[RSM_MAX_HORMONES * RSM_LANES];
    double before[MAX_ROWS * RSM_LANES];
    int64_t bad[RSM_LANES], any = 0;
    gather(signals, f->signals + at, p->s, f->count, w, NAN);
    if (f->push != NULL) gather(push, f->push + at, p->n, f->count, w, 0.0);
    const size_t size = rows * RSM_LANES;
    const int follows = f->count - at >= 2 * RSM_LANES;  /* a whole tile */
    const upcoming next = {x + size, f->signals + at + w, size, follows ? f->count : 0};
    const batch b = {p, f->rates, x, signals, f->push == NULL ? NULL : push, seconds, safe, next};
    for (size_t e = 0; e < RSM_LANES; e++) bad[e] = 0;
    if (!sound(&b, RSM_LANES)) check_columns(&b, RSM_LANES, bad);
    for (size_t e = 0; e < RSM_LANES; e++) any |= bad[e];
    if (any) memcpy(before, x, rows * RSM_LANES * sizeof *x);
    for (size_t e = 0; any && e < RSM_LANES; e++) {
        if (!bad[e]) continue;
        for (size_t i = 0; i < rows; i++) x[i * RSM_LANES + e] = 0.0;
        for (size_t j = 0; j < p->s; j++) signals[j * RSM_LANES + e] = 0.0;
        for (size_t i = 0; f->push != NULL && i < p->n; i++) push[i * RSM_LANES + e] = 0.0;
    }

    advance(&b, RSM_LANES);
    if (f->head != NULL) values_of(f->head, x, RSM_LANES, value);
    for (size_t e = 0; any && e < RSM_LANES; e++)
        for (size_t i = 0; bad[e] && i < rows; i++)
            x[i * RSM_LANES + e] = before[i * RSM_LANES + e];
    for (size_t e = 0; e < w; e++) f->refused[at + e] = bad[e] != 0;
    for (size_t e = 0; f->head != NULL && e < w; e++)
        if (!bad[e]) f->values[at + e] = value[e];
}

rsm_status rsm_tick_many(const rsm_fleet *f, size_t first, size_t last, double seconds, int safe)
{
    CHECK(check_fleet(f, seconds));
    if (f->refused == NULL) return RSM_NULL;
    const size_t size = sizeof *f->state * state_rows(f->profile);
    if (f->count == 0 || f->count > SIZE_MAX / size - RSM_LANES) return RSM_SIZE;
    const size_t tiles = (f->count + RSM_LANES - 1) / RSM_LANES;
    if (first >= last || last > tiles) return RSM_SIZE;
    if (!separate(f, tiles * RSM_LANES, f->count)) return RSM_OVERLAP;

    for (size_t tile = first; tile < last; tile++) tick_tile(f, tile, seconds, safe);
    return RSM_OK;
}
