"""Touchpoints against the truth; credits and paths against a plain reading of the visits."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import datetime, timedelta
from fractions import Fraction
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import pytest

from bench.attribution_truth import GROUP, main, scores
from tests.python.conftest import query

WINDOW, HALF_LIFE = timedelta(days=30), timedelta(days=7)
BILLION = 1_000_000_000
LONGEST_PATH = 12


class Visit(NamedTuple):
    """A row of touchpoints."""

    at: datetime
    session_id: str
    channel: str


class Conversion(NamedTuple):
    """A row of int_conversions and the visits that share in it."""

    kind: str
    number: str
    cents: int | None
    reporting_cents: int | None
    visits: list[Visit]


Weights = Callable[[list[Visit]], list[Fraction | int]]


def last_non_direct(visits: list[Visit]) -> list[Fraction | int]:
    chosen = [i for i, visit in enumerate(visits) if visit.channel != "Direct"] or [len(visits) - 1]
    return [int(i == chosen[-1]) for i in range(len(visits))]


def position_based(visits: list[Visit]) -> list[Fraction | int]:
    if len(visits) <= 2:
        return [1] * len(visits)
    middle = Fraction(20, len(visits) - 2)
    return [40, *[middle] * (len(visits) - 2), 40]


def time_decay(visits: list[Visit]) -> list[Fraction | int]:
    ages = [visits[-1].at - visit.at for visit in visits]
    return [round(BILLION * 0.5 ** (age / HALF_LIFE)) for age in ages]


def shapley(visits: list[Visit]) -> list[Fraction | int]:
    times = Counter(visit.channel for visit in visits)
    return [Fraction(round(BILLION / times[visit.channel])) for visit in visits]


RULES: dict[str, Weights] = {
    "first_touch": lambda visits: [1] + [0] * (len(visits) - 1),
    "last_touch": lambda visits: [0] * (len(visits) - 1) + [1],
    "last_non_direct_touch": last_non_direct,
    "linear": lambda visits: [1] * len(visits),
    "position_based": position_based,
    "time_decay": time_decay,
    "shapley": shapley,
}


def split(total: int, weights: list[Fraction | int]) -> list[int]:
    """The largest remainder, in fractions."""
    shares = [Fraction(abs(total)) * weight / sum(weights) for weight in weights]
    parts = [math.floor(share) for share in shares]
    by_loss = sorted(range(len(parts)), key=lambda i: (parts[i] - shares[i], i))
    for i in by_loss[: abs(total) - sum(parts)]:
        parts[i] += 1
    return [part if total >= 0 else -part for part in parts]


def visits_by_person(warehouse: Path) -> dict[int, list[Visit]]:
    found: dict[int, list[Visit]] = defaultdict(list)
    for person, *visit in query(
        """
        select cast(person_id as bigint), occurred_at, session_id, channel_group
        from marts.touchpoints order by all
        """,
        warehouse,
    ):
        found[person].append(Visit(*visit))
    return found


@pytest.fixture(scope="module")
def conversions(company_warehouse: Path) -> list[Conversion]:
    return read_conversions(company_warehouse)


def read_conversions(warehouse: Path) -> list[Conversion]:
    visits = visits_by_person(warehouse)
    found = []
    for kind, number, person, cents, reporting_cents, at in query(
        """
        select
            conversion_kind, conversion_id, person_key, amount_cents, reporting_amount_cents,
            credited_at
        from intermediate.int_conversions
        """,
        warehouse,
    ):
        shared = [visit for visit in visits.get(person, []) if at - WINDOW <= visit.at <= at]
        none = [Visit(at, "", "Unattributed")]
        found.append(Conversion(kind, number, cents, reporting_cents, shared or none))
    return found


def expected_credits(
    conversion: Conversion, weights: list[Fraction | int]
) -> list[tuple[int, str, int, int | None, int | None]]:
    """Place, channel, billionths, cents and reporting cents of each visit with a weight."""
    places = [i for i, weight in enumerate(weights) if weight]
    kept = [weights[i] for i in places]
    parts = [
        split(total, kept) if total is not None else [None] * len(kept)
        for total in (BILLION, conversion.cents, conversion.reporting_cents)
    ]
    channels = [conversion.visits[i].channel for i in places]
    return list(zip([i + 1 for i in places], channels, *parts, strict=True))


def test_every_credit_is_what_the_rule_says(
    company_warehouse: Path, conversions: list[Conversion]
) -> None:
    effects = {
        (kind, channel): effect
        for kind, channel, effect in query(
            "select conversion_kind, channel_group, removal_effect"
            " from intermediate.int_channel_effects",
            company_warehouse,
        )
    }

    def markov(conversion: Conversion) -> list[Fraction | int]:
        kind = "paid_conversion" if conversion.kind == "revenue" else conversion.kind
        times = Counter(visit.channel for visit in conversion.visits)
        weights = [
            round(BILLION * effects.get((kind, visit.channel), 0) / times[visit.channel])
            for visit in conversion.visits
        ]
        return [*weights] if any(weights) else [1] * len(weights)

    found: dict[tuple[str, str, str], list[tuple]] = defaultdict(list)
    for model, kind, number, *credit in query(
        """
        select
            attribution_model, conversion_kind, conversion_id, touch_number, channel_group,
            cast(cast(credit as double) * 1e9 as bigint),
            cast(amount * case currency when 'JPY' then 1 else 100 end as bigint),
            cast(reporting_amount * 100 as bigint)
        from marts.attributed_conversions
        order by all
        """,
        company_warehouse,
    ):
        found[model, kind, number].append(tuple(credit))
    assert len(found) == len(conversions) * (len(RULES) + 1)
    for conversion in conversions:
        for model, rule in RULES.items():
            expected = expected_credits(conversion, rule(conversion.visits))
            assert found[model, conversion.kind, conversion.number] == expected, model
        expected = expected_credits(conversion, markov(conversion))
        assert found["markov", conversion.kind, conversion.number] == expected
    assert max(len(conversion.visits) for conversion in conversions) > 2


def test_paths_are_those_of_the_visits(
    company_warehouse: Path, conversions: list[Conversion]
) -> None:
    ((last_moment,),) = query(
        "select max(ended_at) from intermediate.int_session_spans", company_warehouse
    )
    persons = query(
        "select distinct conversion_kind, person_key from intermediate.int_conversions",
        company_warehouse,
    )
    expected: Counter[tuple[str, str, bool]] = Counter()
    for conversion in conversions:
        if conversion.kind != "revenue" and conversion.visits[0].session_id:
            expected[conversion.kind, path(conversion.visits), True] += 1
    for person, visits in visits_by_person(company_warehouse).items():
        ends = visits[0].at + WINDOW
        for kind in ("trial_started", "paid_conversion"):
            if ends <= last_moment and (kind, person) not in persons:
                expected[kind, path([v for v in visits if v.at <= ends]), False] += 1
    found: Counter[tuple[str, str, bool]] = Counter()
    for kind, text, converted, lost in query(
        "select * from intermediate.int_channel_paths", company_warehouse
    ):
        found += Counter({(kind, text, True): converted, (kind, text, False): lost})
    assert found == expected
    assert sum(expected.values()) > 100


def path(visits: list[Visit]) -> str:
    return " > ".join([name for name, _ in groupby(v.channel for v in visits)][-LONGEST_PATH:])


def test_shapley_credits_add_up_to_the_shapley_values(company_warehouse: Path) -> None:
    """Two ways: credits of single conversions in SQL, values from counts of paths in Python."""
    rows = query(
        """
        select coalesce(conversion_count, 0), shapley_conversions
        from intermediate.int_channel_effects
        left join (
            from marts.attribution_by_channel where attribution_model = 'shapley'
        ) using (conversion_kind, channel_group)
        """,
        company_warehouse,
    )
    assert len(rows) > 5
    for credited, value in rows:
        assert float(credited) == pytest.approx(value, abs=1e-5)


def test_touchpoints_have_their_true_channels(company: Path, company_warehouse: Path) -> None:
    """The shop's pixel knows tagged links alone; the apps say nothing."""
    told = query(
        f"""
        select
            visits.source_name,
            case
                when visits.source_name = 'shopify' and visits.campaign_id is null then 'Direct'
                else {GROUP}
            end as channel,
            touchpoints.channel_group,
            count(*)
        from '{company}/truth/sessions.parquet' as visits
        inner join intermediate.int_sessions as sessions
            on visits.source_name = sessions.source_name
            and visits.device_id = sessions.device_id
            and visits.started_at = sessions.started_at
        inner join intermediate.int_touchpoints as touchpoints
            on sessions.session_id = touchpoints.session_id
        where visits.is_intact
        group by all
        """,
        company_warehouse,
    )
    assert [row for row in told if row[1] != row[2]] == []
    assert {row[0] for row in told} == {"ga4", "shopify"}
    assert sum(row[3] for row in told) > 1000


def test_causes_are_visits_before_the_trial_that_the_campaign_targets(company: Path) -> None:
    rows = query(
        f"""
        select
            visits.activity_date < trials.started_date
            and visits.traffic_source is not null
            and case
                when visits.campaign_id in (1001, 1002, 1005) then visits.is_new_person
                when visits.campaign_id in (1007, 1008) then not visits.is_new_person
                else true
            end,
            count(*),
            count(distinct visits.person)
        from '{company}/truth/sessions.parquet' as visits
        inner join '{company}/truth/subscriptions.parquet' as trials using (person)
        where visits.is_cause
        group by 1
        """
    )
    ((is_right, cause_count, person_count),) = rows
    assert is_right
    assert cause_count == person_count


def test_the_report_names_every_model(
    company: Path, company_warehouse: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found, caused = scores(company, company_warehouse)
    assert caused["trial_started"] > 0
    trials = [score for score in found if score.kind == "trial_started"]
    assert {score.model for score in trials} == {*RULES, "markov"}
    assert all(0 <= score.distance <= 1 and 0 <= score.at_the_cause <= 1 for score in found)
    arguments = ["--landing", str(company), "--warehouse", str(company_warehouse)]
    assert main(arguments) == 0
    assert f"{trials[0].distance:.3f}" in capsys.readouterr().out
