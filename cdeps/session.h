/* session.h -- one session during its tick; hormones.c, layers.c, knobs.c and tick.c share it. */

#ifndef RESMEM_SESSION_H
#define RESMEM_SESSION_H

#include "inner.h"

enum { NORMAL, STRESSED, CRISIS, TIMEOUT, RECOVERY, SLEEPING, SAFE };
enum { CLOSED, OPEN, HALF_OPEN };

/* Rows of the state after the vectors; resmem_core/config/layout.py has the meanings. */
enum {
    T_MODE, T_AGE, T_ASKED, T_GRADE, T_WINDOW, T_BREAKER, T_WAIT, T_TRIPS, T_OPENED, T_PHASE,
    T_SURVIVED, T_PEAK, T_AUTHORITY, T_STRESS, T_CURIOSITY, T_FATIGUE, T_TICKS, T_SIZE
};

typedef struct {
    const rsm_profile *p;
    const rsm_rates *r;
    double *level, *baseline, *smoothed, *bucket;  /* [n] */
    double *reference;                             /* [s] */
    double *knob, *hold;                           /* [m] */
    double *tail;                                  /* [T_SIZE] */
    const double *signals, *push;                  /* [s]; [n] or NULL */
    double seconds;
    int safe;
    int strong;     /* signals that are far above their baselines */
    double stress;  /* what the intake left: all layers see this */
} session;

RSM_INLINE size_t state_rows(const rsm_profile *p)
{
    return 4 * p->n + p->s + 2 * p->m + T_SIZE;
}

/* Equations (0) to (3), and `strong`. */
void rsm_hormones(session *s);

/* Noisy-or of the positive activations of n hormones: 1 - prod (1 - weight y), in [0, 1]. */
double rsm_project(size_t n, const double *weights, const double *level, const double *baseline);

/* The resilience layers that the profile has, then safe mode. */
void rsm_layers(session *s);

/* Equations (4) and (5), with what the modes and the breaker allow. */
void rsm_knobs(session *s);

#endif
