/* equations.c -- equations (1) to (5), one at a time; see resmem.h for the contracts. */

#include <float.h>

#include "inner.h"

static rsm_status dt_within(double dt)
{
    if (!isfinite(dt)) return RSM_NOT_FINITE;
    return within(dt, 0.0, MAX_DT) ? RSM_OK : RSM_RANGE;
}

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
