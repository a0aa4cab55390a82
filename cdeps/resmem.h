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

/* One whole tick of one session, in place: equations (0) to (5) with the resilience layers.
 *
 * Requires  profile and rates accepted by their checks;  state [size], every level and baseline in
 *           [0, 1] and every other number as a tick leaves it;  signals [s] finite or NaN
 *           (missing);  push [n] finite, or NULL;  0 <= seconds <= 1e6.
 * Ensures   levels in [0, cap];  baselines in [rest, rest + span];  knobs in [0, 1], each moved
 *           within its rate;  nothing NaN. */
rsm_status rsm_tick(const rsm_profile *profile, const rsm_rates *rates, double *state,
                    const double *signals, const double *push, double seconds, int safe);

/* The same tick of many sessions, one after the other: states [count][size], signals [count][s],
 * push [count][n] or NULL, refused [count].
 *
 * Sessions are independent: one whose state, signals or push cannot be used is left exactly as it
 * was, refused[i] is set to 1, and the others go on.
 *
 * Requires  as rsm_tick, per session;  1 <= count.
 * Ensures   as rsm_tick, for each session with refused[i] == 0.  RSM_OK even if some were
 *           refused; any other status means that nothing was written. */
rsm_status rsm_tick_many(const rsm_profile *profile, const rsm_rates *rates, size_t count,
                         double *states, const double *signals, const double *push,
                         double seconds, int safe, unsigned char *refused);

/* How far the tick from `before` to `after` [size] stayed inside the bounds of docs/stability.md:
 * margins [RSM_BOUNDS], negative where a bound does not hold.  In order: S2 cap, S3 rate, S3 range,
 * S1 drift, S1 bucket, S4 dwell.  `safe`: safe mode was on, whose way down has no rate.
 *
 * Requires  profile and rates accepted by their checks.
 * Ensures   RSM_OK iff every number of both states is finite. */
rsm_status rsm_margins(const rsm_profile *profile, const rsm_rates *rates, const double *before,
                       const double *after, int safe, double *margins);

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

enum { RSM_LATE_DIM = 1024, RSM_LATE_TOKENS = 256 };

/* Late interaction over signs: out[i] = unit sum_t max_p s(p) . query[t] over the pieces p of item
 * i, start[i] to start[i+1]-1; 0 where it has none.  codes [start[count]][dim/8]: s(p)[j] is 1
 * where bit j of the piece's code is set, the highest of a byte first, and -1 elsewhere.
 *
 * Requires  1 <= count <= 2^31 - 1;  1 <= tokens <= RSM_LATE_TOKENS;  dim a multiple of 8 up to
 *           RSM_LATE_DIM;  start rises from 0;  |unit| <= 1.
 * Ensures   out finite, the sums exact. */
rsm_status rsm_late(size_t count, size_t tokens, size_t dim, float *out, const uint8_t *codes,
                    const int32_t *start, const int16_t *query, float unit);

/* BM25, word by word, of which rows around take a share.  Of each word g the rows row[start[g]] to
 * row[start[g+1]-1] hold it times[p] times, which is a part idf[g] times[p] / (times[p] + norm[row]);
 * out[i] += the most of i's own part and share[i][w] times the part of near[i][w].  near and share
 * [count][ways], -1 where there is none.  own [count] is room for this, all zero; so again afterwards.
 *
 * Requires  1 <= count <= 2^31 - 1;  ways 0, 2 or 4;  start rises from 0;  rows in [0, count), those
 *           of a word different;  near in [-1, count), and where near[i][w] = j, near[j][w^1] = i;
 *           times, idf and shares in [0, 1e18], norms in (0, 1e18].
 * Ensures   RSM_OK, and the sums are in the order of the words. */
rsm_status rsm_bm25(size_t count, size_t groups, size_t ways, float *out, float *own,
                    const int32_t *start, const int32_t *row, const float *times, const float *idf,
                    const float *norm, const int32_t *near, const float *share);

/* How often each word occurs in each bin of rows: out[g][b] is the sum of times[p] over those rows
 * row[start[g]] to row[start[g+1]-1] of which bin[row] is b.  out [groups][bins].
 *
 * Requires  1 <= count, bins <= 2^31 - 1;  start rises from 0;  rows in [0, count), bins in
 *           [0, bins);  times finite and within 1e18.
 * Ensures   RSM_OK, and the sums are in the order of the rows given. */
rsm_status rsm_tally(size_t count, size_t groups, size_t bins, double *out, const int32_t *start,
                     const int32_t *row, const float *times, const int32_t *bin);

/* out[i] = sum_w share[i][w] x[near[i][w]], in the order of the ways.  near, share [count][ways].
 *
 * Requires  1 <= count <= 2^31 - 1;  1 <= ways;  near in [-1, count), -1 adding nothing;  x and
 *           share finite and within 1e18.
 * Ensures   RSM_OK. */
rsm_status rsm_around(size_t count, size_t ways, float *out, const float *x, const int32_t *near,
                      const float *share);

/* The k best of count scores, the best first; equal scores in the order of their index.
 *
 * Requires  1 <= k <= count <= 2^31 - 1;  score has no NaN.
 * Ensures   index[0..k) are different and score[index] does not increase. */
rsm_status rsm_top(size_t count, size_t k, int32_t *index, const float *score);

/* out[i] = sum_c weight[c] column[c][i], in the order of the columns, each an array of its own.
 *
 * Requires  1 <= columns, count;  weights and columns finite and within 1e18.
 * Ensures   out finite. */
rsm_status rsm_sum(size_t count, size_t columns, float *out, const float *const *column,
                   const float *weight);

#endif
