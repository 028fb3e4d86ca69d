"""Values of customers are what the simulator billed, and customers stay as long as it has them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from headwater.simulate import billing
from headwater.statistics.lifetimes import expected_lifetimes
from tests.python.conftest import query

CENT = 0.01
MONTH = billing.PERIOD_DAYS[False]


def test_observed_values_are_charges_less_refunds(company: Path, company_warehouse: Path) -> None:
    told = query(
        f"""
        with

        charges as (
            select id, customer, upper(currency) as currency, amount_captured
            from '{company}/stripe/charges/*.parquet'
            where status = 'succeeded'
        ),

        refunds as (
            select charge, sum(amount) as amount from '{company}/stripe/refunds/*.parquet'
            group by 1
        )

        select customer, currency, sum(amount_captured - coalesce(refunds.amount, 0)) / 100
        from charges
        left join refunds on charges.id = refunds.charge
        group by all
        order by all
        """
    )
    found = query(
        """
        select customer_id, currency, cast(observed_amount as double)
        from marts.lifetime_values
        where paid_amount > 0
        order by all
        """,
        company_warehouse,
    )
    assert len(told) > 3
    assert found == told


def test_lifetimes_and_recurring_revenue_are_the_true_ones(
    company: Path, company_warehouse: Path
) -> None:
    """Every customer of the company has one subscription."""
    told = query(
        f"""
        with

        ended as (
            select max(told_at) as told_at
            from (
                select max(version_at) as told_at
                from '{company}/stripe/subscriptions/*.parquet'
                union all
                select max(created) from '{company}/stripe/charges/*.parquet'
            )
        ),

        movements as (
            select
                *,
                coalesce(
                    max(case when kind = 'churn' then moved_date end) over (
                        partition by subscription_id
                    ),
                    (select cast(told_at as date) from ended)
                ) as until
            from '{company}/truth/revenue_movements.parquet'
        )

        select
            replace(subscription_id, 'sub_', 'cus_'),
            min(moved_date),
            max(case when kind = 'churn' then moved_date end),
            max(until) - min(moved_date),
            sum(monthly_cents * (until - moved_date)) * 12 / 365 / 100
        from movements
        group by 1
        order by 1
        """
    )
    found = query(
        """
        select customer_id, started_date, ended_date, lifetime_days, recurring_amount
        from marts.lifetime_values
        where started_date is not null
        order by 1
        """,
        company_warehouse,
    )
    assert len(told) > 3
    assert [row[:4] for row in found] == [row[:4] for row in told]
    assert [row[4] for row in found] == pytest.approx([row[4] for row in told], abs=CENT)


def true_days(horizon: int) -> float:
    """Days for which a monthly customer stays: of each period that ends some cancel, and of those
    who do not some cannot pay, which ends it days later."""
    day = np.arange(horizon)
    cancels = billing.CANCEL_CHANCE
    fails = billing.PAYMENT_FAILS_CHANCE * (1 - billing.RETRY_WORKS_CHANCE)
    times_billed = day // MONTH
    times_tried = np.maximum(day - billing.RETRY_DAYS, 0) // MONTH
    return float(((1 - cancels) ** times_billed * (1 - fails) ** times_tried).sum())


def test_customers_are_expected_to_stay_as_long_as_they_truly_do(company_year: Path) -> None:
    rows = query(
        f"""
        with

        monthly as (
            select subscription_id from '{company_year}/truth/subscriptions.parquet'
            where not is_yearly
        ),

        movements as (
            select * from '{company_year}/truth/revenue_movements.parquet'
            semi join monthly using (subscription_id)
        ),

        ends as (
            select
                subscription_id,
                date '2026-01-01' - min(moved_date) as followed_days,
                max(case when kind = 'churn' then moved_date end) - min(moved_date) as left_after
            from movements
            group by 1
        )

        select coalesce(left_after, followed_days), followed_days, left_after is not null
        from ends
        """
    )
    lifetime, followed, has_left = zip(*rows, strict=True)
    customers = pa.table(
        {
            "segment_name": ["plan"] * len(rows),
            "segment_value": ["monthly"] * len(rows),
            "currency": ["USD"] * len(rows),
            "lifetime_days": lifetime,
            "followed_days": followed,
            "has_left": has_left,
            "average_mrr": [29.0] * len(rows),
        }
    )
    expected = expected_lifetimes(customers, [90, 180, 300], smallest=5).to_pylist()
    assert [row["horizon_days"] for row in expected] == [90, 180, 300]
    for row in expected:
        truth = true_days(row["horizon_days"])
        assert row["expected_days_low"] < truth < row["expected_days_high"], row
        assert row["expected_days_high"] - row["expected_days_low"] < row["horizon_days"] / 5
