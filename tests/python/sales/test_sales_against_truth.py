"""Forms, leads, trials, deals and purchases are those that the simulator planned, row by row."""

from __future__ import annotations

from pathlib import Path

from headwater.simulate import company as figures
from tests.python.conftest import query


def last_day(company: Path) -> str:
    """A scalar query: the last day of the simulation."""
    return f"(select max(activity_date) from '{company}/truth/sessions.parquet')"


def test_every_trial_and_purchase_has_its_true_path_outcome_and_days(
    company: Path, company_warehouse: Path
) -> None:
    """Billing has no flaws, so nothing is left out: wrong rows of either side are listed."""
    wrong = query(
        f"""
        with

        told as (
            select
                subscription_id,
                coalesce(trial_path, 'no_trial') as trial_path,
                case when paid_date <= {last_day(company)} then paid_date end as paid_date,
                started_date,
                product_sku,
                currency,
                case when is_yearly then 'year' else 'month' end as billing_interval,
                fill is not null as has_form
            from '{company}/truth/subscriptions.parquet'
        )

        select *
        from told
        full join marts.trials as found using (subscription_id)
        where
            not coalesce(told.trial_path = found.trial_path, false)
            or told.paid_date is distinct from found.converted_date
            or told.started_date is distinct from found.started_date
            or told.paid_date - told.started_date is distinct from found.days_to_convert
            or told.product_sku is distinct from found.product_sku
            or told.currency is distinct from found.currency
            or told.billing_interval is distinct from found.billing_interval
            or told.has_form is distinct from (found.lead_id is not null)
        """,
        company_warehouse,
    )
    assert wrong == []
    paths = dict(
        query("select trial_path, count(*) from marts.trials group by 1", company_warehouse)
    )
    assert {"self_service", "sales_assisted"} <= paths.keys()
    assert "unknown" not in paths


def test_a_trial_has_expired_when_it_ended_unpaid(company: Path, company_warehouse: Path) -> None:
    """One that will be paid after its end is open until then."""
    wrong = query(
        f"""
        with

        told as (
            select
                subscription_id,
                case
                    when paid_date <= {last_day(company)} then 'converted'
                    when paid_date is null and started_date + {figures.TRIAL_DAYS}
                        <= {last_day(company)} then 'expired'
                    else 'open'
                end as outcome
            from '{company}/truth/subscriptions.parquet'
        )

        select told.subscription_id, told.outcome, found.outcome
        from told
        left join marts.trials as found using (subscription_id)
        where told.outcome is distinct from found.outcome
        """,
        company_warehouse,
    )
    assert wrong == []


def test_conversion_by_path_counts_the_trials_that_can_be_judged(
    company: Path, company_warehouse: Path
) -> None:
    """A trial of the simulation is paid or expired after 21 days; only those are in the rate."""
    told = query(
        f"""
        select
            coalesce(trial_path, 'all') as path,
            count(*) filter (where started_date + 21 <= {last_day(company)}),
            count(*) filter (
                where started_date + 21 <= {last_day(company)} and paid_date - started_date < 21
            )
        from '{company}/truth/subscriptions.parquet'
        where trial_path is not null
        group by rollup (trial_path)
        order by 1
        """
    )
    found = query(
        """
        select trial_path, trial_count, converted_count
        from marts.trial_conversion_by_path
        order by 1
        """,
        company_warehouse,
    )
    assert found == told
    assert all(trials > 0 for _, trials, _ in found)


def test_leads_are_the_true_form_fills_and_the_bought(
    company: Path, company_warehouse: Path
) -> None:
    told = query(
        f"""
        select form_type, count(*)
        from '{company}/truth/form_fills.parquet'
        where filled_date <= {last_day(company)}
        group by 1
        order by 1
        """
    )
    found = query(
        """
        select form_type, count(*) from marts.leads where not is_purchased group by 1 order by 1
        """,
        company_warehouse,
    )
    assert found == told
    assert len(found) == len(figures.FORMS)
    bought = query(
        "select form_type, count(*) from marts.leads where is_purchased group by 1",
        company_warehouse,
    )
    assert [form_type for form_type, _ in bought] == [None]


def test_leads_and_subscriptions_are_of_the_person_they_are_about(
    company: Path, company_warehouse: Path
) -> None:
    """Of people who are nobody else to the warehouse: a shared browser may join two."""
    rows = query(
        f"""
        with

        logins as (
            select told.person, found.person_id
            from '{company}/truth/persons.parquet' as told
            inner join marts.person_identifiers as found
                on told.user_id = found.identifier_value and found.identifier_type = 'user'
        )

        select trials.subscription_id, logins.person_id = trials.person_id
        from marts.trials as trials
        inner join '{company}/truth/subscriptions.parquet' as told using (subscription_id)
        inner join logins on told.person = logins.person
        """,
        company_warehouse,
    )
    assert len(rows) > 15
    assert [subscription for subscription, is_same in rows if not is_same] == []


def test_submissions_are_the_forms_that_arrived_unharmed(
    company: Path, company_warehouse: Path
) -> None:
    """The site's rows are flawed like any tool's: forms of intact sessions are all there, and no
    type has more than were filled."""
    rows = query(
        f"""
        with

        told as (
            select form_type, person, filled_date
            from '{company}/truth/form_fills.parquet'
            where filled_date <= {last_day(company)}
        ),

        intact as (
            select person, activity_date
            from '{company}/truth/sessions.parquet'
            where source_name = 'ga4' and not is_bot
            group by 1, 2
            having bool_and(is_intact)
        ),

        counted as (
            select
                told.form_type,
                count(*) as filled_count,
                count(intact.person) as intact_count
            from told
            left join intact
                on told.person = intact.person and told.filled_date = intact.activity_date
            group by 1
        ),

        found as (
            select form_type, count(*) as found_count from marts.form_submissions group by 1
        )

        select form_type, filled_count, intact_count, coalesce(found_count, 0)
        from counted
        left join found using (form_type)
        """,
        company_warehouse,
    )
    assert len(rows) == len(figures.FORMS)
    assert sum(row[3] for row in rows) > 50
    for form_type, filled, intact, found in rows:
        assert intact <= found <= filled, form_type


def test_touches_of_leads_are_what_their_path_calls_for(company_warehouse: Path) -> None:
    ranges = {
        row[0]: row[1:]
        for row in query(
            """
            select
                coalesce(trial_path, form_type, 'bought'),
                min(activity_count),
                max(activity_count)
            from marts.leads
            group by 1
            """,
            company_warehouse,
        )
    }
    low, high = figures.SALES_ASSISTED_ACTIVITIES
    assert ranges["self_service"] == (1, 1)
    assert low <= ranges["sales_assisted"][0] <= ranges["sales_assisted"][1] <= high
    assert ranges["demo_request"] == (8, 8)
    assert ranges["newsletter_signup"] == (1, 1)
    assert figures.PURCHASED_ACTIVITIES[0] <= ranges["bought"][0]
    assert ranges["bought"][1] <= figures.PURCHASED_ACTIVITIES[1]


def test_deals_walk_the_stages_in_the_true_days(company_warehouse: Path) -> None:
    """Five, four, three and two days, unless the deal was closed before; a closed one stands in
    the last stage for no time."""
    stays = query(
        """
        select
            history.stage_name,
            max(history.days_in_stage),
            count(*) filter (where history.days_in_stage = expected.days),
            count(*) filter (
                where
                    history.days_in_stage > expected.days
                    or (history.days_in_stage < expected.days and following.stage_name != 'Closed')
            ),
            count(*) filter (where not history.is_entry_seen)
        from marts.deal_stage_history as history
        inner join (values
            ('Qualification', 5), ('Needs Analysis', 4), ('Proposal', 3), ('Negotiation', 2),
            ('Closed', 0)
        ) as expected (stage_name, days) on history.stage_name = expected.stage_name
        left join marts.deal_stage_history as following
            on
                history.deal_id = following.deal_id
                and history.visit_number + 1 = following.visit_number
        group by 1
        """,
        company_warehouse,
    )
    assert len(stays) == 5
    wrong = {name: (longer, unseen) for name, _, _, longer, unseen in stays if longer or unseen}
    # A sale may come up to a week after the fourteenth day: only the last open stage grows longer.
    assert wrong.keys() <= {"Negotiation"}
    assert all(exact > 0 for _, _, exact, _, _ in stays)


def test_won_deals_are_the_true_sales_of_leads(company: Path, company_warehouse: Path) -> None:
    told = query(
        f"""
        select cast(fill + 1 as varchar), product_sku, currency, paid_date
        from '{company}/truth/subscriptions.parquet'
        where fill is not null and paid_date <= {last_day(company)}
        order by 1
        """
    )
    found = query(
        """
        select deals.deal_id, deals.product_sku, deals.currency, cast(deals.won_at as date)
        from marts.deals as deals
        where deals.status = 'won'
        order by 1
        """,
        company_warehouse,
    )
    assert found == told
    assert len(found) > 5
    ((sold, linked),) = query(
        """
        select count(*), count(deal_id) from marts.trials
        where outcome = 'converted' and lead_id is not null
        """,
        company_warehouse,
    )
    assert sold == linked == len(found)


def test_the_pipeline_counts_the_true_leads_deals_and_sales(
    company: Path, company_warehouse: Path
) -> None:
    """Over all entries, mature or not; a form whose lead was not found may stand alone."""
    told = query(
        f"""
        select fills.form_type, count(*), count(sold.fill)
        from '{company}/truth/form_fills.parquet' as fills
        left join (
            select fill, paid_date from '{company}/truth/subscriptions.parquet'
            where paid_date <= {last_day(company)}
        ) as sold on fills.fill = sold.fill
        where fills.filled_date <= {last_day(company)}
        group by 1
        order by 1
        """
    )
    found = query(
        """
        select origin, count(lead_id), count(*) filter (where has_subscription)
        from intermediate.int_pipeline_entries
        where origin != 'no_form'
        group by 1
        order by 1
        """,
        company_warehouse,
    )
    assert found == told
    ((steps, reached),) = query(
        """
        select sum(entry_count), sum(reached_count) from marts.pipeline_steps
        where step_name = 'lead'
        """,
        company_warehouse,
    )
    assert 0 < reached <= steps
