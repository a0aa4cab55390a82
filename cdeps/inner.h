/* inner.h -- what the kernel's own sources share; nothing here is exported. */

#ifndef RESMEM_INNER_H
#define RESMEM_INNER_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>

#include "resmem.h"

/* Our sources are held to more warnings than the code that cffi generates. */
#if defined(__GNUC__)
#pragma GCC diagnostic warning "-Wconversion"
#pragma GCC diagnostic warning "-Wpedantic"
#endif

#if defined(__GNUC__)
#define RSM_INLINE static inline __attribute__((always_inline))
#else
#define RSM_INLINE static inline
#endif

/* The tick, the heads and the scan are also compiled for wider vectors, where the platform can
 * pick one at load time; for products of small integers with the instructions that AVX-512 got for
 * bytes and words.  Never with FMA: results are the same to the last bit everywhere. */
#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__) && defined(__GLIBC__) && \
    !defined(RSM_NO_CLONES)
#define RSM_WIDE __attribute__((target_clones("avx512f", "avx2", "default")))
#define RSM_WIDE_BYTES __attribute__((target_clones("arch=skylake-avx512", "avx2", "default")))
#else
#define RSM_WIDE
#define RSM_WIDE_BYTES
#endif

#define FOREVER 1e9  /* counters stop here */
#define MAX_DT 1e6

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

/* Distance from the baseline as a share of the way to 1, or to 0, both numbers being in [0, 1]:
 * |gap| <= room, since rounding keeps the order, so in [-1, 1];  0 where there is no room. */
RSM_INLINE double activation(double level, double baseline)
{
    const double gap = level - baseline;
    const double room = gap >= 0 ? 1.0 - baseline : baseline;
    return gap / most(room, 0x1p-1074);
}

#endif
