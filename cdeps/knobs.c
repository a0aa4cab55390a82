/* knobs.c -- hormones to knobs, equations (4) and (5) of docs/control.md. */

#include "session.h"

/* x to a whole exponent from 1 to 4. */
RSM_INLINE double power(double x, double exponent)
{
    const double square = x * x;
    return exponent >= 4 ? square * square : exponent >= 3 ? square * x : exponent >= 2 ? square : x;
}

/* Equation (4): by how much [m] the hormones want each knob moved away from its base. */
RSM_INLINE void compose(const session *s, double *restrict wish)
{
    const rsm_profile *p = s->p;
    const size_t n = p->n, m = p->m;
    double bottom[RSM_MAX_KNOBS];
    for (size_t k = 0; k < m; k++) wish[k] = bottom[k] = 0.0;
    for (size_t j = 0; j < n; j++) {
        const double *restrict delta = p->delta + j * m, *restrict g = p->g + j * m;
        const double y = activation(s->level[j], s->baseline[j]);
        const double size = most(fabs(y) - p->dead[j], 0.0) * p->per_live[j];  /* in [0, 1] */
        const double strength = power(size, p->p[j]), weight = power(size, p->q);
        const double reach = y < 0 ? -strength : strength;
        for (size_t k = 0; k < m; k++) {
            const double share = p->w0[j] + g[k] * weight;  /* > 0 */
            wish[k] += share * delta[k] * reach;
            bottom[k] += share;
        }
    }
    for (size_t k = 0; k < m; k++) wish[k] /= bottom[k];
}

/* Equation (5): toward the safe side by rate_safe, back by `free_rate` after the dwell. */
RSM_INLINE void limit(session *s, size_t k, double target, double free_rate)
{
    const rsm_profile *p = s->p;
    const double knob = s->knob[k], cautious = p->cautious[k];
    const double back = s->hold[k] + 1.0 >= p->dwell[k] ? free_rate : 0.0;
    const double up = cautious > 0 ? p->rate_safe[k] : back;
    const double down = cautious > 0 ? back : p->rate_safe[k];
    const double moved = clip(knob + least(most(target - knob, -down), up), 0.0, 1.0);
    s->hold[k] = (moved - knob) * cautious > 0 ? 0.0 : least(s->hold[k] + 1.0, FOREVER);
    s->knob[k] = moved;
}

/* The share of rate_free that recovery allows: a third of the way back, then two, then all. */
RSM_INLINE double pace(const session *s)
{
    const double age = s->tail[T_AGE], ramp = s->p->ramp;
    if (s->tail[T_MODE] != RECOVERY) return 1.0;
    return age >= 2 * ramp ? 1.0 : age >= ramp ? 2.0 / 3 : 1.0 / 3;
}

RSM_WIDE void rsm_knobs(session *s)
{
    const rsm_profile *p = s->p;
    const double *tail = s->tail, authority = tail[T_AUTHORITY], share = pace(s);
    double wish[RSM_MAX_KNOBS];
    compose(s, wish);
    for (size_t k = 0; k < p->m; k++) {
        const double want = clip(p->base[k] + wish[k], 0.0, 1.0);
        double target = p->base[k] + authority * (want - p->base[k]);
        if (tail[T_MODE] == TIMEOUT && (target - s->knob[k]) * p->cautious[k] < 0)
            target = s->knob[k];  /* knobs only tighten */
        if (tail[T_BREAKER] == OPEN && k == p->retries) target = 0.0;
        limit(s, k, target, p->rate_free[k] * share);
        if (s->safe) s->knob[k] = least(s->knob[k], p->safe_ceiling[k]);
    }
}
