/* What Python and C share.  This file is also read by cffi (cdeps/build_kernel.py): plain
 * declarations only, no preprocessor beyond the guard that the builder strips. */

typedef enum {
    RSM_OK = 0,
    RSM_SIZE = 1,        /* a size is zero or over its limit */
    RSM_NULL = 2,        /* a pointer is missing */
    RSM_NOT_FINITE = 3,  /* NaN or infinity */
    RSM_RANGE = 4,       /* a number is out of its range */
    RSM_UNCHECKED = 5,   /* the profile or head was not accepted by its check */
    RSM_OVERLAP = 6      /* an output overlaps another array */
} rsm_status;

/* Counts up with every change of these declarations: resmem_core.kernel.binding compares. */
enum { RSM_INTERFACE = 2 };

enum {
    RSM_MAX_HORMONES = 32,
    RSM_MAX_SIGNALS = 32,
    RSM_MAX_KNOBS = 16,
    RSM_MAX_WIDTH = 64,  /* hidden units of a value head */
    RSM_BOUNDS = 6       /* margins that rsm_margins gives */
};

/* Bits of rsm_profile.layers. */
enum {
    RSM_COPING = 1,
    RSM_MEDICATION = 2,
    RSM_ADAPTATION = 4,
    RSM_REST = 8,
    RSM_PERSPECTIVE = 16
};

enum { RSM_MLP = 1, RSM_GRAPH = 2 };

/* Constants of the control tick.  Matrices are stored source by source, [from][to], as a tick
 * walks them: up and down [s][n], lateral [n][n], delta and g [n][m].  Field names, meanings and
 * ranges are those of resmem_core.config.profile. */
typedef struct {
    size_t n, s, m;
    const double *rest, *scale, *up, *down, *bias, *lateral, *i_max, *sigma, *cap;
    const double *stress, *curiosity, *fatigue;
    const double *base, *delta, *dead, *p, *w0, *g;
    const double *cautious, *rate_safe, *rate_free, *dwell, *safe_ceiling;
    const double *per_scale, *per_i_max, *per_live; /* 1/scale, 1/i_max, 1/(1 - dead) */
    int q, layers;
    size_t provider_error, success, retries; /* which signals and knob the breaker uses */
    double grades[4], relief[5];
    double hysteresis, constant, crisis_relief, span, perspective, forget;
    double stressed, crisis, resume, mode_dwell, confirm, patience, ramp;
    int failures, window;
    double open_seconds, max_seconds, jitter, sleep, wake;
    int checked;
} rsm_profile;

/* What depends on dt alone: keep = 2^(-dt/half_life) [n], learn = 1 - 2^(-dt/adapt) [s],
 * smooth = beta^dt [n], refill = rho dt [n], rise and fall of a baseline per tick. */
typedef struct {
    const double *keep, *learn, *smooth, *refill;
    double rise, fall;
    int checked;
} rsm_rates;

/* A value head.  RSM_MLP: w1 [n][h] (input by input), b1 [h], w2 [h], r0 = b2.
 * RSM_GRAPH, with h = d and n + 1 nodes: e, c, r, t [n+1][d]; a [n+1][n+1]; s [d];
 * u, v [d][d] input by input, so that a sum over inputs walks whole rows. */
typedef struct {
    int kind;
    size_t n, h;
    const double *w1, *b1, *w2;
    const double *e, *c, *r, *t, *a, *u, *v, *s;
    double r0;
    int checked;
} rsm_head;
