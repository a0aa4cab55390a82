/* profile.c -- what a tick may be given; see resmem.h for the contracts. */

#include <float.h>

#include "inner.h"

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

rsm_status rsm_rates_check(const rsm_profile *p, rsm_rates *r)
{
    if (p == NULL || r == NULL) return RSM_NULL;
    if (!p->checked) return RSM_UNCHECKED;
    CHECK(all_within(r->keep, p->n, 0.0, 1.0));
    CHECK(all_within(r->learn, p->s, 0.0, 1.0));
    CHECK(all_within(r->smooth, p->n, 0.0, 1.0));
    CHECK(all_within(r->refill, p->n, 0.0, 1e12));
    CHECK(all_within(&r->rise, 1, 0.0, 1e6));
    CHECK(all_within(&r->fall, 1, 0.0, 1e6));
    r->checked = 1;
    return RSM_OK;
}
