"""A large experiment over the simulated events: read out by our models, and by others.

`python -m bench.experiment_readout make --events FILE --units N --to FOLDER` takes FILE of
bench.person_events and shows a variant to N persons, at the first event of theirs while the
experiment runs. It writes a warehouse with what the models read, and the same for the others as
Parquet: units.parquet, events.parquet, and users.parquet, a row per person with y and x of each
metric. `read ENGINE FOLDER RESULT` writes segment_name, segment_value, variant, metric_name,
person_count and mean, of ENGINE:

- headwater: dbt builds the models from int_experiment_first_exposures to experiment_results, which
  also has CUPED, always-valid intervals, sample ratios and the rest. dbt's own start is in its
  time, but it knows the project already from `make` or an earlier run.
- polars, chdb: counts, sums, squares and products of y and x; no statistics.
- pandas, ibis: tea-tasting's Experiment over users.parquet, so without the way from events to it;
  ibis lets DuckDB add up. Its means are adjusted by x.

`next-day FOLDER` builds the models while the experiment runs, lets one more day land, runs them
again, and prints the seconds of that by dbt's clock, in all and of each model. It works in a copy.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from bench.build import dbt
from bench.narrow_events import SETTINGS

PROPORTIONS = ("board_created", "share")
AMOUNTS = ("product_view", "add_to_cart", "purchase")
# Each counts the event that it is named after.
METRICS = (
    "page_view", "button_click", "save", "search", "feature_used", *PROPORTIONS, *AMOUNTS
)  # fmt: skip
VALUES = {
    "platform": 3, "device_type": 3, "country": 8, "user_intent": 4, "content_category": 5,
    "surface": 4,
}  # fmt: skip
PAIRS = {
    "platform_and_tenure": ("platform", "user_tenure"),
    "intent_and_surface": ("user_intent", "surface"),
    "device_and_category": ("device_type", "content_category"),
}
SEGMENTS = [*VALUES, "user_tenure", *PAIRS]
MODELS = [
    "+experiment_results,path:models/intermediate/experiments",
    "+experiment_results,path:python_models/experiments",
    "experiment_results",
]
GIVEN = ["int_experiment_exposures", "int_changed_persons"]
# The experiment's days, and the last of them. Windows are of 14 days, as the events go on.
DAYS = {"start": "2025-01-08", "end": "2025-01-18", "last": "2025-01-17"}
# Drawn by hashes, so that every machine makes the same.
DRAW = """
create or replace macro draw(key, what, size) as cast(hash(key, what) % size as bigint);
create or replace macro price(event_id) as draw(event_id, 'amount', 10000) / 100;
create schema if not exists intermediate;
create or replace table persons as
select
    person_key,
    min(occurred_at) as first_seen_at,
    min(occurred_at) filter (
        where event_date >= date '{start}' and event_date < date '{end}'
    ) as exposed_at
from '{events}'
group by 1;
create or replace table units as
select *, 'v' || draw(person_key, 'variant', 5) as variant, {values}
from persons
where exposed_at is not null
order by draw(person_key, 'unit', 1000000000), person_key
limit {units};
"""
WAREHOUSE = """
create or replace table intermediate.int_experiment_exposures as
select
    cast(printf('%032x', person_key) as uuid) as event_id,
    'own' as source_name,
    'visitor ' || person_key as visitor_id,
    person_key as device_key,
    cast(null as bigint) as user_key,
    cast(null as bigint) as checkout_key,
    {names},
    exposed_at as occurred_at,
    cast(exposed_at as date) as event_date,
    'large' as experiment_id,
    variant
from units;
create or replace table intermediate.int_person_identifiers as
select
    person_key as identifier_key,
    cast(person_key as varchar) as person_id,
    'device' as identifier_type,
    first_seen_at
from persons;
create or replace table intermediate.int_person_segments (
    person_key bigint, segment_name varchar, segment_value varchar, valid_from timestamp,
    valid_until timestamp
);
create or replace table intermediate.int_session_spans as
select timestamp '2025-03-01' as ended_at;
create or replace table intermediate.int_named_events as
select
    event_id,
    'own' as source_name,
    'visitor ' || person_key as visitor_id,
    person_key as device_key,
    cast(null as bigint) as user_key,
    cast(null as bigint) as checkout_key,
    {no_values},
    occurred_at,
    event_date,
    event_name,
    '' as filter_name,
    case when event_name in {amounts} then 'amount' else '' end as property_name,
    case when event_name in {amounts} then cast(price(event_id) as varchar) end as property_value
from '{events}';
delete from seeds.experiments;
delete from seeds.experiment_variants;
delete from seeds.metrics;
delete from seeds.experiment_metrics;
delete from seeds.segments;
insert into seeds.experiments by name
select
    'large' as experiment_name, 'large' as experiment_id, date '{start}' as start_date,
    date '{end}' as end_date, 'v0' as control_variant, 0.05 as alpha, 14 as pre_window_days,
    5000 as sequential_tuning_units, 0.001 as srm_alpha, 'holm' as correction;
insert into seeds.experiment_variants by name
select 'large' as experiment_name, 'v' || number as variant, 0.2 as weight
from range(5) as numbers (number);
insert into seeds.metrics by name
select
    metric_name,
    metric_name as event_name,
    case when metric_name in {proportions} then 'proportion' else 'mean' end as kind,
    case when metric_name in {amounts} then 'amount' end as property_name,
    true as is_higher_better
from (select unnest({metric_list}) as metric_name) as metrics;
insert into seeds.experiment_metrics by name
select
    'large' as experiment_name, metric_name, 'goal' as role, 14 as window_days,
    true as needs_full_window, true as is_adjusted, false as cap_ignores_zeros
from seeds.metrics;
"""
# The experiment's last day; later ones have not landed.
UNTIL_A_DAY = """
create table later_exposures as
from intermediate.int_experiment_exposures where event_date = date '{last}';
create table later_events as
from intermediate.int_named_events where event_date = date '{last}';
delete from intermediate.int_experiment_exposures where event_date >= date '{last}';
delete from intermediate.int_named_events where event_date >= date '{last}';
create table intermediate.int_changed_persons (person_key bigint, identifier_key bigint);
"""
ONE_MORE_DAY = """
insert into intermediate.int_experiment_exposures from later_exposures;
insert into intermediate.int_named_events from later_events;
insert into intermediate.int_changed_persons
select device_key, device_key from later_exposures
union
select device_key, device_key from later_events;
"""
# What the warehouse holds, as others read it: text beside text, and amounts as numbers.
UNITS = """
select
    person_key,
    variant,
    exposed_at,
    case
        when cast(exposed_at as date) < cast(first_seen_at as date) + {new_days} then 'New'
        else 'Retained'
    end as user_tenure,
    {names},
    {pairs}
from units
"""
EVENTS = """
select
    person_key,
    event_name as metric_name,
    occurred_at,
    case when event_name in {amounts} then price(event_id) else 1.0 end as amount,
    event_name in {proportions} as is_proportion
from '{events}'
"""
USERS = """
with

persons as (
    select
        person_key,
        metric_name,
        coalesce(sum(amount) filter (where occurred_at >= exposed_at), 0) as y,
        coalesce(sum(amount) filter (where occurred_at < exposed_at), 0) as x,
        any_value(is_proportion) as is_proportion
    from '{folder}/events.parquet'
    inner join '{folder}/units.parquet' using (person_key)
    where
        metric_name in {metrics}
        and occurred_at >= exposed_at - interval 14 days
        and occurred_at < exposed_at + interval 14 days
    group by 1, 2
),

judged as (
    select
        person_key,
        metric_name,
        case when is_proportion then least(y, 1) else y end as y,
        case when is_proportion then least(x, 1) else x end as x
    from persons
)

select
    units.variant,
    {segments},
    {wide}
from '{folder}/units.parquet' as units
left join judged on units.person_key = judged.person_key
group by units.person_key, units.variant, {segments}
"""


def make(events: Path, units: int, folder: Path) -> None:
    """Write the warehouse and the files."""
    folder.mkdir(parents=True, exist_ok=True)
    warehouse = folder / "run.duckdb"  # where it is read too, so that dbt need not parse again
    dbt(folder, warehouse, "seed")
    named = DAYS | {
        "events": events,
        "units": units,
        "metrics": METRICS,
        "metric_list": list(METRICS),
        "amounts": AMOUNTS,
        "proportions": PROPORTIONS,
        "names": ", ".join(VALUES),
        "no_values": ", ".join(f"cast(null as varchar) as {name}" for name in VALUES),
    }
    values = [
        f"'{name} ' || draw(person_key, '{name}', {size}) as {name}"
        for name, size in VALUES.items()
    ]
    pairs = [f"{first} || ' / ' || {second} as {name}" for name, (first, second) in PAIRS.items()]
    with duckdb.connect(str(warehouse), config=SETTINGS) as connection:
        connection.execute(DRAW.format(values=", ".join(values), **named))
        connection.execute(WAREHOUSE.format(**named))
        for name in (*VALUES, "user_tenure"):
            connection.execute(
                "insert into seeds.segments by name"
                " select ? as segment_name, ? as property, true as is_used",
                [name, name],
            )
        for name, (first, second) in PAIRS.items():
            connection.execute(
                "insert into seeds.segments by name select ? as segment_name, ? as first_segment,"
                " ? as second_segment, true as is_used",
                [name, first, second],
            )
        queries = {
            "units": UNITS.format(new_days=7, pairs=", ".join(pairs), **named),
            "events": EVENTS.format(**named),
        }
        for name, query in queries.items():
            connection.execute(f"copy ({query}) to '{folder}/{name}.parquet' (compression zstd)")
        wide = [
            f"coalesce(max({column}) filter (where metric_name = '{metric}'), 0)"
            f" as {metric}_{column}"
            for metric in METRICS
            for column in ("y", "x")
        ]
        query = USERS.format(
            folder=folder, metrics=METRICS, segments=", ".join(SEGMENTS), wide=", ".join(wide)
        )
        connection.execute(f"copy ({query}) to '{folder}/users.parquet' (compression zstd)")
        connection.execute("drop table persons; drop table units; checkpoint")


def run_models(folder: Path, *options: str) -> None:
    """Run the models in the folder's warehouse."""
    dbt(folder, folder / "run.duckdb", "run", *options, "--select", *MODELS, "--exclude", *GIVEN)


def headwater(folder: Path, result: Path) -> None:
    """The models, whatever an earlier run left of them."""
    run_models(folder, "--full-refresh")
    with duckdb.connect(str(folder / "run.duckdb"), read_only=True) as connection:
        connection.execute(
            f"""
            copy (
                select segment_name, segment_value, variant, metric_name,
                    cast(n as bigint) as person_count, shift_y + m_y as mean
                from intermediate.int_experiment_statistics
            ) to '{result}'
            """
        )


def next_day(folder: Path) -> None:
    """The models again, after one more day of a running experiment."""
    day = folder / "day"
    day.mkdir(exist_ok=True)
    shutil.copy(folder / "run.duckdb", day / "run.duckdb")
    with duckdb.connect(str(day / "run.duckdb"), config=SETTINGS) as connection:
        connection.execute(UNTIL_A_DAY.format(**DAYS))
    run_models(day, "--full-refresh")
    with duckdb.connect(str(day / "run.duckdb"), config=SETTINGS) as connection:
        connection.execute(ONE_MORE_DAY)
        found = connection.execute("select count(*) from intermediate.int_changed_persons")
        print(f"{found.fetchall()[0][0]} persons are restated")
    run_models(day)
    written = json.loads((day / "target" / "run_results.json").read_text("utf-8"))
    for node in written["results"]:
        print(f"{node['execution_time']:8.2f} {node['unique_id'].rpartition('.')[2]}")
    print(f"{written['elapsed_time']:8.2f} in all")


def polars(folder: Path, result: Path) -> None:
    """Persons by metric first, then sums of them."""
    import polars as pl

    units = pl.scan_parquet(folder / "units.parquet")
    passed = pl.col("occurred_at") - pl.col("exposed_at")
    is_after, window = passed >= pl.duration(), pl.duration(days=14)
    is_proportion = pl.col("is_proportion")
    persons = (
        pl.scan_parquet(folder / "events.parquet")
        .join(units.select("person_key", "exposed_at"), on="person_key")
        .filter((passed >= -window) & (passed < window), pl.col("metric_name").is_in(METRICS))
        .group_by("person_key", "metric_name")
        .agg(
            pl.col("amount").filter(is_after).sum().alias("y"),
            pl.col("amount").filter(~is_after).sum().alias("x"),
            is_proportion.first(),
        )
        .with_columns(
            pl.when(is_proportion)
            .then(pl.col(name).clip(upper_bound=1))
            .otherwise(name)
            .alias(name)
            for name in ("y", "x")
        )
        .join(units, on="person_key")
        .collect(engine="streaming")
    )
    y, x = pl.col("y"), pl.col("x")
    products = {"yy": y * y, "x": x, "xx": x * x, "xy": x * y}
    people = units.with_columns(all=pl.lit("all")).collect()
    parts = []
    for segment in ("all", *SEGMENTS):
        by = ["variant", segment]
        sums = (
            persons.with_columns(all=pl.lit("all"))
            .group_by("metric_name", *by)
            .agg(y.sum(), *(value.sum().alias(f"sum_{name}") for name, value in products.items()))
            .join(people.group_by(by).len("person_count"), on=by)
        )
        parts.append(
            sums.select(
                pl.lit(segment).alias("segment_name"),
                pl.col(segment).alias("segment_value"),
                "variant",
                "metric_name",
                pl.col("person_count").cast(pl.Int64),
                (y / pl.col("person_count")).alias("mean"),
                "^sum_.*$",
            )
        )
    pl.concat(parts).write_parquet(result)


def chdb(folder: Path, result: Path) -> None:
    """The same, by grouping sets."""
    from chdb.session import Session

    sets = ", ".join(
        ["(metric_name, variant)", *(f"(metric_name, variant, {name})" for name in SEGMENTS)]
    )
    own_sets = sets.replace("metric_name, ", "")
    name = f"multiIf({', '.join(f'grouping({s}) = 0, {s!r}' for s in SEGMENTS)}, 'all')"
    value = f"multiIf({', '.join(f'grouping({s}) = 0, {s}' for s in SEGMENTS)}, 'all')"
    query = f"""
    with

    persons as (
        select
            person_key,
            metric_name,
            sumIf(amount, occurred_at >= exposed_at) as all_y,
            sumIf(amount, occurred_at < exposed_at) as all_x,
            any(is_proportion) as is_one,
            if(is_one, least(all_y, 1), all_y) as y,
            if(is_one, least(all_x, 1), all_x) as x
        from file('{folder}/events.parquet', Parquet) as events
        inner join (
            select person_key, exposed_at from file('{folder}/units.parquet', Parquet)
        ) as shown using (person_key)
        where
            metric_name in {METRICS}
            and occurred_at >= exposed_at - interval 14 day
            and occurred_at < exposed_at + interval 14 day
        group by 1, 2
    ),

    sums as (
        select
            {name} as segment_name,
            {value} as segment_value,
            variant,
            metric_name,
            sum(y) as sum_y,
            sum(y * y) as sum_yy,
            sum(x) as sum_x,
            sum(x * x) as sum_xx,
            sum(x * y) as sum_xy
        from persons
        inner join file('{folder}/units.parquet', Parquet) as units using (person_key)
        group by grouping sets ({sets})
    ),

    sizes as (
        select {name} as segment_name, {value} as segment_value, variant, count() as person_count
        from file('{folder}/units.parquet', Parquet)
        group by grouping sets ({own_sets})
    )

    select
        segment_name, segment_value, variant, metric_name, toInt64(person_count) as person_count,
        sum_y / person_count as mean, sum_yy, sum_x, sum_xx, sum_xy
    from sums
    inner join sizes using (segment_name, segment_value, variant)
    into outfile '{result}' format Parquet
    settings max_threads = 2, schema_inference_make_columns_nullable = 0
    """
    with Session(f"{result}.session") as session:
        session.query(query)


def pandas(folder: Path, result: Path) -> None:
    """tea-tasting over a frame."""
    import pandas as pd

    users = pd.read_parquet(folder / "users.parquet")
    parts = {("all", "all"): users}
    for name in SEGMENTS:
        parts |= {(name, str(value)): part for value, part in users.groupby(name)}
    _tea_tasting(parts, result)


def ibis(folder: Path, result: Path) -> None:
    """tea-tasting over a table of DuckDB."""
    import ibis

    connection = ibis.duckdb.connect(threads=2)
    connection.raw_sql(f"create table users as from '{folder}/users.parquet'")
    users = connection.table("users")
    parts = {("all", "all"): users}
    for name in SEGMENTS:
        for value in users[name].value_counts()[name].execute():
            parts[name, value] = users.filter(users[name] == value)
    _tea_tasting(parts, result)


def _tea_tasting(parts: Mapping[tuple[str, str], Any], result: Path) -> None:
    import tea_tasting as tt

    metrics = {name: tt.Mean(f"{name}_y", covariate=f"{name}_x") for name in METRICS}
    experiment = tt.Experiment(metrics | {"person_count": tt.SampleRatio()}, variant="variant")
    rows = []
    for (segment, value), users in parts.items():
        found = experiment.analyze(users, control="v0", all_variants=True)
        for (_, treatment), readout in found.items():
            counts = readout["person_count"]
            arms = [(treatment, "treatment")] + [("v0", "control")] * (treatment == "v1")
            rows += [
                (segment, value, variant, name, getattr(counts, arm), getattr(readout[name], arm))
                for variant, arm in arms
                for name in METRICS
            ]
    names = ["segment_name", "segment_value", "variant", "metric_name", "person_count", "mean"]
    pq.write_table(pa.table(dict(zip(names, zip(*rows, strict=True), strict=True))), result)


READERS: dict[str, Callable[[Path, Path], None]] = {
    "headwater": headwater, "polars": polars, "chdb": chdb, "pandas": pandas, "ibis": ibis
}  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the command line; make or read out."""
    parser = argparse.ArgumentParser(prog="python -m bench.experiment_readout", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    maker = commands.add_parser("make")
    maker.add_argument("--events", type=Path, required=True, help="file of bench.person_events")
    maker.add_argument("--units", type=int, required=True, help="persons in the experiment")
    maker.add_argument("--to", type=Path, required=True, help="folder to write")
    reader = commands.add_parser("read")
    reader.add_argument("engine", choices=READERS)
    reader.add_argument("folder", type=Path, help="what make wrote")
    reader.add_argument("result", type=Path, help="Parquet file to write")
    following = commands.add_parser("next-day")
    following.add_argument("folder", type=Path, help="what make wrote")
    options = parser.parse_args(arguments)
    if options.command == "next-day":
        next_day(options.folder.resolve())
    elif options.command == "read":
        READERS[options.engine](options.folder.resolve(), options.result.resolve())
    elif (options.to / "users.parquet").exists():
        print(f"{options.to} is there already", file=sys.stderr)
    else:
        make(options.events, options.units, options.to)
    return 0


if __name__ == "__main__":
    sys.exit(main())
