"""Recurring revenue and money are the simulator's, to the cent."""

from __future__ import annotations

from pathlib import Path

from tests.python.conftest import query


def test_every_movement_is_the_true_one(company: Path, company_warehouse: Path) -> None:
    """Of each subscription: day, kind, SKU, currency and amount."""
    columns = "subscription_id, kind, product_sku, currency, moved_date"
    told = query(
        f"""
        select {columns}, round(monthly_cents, 2)
        from '{company}/truth/revenue_movements.parquet'
        order by all
        """
    )
    found = query(
        f"""
        select
            {columns.replace("kind", "movement_kind")},
            cast(round(mrr_change * 100, 2) as double)
        from marts.mrr_movements
        order by all
        """,
        company_warehouse,
    )
    assert len(told) > 5
    assert {row[3] for row in told} == {"USD", "EUR"} or len(told) < 30
    assert found == told


def test_recurring_revenue_by_month_is_the_true_one(company: Path, company_warehouse: Path) -> None:
    told = query(
        f"""
        select month, currency, round(mrr_cents, 2), round(mrr_cents * 12 / 100, 1)
        from '{company}/truth/mrr_by_month.parquet'
        order by all
        """
    )
    found = query(
        """
        select
            month_start_date,
            currency,
            cast(round(closing_mrr * 100, 2) as double),
            cast(round(closing_arr, 1) as double)
        from marts.mrr_by_month
        order by all
        """,
        company_warehouse,
    )
    assert len(told) > 1
    assert found == told


def test_trials_end_as_they_truly_did(company: Path, company_warehouse: Path) -> None:
    """Who pays on or after the last day has not paid yet."""
    (wrong,) = query(
        f"""
        with

        told as (
            select
                subscription_id,
                trial_path is not null as has_trial,
                coalesce(
                    paid_date <= (
                        select max(activity_date) from '{company}/truth/sessions.parquet'
                    ),
                    false
                ) as is_paid
            from '{company}/truth/subscriptions.parquet'
        )

        select
            count(*) as told_count,
            count(found.subscription_id) as found_count,
            count(*) filter (where told.has_trial != found.has_trial) as trial_differs,
            count(*) filter (
                where told.has_trial and told.is_paid != (found.trial_outcome = 'converted')
            ) as outcome_differs,
            count(*) filter (where told.is_paid) as paid_count,
            count(*) filter (where found.person_id is null) as stranger_count
        from told
        left join marts.subscriptions as found using (subscription_id)
        """,
        company_warehouse,
    )
    told, found, *differing, paid, strangers = wrong
    assert told == found
    assert (differing, strangers) == ([0, 0], 0)
    assert 0 < paid < told


def test_only_open_invoices_and_refunds_stand_between_lines_and_money(
    company_warehouse: Path,
) -> None:
    """The simulated company has no discounts, taxes, balances or other ways to pay."""
    (counted,) = query(
        """
        select
            count(*) filter (where line_amount = invoiced_amount) = count(*),
            count(*) filter (where invoiced_amount + open_amount + other_month_amount
                = charged_amount) = count(*),
            sum(charged_amount) > 0
        from marts.billing_by_month
        """,
        company_warehouse,
    )
    assert counted == (True, True, True)
