/* tick.c -- the whole tick, and the margins of its bounds; see resmem.h for the contracts. */

#include "session.h"

static const double TAIL_HIGH[T_SIZE] = {6, 1e9, 1e6, 4, 1073741823, 2, 1e7, 30, 1e15, 1,
                                         1, 1, 1, 1, 1, 1, 1e15};

static session session_of(const rsm_profile *p, const rsm_rates *r, double *state,
                          const double *signals, const double *push, double seconds, int safe)
{
    const session s = {
        .p = p, .r = r, .level = state, .baseline = state + p->n, .smoothed = state + 2 * p->n,
        .bucket = state + 3 * p->n, .reference = state + 4 * p->n,
        .knob = state + 4 * p->n + p->s, .hold = state + 4 * p->n + p->s + p->m,
        .tail = state + 4 * p->n + p->s + 2 * p->m, .signals = signals, .push = push,
        .seconds = seconds, .safe = safe,
    };
    return s;
}

/* -- what is refused */

static rsm_status check_call(const rsm_profile *p, const rsm_rates *r, const double *state,
                             const double *signals, double seconds)
{
    if (p == NULL || r == NULL || state == NULL || signals == NULL) return RSM_NULL;
    if (!p->checked || !r->checked) return RSM_UNCHECKED;
    if (!isfinite(seconds)) return RSM_NOT_FINITE;
    return within(seconds, 0.0, MAX_DT) ? RSM_OK : RSM_RANGE;
}

/* True if a number is outside [lo, hi], or NaN; without a branch, for vectors. */
RSM_INLINE int outside(const double *x, size_t n, double lo, double hi)
{
    int bad = 0;
    for (size_t i = 0; i < n; i++) bad |= !((x[i] >= lo) & (x[i] <= hi));
    return bad;
}

RSM_WIDE static int usable(const session *s)
{
    const rsm_profile *p = s->p;
    int bad = outside(s->level, 2 * p->n, 0.0, 1.0);  /* and baselines */
    bad |= outside(s->smoothed, p->n, -1.0, 1.0);
    bad |= outside(s->bucket, p->n, 0.0, 1e6);
    bad |= outside(s->reference, p->s, -1e9, 1e9);
    bad |= outside(s->knob, p->m, 0.0, 1.0);
    bad |= outside(s->hold, p->m, 0.0, FOREVER);
    for (size_t t = 0; t < T_SIZE; t++) bad |= outside(s->tail + t, 1, 0.0, TAIL_HIGH[t]);
    for (size_t j = 0; j < p->s; j++) bad |= fabs(s->signals[j]) > 1e9;  /* NaN passes: missing */
    if (s->push != NULL) bad |= outside(s->push, p->n, -1e6, 1e6);
    return !bad;
}

/* -- the tick of a session that is usable */

static void advance(session *s)
{
    const rsm_profile *p = s->p;
    double *tail = s->tail;
    rsm_hormones(s);
    s->stress = rsm_project(p->n, p->stress, s->level, s->baseline);
    rsm_layers(s);
    for (size_t i = 0; i < p->n; i++)  /* the cap is the last word on levels: h <= theta */
        s->level[i] = clip(s->level[i], 0.0, p->cap[i]);
    tail[T_STRESS] = rsm_project(p->n, p->stress, s->level, s->baseline);
    tail[T_CURIOSITY] = rsm_project(p->n, p->curiosity, s->level, s->baseline);
    tail[T_FATIGUE] = rsm_project(p->n, p->fatigue, s->level, s->baseline);
    rsm_knobs(s);
    tail[T_TICKS] += 1.0;
}

rsm_status rsm_tick(const rsm_profile *p, const rsm_rates *r, double *state,
                    const double *signals, const double *push, double seconds, int safe)
{
    CHECK(check_call(p, r, state, signals, seconds));
    const size_t bytes = state_rows(p) * sizeof *state;
    if (!apart(state, bytes, signals, p->s * sizeof *signals) ||
        !apart(state, bytes, push, p->n * sizeof *push))
        return RSM_OVERLAP;
    session s = session_of(p, r, state, signals, push, seconds, safe);
    if (!usable(&s)) return RSM_RANGE;

    advance(&s);
    return RSM_OK;
}

rsm_status rsm_tick_many(const rsm_profile *p, const rsm_rates *r, size_t count, double *states,
                         const double *signals, const double *push, double seconds, int safe,
                         unsigned char *refused)
{
    CHECK(check_call(p, r, states, signals, seconds));
    if (refused == NULL) return RSM_NULL;
    const size_t size = state_rows(p), most_rows = SIZE_MAX / sizeof *states / size;
    if (count == 0 || count > most_rows) return RSM_SIZE;
    const size_t bytes = count * size * sizeof *states;
    if (!apart(states, bytes, signals, count * p->s * sizeof *signals) ||
        !apart(states, bytes, push, count * p->n * sizeof *push) ||
        !apart(states, bytes, refused, count))
        return RSM_OVERLAP;

    for (size_t i = 0; i < count; i++) {
        const double *pushed = push == NULL ? NULL : push + i * p->n;
        session s = session_of(p, r, states + i * size, signals + i * p->s, pushed, seconds, safe);
        refused[i] = !usable(&s);
        if (!refused[i]) advance(&s);
    }
    return RSM_OK;
}

/* -- the bounds of docs/stability.md, for the tick from one state to another */

/* S4: a mode is left after its dwell; to and from safe mode is a person's act. */
static double dwell_margin(const rsm_profile *p, const double *was, const double *is)
{
    const double from = was[T_MODE], to = is[T_MODE];
    if (from == to || from == SAFE || to == SAFE) return 0.0;
    return was[T_AGE] + 1.0 - p->mode_dwell;
}

/* S3: the step of every knob is within its rate. */
static double rate_margin(const rsm_profile *p, const double *was, const double *is)
{
    double margin = INFINITY;
    for (size_t k = 0; k < p->m; k++) {
        const double moved = is[k] - was[k];
        const double rate = moved * p->cautious[k] > 0 ? p->rate_safe[k] : p->rate_free[k];
        margin = least(margin, rate - fabs(moved));
    }
    return margin;
}

rsm_status rsm_margins(const rsm_profile *p, const rsm_rates *r, const double *before,
                       const double *after, int safe, double *margins)
{
    if (p == NULL || r == NULL || before == NULL || after == NULL || margins == NULL)
        return RSM_NULL;
    if (!p->checked || !r->checked) return RSM_UNCHECKED;
    const size_t n = p->n, m = p->m, knobs = 4 * n + p->s, tail = knobs + 2 * m;
    double cap = INFINITY, bucket = INFINITY, range = INFINITY, drift = 0.0;
    for (size_t i = 0; i < state_rows(p); i++)
        if (!isfinite(before[i]) || !isfinite(after[i])) return RSM_NOT_FINITE;
    for (size_t i = 0; i < n; i++) {
        const double level = after[i], baseline = before[n + i];
        const double resting = baseline + r->keep[i] * (before[i] - baseline);
        const double allowed = least(before[3 * n + i] + r->refill[i], p->sigma[i]);
        cap = least(cap, least(p->cap[i] - level, level));
        bucket = least(bucket, resting + allowed - level);
        drift = most(drift, fabs(after[n + i] - baseline));
    }
    for (size_t k = knobs; k < knobs + m; k++) range = least(range, least(1.0 - after[k], after[k]));
    margins[0] = cap;
    margins[1] = safe ? 0.0 : rate_margin(p, before + knobs, after + knobs);
    margins[2] = range;
    margins[3] = r->rise + r->fall - drift;
    margins[4] = bucket;
    margins[5] = dwell_margin(p, before + tail, after + tail);
    return RSM_OK;
}
