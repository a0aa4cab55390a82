/* layers.h -- the arithmetic of one whole tick; tick.c alone includes it.
 *
 * Arrays are [row][w]: w neighbouring sessions, or one.  Each function is inlined for w = 1, where
 * the loops over rows become vectors, and for w = RSM_LANES, where the loops over sessions do. */

#ifndef RESMEM_LAYERS_H
#define RESMEM_LAYERS_H

#include <string.h>

#include "inner.h"

static const double GOLDEN = 0.6180339887498949;
static const double NEAR = 0.02;    /* a level this close is at its baseline */
static const double STRONG = 0.5;   /* a signal this far out counts as a confirmation */

enum { NORMAL, STRESSED, CRISIS, TIMEOUT, RECOVERY, SLEEPING, SAFE };
enum { CLOSED, OPEN, HALF_OPEN };

/* Rows of the state after the vectors; resmem_core/config/layout.py has the meanings. */
enum {
    T_MODE, T_AGE, T_ASKED, T_GRADE, T_WINDOW, T_BREAKER, T_WAIT, T_TRIPS, T_OPENED, T_PHASE,
    T_SURVIVED, T_PEAK, T_AUTHORITY, T_STRESS, T_CURIOSITY, T_FATIGUE, T_TICKS, T_SIZE
};

/* The tile after this one, so that it can be fetched meanwhile; sessions = 0: there is none. */
typedef struct {
    const double *state, *signals;
    size_t size, sessions;  /* numbers of the state; sessions from one row of signals to the next */
} upcoming;

/* Sessions under way. */
typedef struct {
    const rsm_profile *p;
    const rsm_rates *r;
    double *x;                      /* state [size][w] */
    const double *signals, *push;   /* [s][w], [n][w] or NULL */
    double seconds;
    int safe;
    upcoming next;
} batch;

enum { LINE = 8, PIECE = 10 * LINE };  /* numbers in a cache line, and fetched at once */

#if defined(__GNUC__)
#define FETCH(address) __builtin_prefetch((address), 1, 2)
#else
#define FETCH(address) ((void)(address))
#endif

/* Fetch the step-th piece of the next state.  A little per step of the arithmetic: all at once
 * would fill the queue of misses and stall. */
RSM_INLINE void fetch_ahead(const batch *b, size_t step)
{
    const upcoming *next = &b->next;
    if (next->sessions == 0) return;
    for (size_t i = step * PIECE; i < (step + 1) * PIECE && i < next->size; i += LINE)
        FETCH(next->state + i);
}

/* Fetch the j-th row of the next signals. */
RSM_INLINE void fetch_signal(const batch *b, size_t j)
{
    if (b->next.sessions == 0) return;
    for (size_t e = 0; e < RSM_LANES; e += LINE)
        FETCH(b->next.signals + j * b->next.sessions + e);
}

#define LEVEL(b) ((b)->x)
#define BASELINE(b) ((b)->x + (b)->p->n * w)
#define SMOOTHED(b) ((b)->x + 2 * (b)->p->n * w)
#define BUCKET(b) ((b)->x + 3 * (b)->p->n * w)
#define REFERENCE(b) ((b)->x + 4 * (b)->p->n * w)
#define KNOB(b) ((b)->x + (4 * (b)->p->n + (b)->p->s) * w)
#define HOLD(b) ((b)->x + (4 * (b)->p->n + (b)->p->s + (b)->p->m) * w)
#define TAIL(b, t) ((b)->x + (4 * (b)->p->n + (b)->p->s + 2 * (b)->p->m + (size_t)(t)) * w)
#define SIGNAL(b, j) ((b)->signals + (j) * w)
#define EACH for (size_t e = 0; e < w; e++)
/* For each i whose bit is set, in ascending order. */
#define EACH_OF(bits, i) \
    for (uint32_t left_ = (bits), i; left_ != 0 && (i = lowest(left_), 1); left_ &= left_ - 1)

RSM_INLINE uint32_t lowest(uint32_t bits)
{
#if defined(__GNUC__)
    return (uint32_t)__builtin_ctz(bits);
#else
    uint32_t i = 0;
    for (; !(bits & 1); bits >>= 1) i++;
    return i;
#endif
}

RSM_INLINE size_t state_rows(const rsm_profile *p)
{
    return 4 * p->n + p->s + 2 * p->m + T_SIZE;
}

/* -- what is refused */

/* The bits of a double: those of numbers from +0 up are ordered as the numbers are. */
RSM_INLINE uint64_t bits_of(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

/* The top bit of doubt is set for a number that is below +0, above hi, or NaN. */
RSM_INLINE void doubt_share(const double *x, size_t rows, size_t w, double hi, uint64_t *doubt)
{
    const uint64_t top = bits_of(hi);
    for (size_t i = 0; i < rows; i++)
        EACH doubt[e] |= (top - bits_of(x[i * w + e])) | bits_of(x[i * w + e]);
}

/* The same for a number whose size is above hi, or NaN. */
RSM_INLINE void doubt_size(const double *x, size_t rows, size_t w, double hi, uint64_t *doubt)
{
    const uint64_t top = bits_of(hi), size = ~UINT64_C(0) >> 1;
    for (size_t i = 0; i < rows; i++) EACH doubt[e] |= top - (bits_of(x[i * w + e]) & size);
}

static const double TAIL_HIGH[T_SIZE] = {6, 1e9, 1e6, 4, 1073741823, 2, 1e7, 30, 1e15, 1,
                                         1, 1, 1, 1, 1, 1, 1e15};

/* True if no number of any column can be wrong; where it is false, check_columns knows. */
RSM_INLINE int sound(const batch *b, size_t w)
{
    const rsm_profile *p = b->p;
    const double *tail = TAIL(b, 0);
    uint64_t doubt[RSM_LANES], any = 0;
    EACH doubt[e] = 0;
    doubt_share(LEVEL(b), 2 * p->n, w, 1.0, doubt);  /* and baselines */
    doubt_size(SMOOTHED(b), p->n, w, 1.0, doubt);
    doubt_share(BUCKET(b), p->n, w, 1e6, doubt);
    doubt_size(REFERENCE(b), p->s, w, 1e9, doubt);
    doubt_share(KNOB(b), p->m, w, 1.0, doubt);
    doubt_share(HOLD(b), p->m, w, FOREVER, doubt);
    for (size_t t = 0; t < T_SIZE; t++)
        EACH doubt[e] |= (bits_of(TAIL_HIGH[t]) - bits_of(tail[t * w + e])) | bits_of(tail[t * w + e]);
    for (size_t j = 0; j < p->s * w; j += w)
        EACH doubt[e] |= fabs(b->signals[j + e]) > 1e9 ? ~UINT64_C(0) : 0;
    if (b->push != NULL) doubt_size(b->push, p->n, w, 1e6, doubt);
    EACH any |= doubt[e];
    return !(any >> 63);
}

/* Lanes with a number outside [lo, hi], or NaN, in any of these rows are marked in bad. */
static void mark(const double *x, size_t rows, size_t w, double lo, double hi, int64_t *bad)
{
    for (size_t i = 0; i < rows; i++) EACH bad[e] |= !within(x[i * w + e], lo, hi);
}

/* Which columns are refused. */
static void check_columns(const batch *b, size_t w, int64_t *bad)
{
    const rsm_profile *p = b->p;
    EACH bad[e] = 0;
    mark(LEVEL(b), 2 * p->n, w, 0.0, 1.0, bad);  /* and baselines */
    mark(SMOOTHED(b), p->n, w, -1.0, 1.0, bad);
    mark(BUCKET(b), p->n, w, 0.0, 1e6, bad);
    mark(REFERENCE(b), p->s, w, -1e9, 1e9, bad);
    mark(KNOB(b), p->m, w, 0.0, 1.0, bad);
    mark(HOLD(b), p->m, w, 0.0, FOREVER, bad);
    for (size_t t = 0; t < T_SIZE; t++) mark(TAIL(b, t), 1, w, 0.0, TAIL_HIGH[t], bad);
    for (size_t j = 0; j < p->s * w; j += w)  /* NaN passes: it means missing */
        EACH bad[e] |= fabs(b->signals[j + e]) > 1e9;
    if (b->push != NULL) mark(b->push, p->n, w, -1e6, 1e6, bad);
}

/* -- equations (0) to (3) */

/* Equation (0): how far each signal is above or below its running baseline.
 * size [s][w] in [0, 1];  above [s][w]: 1 or 0;  strong: how many are far above. */
RSM_INLINE void normalise(const batch *b, size_t w, double *restrict v, int64_t *restrict strong)
{
    const rsm_profile *p = b->p;
    const double *restrict scales = p->scale, *restrict per_scales = p->per_scale;
    const double *restrict learns = b->r->learn, *restrict signal = b->signals;
    double *restrict reference = REFERENCE(b);
    EACH strong[e] = 0;
    for (size_t j = 0; j < p->s; j++) {
        const double scale = scales[j], per_scale = per_scales[j], learn = learns[j];
        fetch_signal(b, j);
        fetch_ahead(b, j);
        EACH {
            const size_t at = j * w + e;
            const double gap = signal[at] == signal[at] ? signal[at] - reference[at] : 0.0;
            v[at] = clip(gap * per_scale, -1.0, 1.0);
            reference[at] += learn * clip(gap, -scale, scale);
            strong[e] += v[at] >= STRONG;
        }
    }
}

/* True if every number is 0. */
RSM_INLINE int none(size_t w, const double *x)
{
    for (size_t e = 0; e < w; e++)
        if (x[e] != 0.0) return 0;  /* leaves at once where a signal moves anything */
    return 1;
}

/* z += the push of every signal: up times what is above its baseline, down times what is below. */
RSM_INLINE void drive(const rsm_profile *p, size_t w, double *restrict z, const double *v)
{
    for (size_t j = 0; j < p->s; j++) {
        const double *restrict ups = p->up + j * p->n, *restrict downs = p->down + j * p->n;
        double size[RSM_LANES];
        if (none(w, v + j * w)) continue;  /* missing, or at its baseline */
        EACH size[e] = fabs(v[j * w + e]);
        if (w == 1) {
            const double *restrict to = v[j] >= 0 ? ups : downs;
            for (size_t i = 0; i < p->n; i++) z[i] += to[i] * size[0];
            continue;
        }
        EACH_OF(p->moves[j], i) {  /* most signals reach few hormones */
            const double up = ups[i], down = downs[i];
            EACH z[i * w + e] += (v[j * w + e] >= 0 ? up : down) * size[e];
        }
    }
}

/* A column of a matrix with n rows, in one piece: where the constants of a sum over rows are, and
 * it has at least one, a loop over sessions becomes one over vectors with the sum in a register. */
RSM_INLINE void column(double *restrict to, const double *restrict from, size_t n, size_t stride)
{
    for (size_t j = 0; j < n; j++) to[j] = from[j * stride];
}

/* Equation (1) for all hormones: levels, and their excess over their baselines [n][w]. */
RSM_INLINE void relax(const batch *b, size_t w, double *restrict excess)
{
    const double *restrict keep = b->r->keep, *restrict baseline = BASELINE(b);
    double *restrict level = LEVEL(b);
    for (size_t i = 0; i < b->p->n; i++) {
        const double kept = keep[i];
        EACH {
            const size_t at = i * w + e;
            level[at] = baseline[at] + kept * (level[at] - baseline[at]);  /* in [0, 1] */
            excess[at] = level[at] - baseline[at];
        }
    }
}

/* Equations (2) and (3) of one session: z += lateral excess, squashed and taken in. */
RSM_INLINE void absorb_one(const batch *b, double *restrict z, const double *restrict excess)
{
    const rsm_profile *p = b->p;
    const size_t n = p->n, w = 1;
    const double *restrict bound = p->i_max, *restrict per_bound = p->per_i_max;
    const double *restrict smooth = b->r->smooth, *restrict refill = b->r->refill;
    const double *restrict sigma = p->sigma;
    double *restrict level = LEVEL(b), *restrict smoothed = SMOOTHED(b), *restrict bucket = BUCKET(b);
    for (size_t j = 0; j < n; j++) {
        const double *restrict to = p->lateral + j * n;
        for (size_t i = 0; i < n; i++) z[i] += to[i] * excess[j];
    }
    for (size_t i = 0; i < n; i++)
        take_in(&level[i], &smoothed[i], &bucket[i], squash(z[i], bound[i], per_bound[i]),
                smooth[i], refill[i], sigma[i]);
}

/* The same for hormone i of many sessions. */
RSM_INLINE void absorb_row(const batch *b, size_t w, size_t i, const double *restrict z,
                           const double *restrict excess)
{
    const rsm_profile *p = b->p;
    const size_t n = p->n;
    const double bound = p->i_max[i], per_bound = p->per_i_max[i], sigma = p->sigma[i];
    const double smooth = b->r->smooth[i], refill = b->r->refill[i];
    double *restrict level = LEVEL(b) + i * w, *restrict smoothed = SMOOTHED(b) + i * w;
    double *restrict bucket = BUCKET(b) + i * w, to[RSM_MAX_HORMONES], pushed[RSM_LANES];
    column(to, p->lateral + i, n, n);
    EACH {
        double sum = z[e];
        size_t j = 0;
        do sum += to[j] * excess[j * w + e];
        while (++j < n);
        pushed[e] = sum;
    }
    EACH take_in(&level[e], &smoothed[e], &bucket[e], squash(pushed[e], bound, per_bound), smooth,
                 refill, sigma);
}

/* Equations (0) to (3). */
RSM_INLINE void hormones(const batch *b, size_t w, int64_t *strong)
{
    const size_t n = b->p->n;
    const double *restrict bias = b->p->bias;
    double v[RSM_MAX_SIGNALS * RSM_LANES], z[RSM_MAX_HORMONES * RSM_LANES];
    double excess[RSM_MAX_HORMONES * RSM_LANES];
    normalise(b, w, v, strong);
    if (b->push == NULL) {
        for (size_t i = 0; i < n; i++) EACH z[i * w + e] = bias[i];
    } else {
        for (size_t i = 0; i < n; i++) EACH z[i * w + e] = bias[i] + b->push[i * w + e];
    }
    drive(b->p, w, z, v);
    relax(b, w, excess);
    if (w == 1) {
        absorb_one(b, z, excess);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        fetch_ahead(b, b->p->s + i);
        absorb_row(b, w, i, z + i * w, excess);
    }
}

/* -- projections and relief */

/* Noisy-or of the positive activations y: 1 - prod (1 - weight y), in [0, 1]. */
RSM_INLINE void combine(size_t w, const double *weights, uint32_t in, const double *y,
                        double *restrict out)
{
    double calm[RSM_LANES];
    EACH calm[e] = 1.0;
    EACH_OF(in, i) {
        const double weight = weights[i];
        EACH calm[e] *= 1.0 - weight * most(y[i * w + e], 0.0);
    }
    EACH out[e] = 1.0 - calm[e];
}

/* The activations of the hormones with a weight, and their noisy-or. */
RSM_INLINE void project(const batch *b, size_t w, const double *weights, uint32_t in,
                        double *restrict out)
{
    const double *level = LEVEL(b), *baseline = BASELINE(b);
    double y[RSM_MAX_HORMONES * RSM_LANES];
    EACH_OF(in, i) EACH y[i * w + e] = activation(level[i * w + e], baseline[i * w + e]);
    combine(w, weights, in, y, out);
}

/* Take a share of the stress hormones' excess over baseline away. */
RSM_INLINE void relieve(const batch *b, size_t w, const double *restrict share)
{
    EACH_OF(b->p->in_stress, i) {
        const double weight = b->p->stress[i];
        double *restrict level = LEVEL(b) + i * w;
        const double *restrict baseline = BASELINE(b) + i * w;
        EACH {
            const double excess = level[e] - baseline[e];
            const double eased = baseline[e] + excess * (1.0 - weight * share[e]);
            level[e] = excess > 0 ? eased : level[e];
        }
    }
}

/* -- layer 1: immediate coping */

/* How many of the low 30 bits are set. */
RSM_INLINE int32_t ones(int32_t bits)
{
    bits -= bits >> 1 & 0x55555555;
    bits = (bits & 0x33333333) + (bits >> 2 & 0x33333333);
    bits = (bits + (bits >> 4)) & 0x0f0f0f0f;
    bits += bits >> 8;
    return (bits + (bits >> 16)) & 0x3f;
}

/* The breaker of each session: selections only, for vectors. */
RSM_INLINE void breaker(const batch *b, size_t w)
{
    const rsm_profile *p = b->p;
    const double *restrict error = SIGNAL(b, p->provider_error);
    const double *restrict success = SIGNAL(b, p->success), *restrict phase = TAIL(b, T_PHASE);
    double *restrict state = TAIL(b, T_BREAKER), *restrict wait = TAIL(b, T_WAIT);
    double *restrict trips = TAIL(b, T_TRIPS), *restrict window = TAIL(b, T_WINDOW);
    double *restrict opened = TAIL(b, T_OPENED);
    double called[RSM_LANES], failed[RSM_LANES], last[RSM_LANES];
    int32_t count[RSM_LANES], doubled[RSM_LANES];
    const double full = (double)(INT32_C(1) << p->window), per_full = 1.0 / full;
    EACH {
        const double rescued = success[e] >= 0.5 ? 1.0 : 0.0;  /* 0 when missing */
        const double bad = error[e] >= 0.5 ? 1.0 : 0.0;
        called[e] = error[e] == error[e] ? 1.0 : 0.0;
        failed[e] = bad * (1.0 - rescued);
        const double calls = floor(window[e]), shifted = 2.0 * calls + failed[e];
        const double recent = shifted - full * floor(shifted * per_full);  /* forgets the oldest */
        const double closed = state[e] == CLOSED ? called[e] : 0.0;
        last[e] = closed > 0 ? recent : calls;  /* whole, below 2^30 */
    }
    EACH {
        count[e] = ones((int32_t)last[e]);
        doubled[e] = INT32_C(1) << (int32_t)least(trips[e], 29.0);
    }
    const double enough = p->failures, first = p->open_seconds, longest = p->max_seconds;
    const double jitter = p->jitter, seconds = b->seconds;
    EACH {
        const double was = state[e], closed = was == CLOSED ? 1.0 : 0.0;
        const double half = was == HALF_OPEN ? 1.0 : 0.0, much = count[e] >= enough ? closed : half;
        const double trip = failed[e] * much, heal = half * (called[e] - failed[e]);
        const double left = was == OPEN ? most(wait[e] - seconds, 0.0) : wait[e];
        const double now = was == OPEN && left <= 0 ? HALF_OPEN : was;
        const double turn = phase[e] + (opened[e] + 1.0) * GOLDEN, spread = turn - floor(turn);
        const double length = least(first * (double)doubled[e], longest);
        wait[e] = trip > 0 ? length * (1.0 + jitter * (spread - 0.5)) : left;
        state[e] = trip > 0 ? OPEN : heal > 0 ? CLOSED : now;
        trips[e] = trip > 0 ? least(trips[e] + 1.0, 30.0) : heal > 0 ? 0.0 : trips[e];
        window[e] = trip + heal > 0 ? 0.0 : last[e];
        opened[e] += trip;
    }
}

/* Grades with hysteresis, relief by grade. */
RSM_INLINE void coping(const batch *b, size_t w, const double *stress)
{
    const rsm_profile *p = b->p;
    double share[RSM_LANES], *restrict grade = TAIL(b, T_GRADE);
    const double *open = TAIL(b, T_BREAKER);
    breaker(b, w);
    double enter[RSM_LANES], leave[RSM_LANES];
    EACH enter[e] = leave[e] = 0.0;
    for (int i = 0; i < 4; i++) {
        const double from = p->grades[i], until = from - p->hysteresis;
        EACH enter[e] += stress[e] >= from ? 1.0 : 0.0;
        EACH leave[e] += stress[e] >= until ? 1.0 : 0.0;
    }
    const double least_relief = p->relief[0];
    EACH {
        const double held = least(most(grade[e], enter[e]), leave[e]);
        grade[e] = open[e] == OPEN ? most(held, 3.0) : held;  /* one of 0 to 4 */
        share[e] = least_relief;
    }
    for (int i = 1; i <= 4; i++) {
        const double relief = p->relief[i], from = (double)i;
        EACH share[e] = grade[e] >= from ? relief : share[e];
    }
    relieve(b, w, share);
}

/* -- layer 2: medication */

/* Constant relief, more of it in crisis and timeout. */
RSM_INLINE void medication(const batch *b, size_t w)
{
    const rsm_profile *p = b->p;
    const double *mode = TAIL(b, T_MODE), hard = least(p->constant + p->crisis_relief, 1.0);
    double share[RSM_LANES];
    const double always = p->constant;
    EACH share[e] = (mode[e] == CRISIS) | (mode[e] == TIMEOUT) ? hard : always;
    relieve(b, w, share);
}

/* -- layer 3: baseline adaptation */

/* The baseline follows a low quantile of the level, within [rest, rest + span]. */
RSM_INLINE void adaptation(const batch *b, size_t w)
{
    const rsm_profile *p = b->p;
    const double rise = b->r->rise, fall = -b->r->fall, span = p->span;
    const double *restrict rests = p->rest, *restrict caps = p->cap, *restrict level = LEVEL(b);
    double *restrict baseline = BASELINE(b);
    for (size_t i = 0; i < p->n; i++) {
        const double rest = rests[i], roof = least(rest + span, caps[i]);
        EACH {
            const size_t at = i * w + e;
            const double step = level[at] > baseline[at] + NEAR ? rise : fall;
            baseline[at] = least(most(baseline[at] + step, rest), roof);
        }
    }
}

/* -- layer 4: rest and recovery */

/* What `wanted` compares with, in registers. */
typedef struct {
    double stressed, calm, crisis, over, resume, sleep, wake, patience, ramped;
} thresholds;

RSM_INLINE thresholds thresholds_of(const rsm_profile *p)
{
    const thresholds t = {p->stressed, p->stressed - p->hysteresis, p->crisis,
                          p->crisis - p->hysteresis, p->resume, p->sleep, p->wake, p->patience,
                          3 * p->ramp};
    return t;
}

/* The mode that stress, fatigue and the breaker ask for; selections only, for vectors. */
RSM_INLINE double wanted(thresholds t, double mode, double age, double stress, double fatigue,
                         int broken)
{
    const int crisis = stress >= t.crisis, stressed = stress >= t.stressed;
    const double normal = stressed ? STRESSED : fatigue >= t.sleep ? SLEEPING : NORMAL;
    const double eased = stress < t.calm ? NORMAL : STRESSED;
    const double awake = stressed ? STRESSED : fatigue <= t.wake ? NORMAL : SLEEPING;
    const double ramped = age >= t.ramped ? NORMAL : RECOVERY;
    const double rested = (stress <= t.resume) & !broken ? RECOVERY : TIMEOUT;
    const double hard = broken | (age >= t.patience) ? TIMEOUT : CRISIS;
    double want = mode;
    want = mode == NORMAL ? (crisis ? CRISIS : normal) : want;
    want = mode == STRESSED ? (crisis ? CRISIS : eased) : want;
    want = mode == CRISIS ? (stress < t.over ? RECOVERY : hard) : want;
    want = mode == TIMEOUT ? rested : want;
    want = mode == RECOVERY ? (crisis ? CRISIS : ramped) : want;
    return mode == SLEEPING ? awake : want;
}

/* Modes with hysteresis, confirmation and dwell. */
RSM_INLINE void resting(const batch *b, size_t w, const double *stress, const int64_t *strong)
{
    const rsm_profile *p = b->p;
    double fatigue[RSM_LANES], *restrict modes = TAIL(b, T_MODE), *restrict ages = TAIL(b, T_AGE);
    double *restrict askeds = TAIL(b, T_ASKED);
    const double *restrict open = TAIL(b, T_BREAKER);
    const thresholds limits = thresholds_of(p);
    const double confirm = p->confirm, dwell = p->mode_dwell;
    project(b, w, p->fatigue, p->in_fatigue, fatigue);
    EACH {
        const double mode = modes[e], age = ages[e] + 1.0;
        const double want = wanted(limits, mode, age, stress[e], fatigue[e], open[e] == OPEN);
        const double grim = want == CRISIS ? 1.0 : want == STRESSED && mode != CRISIS ? 1.0 : 0.0;
        const double worse = want != mode ? grim : 0.0;
        const double asked = worse * (askeds[e] + 1.0);
        const double confirmed = asked >= confirm ? 1.0 : strong[e] >= 2 ? 1.0 : 0.0;
        const double due = age >= dwell ? least(1.0 - worse + confirmed, 1.0) : 0.0;
        const double next = mode != SAFE ? mode + due * (want - mode) : mode;
        askeds[e] = next != mode ? 0.0 : least(asked, 1e6);
        ages[e] = next != mode ? 0.0 : least(age, FOREVER);
        modes[e] = next;
    }
}

/* -- layer 5: time perspective */

/* Worse was survived. */
RSM_INLINE void perspective(const batch *b, size_t w, const double *stress)
{
    const rsm_profile *p = b->p;
    double share[RSM_LANES];
    double *restrict peaks = TAIL(b, T_PEAK), *restrict survived = TAIL(b, T_SURVIVED);
    const double *restrict mode = TAIL(b, T_MODE);
    const double forget = p->forget, relief = p->perspective;
    EACH {
        const int hard = (mode[e] == CRISIS) | (mode[e] == TIMEOUT), through = mode[e] == NORMAL;
        const double peak = hard ? most(peaks[e], stress[e]) : peaks[e];
        const double worst = through ? most(survived[e], peak) : survived[e];
        survived[e] = worst - forget * worst;
        peaks[e] = through ? 0.0 : peak;
        share[e] = relief * most(survived[e] - stress[e], 0.0);
    }
    relieve(b, w, share);
}

/* The kill switch: in at once, out by way of recovery. */
RSM_INLINE void safe_mode(const batch *b, size_t w)
{
    double *restrict mode = TAIL(b, T_MODE), *restrict age = TAIL(b, T_AGE);
    EACH {
        const double now = b->safe ? SAFE : mode[e] == SAFE ? RECOVERY : mode[e];
        age[e] = now != mode[e] ? 0.0 : age[e];
        mode[e] = now;
    }
}

/* -- equations (4) and (5) */

/* power() of w numbers; the choice is outside the loop, so that the loop has no branch. */
RSM_INLINE void powers(size_t w, const double *x, double exponent, double *restrict out)
{
    if (exponent >= 4) EACH out[e] = (x[e] * x[e]) * (x[e] * x[e]);
    else if (exponent >= 3) EACH out[e] = (x[e] * x[e]) * x[e];
    else if (exponent >= 2) EACH out[e] = x[e] * x[e];
    else EACH out[e] = x[e];
}

/* From activations y [n][w]: how far each hormone reaches, and its weight, before the knobs. */
RSM_INLINE void grasp(const rsm_profile *p, size_t w, const double *y, double *restrict reach,
                      double *restrict weight)
{
    for (size_t j = 0; j < p->n; j++) {
        const double dead = p->dead[j], per_live = p->per_live[j];
        double size[RSM_LANES], strength[RSM_LANES];
        EACH size[e] = alive(fabs(y[j * w + e]), dead, per_live);
        powers(w, size, p->p[j], strength);
        powers(w, size, p->q, &weight[j * w]);
        EACH reach[j * w + e] = y[j * w + e] < 0 ? -strength[e] : strength[e];
    }
}

/* Equation (5) of knob k from the sums of equation (4), with what modes and breaker allow. */
typedef struct {
    double base, cautious, safe, rate, dwell, ceiling, stop;
} handle;

RSM_INLINE handle handle_of(const batch *b, size_t k)
{
    const rsm_profile *p = b->p;
    const handle h = {p->base[k], p->cautious[k], p->rate_safe[k], p->rate_free[k], p->dwell[k],
                      b->safe ? p->safe_ceiling[k] : 1.0,
                      k == p->retries ? OPEN : -1.0};  /* the breaker's state that forbids it */
    return h;
}

RSM_INLINE void turn(handle h, double *knob, double *hold, double top, double bottom,
                     double authority, double mode, double open, double pace)
{
    const double want = clip(h.base + top / bottom, 0.0, 1.0);
    const double allowed = h.base + authority * (want - h.base);
    const double back = (allowed - *knob) * h.cautious;
    const double away = mode == TIMEOUT ? back : 0.0;
    const double may = away < 0 ? *knob : allowed;
    const double target = open == h.stop ? 0.0 : may;
    limit_one(knob, hold, target, h.cautious, h.safe, h.rate * pace, h.dwell);
    *knob = least(*knob, h.ceiling);
}

/* Equations (4) and (5) of one session. */
RSM_INLINE void turn_one(const batch *b, const double *restrict reach,
                         const double *restrict weight, double pace)
{
    const rsm_profile *p = b->p;
    const size_t n = p->n, m = p->m, w = 1;
    const double mode = *TAIL(b, T_MODE), open = *TAIL(b, T_BREAKER);
    const double authority = *TAIL(b, T_AUTHORITY);
    double top[RSM_MAX_KNOBS], bottom[RSM_MAX_KNOBS];
    double *restrict knob = KNOB(b), *restrict hold = HOLD(b);
    for (size_t k = 0; k < m; k++) top[k] = bottom[k] = 0.0;
    for (size_t j = 0; j < n; j++) {
        const double *restrict delta = p->delta + j * m, *restrict g = p->g + j * m;
        for (size_t k = 0; k < m; k++) {
            const double share = p->w0[j] + g[k] * weight[j];  /* > 0 */
            top[k] += share * delta[k] * reach[j];
            bottom[k] += share;
        }
    }
    for (size_t k = 0; k < m; k++)
        turn(handle_of(b, k), &knob[k], &hold[k], top[k], bottom[k], authority, mode, open, pace);
}

/* The same for knob k of many sessions. */
RSM_INLINE void turn_row(const batch *b, size_t w, size_t k, const double *restrict reach,
                         const double *restrict weight, const double *restrict pace)
{
    const rsm_profile *p = b->p;
    const size_t n = p->n;
    const double *restrict mode = TAIL(b, T_MODE), *restrict open = TAIL(b, T_BREAKER);
    const double *restrict authority = TAIL(b, T_AUTHORITY);
    const handle h = handle_of(b, k);
    double *restrict knob = KNOB(b) + k * w, *restrict hold = HOLD(b) + k * w;
    double w0[RSM_MAX_HORMONES], g[RSM_MAX_HORMONES], delta[RSM_MAX_HORMONES];
    double above[RSM_LANES], below[RSM_LANES];
    column(w0, p->w0, n, 1);
    column(g, p->g + k, n, p->m);
    column(delta, p->delta + k, n, p->m);
    EACH {
        double top = 0.0, bottom = 0.0;
        size_t j = 0;
        do {
            const double share = w0[j] + g[j] * weight[j * w + e];  /* > 0 */
            top += share * delta[j] * reach[j * w + e];
            bottom += share;
        } while (++j < n);
        above[e] = top;
        below[e] = bottom;
    }
    EACH turn(h, &knob[e], &hold[e], above[e], below[e], authority[e], mode[e], open[e], pace[e]);
}

/* Equations (4) and (5), with what the modes and the breaker allow; y: activations. */
RSM_INLINE void knobs(const batch *b, size_t w, const double *y)
{
    const double *restrict mode = TAIL(b, T_MODE), *restrict age = TAIL(b, T_AGE);
    const double ramp = b->p->ramp;
    double reach[RSM_MAX_HORMONES * RSM_LANES], weight[RSM_MAX_HORMONES * RSM_LANES];
    double pace[RSM_LANES];
    grasp(b->p, w, y, reach, weight);
    EACH {  /* a third of the way back, then two, then all of it */
        const double stage = age[e] >= 2 * ramp ? 1.0 : age[e] >= ramp ? 2.0 / 3 : 1.0 / 3;
        pace[e] = mode[e] == RECOVERY ? stage : 1.0;
    }
    if (w == 1) {
        turn_one(b, reach, weight, pace[0]);
        return;
    }
    for (size_t k = 0; k < b->p->m; k++) turn_row(b, w, k, reach, weight, pace);
}

/* -- the whole tick of w sessions that check_columns found good */

RSM_INLINE void advance(const batch *b, size_t w)
{
    const rsm_profile *p = b->p;
    int64_t strong[RSM_LANES];
    double stress[RSM_LANES], y[RSM_MAX_HORMONES * RSM_LANES];
    hormones(b, w, strong);
    project(b, w, p->stress, p->in_stress, stress);  /* what the intake left: all layers see this */
    if (p->layers & RSM_COPING) coping(b, w, stress);
    if (p->layers & RSM_MEDICATION) medication(b, w);
    if (p->layers & RSM_ADAPTATION) adaptation(b, w);
    if (p->layers & RSM_REST) resting(b, w, stress, strong);
    if (p->layers & RSM_PERSPECTIVE) perspective(b, w, stress);
    safe_mode(b, w);
    double *restrict level = LEVEL(b), *restrict ticks = TAIL(b, T_TICKS);
    const double *restrict baseline = BASELINE(b), *restrict caps = p->cap;
    for (size_t i = 0; i < p->n; i++) {  /* the cap is the last word on levels: h <= theta */
        const double cap = caps[i];
        fetch_ahead(b, p->s + p->n + i);
        EACH {
            const size_t at = i * w + e;
            level[at] = clip(level[at], 0.0, cap);
            y[at] = activation(level[at], baseline[at]);
        }
    }
    combine(w, p->stress, p->in_stress, y, TAIL(b, T_STRESS));
    combine(w, p->curiosity, p->in_curiosity, y, TAIL(b, T_CURIOSITY));
    combine(w, p->fatigue, p->in_fatigue, y, TAIL(b, T_FATIGUE));
    knobs(b, w, y);
    EACH ticks[e] += 1.0;
}

#endif
