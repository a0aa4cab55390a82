/* resmem.h -- numeric kernel of the resilient memory.  C99; no allocation, no globals, no I/O.
 *
 * Every function checks its whole input before its first write: it either returns RSM_OK and its
 * Ensures clause holds, or it returns an error and leaves every output as it was.  NaN and
 * infinity are refused, except where a NaN is documented as "missing".  Output arrays must not
 * overlap any other array of the call; where that can be seen it is refused with RSM_OVERLAP.
 *
 * Equation numbers are those of docs/control.md; resmem_core/kernel/reference is the same
 * arithmetic in NumPy, in the same order. */

#ifndef RESMEM_H
#define RESMEM_H

#include <stddef.h>
#include <stdint.h>

#include "resmem_types.h"

/* Equation (1): out = b + 2^(-dt / half_life) (level - b).
 *
 * Requires  1 <= n;  level, baseline in [0, 1];  half_life > 0;  0 <= dt <= 1e6.
 * Ensures   out between level and baseline, so in [0, 1]. */
rsm_status rsm_decay(size_t n, double *out, const double *level, const double *baseline,
                     const double *half_life, double dt);

/* Equations (2) and (3): smooth the impulse, ration it by the leaky bucket, take it in softly.
 *
 * Requires  1 <= n;  level in [0, 1];  impulse, smoothed in [-1, 1];  beta in [0, 1);
 *           bucket, sigma, rho in [0, 1e6];  0 <= dt <= 1e6.
 * Ensures   level in [0, 1];  smoothed in [-1, 1];  bucket in [0, sigma];
 *           level rises by no more than the bucket held after its refill. */
rsm_status rsm_intake(size_t n, double *level, double *smoothed, double *bucket,
                      const double *impulse, const double *beta, const double *sigma,
                      const double *rho, double dt);

/* Equation (4): where each knob should be.  delta and g are m x n, row by row.
 *
 * Requires  1 <= n, m;  level, baseline, base in [0, 1];  delta in [-1, 1];  w0 in (0, 1e6];
 *           g in [0, 1e6];  dead in [0, 1);  p (whole) and q from 1 to 4.
 * Ensures   target in [0, 1];  target = base where every activation is in its dead zone. */
rsm_status rsm_compose(size_t n, size_t m, double *target, const double *level,
                       const double *baseline, const double *base, const double *delta,
                       const double *w0, const double *g, const double *dead, const double *p,
                       int q);

/* Equation (5): clamp, asymmetric rate limit, dwell.
 *
 * Requires  1 <= m;  target, knob, rate_safe, rate_free in [0, 1];  cautious is -1 or 1;
 *           hold, dwell in [0, 1e9].
 * Ensures   knob in [0, 1], moved by at most rate_safe toward its safe side and by at most
 *           rate_free away from it, and that only when hold + 1 >= dwell. */
rsm_status rsm_limit(size_t m, double *knob, double *hold, const double *target,
                     const double *cautious, const double *rate_safe, const double *rate_free,
                     const double *dwell);

/* Accept a profile for rsm_tick: every constant in its range.  Sets profile->checked.
 *
 * Requires  every pointer valid for its documented shape.
 * Ensures   RSM_OK iff all constants are in the ranges that resmem_types.h gives. */
rsm_status rsm_profile_check(rsm_profile *profile);

/* Accept the rates of one dt.  Sets rates->checked.
 *
 * Requires  profile accepted;  every pointer valid for its documented shape.
 * Ensures   RSM_OK iff keep, learn and smooth are in [0, 1], refill in [0, 1e12], rise and fall
 *           in [0, 1e6]. */
rsm_status rsm_rates_check(const rsm_profile *profile, rsm_rates *rates);

/* One whole tick of one session, in place: equations (0) to (5) with the resilience layers, then
 * the value head.
 *
 * Requires  profile, rates and head (or NULL) accepted by their checks;  values not NULL if head
 *           is not;  every level and baseline of the state in [0, 1] and every other number as a
 *           tick leaves it;  signals finite or NaN (missing);  push finite, or NULL;
 *           0 <= seconds <= 1e6.
 * Ensures   levels in [0, cap];  baselines in [rest, rest + span];  knobs in [0, 1], each moved
 *           within its rate;  nothing NaN;  values[0] finite. */
rsm_status rsm_tick(const rsm_fleet *fleet, double seconds, int safe);

/* The same tick for the tiles first to last - 1 of many sessions, in place.  Calls whose tiles
 * differ may run at the same time on the same fleet.
 *
 * Sessions are independent: one whose column, signals or push cannot be used is left exactly as
 * it was, refused[i] is set to 1, and the others go on.
 *
 * Requires  as rsm_tick, per session;  first < last <= tiles.
 * Ensures   as rsm_tick, for each session with refused[i] == 0.  RSM_OK even if some were
 *           refused; any other status means that nothing was written. */
rsm_status rsm_tick_many(const rsm_fleet *fleet, size_t first, size_t last, double seconds,
                         int safe);

/* Accept a value head: sizes within the limits, every weight finite and within 1e6.
 *
 * Ensures   RSM_OK iff rsm_value may be called with it.  Sets head->checked. */
rsm_status rsm_head_check(rsm_head *head);

/* Value of count states: x [count][n] row by row, out [count].
 *
 * RSM_MLP    out = b2 + w2 . relu(W1 x + b1)
 * RSM_GRAPH  nodes 0..n-1 are the hormones, node n is global with x_n = mean(x);
 *            z_i = relu(e_i x_i + c_i)              multiplicative identity (FiLM), d wide
 *            y_i = relu(U z_i + V sum_j A_ij z_j + s)
 *            out = r0 + sum_i (r_i . y_i + t_i . z_i)   per-node readout and residual path
 *
 * Requires  head accepted;  1 <= count;  x finite and within 1e6.
 * Ensures   out finite. */
rsm_status rsm_value(const rsm_head *head, size_t count, double *out, const double *x);

/* Vector scan: out[i] = rows[i] . query, for a float32 matrix, accumulated in float32 lanes.
 *
 * Requires  1 <= count;  1 <= dim;  query finite.  Rows are not read twice: a row that is not
 *           finite gives -FLT_MAX, so that it can never be the best.
 * Ensures   out finite. */
rsm_status rsm_scan(size_t count, size_t dim, float *out, const float *rows, const float *query);

/* Scan of vectors in eight bits: out[i] = unit step[i] (codes[i] . query), the sum exact.
 *
 * Requires  1 <= count;  1 <= dim;  unit finite;  128 dim max |query| < 2^31.  Steps are not read
 *           twice: one that is not finite gives -FLT_MAX, so that its row can never be the best.
 * Ensures   out finite. */
rsm_status rsm_scan_codes(size_t count, size_t dim, float *out, const int8_t *codes,
                          const float *step, const int16_t *query, float unit);

/* The k best of count scores, the best first; equal scores in the order of their index.
 *
 * Requires  1 <= k <= count <= 2^31 - 1;  score has no NaN.
 * Ensures   index[0..k) are different and score[index] does not increase. */
rsm_status rsm_top(size_t count, size_t k, int32_t *index, const float *score);

/* out[i] = sum_c weight[c] columns[c][i], in the order of the columns.  columns [c][count].
 *
 * Requires  1 <= columns, count;  weights and columns finite and within 1e18.
 * Ensures   out finite. */
rsm_status rsm_fuse(size_t count, size_t columns, float *out, const float *column,
                    const float *weight);

#endif
