"""Mistakes in the seeds of quality stop the build: file, row, field and remedy are named."""

from __future__ import annotations

import pytest

from headwater.landing.contract import Source, tables_of
from headwater.landing.write import initialise
from tests.python.conftest import PROJECT, Dbt, copy_project

ROWS = {
    "holidays": """
        2025-12-25,right
        25.12.2025,in_words
        2025-01-01,twice
        2025-01-01,twice
    """,
    "tracking_plan": """
        own,right,,,,,,apps
        own,right,,size,number,0.9,,apps
        own,right,,place,text,,,apps
        own,at_times,ios,,,,true,apps
        matomo,save,,,,,,apps
        mixpanel,Save,,,,,,apps
        own,on_tv,tv,,,,,apps
        own,twice,,,,,,apps
        own,twice,web,,,,,apps
        own,odd_type,,size,float,,,apps
        own,no_type,,size,,,,apps
        own,odd_share,,size,number,90,,apps
        own,share_of_nothing,,,,0.9,,apps
        own,odd_flag,,,,,yes,apps
    """,
    "watch_list": """
        right,visitors_by_day,person_count,,,,,0.3,,,,warn,,data,,,
        right_rate,funnel_steps_by_day,reached_count,entry_count,of_persons,0,1,,0.5,9,7,error,true,x,,,
        twice,visitors_by_day,person_count,,,1,,,,,,warn,,data,,,
        twice,visitors_by_day,person_count,,,1,,,,,,warn,,data,,,
        odd_mart,visitors_by_week,person_count,,,1,,,,,,warn,,data,,,
        odd_column,visitors_by_day,persons,,,1,,,,,,warn,,data,,,
        odd_denominator,visitors_by_day,*,*,,1,,,,,,warn,,data,,,
        odd_filter,visitors_by_day,person_count,,nowhere,1,,,,,,warn,,data,,,
        no_bound,visitors_by_day,person_count,,,,,,,,,warn,,data,,,
        crossed,visitors_by_day,person_count,,,2,1,,,,,warn,,data,,,
        in_words,visitors_by_day,person_count,,,many,,,,,,warn,,data,,,
        odd_share,visitors_by_day,person_count,,,,,30%,,,,warn,,data,,,
        odd_wait,visitors_by_day,person_count,,,1,,,,,-1,warn,,data,,,
        odd_sample,visitors_by_day,person_count,,,1,,,,few,,warn,,data,,,
        odd_severity,visitors_by_day,person_count,,,1,,,,,,page,,data,,,
        odd_guardrail,visitors_by_day,person_count,,,1,,,,,,warn,yes,data,,,
        of_metric,experiment_results_by_day,lift,,,1,,,,,,warn,,data,board_layout,,treatment
        of_no_mart,visitors_by_day,person_count,,,1,,,,,,warn,,data,board_layout,saves,treatment
        lost_metric,experiment_results_by_day,lift,,,1,,,,,,warn,,data,board_layout,nowhere,treatment
        lost_variant,experiment_results_by_day,lift,,,1,,,,,,warn,,data,board_layout,saves,nowhere
        right_metric,experiment_results_by_day,lift,,,1,,,,,,warn,,data,board_layout,saves,treatment
    """,
}
OF_OWN = "tracking_plan.csv, row source_name = own, event_name = "
OF_WATCH = "watch_list.csv, row watch_name = "
# File, row and field, and what the remedy says.
MISTAKES = [
    ("holidays.csv, row holiday_date = 25.12.2025, holiday_name = in_words", "as 2025-12-25"),
    ("holidays.csv, row holiday_date = 2025-01-01, field holiday_date", "keep one"),
    ("tracking_plan.csv, row source_name = matomo, event_name = save", "write amplitude"),
    ("tracking_plan.csv, row source_name = mixpanel, event_name = Save", "write our name"),
    (f"{OF_OWN}on_tv, platform = tv, property_name = None, field platform", "write web"),
    (f"{OF_OWN}twice, platform = web, property_name = None, field platform", "keep one row"),
    (f"{OF_OWN}odd_type, platform = None, property_name = size, field property_type", "number"),
    (f"{OF_OWN}no_type, platform = None, property_name = size, field property_type", "number"),
    (f"{OF_OWN}odd_share, platform = None, property_name = size, field least_share", "0.95"),
    (f"{OF_OWN}share_of_nothing, platform = None, property_name = None, field least_share", "0.95"),
    (f"{OF_OWN}odd_flag, platform = None, property_name = None, field is_inter", "write true"),
    (f"{OF_WATCH}twice, field watch_name", "name of its own"),
    (f"{OF_WATCH}odd_mart, field mart_name", "macros/watched_marts.sql"),
    (f"{OF_WATCH}odd_column, field value_column, denominator_column", "no such column"),
    (f"{OF_WATCH}odd_denominator, field value_column, denominator_column", "no such column"),
    (f"{OF_WATCH}odd_filter, field filter_name", "no such filter"),
    (f"{OF_WATCH}no_bound, field lower_bound", "at least one"),
    (f"{OF_WATCH}crossed, field lower_bound, upper_bound", "below the upper"),
    (f"{OF_WATCH}in_words, field lower_bound, upper_bound", "write numbers"),
    (f"{OF_WATCH}odd_share, field largest_drop", "0.3 for 30 %"),
    (f"{OF_WATCH}odd_wait, field least_sample, wait_days", "whole number"),
    (f"{OF_WATCH}odd_sample, field least_sample, wait_days", "whole number"),
    (f"{OF_WATCH}odd_severity, field severity", "warn or error"),
    (f"{OF_WATCH}odd_guardrail, field is_guardrail", "write true"),
    (f"{OF_WATCH}of_metric, field experiment_name, metric_name, variant", "all three"),
    (f"{OF_WATCH}of_no_mart, field experiment_name, metric_name, variant", "all three"),
    (f"{OF_WATCH}lost_metric, field experiment_name, metric_name:", "experiment_metrics.csv"),
    (f"{OF_WATCH}lost_variant, field variant", "no such variant"),
]


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory, contract: dict[str, Source]) -> str:
    """What a build says to seeds with every mistake, on one line."""
    folder = tmp_path_factory.mktemp("mistakes")
    project = copy_project(folder / "project")
    for name, text in ROWS.items():
        header = (PROJECT / "seeds" / f"{name}.csv").read_text("utf-8").splitlines()[0]
        rows = [row.strip() for row in text.strip().splitlines()]
        (project / "seeds" / f"{name}.csv").write_text("\n".join([header, *rows, ""]))
    initialise(folder / "landing", tables_of(contract))
    dbt = Dbt(folder / "landing", folder / "warehouse", project=project)
    needed = (
        "event_names",
        "event_filters",
        "int_watchable_columns",
        "experiment_metrics",
        "experiment_variants",
    )
    return dbt.complain("build", "--select", *ROWS, *needed)


@pytest.mark.parametrize(("place", "remedy"), MISTAKES)
def test_a_mistake_is_named_with_its_place_and_remedy(
    printed: str, place: str, remedy: str
) -> None:
    start = printed.find(place)
    assert start > 0, place
    assert remedy in printed[start : start + len(place) + 200]


def test_what_is_right_is_not_named(printed: str) -> None:
    for name in (
        "holiday_name = right", "event_name = right", "event_name = at_times", "watch_name = right"
    ):  # fmt: skip
        assert name not in printed


def test_every_rule_of_the_seeds_is_broken_here(printed: str) -> None:
    """A rule without a mistake in this file might never fail."""
    for name in ROWS:
        rules = (PROJECT / "seeds" / f"{name}.yml").read_text("utf-8").split("name: ")
        named = [rule.split()[0] for rule in rules if "condition:" in rule]
        assert named
        assert [rule for rule in named if f"in test {rule} " not in printed] == []
