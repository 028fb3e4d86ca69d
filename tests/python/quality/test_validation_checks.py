"""Each documented check passes on the simulated company, and fails when its data are broken."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from tests.python.conftest import compiled

Warehouse = duckdb.DuckDBPyConnection

# Five weeks have few trials that can be judged: 400 more, as the targets promise them.
TRIALS = """
insert into marts.trials
select trial.* replace (
    'more_' || number as subscription_id,
    case when number < 260 then 'self_service' else 'sales_assisted' end as trial_path,
    case
        when number < 260 then case
            when number < 130 then 'STARTER' when number < 221 then 'PRO'
            when number < 257 then 'BUSINESS' else 'ENTERPRISE' end
        when number < 281 then 'STARTER'
        when number < 337 then 'PRO'
        when number < 369 then 'BUSINESS'
        else 'ENTERPRISE'
    end as product_sku,
    true as is_trial,
    true as is_mature,
    case when number % 20 < if(number < 260, 6, 9) then started_at + interval 12 days end
        as converted_at,
    case when number % 20 < if(number < 260, 6, 9) then if(number < 260, 12, 14) end
        as days_to_convert
)
from (select * from marts.trials limit 1) as trial
cross join (select unnest(range(400)) as number) as numbers
"""

# What breaks the data that a check guards, by the rows of validation_checks that have to notice.
BREAKS = {
    ("V1", "all"): "update marts.campaigns set targeting = 'returning_users'",
    ("V2", "all"): "update marts.campaigns set targeting = 'returning_users'",
    ("V3", "all"): """
        update marts.campaigns set utm_campaign = 'Spring Sale' where campaign_id = '1001'""",
    ("V4", "all"): """
        update marts.form_submissions set lead_id = null where form_type = 'trial_signup'""",
    ("V5", "all"): "delete from marts.form_submissions where form_type = 'trial_signup'",
    ("V6", "self_service"): """
        update marts.leads set activity_count = 2
        where lead_id = (
            select arg_min(lead_id, created_at) from marts.leads
            where trial_path = 'self_service')""",
    ("V7", "sales_assisted"): """
        update marts.leads set activity_count = 13
        where lead_id = (
            select arg_min(lead_id, created_at) from marts.leads
            where trial_path = 'sales_assisted')""",
    ("V8", "all"): "update marts.trials set trial_path = 'self_service'",
    ("V9", "self_service"): """
        update marts.trials set converted_at = started_at where trial_path = 'self_service'""",
    ("V10", "sales_assisted"): """
        update marts.trials set converted_at = null where trial_path = 'sales_assisted'""",
    ("V11", "self_service"): """
        update marts.trials set product_sku = 'ENTERPRISE'
        where trial_path = 'self_service' and product_sku = 'PRO'""",
    ("V11", "sales_assisted"): """
        update marts.trials set product_sku = 'UNHEARD_OF'
        where subscription_id = 'more_300'""",
    ("V12", "all"): """
        update marts.subscriptions set product_sku = null
        where subscription_id = (select min(subscription_id) from marts.subscriptions)""",
    ("V13", "all"): """
        update marts.subscriptions set trial_ended_at = trial_ended_at + interval 1 day
        where subscription_id = (
            select min(subscription_id) from marts.subscriptions where has_trial)""",
    ("V14", "self_service"): "update marts.trials set days_to_convert = 9",
    ("V14", "sales_assisted"): "update marts.trials set days_to_convert = 19",
    ("V15", "all"): "update marts.trials set converted_at = null where subscription_id > 'more_3'",
    ("V16", "all"): """
        update intermediate.int_landed_events set product_sku = null, properties = '{"sku":null}'
        where event_id = (
            select min(event_id) from intermediate.int_events
            where event_name = 'purchase' and not is_bot)""",
    ("V17", "all"): "update marts.deals set deal_value = 12 * deal_value",
    ("V18", "all"): "update marts.deals set deal_value = 9999 where trial_path = 'self_service'",
}  # fmt: skip


@pytest.fixture(scope="module")
def warehouse_copy(company_warehouse: Path, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """The company's warehouse with 400 more trials."""
    copy = shutil.copy(company_warehouse, tmp_path_factory.mktemp("broken"))
    connection = duckdb.connect(str(copy))
    connection.execute(f"set file_search_path = '{company_warehouse.parent / 'linked'}'")
    connection.execute(TRIALS)
    return connection


@pytest.fixture
def broken(warehouse_copy: Warehouse) -> Iterator[Warehouse]:
    """The same; what a test does to it is taken back."""
    warehouse_copy.begin()
    yield warehouse_copy
    warehouse_copy.rollback()


def verdicts(warehouse: Path, connection: Warehouse) -> dict[tuple[str, str], str]:
    observations = compiled(warehouse, "validation_observations")
    connection.execute("delete from marts.validation_observations")
    connection.execute(f"insert into marts.validation_observations by name {observations}")
    checks = compiled(warehouse, "validation_checks")
    rows = connection.sql(f"select check_id, subject, verdict from ({checks})").fetchall()
    return {(check, subject): verdict for check, subject, verdict in rows}


def test_every_check_passes_on_the_company(company_warehouse: Path, broken: Warehouse) -> None:
    assert verdicts(company_warehouse, broken) == dict.fromkeys(BREAKS, "pass")


@pytest.mark.parametrize("check", BREAKS, ids="-".join)
def test_a_check_fails_when_its_data_break(
    check: tuple[str, str], company_warehouse: Path, broken: Warehouse
) -> None:
    assert broken.execute(BREAKS[check]).fetchone() != (0,)
    assert verdicts(company_warehouse, broken)[check] == "fail"
