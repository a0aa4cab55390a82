/* hormones.c -- signals to hormones, equations (0) to (3) of docs/control.md. */

#include "session.h"

static const double STRONG = 0.5;  /* a signal this far out counts as a confirmation */

/* Equation (0): v [s] in [-1, 1], how far each signal is from its running baseline. */
RSM_INLINE void normalise(session *s, double *restrict v)
{
    const rsm_profile *p = s->p;
    double *restrict reference = s->reference;
    s->strong = 0;
    for (size_t j = 0; j < p->s; j++) {
        const double signal = s->signals[j], scale = p->scale[j];
        const double gap = signal == signal ? signal - reference[j] : 0.0;  /* NaN: missing */
        v[j] = clip(gap * p->per_scale[j], -1.0, 1.0);
        reference[j] += s->r->learn[j] * clip(gap, -scale, scale);
        s->strong += v[j] >= STRONG;
    }
}

/* z [n] += what the signals push: up times what is above its baseline, down times what is below. */
RSM_INLINE void drive(const rsm_profile *p, const double *restrict v, double *restrict z)
{
    for (size_t j = 0; j < p->s; j++) {
        if (v[j] == 0.0) continue;
        const double *restrict to = (v[j] > 0 ? p->up : p->down) + j * p->n;
        const double size = fabs(v[j]);
        for (size_t i = 0; i < p->n; i++) z[i] += to[i] * size;
    }
}

/* Equation (1), and the excess [n] over the baselines that it leaves. */
RSM_INLINE void relax(session *s, double *restrict excess)
{
    const double *restrict keep = s->r->keep, *restrict baseline = s->baseline;
    double *restrict level = s->level;
    for (size_t i = 0; i < s->p->n; i++) {
        level[i] = baseline[i] + keep[i] * (level[i] - baseline[i]);  /* in [0, 1] */
        excess[i] = level[i] - baseline[i];
    }
}

/* Equations (2) and (3): smooth the impulse, ration it by the bucket, take it in softly. */
RSM_INLINE void take_in(session *s, size_t i, double impulse)
{
    const double x = s->level[i], keep = s->r->smooth[i];
    const double u = keep * s->smoothed[i] + (1.0 - keep) * impulse;  /* between the two */
    const double held = least(s->p->sigma[i], s->bucket[i] + s->r->refill[i]);
    const double push = least(u, held);
    const double next = push >= 0 ? x + push * (1.0 - x) : x * (1.0 + push);
    s->smoothed[i] = u;
    s->bucket[i] = held - most(push, 0.0);  /* in [0, sigma] */
    s->level[i] = clip(next, 0.0, 1.0);     /* in [0, 1]; clip takes rounding only */
}

/* Odd, slope 1 at 0, within [-bound, bound]. */
RSM_INLINE double squash(double z, double bound, double per_bound)
{
    const double ratio = z * per_bound;
    return clip(z / sqrt(1.0 + ratio * ratio), -bound, bound);
}

RSM_WIDE void rsm_hormones(session *s)
{
    const rsm_profile *p = s->p;
    const size_t n = p->n;
    double v[RSM_MAX_SIGNALS], z[RSM_MAX_HORMONES], excess[RSM_MAX_HORMONES];
    normalise(s, v);
    for (size_t i = 0; i < n; i++) z[i] = s->push == NULL ? p->bias[i] : p->bias[i] + s->push[i];
    drive(p, v, z);
    relax(s, excess);
    for (size_t j = 0; j < n; j++) {
        const double *restrict to = p->lateral + j * n;
        for (size_t i = 0; i < n; i++) z[i] += to[i] * excess[j];
    }
    for (size_t i = 0; i < n; i++) take_in(s, i, squash(z[i], p->i_max[i], p->per_i_max[i]));
}

double rsm_project(size_t n, const double *weights, const double *level, const double *baseline)
{
    double calm = 1.0;
    for (size_t i = 0; i < n; i++)
        if (weights[i] > 0) calm *= 1.0 - weights[i] * most(activation(level[i], baseline[i]), 0.0);
    return 1.0 - calm;
}
