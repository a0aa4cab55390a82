/* inner.h -- what the kernel's own sources share; nothing here is exported. */

#ifndef RESMEM_INNER_H
#define RESMEM_INNER_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>

#include "resmem.h"

#if defined(__GNUC__)
#define RSM_INLINE static inline __attribute__((always_inline))
#else
#define RSM_INLINE static inline
#endif

/* The tick, the heads and the scan are also compiled for wider vectors, where the platform can
 * pick one at load time.  Never with FMA: results are the same to the last bit everywhere. */
#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__) && defined(__GLIBC__) && \
    !defined(RSM_NO_CLONES)
#define RSM_WIDE __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define RSM_WIDE
#endif

static const double FOREVER = 1e9;  /* counters stop here */
static const double MAX_DT = 1e6;

#define CHECK(call)                                  \
    do {                                             \
        const rsm_status checked_ = (call);          \
        if (checked_ != RSM_OK) return checked_;     \
    } while (0)

RSM_INLINE double least(double a, double b) { return a < b ? a : b; }
RSM_INLINE double most(double a, double b) { return a > b ? a : b; }
RSM_INLINE double clip(double x, double lo, double hi) { return least(most(x, lo), hi); }

/* Inside [lo, hi]; false for NaN. */
RSM_INLINE int within(double x, double lo, double hi) { return x >= lo && x <= hi; }

RSM_INLINE rsm_status all_within(const double *x, size_t n, double lo, double hi)
{
    if (x == NULL) return RSM_NULL;
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(x[i])) return RSM_NOT_FINITE;
        if (!within(x[i], lo, hi)) return RSM_RANGE;
    }
    return RSM_OK;
}

RSM_INLINE int apart(const void *a, size_t a_bytes, const void *b, size_t b_bytes)
{
    const uintptr_t x = (uintptr_t)a, y = (uintptr_t)b;
    return a == NULL || b == NULL || x + a_bytes <= y || y + b_bytes <= x;
}

/* -- the arithmetic of equations (1) to (5), one number at a time */

/* x to a whole exponent from 1 to 4. */
RSM_INLINE double power(double x, double exponent)
{
    const double square = x * x;
    return exponent >= 4 ? square * square : exponent >= 3 ? square * x : exponent >= 2 ? square : x;
}

/* Distance from the baseline as a share of the way to 1, or to 0, both numbers being in [0, 1]:
 * |gap| <= room, since rounding keeps the order, so in [-1, 1];  0 where there is no room. */
RSM_INLINE double activation(double level, double baseline)
{
    const double gap = level - baseline;
    const double room = gap >= 0 ? 1.0 - baseline : baseline;
    return gap / most(room, 0x1p-1074);
}

/* Odd, slope 1 at 0, within [-bound, bound]. */
RSM_INLINE double squash(double z, double bound, double per_bound)
{
    const double ratio = z * per_bound;
    return clip(z / sqrt(1.0 + ratio * ratio), -bound, bound);
}

/* Activation beyond the dead zone, rescaled to reach 1; in [-1, 1]. */
RSM_INLINE double alive(double size, double dead, double per_live)
{
    return most(size - dead, 0.0) * per_live;
}

/* Equations (2) and (3) on a decayed level. */
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

/* Equation (5). */
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

#endif
