"""Times named in texts."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resmem_core.memory.text.dates import MOST, day_of, mentioned, spans

WEDNESDAY = datetime(2023, 5, 17, 15, tzinfo=UTC).timestamp()


def named(text: str) -> tuple[str, str] | None:
    """The first time named, told on Wednesday, 17 May 2023, as ISO dates."""
    span = mentioned(text, WEDNESDAY)
    if span is None:
        return None
    return date.fromordinal(span[0]).isoformat(), date.fromordinal(span[1]).isoformat()


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("I saw her yesterday", "2023-05-16", "2023-05-16"),
        ("See you tomorrow!", "2023-05-18", "2023-05-18"),
        ("The party was last night", "2023-05-16", "2023-05-16"),
        ("It broke last Friday", "2023-05-12", "2023-05-12"),
        ("We leave next Monday", "2023-05-22", "2023-05-22"),
        ("I ran a race last week", "2023-05-08", "2023-05-14"),
        ("three days ago", "2023-05-14", "2023-05-14"),
        ("We camped last weekend", "2023-05-13", "2023-05-14"),
        ("I started last month", "2023-04-01", "2023-04-30"),
        ("In May I moved", "2023-05-01", "2023-05-31"),
        ("What happened in June 2022?", "2022-06-01", "2022-06-30"),
        ("On 3 October, 2023 we met", "2023-10-03", "2023-10-03"),
        ("On August 3rd, 2022 we met", "2022-08-03", "2022-08-03"),
        ("Due 2023-07-01", "2023-07-01", "2023-07-01"),
        ("We married in 2019", "2019-01-01", "2019-12-31"),
        ("Since last year", "2022-01-01", "2022-12-31"),
        ("Last summer was hot", "2022-06-01", "2022-08-31"),
        ("In winter 2021", "2021-12-01", "2022-02-28"),
    ],
)
def test_expressions_are_resolved_against_the_day_they_were_said(
    text: str, first: str, last: str
) -> None:
    """Each names the whole day, week, month or year that it means."""
    assert named(text) == (first, last)


@pytest.mark.parametrize("text", ["", "I may go", "March on!", "the second week of work", "May?"])
def test_a_text_without_a_time_has_none(text: str) -> None:
    """Words that only look like times are left alone."""
    assert named(text) is None


def test_every_time_of_a_question_is_found() -> None:
    """Both ends of a comparison count."""
    assert len(spans("Did she run more in May 2023 than in June 2023?", WEDNESDAY)) == 2


def test_a_text_full_of_times_names_only_a_few() -> None:
    """Each time costs a pass over the namespace, so a hostile question cannot ask for thousands."""
    years = ", ".join(f"in {year}" for year in range(1900, 2099))

    assert len(spans(years, WEDNESDAY)) == MOST
    assert len(spans("yesterday " * 1600, WEDNESDAY)) == 1


@given(
    st.sampled_from(
        ["yesterday", "last week", "two years ago", "in 2019", "next winter", "in May"]
    ),
    st.floats(-1e14, 1e14),
)
def test_no_date_is_too_far_away(text: str, at: float) -> None:
    """At the ends of the calendar a time is unknown, or in order; it is never an error."""
    assert all(first <= last for first, last in spans(text, at))


@given(st.floats(-1e18, 1e18))
def test_days_stay_in_the_calendar(at: float) -> None:
    """Any epoch second has a day."""
    assert 1 <= day_of(at) <= date.max.toordinal()


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("the day before yesterday", "2023-05-15", "2023-05-15"),
        ("the day after tomorrow", "2023-05-19", "2023-05-19"),
        ("in two weeks", "2023-05-28", "2023-06-03"),
        ("On Jun 3, 2022", "2022-06-03", "2022-06-03"),
        ("3.6.2022", "2022-06-03", "2022-06-03"),
        ("03/06/2022", "2022-06-03", "2022-06-03"),
        ("06/23/2022", "2022-06-23", "2022-06-23"),
        ("2022/6/3", "2022-06-03", "2022-06-03"),
        ("Ich war gestern da", "2023-05-16", "2023-05-16"),
        ("Vorgestern regnete es", "2023-05-15", "2023-05-15"),
        ("Wir reisen übermorgen", "2023-05-19", "2023-05-19"),
        ("letzten Freitag", "2023-05-12", "2023-05-12"),
        ("vor drei Tagen", "2023-05-14", "2023-05-14"),
        ("am 3. Juni 2022", "2022-06-03", "2022-06-03"),
        ("Je l'ai vue hier", "2023-05-16", "2023-05-16"),
        ("avant-hier", "2023-05-15", "2023-05-15"),
        ("la semaine dernière", "2023-05-08", "2023-05-14"),
        ("il y a trois jours", "2023-05-14", "2023-05-14"),
        ("La vi ayer", "2023-05-16", "2023-05-16"),
        ("anteayer", "2023-05-15", "2023-05-15"),
        ("el mes pasado", "2023-04-01", "2023-04-30"),
        ("hace tres días", "2023-05-14", "2023-05-14"),
        ("L'ho vista ieri", "2023-05-16", "2023-05-16"),
        ("tre giorni fa", "2023-05-14", "2023-05-14"),
        ("lunedì prossimo", "2023-05-22", "2023-05-22"),
        ("Vi-a ontem", "2023-05-16", "2023-05-16"),
        ("anteontem", "2023-05-15", "2023-05-15"),
        ("dois dias atrás", "2023-05-15", "2023-05-15"),
        ("Я видел её вчера", "2023-05-16", "2023-05-16"),
        ("我昨天见了她", "2023-05-16", "2023-05-16"),
        ("前天", "2023-05-15", "2023-05-15"),
        ("上周五", "2023-05-12", "2023-05-12"),
        ("2022年6月3日", "2022-06-03", "2022-06-03"),
        ("昨日会った", "2023-05-16", "2023-05-16"),
        ("先週", "2023-05-08", "2023-05-14"),
    ],
)
def test_times_in_numbers_and_other_languages(text: str, first: str, last: str) -> None:
    """Relative and absolute, in eight languages and in numbers."""
    assert named(text) == (first, last)


@pytest.mark.parametrize(
    "text",
    [
        "Ich bin hier", "Guten Morgen", "por la mañana", "1.1.0000", "31.02.2023", "13/13/2023",
        "ratio 3/4", "10.0.0.1", "hace 99 siglos",
    ],
)  # fmt: skip
def test_what_only_looks_like_a_time_abroad_has_none(text: str) -> None:
    """Nor has a day that is in no calendar."""
    assert named(text) is None


@pytest.mark.parametrize("at", [-6.3e10, 2.5e11, 1e300, -1e300])
@pytest.mark.parametrize("text", ["gestern", "in 900 Jahren", "l'année prochaine", "31.12.9999"])
def test_no_end_of_the_calendar_breaks_it(text: str, at: float) -> None:
    """In the years 1 and 9999 a time that lies beyond has no date."""
    found = mentioned(text, at)

    assert found is None or 1 <= found[0] <= found[1] <= date.max.toordinal()
