/* layers.c -- the resilience layers; resmem_core/kernel/reference/layers.py has the same order. */

#include "session.h"

static const double GOLDEN = 0.6180339887498949;
static const double NEAR = 0.02;  /* a level this close is at its baseline */

/* Take a share of the stress hormones' excess over baseline away. */
static void relieve(session *s, double share)
{
    for (size_t i = 0; i < s->p->n; i++) {
        const double weight = s->p->stress[i], excess = s->level[i] - s->baseline[i];
        if (weight > 0 && excess > 0) s->level[i] = s->baseline[i] + excess * (1.0 - weight * share);
    }
}

/* -- layer 1: immediate coping */

static int ones(uint32_t bits)
{
    int count = 0;
    for (; bits != 0; bits &= bits - 1) count++;
    return count;
}

/* How long the breaker opens: doubled with every opening in a row, and spread over sessions. */
static double opening(const rsm_profile *p, const double *tail)
{
    const double turn = tail[T_PHASE] + (tail[T_OPENED] + 1.0) * GOLDEN;
    const double doubled = (double)(INT32_C(1) << (int)least(tail[T_TRIPS], 29.0));
    const double length = least(p->open_seconds * doubled, p->max_seconds);
    return length * (1.0 + p->jitter * (turn - floor(turn) - 0.5));
}

/* Opens on `failures` of the last `window` calls, backs off with jitter, lets one probe. */
static void breaker(session *s)
{
    const rsm_profile *p = s->p;
    double *tail = s->tail;
    const double error = s->signals[p->provider_error];
    const int call = error == error, rescued = s->signals[p->success] >= 0.5;  /* NaN is neither */
    const int failed = error >= 0.5 && !rescued;
    const int closed = tail[T_BREAKER] == CLOSED, half = tail[T_BREAKER] == HALF_OPEN;
    uint32_t window = (uint32_t)tail[T_WINDOW];
    if (closed && call)  /* the oldest call is forgotten */
        window = ((window << 1) | (uint32_t)failed) & ((UINT32_C(1) << p->window) - 1);
    const int trip = failed && ((closed && ones(window) >= p->failures) || half);
    const int heal = half && call && !failed;

    if (tail[T_BREAKER] == OPEN) {
        tail[T_WAIT] = most(tail[T_WAIT] - s->seconds, 0.0);
        if (tail[T_WAIT] <= 0) tail[T_BREAKER] = HALF_OPEN;
    }
    tail[T_WINDOW] = trip || heal ? 0.0 : window;
    if (trip) {
        tail[T_WAIT] = opening(p, tail);
        tail[T_BREAKER] = OPEN;
        tail[T_TRIPS] = least(tail[T_TRIPS] + 1.0, 30.0);
        tail[T_OPENED] += 1.0;
    } else if (heal) {
        tail[T_BREAKER] = CLOSED;
        tail[T_TRIPS] = 0.0;
    }
}

/* Grades with hysteresis, relief by grade. */
static void coping(session *s)
{
    const rsm_profile *p = s->p;
    double enter = 0.0, leave = 0.0;
    breaker(s);
    for (int i = 0; i < 4; i++) {
        enter += s->stress >= p->grades[i];
        leave += s->stress >= p->grades[i] - p->hysteresis;
    }
    double grade = least(most(s->tail[T_GRADE], enter), leave);
    if (s->tail[T_BREAKER] == OPEN) grade = most(grade, 3.0);
    s->tail[T_GRADE] = grade;
    relieve(s, p->relief[(int)grade]);
}

/* -- layer 2: medication */

/* Constant relief, more of it in crisis and timeout. */
static void medication(session *s)
{
    const rsm_profile *p = s->p;
    const int hard = s->tail[T_MODE] == CRISIS || s->tail[T_MODE] == TIMEOUT;
    relieve(s, hard ? least(p->constant + p->crisis_relief, 1.0) : p->constant);
}

/* -- layer 3: baseline adaptation */

/* The baseline follows a low quantile of the level, within [rest, rest + span]. */
static void adaptation(session *s)
{
    const rsm_profile *p = s->p;
    for (size_t i = 0; i < p->n; i++) {
        const double roof = least(p->rest[i] + p->span, p->cap[i]), was = s->baseline[i];
        const double step = s->level[i] > was + NEAR ? s->r->rise : -s->r->fall;
        s->baseline[i] = least(most(was + step, p->rest[i]), roof);
    }
}

/* -- layer 4: rest and recovery */

/* The mode that stress, fatigue and the breaker ask for, before dwell and confirmation. */
static int wanted(const session *s, int mode, double age, double fatigue)
{
    const rsm_profile *p = s->p;
    const int broken = s->tail[T_BREAKER] == OPEN;
    const int crisis = s->stress >= p->crisis, stressed = s->stress >= p->stressed;
    switch (mode) {
    case NORMAL:
        if (crisis) return CRISIS;
        return stressed ? STRESSED : fatigue >= p->sleep ? SLEEPING : NORMAL;
    case STRESSED:
        if (crisis) return CRISIS;
        return s->stress < p->stressed - p->hysteresis ? NORMAL : STRESSED;
    case CRISIS:
        if (s->stress < p->crisis - p->hysteresis) return RECOVERY;
        return broken || age >= p->patience ? TIMEOUT : CRISIS;
    case TIMEOUT:
        return s->stress <= p->resume && !broken ? RECOVERY : TIMEOUT;
    case RECOVERY:
        if (crisis) return CRISIS;
        return age >= 3 * p->ramp ? NORMAL : RECOVERY;
    case SLEEPING:
        if (stressed) return STRESSED;
        return fatigue <= p->wake ? NORMAL : SLEEPING;
    default:
        return mode;
    }
}

/* Modes with hysteresis, confirmation and dwell. */
static void resting(session *s)
{
    const rsm_profile *p = s->p;
    double *tail = s->tail;
    const double fatigue = rsm_project(p->n, p->fatigue, s->level, s->baseline);
    const int mode = (int)tail[T_MODE];
    const double age = tail[T_AGE] + 1.0;
    const int want = wanted(s, mode, age, fatigue);
    const int worse = want != mode && mode != CRISIS && (want == STRESSED || want == CRISIS);
    const double asked = worse ? tail[T_ASKED] + 1.0 : 0.0;
    const int earned = !worse || asked >= p->confirm || s->strong >= 2;
    const int turns = want != mode && mode != SAFE && age >= p->mode_dwell && earned;
    tail[T_ASKED] = turns ? 0.0 : least(asked, 1e6);
    tail[T_AGE] = turns ? 0.0 : least(age, FOREVER);
    tail[T_MODE] = turns ? want : mode;
}

/* -- layer 5: time perspective */

/* Worse was survived. */
static void perspective(session *s)
{
    double *tail = s->tail;
    const int hard = tail[T_MODE] == CRISIS || tail[T_MODE] == TIMEOUT;
    const int through = tail[T_MODE] == NORMAL;
    const double peak = hard ? most(tail[T_PEAK], s->stress) : tail[T_PEAK];
    const double worst = through ? most(tail[T_SURVIVED], peak) : tail[T_SURVIVED];
    tail[T_SURVIVED] = worst - s->p->forget * worst;
    tail[T_PEAK] = through ? 0.0 : peak;
    relieve(s, s->p->perspective * most(tail[T_SURVIVED] - s->stress, 0.0));
}

/* The kill switch: in at once, out by way of recovery. */
static void safe_mode(session *s)
{
    double *tail = s->tail;
    const double mode = tail[T_MODE], next = s->safe ? SAFE : mode == SAFE ? RECOVERY : mode;
    if (next != mode) tail[T_AGE] = 0.0;
    tail[T_MODE] = next;
}

void rsm_layers(session *s)
{
    const int on = s->p->layers;
    if (on & RSM_COPING) coping(s);
    if (on & RSM_MEDICATION) medication(s);
    if (on & RSM_ADAPTATION) adaptation(s);
    if (on & RSM_REST) resting(s);
    if (on & RSM_PERSPECTIVE) perspective(s);
    safe_mode(s);
}
