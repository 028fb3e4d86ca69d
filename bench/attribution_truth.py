"""Which attribution model comes closest to what truly made the difference.

`python -m bench.attribution_truth --landing FOLDER --warehouse FILE` reads the truth of a simulated
company and the warehouse built over it. The simulator knows of each trial whether one visit caused
it, and which; all others would have been begun anyway. A model's shares of the channels are set
against the shares of the visits that were causes, among the channels that can be: what is direct,
and what no visit led to, is left out and its part is printed beside. `distance` is the total
variation between the two, half the sum of absolute differences: 0 where they agree, 1 where they
have nothing in common. `at the cause` is the part of the caused conversions that the model credits
to the channel of their cause.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

# By Google's rules for channel groups, which the simulated channels are written down with here.
GROUP = """
    case
        when traffic_medium = 'email' then 'Email'
        when traffic_medium = 'organic' then 'Organic Search'
        when traffic_medium = 'referral' then 'Referral'
        when traffic_source = '(direct)' then 'Direct'
        when campaign_id = 1004 then 'Paid Shopping'
        when traffic_source = 'facebook' then 'Paid Social'
        else 'Paid Search'
    end"""


@dataclass(frozen=True)
class Score:
    """How a model did on one kind of conversion; shares between 0 and 1."""

    kind: str
    model: str
    distance: float
    at_the_cause: float
    left_out: float


def scores(landing: Path, warehouse: Path) -> tuple[list[Score], dict[str, int]]:
    """Scores of all models, the closest first, and caused conversions by kind.

    Args:
        landing: landing root that `headwater simulate` wrote.
        warehouse: DuckDB file built over it.
    """
    with duckdb.connect() as connection:
        connection.execute(f"attach '{warehouse}' as built (read_only)")
        connection.execute(
            f"""
            create table causes as
            select
                'trial_started' as conversion_kind, trials.subscription_id as conversion_id,
                {GROUP} as channel_group
            from '{landing}/truth/sessions.parquet' as visits
            inner join '{landing}/truth/subscriptions.parquet' as trials using (person)
            where visits.is_cause and trials.trial_path is not null;
            insert into causes
            select 'paid_conversion', causes.conversion_id, causes.channel_group
            from causes
            semi join built.intermediate.int_conversions as paid
                on
                    causes.conversion_id = paid.conversion_id
                    and paid.conversion_kind = 'paid_conversion'
            """
        )
        rows = connection.execute(
            """
            with
            causal as (
                select
                    conversion_kind, channel_group,
                    count(*) / sum(count(*)) over (partition by conversion_kind) as share
                from causes
                group by 1, 2
            ),
            credited as (
                select
                    attribution_model, conversion_kind, channel_group,
                    conversion_count / sum(conversion_count) over (
                        partition by attribution_model, conversion_kind
                    ) as share
                from built.marts.attribution_by_channel
                where
                    channel_group not in ('Direct', 'Unattributed')
                    and conversion_kind in (select conversion_kind from causes)
            ),
            cells as (
                select
                    models.attribution_model, channels.conversion_kind,
                    coalesce(credited.share, 0) - coalesce(causal.share, 0) as difference
                from (select distinct attribution_model from credited) as models
                cross join (
                    select conversion_kind, channel_group from causal
                    union
                    select conversion_kind, channel_group from credited
                ) as channels
                left join credited using (attribution_model, conversion_kind, channel_group)
                left join causal using (conversion_kind, channel_group)
            ),
            hits as (
                select
                    credits.attribution_model, credits.conversion_kind,
                    sum(credit * (credits.channel_group = causes.channel_group)::int)
                    / sum(credit) as at_the_cause
                from built.marts.attributed_conversions as credits
                inner join causes using (conversion_kind, conversion_id)
                group by 1, 2
            ),
            totals as (
                select
                    attribution_model, conversion_kind,
                    sum(
                        case
                            when channel_group in ('Direct', 'Unattributed') then conversion_count
                            else 0
                        end
                    ) / sum(conversion_count) as left_out
                from built.marts.attribution_by_channel
                group by 1, 2
            )
            select
                conversion_kind, attribution_model, sum(abs(difference)) / 2,
                any_value(at_the_cause), any_value(left_out)
            from cells
            inner join hits using (conversion_kind, attribution_model)
            inner join totals using (conversion_kind, attribution_model)
            group by 1, 2
            order by conversion_kind desc, 3, attribution_model
            """
        ).fetchall()
        caused = connection.execute(
            "select conversion_kind, count(*) from causes group by 1 order by 1 desc"
        ).fetchall()
    return [Score(kind, model, *map(float, figures)) for kind, model, *figures in rows], dict(
        caused
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the command line and print a table."""
    parser = argparse.ArgumentParser(prog="python -m bench.attribution_truth", description=__doc__)
    parser.add_argument("--landing", type=Path, required=True, help="simulated landing root")
    parser.add_argument("--warehouse", type=Path, required=True, help="DuckDB file built over it")
    options = parser.parse_args(arguments)
    found, caused = scores(options.landing, options.warehouse)
    for kind, count in caused.items():
        print(f"{kind}: {count} conversions were caused by a visit")
        print(f"    {'model':<24}{'distance':>10}{'at the cause':>15}{'left out':>11}")
        for score in (entry for entry in found if entry.kind == kind):
            print(
                f"    {score.model:<24}{score.distance:>10.3f}{score.at_the_cause:>15.3f}"
                f"{score.left_out:>11.3f}"
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
