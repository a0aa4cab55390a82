/* resmem.c -- see resmem.h for the contracts. */

#include "resmem.h"

#include <float.h>
#include <math.h>

#if defined(__GNUC__)
#define RSM_INLINE static inline __attribute__((always_inline))
#else
#define RSM_INLINE static inline
#endif

/* The batched tick and the scan are also compiled for wider vectors, where the platform can pick
 * one at load time.  Never with FMA: results are the same to the last bit everywhere. */
#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__) && defined(__GLIBC__) && \
    !defined(RSM_NO_CLONES)
#define RSM_WIDE __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define RSM_WIDE
#endif

enum {
    LANES = 32,            /* sessions per block of the batched tick */
    TILE = 128,            /* sessions whose rows are fetched ahead together */
    PARTS = TILE / LANES   /* blocks per tile */
};

#if defined(__GNUC__)
#define FETCH(address) __builtin_prefetch((address), 0, 2)
#else
#define FETCH(address) ((void)(address))
#endif

static const double GOLDEN = 0.6180339887498949;
static const double NEAR = 0.02;    /* a level this close is at its baseline */
static const double STRONG = 0.5;   /* a signal this far out counts as a confirmation */
static const double FOREVER = 1e9;  /* counters stop here */
static const double MAX_DT = 1e6;

enum { NORMAL, STRESSED, CRISIS, TIMEOUT, RECOVERY, SLEEPING, SAFE };
enum { CLOSED, OPEN, HALF_OPEN };

/* Rows of the state after the vectors; resmem_core/config/layout.py has the meanings. */
enum {
    T_MODE, T_AGE, T_ASKED, T_GRADE, T_WINDOW, T_BREAKER, T_WAIT, T_TRIPS, T_OPENED, T_PHASE,
    T_SURVIVED, T_PEAK, T_AUTHORITY, T_STRESS, T_CURIOSITY, T_FATIGUE, T_TICKS, T_SIZE
};

/* -- small things */

RSM_INLINE double least(double a, double b) { return a < b ? a : b; }
RSM_INLINE double most(double a, double b) { return a > b ? a : b; }
RSM_INLINE double clip(double x, double lo, double hi) { return least(most(x, lo), hi); }

/* Inside [lo, hi]; false for NaN. */
RSM_INLINE int within(double x, double lo, double hi) { return x >= lo && x <= hi; }

static rsm_status all_within(const double *x, size_t n, double lo, double hi)
{
    if (x == NULL) return RSM_NULL;
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(x[i])) return RSM_NOT_FINITE;
        if (!within(x[i], lo, hi)) return RSM_RANGE;
    }
    return RSM_OK;
}

static int apart(const void *a, size_t a_bytes, const void *b, size_t b_bytes)
{
    const uintptr_t x = (uintptr_t)a, y = (uintptr_t)b;
    return a == NULL || b == NULL || x + a_bytes <= y || y + b_bytes <= x;
}

#define CHECK(call)                                  \
    do {                                             \
        const rsm_status checked_ = (call);          \
        if (checked_ != RSM_OK) return checked_;     \
    } while (0)

static rsm_status dt_within(double dt)
{
    if (!isfinite(dt)) return RSM_NOT_FINITE;
    return within(dt, 0.0, MAX_DT) ? RSM_OK : RSM_RANGE;
}

/* x to a whole exponent from 1 to 4. */
RSM_INLINE double power(double x, double exponent)
{
    const double square = x * x;
    return exponent >= 4 ? square * square : exponent >= 3 ? square * x : exponent >= 2 ? square : x;
}

/* Distance from the baseline as a share of the way to 1, or to 0: in [-1, 1]. */
RSM_INLINE double activation(double level, double baseline)
{
    const double gap = level - baseline;
    const double room = gap >= 0 ? 1.0 - baseline : baseline;
    return clip(gap / (room > 0 ? room : 1.0), -1.0, 1.0);
}

/* Odd, slope 1 at 0, within [-bound, bound]. */
RSM_INLINE double squash(double z, double bound, double per_bound)
{
    const double ratio = z * per_bound;
    return clip(z / sqrt(1.0 + ratio * ratio), -bound, bound);
}

/* -- equations (1) to (5), one at a time */

rsm_status rsm_decay(size_t n, double *out, const double *level, const double *baseline,
                     const double *half_life, double dt)
{
    if (n == 0) return RSM_SIZE;
    if (out == NULL) return RSM_NULL;
    CHECK(all_within(level, n, 0.0, 1.0));
    CHECK(all_within(baseline, n, 0.0, 1.0));
    CHECK(all_within(half_life, n, DBL_MIN, DBL_MAX));
    CHECK(dt_within(dt));
    const size_t bytes = n * sizeof *out;
    if (!apart(out, bytes, level, bytes) || !apart(out, bytes, baseline, bytes) ||
        !apart(out, bytes, half_life, bytes))
        return RSM_OVERLAP;

    for (size_t i = 0; i < n; i++) {
        const double keep = exp2(-dt / half_life[i]);  /* in [0, 1] */
        out[i] = baseline[i] + keep * (level[i] - baseline[i]);
    }
    return RSM_OK;
}

RSM_INLINE void take_in(double *level, double *smoothed, double *bucket, double impulse,
                        double keep, double refill, double sigma)
{
    const double x = *level;
    const double u = keep * *smoothed + (1.0 - keep) * impulse;  /* between the two */
    const double held = least(sigma, *bucket + refill);
    const double push = least(u, held);
    const double next = push >= 0 ? x + push * (1.0 - x) : x * (1.0 + push);
    *smoothed = u;
    *bucket = held - most(push, 0.0);    /* in [0, sigma] */
    *level = clip(next, 0.0, 1.0);       /* in [0, 1]; clip takes rounding only */
}

rsm_status rsm_intake(size_t n, double *level, double *smoothed, double *bucket,
                      const double *impulse, const double *beta, const double *sigma,
                      const double *rho, double dt)
{
    if (n == 0) return RSM_SIZE;
    CHECK(all_within(level, n, 0.0, 1.0));
    CHECK(all_within(smoothed, n, -1.0, 1.0));
    CHECK(all_within(bucket, n, 0.0, 1e6));
    CHECK(all_within(impulse, n, -1.0, 1.0));
    CHECK(all_within(beta, n, 0.0, 1.0 - DBL_EPSILON));
    CHECK(all_within(sigma, n, 0.0, 1e6));
    CHECK(all_within(rho, n, 0.0, 1e6));
    CHECK(dt_within(dt));
    const size_t bytes = n * sizeof *level;
    const double *outs[3] = {level, smoothed, bucket};
    const double *all[7] = {level, smoothed, bucket, impulse, beta, sigma, rho};
    for (int o = 0; o < 3; o++)
        for (int i = o + 1; i < 7; i++)
            if (!apart(outs[o], bytes, all[i], bytes)) return RSM_OVERLAP;

    for (size_t i = 0; i < n; i++)
        take_in(&level[i], &smoothed[i], &bucket[i], impulse[i], pow(beta[i], dt), rho[i] * dt,
                sigma[i]);
    return RSM_OK;
}

/* Activation beyond the dead zone, rescaled to reach 1; in [-1, 1]. */
RSM_INLINE double alive(double size, double dead, double per_live)
{
    return most(size - dead, 0.0) * per_live;
}

rsm_status rsm_compose(size_t n, size_t m, double *target, const double *level,
                       const double *baseline, const double *base, const double *delta,
                       const double *w0, const double *g, const double *dead, const double *p,
                       int q)
{
    if (n == 0 || n > RSM_MAX_HORMONES || m == 0 || m > RSM_MAX_KNOBS) return RSM_SIZE;
    if (target == NULL) return RSM_NULL;
    CHECK(all_within(level, n, 0.0, 1.0));
    CHECK(all_within(baseline, n, 0.0, 1.0));
    CHECK(all_within(base, m, 0.0, 1.0));
    CHECK(all_within(delta, m * n, -1.0, 1.0));
    CHECK(all_within(w0, n, DBL_MIN, 1e6));
    CHECK(all_within(g, m * n, 0.0, 1e6));
    CHECK(all_within(dead, n, 0.0, 1.0 - DBL_EPSILON));
    CHECK(all_within(p, n, 1.0, 4.0));
    if (q < 1 || q > 4) return RSM_RANGE;
    const size_t out = m * sizeof *target, row = n * sizeof *target;
    if (!apart(target, out, level, row) || !apart(target, out, baseline, row) ||
        !apart(target, out, base, out) || !apart(target, out, delta, m * row) ||
        !apart(target, out, w0, row) || !apart(target, out, g, m * row) ||
        !apart(target, out, dead, row) || !apart(target, out, p, row))
        return RSM_OVERLAP;

    double reach[RSM_MAX_HORMONES], weight[RSM_MAX_HORMONES];
    for (size_t j = 0; j < n; j++) {
        const double y = activation(level[j], baseline[j]);
        const double size = alive(fabs(y), dead[j], 1.0 / (1.0 - dead[j]));
        const double strength = power(size, p[j]);
        reach[j] = y < 0 ? -strength : strength;
        weight[j] = power(size, q);
    }
    for (size_t k = 0; k < m; k++) {
        double top = 0.0, bottom = 0.0;
        for (size_t j = 0; j < n; j++) {
            const double w = w0[j] + g[k * n + j] * weight[j];  /* > 0 */
            top += w * delta[k * n + j] * reach[j];
            bottom += w;
        }
        target[k] = clip(base[k] + top / bottom, 0.0, 1.0);
    }
    return RSM_OK;
}

RSM_INLINE void limit_one(double *knob, double *hold, double target, double cautious,
                          double rate_safe, double rate_free, double dwell)
{
    const double free_rate = *hold + 1.0 >= dwell ? rate_free : 0.0;
    const double up = cautious > 0 ? rate_safe : free_rate;
    const double down = cautious > 0 ? free_rate : rate_safe;
    const double step = least(most(target - *knob, -down), up);  /* in [-down, up] */
    const double moved = clip(*knob + step, 0.0, 1.0);
    *hold = (moved - *knob) * cautious > 0 ? 0.0 : least(*hold + 1.0, FOREVER);
    *knob = moved;
}

rsm_status rsm_limit(size_t m, double *knob, double *hold, const double *target,
                     const double *cautious, const double *rate_safe, const double *rate_free,
                     const double *dwell)
{
    if (m == 0) return RSM_SIZE;
    CHECK(all_within(knob, m, 0.0, 1.0));
    CHECK(all_within(hold, m, 0.0, FOREVER));
    CHECK(all_within(target, m, 0.0, 1.0));
    CHECK(all_within(cautious, m, -1.0, 1.0));
    CHECK(all_within(rate_safe, m, 0.0, 1.0));
    CHECK(all_within(rate_free, m, 0.0, 1.0));
    CHECK(all_within(dwell, m, 0.0, FOREVER));
    const size_t bytes = m * sizeof *knob;
    const double *all[7] = {knob, hold, target, cautious, rate_safe, rate_free, dwell};
    for (int i = 1; i < 7; i++)
        if (!apart(knob, bytes, all[i], bytes) || (i > 1 && !apart(hold, bytes, all[i], bytes)))
            return RSM_OVERLAP;
    for (size_t i = 0; i < m; i++)
        if (cautious[i] != 1.0 && cautious[i] != -1.0) return RSM_RANGE;

    for (size_t i = 0; i < m; i++)
        limit_one(&knob[i], &hold[i], target[i], cautious[i], rate_safe[i], rate_free[i], dwell[i]);
    return RSM_OK;
}

/* -- the whole tick */

static rsm_status check_settings(const rsm_profile *p)
{
    CHECK(all_within(p->grades, 4, 0.0, 1.0));
    CHECK(all_within(p->relief, 5, 0.0, 1.0));
    const double shares[] = {p->hysteresis, p->constant, p->crisis_relief, p->span,
                             p->perspective, p->forget, p->stressed, p->crisis, p->resume,
                             p->jitter, p->sleep, p->wake};
    CHECK(all_within(shares, sizeof shares / sizeof *shares, 0.0, 1.0));
    const double counts[] = {p->mode_dwell, p->confirm, p->patience, p->ramp};
    CHECK(all_within(counts, 4, 1.0, 1e4));
    CHECK(all_within(&p->open_seconds, 1, DBL_MIN, 1e6));
    CHECK(all_within(&p->max_seconds, 1, p->open_seconds, 1e6));
    if (p->window < 1 || p->window > 30 || p->failures < 1 || p->failures > p->window)
        return RSM_RANGE;
    return p->q >= 1 && p->q <= 4 ? RSM_OK : RSM_RANGE;
}

rsm_status rsm_profile_check(rsm_profile *p)
{
    if (p == NULL) return RSM_NULL;
    const size_t n = p->n, s = p->s, m = p->m;
    if (n == 0 || n > RSM_MAX_HORMONES || s == 0 || s > RSM_MAX_SIGNALS || m == 0 ||
        m > RSM_MAX_KNOBS || p->provider_error >= s || p->success >= s || p->retries >= m)
        return RSM_SIZE;
    CHECK(all_within(p->rest, n, 0.0, 0.9));
    CHECK(all_within(p->scale, s, 1e-9, 1e9));
    CHECK(all_within(p->up, n * s, -50.0, 50.0));
    CHECK(all_within(p->down, n * s, -50.0, 50.0));
    CHECK(all_within(p->bias, n, -50.0, 50.0));
    CHECK(all_within(p->lateral, n * n, -50.0, 50.0));
    CHECK(all_within(p->i_max, n, 1e-6, 1.0));
    CHECK(all_within(p->sigma, n, 0.0, 1e6));
    CHECK(all_within(p->cap, n, 0.0, 1.0));
    CHECK(all_within(p->stress, n, 0.0, 1.0));
    CHECK(all_within(p->curiosity, n, 0.0, 1.0));
    CHECK(all_within(p->fatigue, n, 0.0, 1.0));
    CHECK(all_within(p->base, m, 0.0, 1.0));
    CHECK(all_within(p->delta, m * n, -1.0, 1.0));
    CHECK(all_within(p->dead, n, 0.0, 0.9));
    CHECK(all_within(p->p, n, 1.0, 4.0));
    CHECK(all_within(p->w0, n, 1e-9, 1e6));
    CHECK(all_within(p->g, m * n, 0.0, 1e6));
    CHECK(all_within(p->cautious, m, -1.0, 1.0));
    CHECK(all_within(p->rate_safe, m, 0.0, 1.0));
    CHECK(all_within(p->rate_free, m, 0.0, 1.0));
    CHECK(all_within(p->dwell, m, 0.0, 1e6));
    CHECK(all_within(p->safe_ceiling, m, 0.0, 1.0));
    CHECK(all_within(p->per_scale, s, 1e-9, 1e9));
    CHECK(all_within(p->per_i_max, n, 1.0, 1e6));
    CHECK(all_within(p->per_live, n, 1.0, 10.1));
    for (size_t i = 0; i < n; i++)
        if (p->rest[i] >= p->cap[i]) return RSM_RANGE;
    for (size_t i = 0; i < m; i++)
        if (p->cautious[i] != 1.0 && p->cautious[i] != -1.0) return RSM_RANGE;
    CHECK(check_settings(p));
    p->checked = 1;
    return RSM_OK;
}

static rsm_status check_rates(const rsm_profile *p, const rsm_rates *r)
{
    CHECK(all_within(r->keep, p->n, 0.0, 1.0));
    CHECK(all_within(r->learn, p->s, 0.0, 1.0));
    CHECK(all_within(r->smooth, p->n, 0.0, 1.0));
    CHECK(all_within(r->refill, p->n, 0.0, 1e12));
    CHECK(all_within(&r->rise, 1, 0.0, 1e6));
    return all_within(&r->fall, 1, 0.0, 1e6);
}

/* The tile of sessions after this one, so that its rows can be fetched meanwhile; wide = 0: none. */
typedef struct {
    const double *state, *signals;
    size_t stride, wide;
    size_t part;  /* which share of its rows this block fetches */
} upcoming;

/* One state under way: neighbouring columns, rows `stride` apart. */
typedef struct {
    const rsm_profile *p;
    const rsm_rates *r;
    double *x;
    const double *signals, *push;
    size_t stride;
    double seconds;
    int safe;
    upcoming next;
} batch;

#define ROW(b, i) ((b)->x + (size_t)(i) * (b)->stride)
#define LEVEL(b, i) ROW(b, i)
#define BASELINE(b, i) ROW(b, (b)->p->n + (i))
#define SMOOTHED(b, i) ROW(b, 2 * (b)->p->n + (i))
#define BUCKET(b, i) ROW(b, 3 * (b)->p->n + (i))
#define REFERENCE(b, j) ROW(b, 4 * (b)->p->n + (j))
#define KNOB(b, k) ROW(b, 4 * (b)->p->n + (b)->p->s + (k))
#define HOLD(b, k) ROW(b, 4 * (b)->p->n + (b)->p->s + (b)->p->m + (k))
#define TAIL(b, t) ROW(b, 4 * (b)->p->n + (b)->p->s + 2 * (b)->p->m + (size_t)(t))
#define SIGNAL(b, j) ((b)->signals + (size_t)(j) * (b)->stride)
#define EACH for (size_t e = 0; e < w; e++)

/* Lanes whose row leaves [lo, hi] (or is NaN) are marked in bad. */
RSM_INLINE void mark(const double *row, size_t w, double lo, double hi, int64_t *bad)
{
    EACH bad[e] |= !(row[e] >= lo) | !(row[e] <= hi);
}

RSM_INLINE void check_columns(const batch *b, size_t w, int64_t *bad)
{
    static const double tail_high[T_SIZE] = {6, 1e9, 1e6, 4, 1073741823, 2, 1e7, 30, 1e15, 1,
                                             1, 1, 1, 1, 1, 1, 1e15};
    const rsm_profile *p = b->p;
    EACH bad[e] = 0;
    for (size_t i = 0; i < p->n; i++) {
        mark(LEVEL(b, i), w, 0.0, 1.0, bad);
        mark(BASELINE(b, i), w, 0.0, 1.0, bad);
        mark(SMOOTHED(b, i), w, -1.0, 1.0, bad);
        mark(BUCKET(b, i), w, 0.0, 1e6, bad);
        if (b->push != NULL) mark(b->push + i * b->stride, w, -1e6, 1e6, bad);
    }
    for (size_t j = 0; j < p->s; j++) {
        mark(REFERENCE(b, j), w, -1e9, 1e9, bad);
        const double *signal = SIGNAL(b, j);  /* NaN passes: it means missing */
        EACH bad[e] |= (signal[e] < -1e9) | (signal[e] > 1e9);
    }
    for (size_t k = 0; k < p->m; k++) {
        mark(KNOB(b, k), w, 0.0, 1.0, bad);
        mark(HOLD(b, k), w, 0.0, FOREVER, bad);
    }
    for (int t = 0; t < T_SIZE; t++) mark(TAIL(b, t), w, 0.0, tail_high[t], bad);
}

static size_t state_rows(const rsm_profile *p)
{
    return 4 * p->n + p->s + 2 * p->m + T_SIZE;
}

/* Fetch one row of the next tile.  One per step of the arithmetic: together they would fill the
 * queue of misses and stall; narrower than a tile, each would open a memory page for four lines. */
RSM_INLINE void fetch_ahead(const batch *b, size_t step)
{
    const upcoming *next = &b->next;
    if (next->wide == 0) return;
    const size_t rows = state_rows(b->p), all = rows + b->p->s, share = (all + PARTS - 1) / PARTS;
    const size_t i = next->part * share + step;
    if (step >= share || i >= all) return;
    const double *row = i < rows ? next->state + i * next->stride
                                 : next->signals + (i - rows) * next->stride;
    for (size_t e = 0; e < next->wide; e += 8) FETCH(row + e);
}

/* True if every number is 0. */
RSM_INLINE int none(size_t w, const double *x)
{
    for (size_t e = 0; e < w; e++)
        if (x[e] != 0.0) return 0;  /* leaves at once where a signal moves anything */
    return 1;
}

/* Equations (0) to (3). */
RSM_INLINE void hormones(const batch *b, size_t w, double *strong)
{
    const rsm_profile *p = b->p;
    double z[RSM_MAX_HORMONES * LANES];
    EACH strong[e] = 0.0;
    for (size_t i = 0; i < p->n; i++) {
        const double bias = p->bias[i];
        if (b->push == NULL) EACH z[i * w + e] = bias;
        else EACH z[i * w + e] = bias + b->push[i * b->stride + e];
    }
    for (size_t j = 0; j < p->s; j++) {
        const double scale = p->scale[j], per_scale = p->per_scale[j], learn = b->r->learn[j];
        const double *signal = SIGNAL(b, j);
        double *reference = REFERENCE(b, j), above[LANES], below[LANES];
        fetch_ahead(b, j);
        EACH {
            const double gap = signal[e] == signal[e] ? signal[e] - reference[e] : 0.0;
            const double v = clip(gap * per_scale, -1.0, 1.0);
            reference[e] += learn * clip(gap, -scale, scale);
            above[e] = most(v, 0.0);
            below[e] = most(-v, 0.0);
            strong[e] += v >= STRONG ? 1.0 : 0.0;
        }
        if (none(w, above) && none(w, below)) continue;  /* missing, or at its baseline */
        const double *restrict up = p->up + j * p->n, *restrict down = p->down + j * p->n;
        for (size_t i = 0; i < p->n; i++) {
            if (up[i] == 0.0 && down[i] == 0.0) continue;  /* most signals reach few hormones */
            EACH z[i * w + e] += up[i] * above[e] + down[i] * below[e];
        }
    }
    for (size_t i = 0; i < p->n; i++) {
        const double keep = b->r->keep[i];
        double *level = LEVEL(b, i), *baseline = BASELINE(b, i);
        EACH level[e] = baseline[e] + keep * (level[e] - baseline[e]);  /* in [0, 1] */
    }
    for (size_t j = 0; j < p->n; j++) {
        const double *level = LEVEL(b, j), *baseline = BASELINE(b, j);
        const double *restrict to = p->lateral + j * p->n;
        double excess[LANES];
        fetch_ahead(b, p->s + j);
        EACH excess[e] = level[e] - baseline[e];
        for (size_t i = 0; i < p->n; i++) {
            if (to[i] == 0.0) continue;
            EACH z[i * w + e] += to[i] * excess[e];
        }
    }
    for (size_t i = 0; i < p->n; i++) {
        double *level = LEVEL(b, i), *smoothed = SMOOTHED(b, i), *bucket = BUCKET(b, i);
        const double bound = p->i_max[i], per_bound = p->per_i_max[i], sigma = p->sigma[i];
        const double keep = b->r->smooth[i], refill = b->r->refill[i];
        fetch_ahead(b, p->s + p->n + i);
        EACH take_in(&level[e], &smoothed[e], &bucket[e], squash(z[i * w + e], bound, per_bound), keep,
                     refill, sigma);
    }
}

/* Noisy-or of the positive activations y: 1 - prod (1 - weight y), in [0, 1]. */
RSM_INLINE void combine(size_t n, size_t w, const double *weights, const double *y, double *out)
{
    double calm[LANES];
    EACH calm[e] = 1.0;
    for (size_t i = 0; i < n; i++) {
        const double weight = weights[i];
        if (weight == 0.0) continue;  /* a factor of exactly 1 */
        EACH calm[e] *= 1.0 - weight * most(y[i * w + e], 0.0);
    }
    EACH out[e] = 1.0 - calm[e];
}

/* The activations of the hormones with a weight, and their noisy-or. */
RSM_INLINE void project(const batch *b, size_t w, const double *weights, double *out)
{
    double y[RSM_MAX_HORMONES * LANES];
    for (size_t i = 0; i < b->p->n; i++) {
        if (weights[i] == 0.0) continue;
        const double *level = LEVEL(b, i), *baseline = BASELINE(b, i);
        EACH y[i * w + e] = activation(level[e], baseline[e]);
    }
    combine(b->p->n, w, weights, y, out);
}

/* Take a share of the stress hormones' excess over baseline away. */
RSM_INLINE void relieve(const batch *b, size_t w, const double *share)
{
    for (size_t i = 0; i < b->p->n; i++) {
        const double weight = b->p->stress[i];
        if (weight == 0.0) continue;  /* nothing to take: keep is exactly 1 */
        double *level = LEVEL(b, i), *baseline = BASELINE(b, i);
        EACH {
            const double excess = level[e] - baseline[e];
            const double eased = baseline[e] + excess * (1.0 - weight * share[e]);
            level[e] = excess > 0 ? eased : level[e];
        }
    }
}

static int ones(uint32_t bits)
{
    int count = 0;
    for (; bits != 0; bits &= bits - 1) count++;
    return count;
}

/* Layer 1, the breaker of one session. */
RSM_INLINE void breaker(const batch *b, size_t e)
{
    const rsm_profile *p = b->p;
    const double error = SIGNAL(b, p->provider_error)[e], success = SIGNAL(b, p->success)[e];
    const int call = error == error, rescued = success >= 0.5;  /* false when missing */
    const int failed = call && error >= 0.5 && !rescued;
    double *state = &TAIL(b, T_BREAKER)[e], *wait = &TAIL(b, T_WAIT)[e];
    double *trips = &TAIL(b, T_TRIPS)[e], *window = &TAIL(b, T_WINDOW)[e];
    double *opened = &TAIL(b, T_OPENED)[e];
    const int was = (int)*state;

    uint32_t bits = (uint32_t)*window;
    if (was == CLOSED && call)
        bits = ((bits << 1) | (uint32_t)failed) & ((UINT32_C(1) << p->window) - 1);
    const int trip = failed && (was == HALF_OPEN ||
                                (was == CLOSED && ones(bits) >= p->failures));
    const int heal = was == HALF_OPEN && call && !failed;
    if (was == OPEN) {
        *wait = most(*wait - b->seconds, 0.0);
        if (*wait <= 0) *state = HALF_OPEN;
    }
    if (trip) {
        *trips = least(*trips + 1.0, 30.0);
        *opened += 1.0;
        double spread = TAIL(b, T_PHASE)[e] + *opened * GOLDEN;
        spread -= floor(spread);
        const double length = least(p->open_seconds * ldexp(1.0, (int)*trips - 1), p->max_seconds);
        *wait = length * (1.0 + p->jitter * (spread - 0.5));
        *state = OPEN;
    } else if (heal) {
        *trips = 0.0;
        *state = CLOSED;
    }
    *window = trip || heal ? 0.0 : (double)bits;
}

/* Layer 1: grades with hysteresis, relief by grade. */
RSM_INLINE void coping(const batch *b, size_t w, const double *stress)
{
    const rsm_profile *p = b->p;
    double share[LANES], *grade = TAIL(b, T_GRADE);
    const double *open = TAIL(b, T_BREAKER);
    EACH breaker(b, e);
    const double *from = p->grades, *relief = p->relief, back = p->hysteresis;
    EACH {
        double enter = 0, leave = 0;
        for (int i = 0; i < 4; i++) {
            enter += stress[e] >= from[i] ? 1.0 : 0.0;
            leave += stress[e] >= from[i] - back ? 1.0 : 0.0;
        }
        const double held = least(most(grade[e], enter), leave);
        const double g = open[e] == OPEN ? most(held, 3.0) : held;  /* one of 0 to 4 */
        grade[e] = g;
        share[e] = g >= 4 ? relief[4] : g >= 3 ? relief[3] : g >= 2 ? relief[2]
                 : g >= 1 ? relief[1] : relief[0];
    }
    relieve(b, w, share);
}

/* Layer 2: constant relief, more of it in crisis and timeout. */
RSM_INLINE void medication(const batch *b, size_t w)
{
    const rsm_profile *p = b->p;
    const double *mode = TAIL(b, T_MODE), hard = least(p->constant + p->crisis_relief, 1.0);
    double share[LANES];
    const double always = p->constant;
    EACH share[e] = (mode[e] == CRISIS) | (mode[e] == TIMEOUT) ? hard : always;
    relieve(b, w, share);
}

/* Layer 3: the baseline follows a low quantile of the level, within [rest, rest + span]. */
RSM_INLINE void adaptation(const batch *b, size_t w)
{
    const rsm_profile *p = b->p;
    const double rise = b->r->rise, fall = b->r->fall;
    for (size_t i = 0; i < p->n; i++) {
        const double *level = LEVEL(b, i), rest = p->rest[i];
        const double roof = least(rest + p->span, p->cap[i]);
        double *baseline = BASELINE(b, i);
        EACH {
            const double step = level[e] > baseline[e] + NEAR ? rise : -fall;
            baseline[e] = least(most(baseline[e] + step, rest), roof);
        }
    }
}

/* The mode that stress, fatigue and the breaker ask for; selections only, for vectors. */
RSM_INLINE double wanted(const rsm_profile *p, double mode, double age, double stress,
                         double fatigue, int broken)
{
    const int crisis = stress >= p->crisis, stressed = stress >= p->stressed;
    const int tired = broken | (age >= p->patience), over = stress < p->crisis - p->hysteresis;
    const double calm = stressed ? STRESSED : fatigue >= p->sleep ? SLEEPING : NORMAL;
    const double eased = stress < p->stressed - p->hysteresis ? NORMAL : STRESSED;
    const double awake = stressed ? STRESSED : fatigue <= p->wake ? NORMAL : SLEEPING;
    const double ramped = age >= 3 * p->ramp ? NORMAL : RECOVERY;
    const double rested = (stress <= p->resume) & !broken ? RECOVERY : TIMEOUT;
    double want = mode;
    want = mode == NORMAL ? (crisis ? CRISIS : calm) : want;
    want = mode == STRESSED ? (crisis ? CRISIS : eased) : want;
    want = mode == CRISIS ? (over ? RECOVERY : tired ? TIMEOUT : CRISIS) : want;
    want = mode == TIMEOUT ? rested : want;
    want = mode == RECOVERY ? (crisis ? CRISIS : ramped) : want;
    return mode == SLEEPING ? awake : want;
}

/* Layer 4: modes with hysteresis, confirmation and dwell. */
RSM_INLINE void resting(const batch *b, size_t w, const double *stress, const double *strong)
{
    const rsm_profile *p = b->p;
    double fatigue[LANES];
    double *modes = TAIL(b, T_MODE), *ages = TAIL(b, T_AGE), *askeds = TAIL(b, T_ASKED);
    const double *open = TAIL(b, T_BREAKER);
    project(b, w, p->fatigue, fatigue);
    EACH {
        const double mode = modes[e], age = ages[e] + 1.0;
        const double want = wanted(p, mode, age, stress[e], fatigue[e], open[e] == OPEN);
        const int worse = (want != mode) & (mode != CRISIS) &
                          ((want == STRESSED) | (want == CRISIS));
        const double asked = worse ? askeds[e] + 1.0 : 0.0;
        const int earned = !worse | (asked >= p->confirm) | (strong[e] >= 2);
        const int change = (want != mode) & (age >= p->mode_dwell) & earned & (mode != SAFE);
        askeds[e] = change ? 0.0 : least(asked, 1e6);
        modes[e] = change ? want : mode;
        ages[e] = change ? 0.0 : least(age, FOREVER);
    }
}

/* Layer 5: worse was survived. */
RSM_INLINE void perspective(const batch *b, size_t w, const double *stress)
{
    const rsm_profile *p = b->p;
    double share[LANES];
    double *peaks = TAIL(b, T_PEAK), *survived = TAIL(b, T_SURVIVED);
    const double *mode = TAIL(b, T_MODE);
    EACH {
        const int hard = (mode[e] == CRISIS) | (mode[e] == TIMEOUT), through = mode[e] == NORMAL;
        const double peak = hard ? most(peaks[e], stress[e]) : peaks[e];
        const double worst = through ? most(survived[e], peak) : survived[e];
        survived[e] = worst - p->forget * worst;
        peaks[e] = through ? 0.0 : peak;
        share[e] = p->perspective * most(survived[e] - stress[e], 0.0);
    }
    relieve(b, w, share);
}

/* The kill switch: in at once, out by way of recovery. */
RSM_INLINE void safe_mode(const batch *b, size_t w)
{
    double *mode = TAIL(b, T_MODE), *age = TAIL(b, T_AGE);
    EACH {
        const double now = b->safe ? SAFE : mode[e] == SAFE ? RECOVERY : mode[e];
        age[e] = now != mode[e] ? 0.0 : age[e];
        mode[e] = now;
    }
}

/* power() of w numbers; the choice is outside the loop, so that the loop has no branch. */
RSM_INLINE void powers(size_t w, const double *x, double exponent, double *out)
{
    if (exponent >= 4) EACH out[e] = (x[e] * x[e]) * (x[e] * x[e]);
    else if (exponent >= 3) EACH out[e] = (x[e] * x[e]) * x[e];
    else if (exponent >= 2) EACH out[e] = x[e] * x[e];
    else EACH out[e] = x[e];
}

/* Equations (4) and (5), with what the modes and the breaker allow; y: activations. */
RSM_INLINE void knobs(const batch *b, size_t w, const double *y)
{
    const rsm_profile *p = b->p;
    const size_t n = p->n;
    double reach[RSM_MAX_HORMONES * LANES], weight[RSM_MAX_HORMONES * LANES];
    for (size_t j = 0; j < n; j++) {
        const double dead = p->dead[j], per_live = p->per_live[j];
        double size[LANES], strength[LANES];
        EACH size[e] = alive(fabs(y[j * w + e]), dead, per_live);
        powers(w, size, p->p[j], strength);
        powers(w, size, p->q, &weight[j * w]);
        EACH reach[j * w + e] = y[j * w + e] < 0 ? -strength[e] : strength[e];
    }
    const double *mode = TAIL(b, T_MODE), *age = TAIL(b, T_AGE), *open = TAIL(b, T_BREAKER);
    const double *authority = TAIL(b, T_AUTHORITY), ramp = p->ramp;
    double pace[LANES];
    EACH pace[e] = mode[e] == RECOVERY ? least(1.0 + floor(age[e] / ramp), 3.0) / 3.0 : 1.0;
    for (size_t k = 0; k < p->m; k++) {
        const double *delta = p->delta + k * n, *g = p->g + k * n;
        const double base = p->base[k], cautious = p->cautious[k], dwell = p->dwell[k];
        const double safe = p->rate_safe[k], rate = p->rate_free[k];
        const double ceiling = b->safe ? p->safe_ceiling[k] : 1.0;
        const int stops = k == p->retries;
        double *knob = KNOB(b, k), *hold = HOLD(b, k), top[LANES], bottom[LANES];
        EACH top[e] = bottom[e] = 0.0;
        for (size_t j = 0; j < n; j++) {
            const double w0 = p->w0[j], gj = g[j], dj = delta[j];
            EACH {
                const double share = w0 + gj * weight[j * w + e];  /* > 0 */
                top[e] += share * dj * reach[j * w + e];
                bottom[e] += share;
            }
        }
        EACH {
            const double want = clip(base + top[e] / bottom[e], 0.0, 1.0);
            const double allowed = base + authority[e] * (want - base);
            const int forbidden = (mode[e] == TIMEOUT) & ((allowed - knob[e]) * cautious < 0);
            const double may = forbidden ? knob[e] : allowed;
            const double target = stops & (open[e] == OPEN) ? 0.0 : may;
            limit_one(&knob[e], &hold[e], target, cautious, safe, rate * pace[e], dwell);
            knob[e] = least(knob[e], ceiling);
        }
    }
}

/* One tick of w <= LANES neighbouring sessions that check_columns found good. */
RSM_INLINE void advance(const batch *b, size_t w)
{
    const rsm_profile *p = b->p;
    double strong[LANES];
    double stress[LANES], y[RSM_MAX_HORMONES * LANES];
    hormones(b, w, strong);
    project(b, w, p->stress, stress);  /* what the intake left: all layers see this */
    if (p->layers & RSM_COPING) coping(b, w, stress);
    if (p->layers & RSM_MEDICATION) medication(b, w);
    if (p->layers & RSM_ADAPTATION) adaptation(b, w);
    if (p->layers & RSM_REST) resting(b, w, stress, strong);
    if (p->layers & RSM_PERSPECTIVE) perspective(b, w, stress);
    safe_mode(b, w);
    for (size_t i = 0; i < p->n; i++) {  /* the cap is the last word on levels: h <= theta */
        const double cap = p->cap[i];
        double *level = LEVEL(b, i), *baseline = BASELINE(b, i);
        EACH {
            level[e] = clip(level[e], 0.0, cap);
            y[i * w + e] = activation(level[e], baseline[e]);
        }
    }
    combine(p->n, w, p->stress, y, TAIL(b, T_STRESS));
    combine(p->n, w, p->curiosity, y, TAIL(b, T_CURIOSITY));
    combine(p->n, w, p->fatigue, y, TAIL(b, T_FATIGUE));
    knobs(b, w, y);
    double *ticks = TAIL(b, T_TICKS);
    EACH ticks[e] += 1.0;
}

/* -- value heads */

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

/* The MLP for w sessions: x is the first of n rows that are `stride` apart. */
RSM_INLINE void mlp(const rsm_head *head, const double *x, size_t stride, size_t w, double *out)
{
    const size_t n = head->n, h = head->h;
    double sum[RSM_MAX_WIDTH * LANES];
    for (size_t i = 0; i < h; i++) EACH sum[i * w + e] = head->b1[i];
    for (size_t j = 0; j < n; j++) {
        const double *restrict from = head->w1 + j * h, *restrict row = x + j * stride;
        for (size_t i = 0; i < h; i++) EACH sum[i * w + e] += from[i] * row[e];
    }
    double value[LANES];
    EACH value[e] = head->r0;
    for (size_t i = 0; i < h; i++) EACH value[e] += head->w2[i] * most(sum[i * w + e], 0.0);
    EACH out[e] = value[e];
}

RSM_WIDE static double graph(const rsm_head *head, const double *x)
{
    const size_t n = head->n, d = head->h, nodes = n + 1;
    double z[(RSM_MAX_HORMONES + 1) * RSM_MAX_WIDTH], told[RSM_MAX_WIDTH],
        y[RSM_MAX_WIDTH];
    double mean = 0.0, value = head->r0;
    for (size_t i = 0; i < n; i++) mean += x[i];
    mean /= (double)n;
    for (size_t i = 0; i < nodes; i++) {
        const double level = i < n ? x[i] : mean;
        for (size_t f = 0; f < d; f++)
            z[i * d + f] = most(head->e[i * d + f] * level + head->c[i * d + f], 0.0);
    }
    for (size_t i = 0; i < nodes; i++) {
        for (size_t f = 0; f < d; f++) told[f] = 0.0;
        for (size_t j = 0; j < nodes; j++)
            for (size_t f = 0; f < d; f++) told[f] += head->a[i * nodes + j] * z[j * d + f];
        for (size_t f = 0; f < d; f++) y[f] = head->s[f];
        for (size_t o = 0; o < d; o++) {
            const double *u = head->u + o * d, *v = head->v + o * d;
            const double own = z[i * d + o], heard = told[o];
            for (size_t f = 0; f < d; f++) y[f] += u[f] * own + v[f] * heard;
        }
        for (size_t f = 0; f < d; f++)
            value += head->r[i * d + f] * most(y[f], 0.0) + head->t[i * d + f] * z[i * d + f];
    }
    return value;
}

RSM_INLINE void values_of(const rsm_head *head, const double *x, size_t stride, size_t w,
                          double *out)
{
    if (head->kind == RSM_MLP) {
        mlp(head, x, stride, w, out);
        return;
    }
    EACH {
        double row[RSM_MAX_HORMONES];
        for (size_t i = 0; i < head->n; i++) row[i] = x[i * stride + e];
        out[e] = graph(head, row);
    }
}

rsm_status rsm_value(const rsm_head *head, size_t count, double *out, const double *x)
{
    if (head == NULL || out == NULL) return RSM_NULL;
    if (!head->checked) return RSM_UNCHECKED;
    if (count == 0 || count > SIZE_MAX / sizeof *x / head->n) return RSM_SIZE;
    CHECK(small(x, count * head->n));
    if (!apart(out, count * sizeof *out, x, count * head->n * sizeof *x)) return RSM_OVERLAP;

    for (size_t i = 0; i < count; i++) values_of(head, x + i * head->n, 1, 1, &out[i]);
    return RSM_OK;
}

/* -- ticks, checked */

static rsm_status check_tick(const rsm_profile *p, const rsm_rates *r, const double *state,
                             const double *signals, double seconds, const rsm_head *head,
                             const double *value)
{
    if (p == NULL || r == NULL || state == NULL || signals == NULL) return RSM_NULL;
    if (!p->checked) return RSM_UNCHECKED;
    if (head != NULL && (!head->checked || head->n != p->n)) return RSM_UNCHECKED;
    if (head != NULL && value == NULL) return RSM_NULL;
    if (!isfinite(seconds)) return RSM_NOT_FINITE;
    if (!within(seconds, 0.0, MAX_DT)) return RSM_RANGE;
    return check_rates(p, r);
}

/* What is wrong with one refused column: a NaN or infinity, or a number out of range. */
static rsm_status why(const batch *b)
{
    const rsm_profile *p = b->p;
    const size_t rows = state_rows(p);
    for (size_t i = 0; i < rows; i++)
        if (!isfinite(b->x[i * b->stride])) return RSM_NOT_FINITE;
    for (size_t j = 0; j < p->s; j++)
        if (isinf(b->signals[j * b->stride])) return RSM_NOT_FINITE;
    for (size_t i = 0; b->push != NULL && i < p->n; i++)
        if (!isfinite(b->push[i * b->stride])) return RSM_NOT_FINITE;
    return RSM_RANGE;
}

rsm_status rsm_tick(const rsm_profile *p, const rsm_rates *r, double *state,
                    const double *signals, const double *push, double seconds, int safe,
                    const rsm_head *head, double *value)
{
    CHECK(check_tick(p, r, state, signals, seconds, head, value));
    const size_t bytes = state_rows(p) * sizeof *state;
    if (!apart(state, bytes, signals, p->s * sizeof *state) ||
        !apart(state, bytes, push, p->n * sizeof *state) ||
        !apart(state, bytes, value, sizeof *value))
        return RSM_OVERLAP;
    const batch b = {p, r, state, signals, push, 1, seconds, safe, {NULL, NULL, 0, 0, 0}};
    int64_t bad[LANES];
    check_columns(&b, 1, bad);
    if (bad[0]) return why(&b);

    advance(&b, 1);
    if (head != NULL) values_of(head, state, 1, 1, value);
    return RSM_OK;
}

enum { MAX_ROWS = 4 * RSM_MAX_HORMONES + RSM_MAX_SIGNALS + 2 * RSM_MAX_KNOBS + T_SIZE };

/* Rows of w <= LANES columns, `stride` apart, into rows of exactly LANES; the rest is `fill`. */
RSM_INLINE void gather(double *block, const double *rows, size_t n, size_t stride, size_t w,
                       double fill)
{
    for (size_t i = 0; i < n; i++) {
        double *to = block + i * LANES;
        if (w == LANES) {
            for (size_t e = 0; e < LANES; e++) to[e] = rows[i * stride + e];
        } else {
            for (size_t e = 0; e < LANES; e++) to[e] = e < w ? rows[i * stride + e] : fill;
        }
    }
}

/* Work on a block of neighbouring sessions in a local copy: in the large arrays their rows lie far
 * apart and may share cache sets.  A refused session computes on zeros and is not written back. */
RSM_WIDE static void tick_block(const batch *b, size_t w, unsigned char *refused,
                                const rsm_head *head, double *values)
{
    const rsm_profile *p = b->p;
    const size_t rows = state_rows(p);
    double state[MAX_ROWS * LANES], signals[RSM_MAX_SIGNALS * LANES];
    double push[RSM_MAX_HORMONES * LANES], value[LANES];
    int64_t bad[LANES], any = 0;
    gather(state, b->x, rows, b->stride, w, 0.0);
    gather(signals, b->signals, p->s, b->stride, w, 0.0);
    if (b->push != NULL) gather(push, b->push, p->n, b->stride, w, 0.0);
    const batch local = {p, b->r, state, signals, b->push == NULL ? NULL : push, LANES,
                         b->seconds, b->safe, b->next};
    check_columns(&local, LANES, bad);
    for (size_t e = 0; e < LANES; e++) any |= bad[e];
    for (size_t e = 0; any && e < LANES; e++) {
        if (!bad[e]) continue;
        for (size_t i = 0; i < rows; i++) state[i * LANES + e] = 0.0;
        for (size_t j = 0; j < p->s; j++) signals[j * LANES + e] = 0.0;
        for (size_t i = 0; b->push != NULL && i < p->n; i++) push[i * LANES + e] = 0.0;
    }

    advance(&local, LANES);
    if (head != NULL) values_of(head, state, LANES, LANES, value);
    if (any || w < LANES) {
        for (size_t e = 0; e < w; e++) {
            refused[e] = bad[e] != 0;
            if (bad[e]) continue;
            for (size_t i = 0; i < rows; i++) b->x[i * b->stride + e] = state[i * LANES + e];
            if (head != NULL) values[e] = value[e];
        }
        return;
    }
    for (size_t i = 0; i < rows; i++)
        for (size_t e = 0; e < LANES; e++) b->x[i * b->stride + e] = state[i * LANES + e];
    for (size_t e = 0; e < LANES; e++) refused[e] = 0;
    for (size_t e = 0; head != NULL && e < LANES; e++) values[e] = value[e];
}

rsm_status rsm_tick_many(const rsm_profile *p, const rsm_rates *r, size_t count, size_t first,
                         size_t last, double *state, const double *signals, const double *push,
                         double seconds, int safe, const rsm_head *head, double *values,
                         unsigned char *refused)
{
    CHECK(check_tick(p, r, state, signals, seconds, head, values));
    if (refused == NULL) return RSM_NULL;
    if (count == 0 || count > SIZE_MAX / sizeof *state / state_rows(p)) return RSM_SIZE;
    if (first >= last || last > count) return RSM_SIZE;
    const size_t column = count * sizeof *state, bytes = state_rows(p) * column;
    if (!apart(state, bytes, signals, p->s * column) || !apart(state, bytes, push, p->n * column) ||
        !apart(state, bytes, values, column) || !apart(state, bytes, refused, count))
        return RSM_OVERLAP;

    for (size_t at = first; at < last; at += LANES) {
        const size_t w = last - at < LANES ? last - at : LANES, block = (at - first) / LANES;
        const size_t tile = first + (block / PARTS + 1) * TILE, left = tile < last ? last - tile : 0;
        const size_t wide = left < TILE ? left : TILE, next = left > 0 ? tile : at;
        const batch b = {p, r, state + at, signals + at, push == NULL ? NULL : push + at, count,
                         seconds, safe,
                         {state + next, signals + next, count, wide, block % PARTS}};
        tick_block(&b, w, refused + at, head, values == NULL ? NULL : values + at);
    }
    return RSM_OK;
}

/* -- recall */

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
