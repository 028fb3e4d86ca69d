"""Values of real samples and of records with the vendors' quirks, on the way from file to staging.

Every expected value was worked by hand from the file. Samples lie beside the repository; the
records with quirks are written here.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from headwater.landing.contract import Source, tables_of
from headwater.landing.land import land_files
from headwater.landing.write import initialise
from tests.python.conftest import SAMPLES, Dbt, query

with_samples = pytest.mark.skipif(not SAMPLES.is_dir(), reason="the samples are not here")
Rows = Callable[[str], list[tuple]]

SAMPLE_FOLDERS = {
    "amplitude_fivetran": "amplitude",
    "facebook_ads_fivetran": "meta_ads",
    "ga4_bigquery_raw": "ga4",
    "ga4_fivetran_export": "ga4",
    "google_ads_fivetran": "google_ads",
    "mixpanel_fivetran": "mixpanel",
    "mixpanel_raw_export": "mixpanel",
    "pipedrive_api_examples": "pipedrive",
    "posthog_events": "posthog",
    "segment_dbtlabs": "segment",
    "shopify_fivetran": "shopify",
    "shopify_web_pixel": "shopify",
    "stripe_fivetran": "stripe",
}


def airbyte(record: dict[str, Any]) -> dict[str, Any]:
    """A record in the envelope that Airbyte writes to files."""
    return {
        "_airbyte_raw_id": "r1",
        "_airbyte_extracted_at": 1735689600000,
        "_airbyte_data": record,
    }


def pixel_checkout(name: str, day: str, subtotal: float, total: float, code: str) -> dict[str, Any]:
    money = {
        "subtotalPrice": {"amount": subtotal, "currencyCode": code},
        "totalPrice": {"amount": total, "currencyCode": code},
    }
    return {
        "id": name,
        "name": "checkout_completed",
        "clientId": "c1",
        "timestamp": f"{day}T10:00:00.5Z",
        "data": {"checkout": {"currencyCode": code, "token": name, **money}},
    }


def stripe_event(created: int, status: str) -> dict[str, Any]:
    item = {"object": "subscription_item", "id": "si_v", "quantity": created - 1735689600}
    content = {
        "object": "subscription",
        "id": "sub_v",
        "status": status,
        "created": 1735689600,
        "items": {"data": [item]},
    }
    return {
        "object": "event",
        "id": f"evt_{created}",
        "created": created,
        "data": {"object": content},
    }


FORM_TYPE = "6154787cffb5cb44bd58ad8e2b1f6e99cb0d09e2"  # as in dbt_project.yml
LEAD = {"source_name": "Form", "was_seen": True, "add_time": "2025-02-01 08:00:00"}
HOUR = {
    "campaign.id": 7,
    "campaign.status": "ENABLED",
    "segments.date": "2025-03-01",
    "segments.ad_network_type": "SEARCH",
    "metrics.clicks": 1,
    "metrics.conversions": 0.5,
}
INSIGHT = {"ad_id": "9", "date_start": "2025-03-01", "date_stop": "2025-03-01", "spend": "1234.5"}
CALL = {
    "anonymous_id": "a1",
    "user_id": "u1",
    "received_at": "2025-03-01 10:00:01",
    "timestamp": "2025-03-01 10:00:00",
}

# By source: lines of JSONL.
QUIRKS: dict[str, list[dict[str, Any]]] = {
    "amplitude": [
        {
            "event_type": "save",
            "$insert_id": "am1",
            "device_id": "d1",
            "user_id": None,
            "session_id": -1,
            "event_time": "2025-03-01 10:00:00.123456",
        },
        airbyte({"event_type": "save", "$insert_id": "am2", "session_id": 1740823200000}),
    ],
    "mixpanel": [
        {
            "event": "$identify",
            "properties": {
                "time": 1740823200.25,
                "distinct_id": "$device:d1",
                "$insert_id": "mx1",
                "$identified_id": "u1",
                "$anon_id": "d1",
            },
        },
        # As Airbyte writes it: flat, without dollar signs, all values text.
        {
            "event": "save",
            "time": "2025-03-01T10:00:00+00:00",
            "distinct_id": "u1",
            "insert_id": "mx2",
            "device_id": "d1",
            "os": "iOS",
        },
    ],
    "ga4": [
        {
            "event_name": "page_view",
            "event_timestamp": "1740823200123456",
            "user_pseudo_id": None,
            "user_id": None,
            "event_params": [{"key": "ga_session_id", "value": {"int_value": "1740823100"}}],
            "session_traffic_source_last_click": {"google_ads_campaign": {"campaign_id": "77"}},
        }
    ],
    "posthog": [
        airbyte(
            {
                "id": "ph1",
                "event": "save",
                "distinct_id": "u1",
                "timestamp": "2025-03-01T10:00:00.5+01:00",
                "properties": json.dumps({"$device_id": "d1", "$os": "Mac OS X"}),
            }
        )
    ],
    "segment": [
        {**CALL, "id": "sg1", "event": "plan_saved", "event_text": "Plan Saved"},
        {**CALL, "id": "sg2", "email": "x@y.example", "plan": "pro"},
        {**CALL, "id": "sg3", "group_id": "g1", "name": "Initech"},
        {**CALL, "id": "sg4", "previous_id": "a0"},
        {**CALL, "id": "sg5", "path": "/p", "url": "https://x.example/p", "name": "P"},
        {**CALL, "id": "sg6", "name": "a screen, or a person who told the name"},
    ],
    "shopify": [
        pixel_checkout("px1", "2025-04-23", 100.00, 95.50, "EUR"),  # before order discounts
        pixel_checkout("px2", "2025-04-24", 90.00, 95.50, "EUR"),  # after them
        pixel_checkout("px3", "2025-04-25", 2900, 2900, "JPY"),
        {
            "id": 5,
            "order_number": 1005,
            "financial_status": "paid",
            "currency": "JPY",
            "total_price": "2900",
            "created_at": "2025-03-01T19:00:00+09:00",
            "line_items": json.dumps([{"id": 51, "variant_id": 3, "quantity": 2, "price": "1450"}]),
        },
    ],
    "stripe": [
        {
            "object": "invoice",
            "id": "in_yen",
            "currency": "jpy",
            "total": 2900,
            "created": 1740823200,
        },
        stripe_event(1735689602, "canceled"),
        stripe_event(1735689601, "active"),  # delivered late
    ],
    "pipedrive": [
        {**LEAD, "id": "v1", "value": {"amount": 12.5, "currency": "EUR"}, FORM_TYPE: " Demo "},
        {**LEAD, "id": "v2", "custom_fields": {FORM_TYPE: "Trial"}},
        airbyte({**LEAD, "id": "ab", "value": json.dumps({"amount": 700, "currency": "JPY"})}),
        {**LEAD, "id": "ft", "value_amount": "9.99", "value_currency": "USD"},
    ],
    "google_ads": [
        {**HOUR, "segments.hour": 9, "metrics.cost_micros": 1500000},
        {**HOUR, "segments.hour": 10, "metrics.cost_micros": 2250000},
        {
            **{key.replace(".", "_"): value for key, value in HOUR.items()},
            "campaign_id": 8,
            "metrics_cost_micros": 36500000,
            "customer_currency_code": "JPY",
        },
        {**HOUR, "ad_group.id": 3, "metrics.cost_micros": 5},
        {"campaign.id": 7, "campaign.name": "Spring", "campaign.status": "ENABLED"},
        {"click_view.gclid": "g1", "campaign.id": 7, "segments.date": "2025-03-01"},
        {"campaign": {"id": 7}, "adGroup": {"id": 3}, "segments": {}, "metrics": {}},
    ],
    "meta_ads": [
        {
            **INSIGHT,
            "account_currency": "USD",
            "reach": 40,
            "actions": json.dumps([{"action_type": "purchase", "value": "2"}]),
        },
        {**INSIGHT, "ad_id": "10", "account_currency": "JPY", "reach": 50, "spend": "144"},
        {**INSIGHT, "ad_id": "11", "country": "DE"},
    ],
}


@pytest.fixture(scope="module")
def rejects() -> dict[str, dict[str, int]]:
    """What was not landed of the records with quirks, by source and reason; filled by `rows`."""
    return {}


@pytest.fixture(scope="module")
def rows(
    tmp_path_factory: pytest.TempPathFactory,
    contract: dict[str, Source],
    rejects: dict[str, dict[str, int]],
) -> Rows:
    """Asks a warehouse that holds the samples, and the records with quirks as `quirks.jsonl`."""
    folder = tmp_path_factory.mktemp("values")
    root = folder / "landing"
    initialise(root, tables_of(contract))
    rejected_rows = contract["headwater"].tables["rejected_rows"]
    for source, records in QUIRKS.items():
        file = folder / source / "quirks.jsonl"
        file.parent.mkdir()
        file.write_text("".join(json.dumps(record) + "\n" for record in records))
        (report,) = land_files(contract[source], [file], root, rejected_rows)
        rejects[source] = report.rejected
    for name, source in SAMPLE_FOLDERS.items() if SAMPLES.is_dir() else ():
        files = sorted(file for file in (SAMPLES / name).iterdir() if file.suffix != ".md")
        copies = [once_each(file, folder / name) for file in files]
        list(land_files(contract[source], copies, root, rejected_rows))
    dbt = Dbt(root, folder)
    only_staging = ["--select", "path:models/staging", "--indirect-selection", "cautious"]
    dbt.run("build", *only_staging, "--exclude-resource-type", "unit_test")
    return lambda sql: query(sql.replace("$landing", str(root)), dbt.warehouse)


def once_each(file: Path, folder: Path) -> Path:
    """The file; GA4's sample, whose header names its last column a second time, without that."""
    if file.name != "event_data.csv":
        return file
    folder.mkdir()
    header, _, rest = file.read_text().partition("\n")
    copy = folder / file.name
    copy.write_text(header.removesuffix("param_session_engaged") + "again\n" + rest)
    return copy


def of_file(name: str) -> str:
    return f"file_name like '{name}%'"


QUIRK = of_file("quirks.jsonl")


def test_only_what_no_table_takes_is_rejected(
    rows: Rows, rejects: dict[str, dict[str, int]]
) -> None:
    """A screen or a person; ads by ad group, twice; and insights split by country."""
    assert {source: found for source, found in rejects.items() if found} == {
        "segment": {"unrecognised_record": 1},
        "google_ads": {"unrecognised_record": 2},
        "meta_ads": {"unrecognised_record": 1},
    }


def test_amplitude_quirks(rows: Rows) -> None:
    """Session -1 is no session."""
    sql = f"""
        select source_event_id, device_id, user_id, source_session_id, cast(occurred_at as varchar)
        from staging.stg_amplitude__events where {QUIRK} order by 1
    """
    assert rows(sql) == [
        ("am1", "d1", None, None, "2025-03-01 10:00:00.123456"),
        ("am2", None, None, "1740823200000", None),
    ]


@with_samples
def test_amplitude_by_fivetran(rows: Rows) -> None:
    """One device was three people's; no insert id, so whom, what and when are the key."""
    table = "staging.stg_amplitude__events"
    where = of_file("amplitude_event_data.csv")
    assert rows(
        f"""
        select count(*), count(distinct device_id), count(distinct user_id),
            count(source_session_id)
        from {table} where {where}
        """
    ) == [(10, 3, 7, 0)]
    assert rows(
        f"""
        select source_event_id, source_event_name, device_id, cast(occurred_at as varchar)
        from {table} where {where} and user_id = 'dev@gmail.com'
        """
    ) == [
        (
            "2ff5d160-21b5-5101-87e8-ba5aa69d7961|dev@gmail.com|watch_test_amplitude|242501284"
            "|2025-02-01 19:42:58.123",
            "watch_test_amplitude",
            "2ff5d160-21b5-5101-87e8-ba5aa69d7961",
            "2025-03-01 19:42:58.123",
        )
    ]


def test_mixpanel_quirks(rows: Rows) -> None:
    """One act carries device and login; a fraction of a second is kept."""
    sql = f"""
        select source_event_id, device_id, user_id, operating_system, cast(occurred_at as varchar)
        from staging.stg_mixpanel__events where {QUIRK} order by 1
    """
    assert rows(sql) == [
        ("$identify|$device:d1|1740823200|mx1", "d1", "u1", None, "2025-03-01 10:00:00.25"),
        ("save|u1|1740823200|mx2", "d1", "u1", "iOS", "2025-03-01 10:00:00"),
    ]


@with_samples
def test_mixpanel_samples(rows: Rows) -> None:
    sql = """
        select source_event_name, user_id, cast(occurred_at as varchar)
        from staging.stg_mixpanel__events where file_name like '{}%' order by 1, 3
    """
    assert rows(sql.format("export.jsonl")) == [
        (
            "Viewed E-commerce Page",
            "1d694fd9-31a5-4b99-9eef-ae63112063ed",
            "2021-06-16 16:28:00",
        ),
        (
            "modeler:deploy:confirm",
            "auth0|669533a8339ceebe5e8f7fed",
            "2024-07-17 14:54:16.002",
        ),
    ]
    assert rows(sql.format("event.csv")) == [
        ("plays", "9e308c27-42ab-57af-beef-555708cde092", "2020-08-01 10:16:46"),
        ("playthrough_25", "622b169c-2187-5121-85e6-e5960b2512e3", "2020-08-01 11:35:44"),
        ("playthrough_25", "622b169c-2187-5121-85e6-e5960b2512e3", "2024-02-02 08:58:02"),
        ("playthrough_29", "622b169c-2187-5121-85e6-e5960b2512e7", "2024-01-31 08:58:02"),
        ("playthrough_30", "622b169c-2187-5121-85e6-e5960b2512e7", "2025-02-27 08:58:02"),
    ]


def test_ga4_quirks(rows: Rows) -> None:
    """Without consent nobody is named; microseconds are kept."""
    sql = f"""
        select device_id, user_id, source_session_id, cast(occurred_at as varchar)
        from staging.stg_ga4__events where {QUIRK}
    """
    assert rows(sql) == [(None, None, "1740823100", "2025-03-01 10:00:00.123456")]
    assert rows(
        """
        select session_google_ads_campaign_id
        from read_parquet('$landing/ga4/events/**/*.parquet') where _file like 'quirks%'
        """
    ) == [("77",)]


@with_samples
def test_ga4_samples(rows: Rows) -> None:
    """One login had two devices and three sessions; Fivetran's param_ columns are parameters."""
    sql = """
        select source_event_name, device_id, user_id, source_session_id, page_title,
            cast(occurred_at as varchar)
        from staging.stg_ga4__events where file_name like '{}%' order by occurred_at
    """
    assert rows(sql.format("velir_events.jsonl")) == [
        (
            "first_visit",
            "1166526666.1617691776",
            None,
            "1617691775",
            "Velir | Behavior-Driven Testing in Drupal 8",
            "2021-04-06 06:49:50.431476",
        )
    ]
    assert rows(sql.format("public_sample_row.jsonl"))[0][1:4] == (
        "1146540.1921992520",
        None,
        "3599645542",
    )
    assert rows(sql.format("event_data.csv")) == [
        ("purchase", "pseudo_123", "user_123", "session_123", None, "2024-09-10 12:35:00"),
        ("add_to_cart", "pseudo_456", "user_456", "session_456", None, "2024-09-10 12:40:00"),
        ("begin_checkout", "pseudo_456", "user_456", "session_456", None, "2024-09-10 12:42:00"),
        ("scroll", "pseudo_789", "user_789", "session_789", None, "2024-09-10 12:45:00"),
        ("view_item", "pseudo_123", "user_123", "session_124", None, "2024-09-10 13:05:00"),
        ("checkout", "pseudo_124", "user_123", "session_125", None, "2024-09-10 13:15:00"),
    ]


def test_posthog_by_airbyte(rows: Rows) -> None:
    """An hour east of Greenwich; properties stored as text."""
    sql = f"""
        select source_event_id, source_event_name, device_id, operating_system,
            cast(occurred_at as varchar)
        from staging.stg_posthog__events where {QUIRK}
    """
    assert rows(sql) == [("ph1", "save", "d1", "Mac OS X", "2025-03-01 09:00:00.5")]


@with_samples
def test_posthog_samples(rows: Rows) -> None:
    sql = """
        select count(*), count(distinct device_id)
        from staging.stg_posthog__events where file_name like '{}%'
    """
    assert rows(sql.format("events_api.jsonl"))[0][0] == 99
    assert rows(sql.format("single_person_events.json"))[0][0] == 7
    assert rows(
        """
        select source_event_name, page_url, cast(occurred_at as varchar)
        from staging.stg_posthog__events
        where source_event_id = '6e190b56-64dd-443d-832f-b889ea2df252'
        """
    ) == [("$pageview", "http://hogflix.com/3", "2021-02-11 09:21:30.202993")]


def test_segment_warehouse_tables(rows: Rows) -> None:
    names = ["tracks", "identifies", "groups", "aliases", "pages"]
    found = [
        rows(
            f"""
            select source_event_id, device_id, user_id, cast(occurred_at as varchar),
                cast(received_at as varchar)
            from staging.stg_segment__{name} where {QUIRK}
            """
        )
        for name in names
    ]
    times = ("2025-03-01 10:00:00", "2025-03-01 10:00:01")
    assert found == [[(f"sg{number}", "a1", "u1", *times)] for number in range(1, 6)]
    assert rows(f"select source_event_name from staging.stg_segment__tracks where {QUIRK}") == [
        ("Plan Saved",)
    ]
    assert rows(f"select account_id from staging.stg_segment__groups where {QUIRK}") == [("g1",)]
    assert rows(f"select previous_id from staging.stg_segment__aliases where {QUIRK}") == [("a0",)]


@with_samples
def test_segment_page_of_the_warehouse(rows: Rows) -> None:
    sql = f"""
        select source_event_id, device_id, user_id, page_url, referrer, utm_source, utm_campaign,
            cast(occurred_at as varchar)
        from staging.stg_segment__pages where {of_file("example_segment_pages.csv")}
    """
    assert rows(sql) == [
        (
            "ajs-9527e97fc714abe02a23b3d24cf09a36",
            "507f191e810c19729de860ea",
            "97980cfea0067",
            "https://www.getdbt.com/",
            "https://www.google.com/",
            "facebook",
            "autumn_collection_2015",
            "2015-02-23 22:28:55",
        )
    ]


def test_shopify_quirks(rows: Rows) -> None:
    """The subtotal is as the pixel told it, so before 2025-04-24 without order discounts; what was
    paid does not change its meaning. Yen have no smaller unit."""
    sql = f"""
        select checkout_id, currency, amount_cents,
            cast(json_extract_string(cast(properties as varchar), '$.subtotal_cents') as bigint),
            cast(occurred_at as varchar)
        from staging.stg_shopify__pixel_events where {QUIRK} order by 1
    """
    assert rows(sql) == [
        ("px1", "EUR", 9550, 10000, "2025-04-23 10:00:00.5"),
        ("px2", "EUR", 9550, 9000, "2025-04-24 10:00:00.5"),
        ("px3", "JPY", 2900, 2900, "2025-04-25 10:00:00.5"),
    ]
    assert rows(
        f"""
        select order_id, order_number, currency, total_cents, cast(ordered_at as varchar)
        from staging.stg_shopify__orders where {QUIRK}
        """
    ) == [("5", "1005", "JPY", 2900, "2025-03-01 10:00:00")]
    assert rows(
        f"""
        select order_line_id, order_id, currency, quantity, unit_price_cents
        from staging.stg_shopify__order_lines where {QUIRK}
        """
    ) == [("51", "5", "JPY", 2, 1450)]


@with_samples
def test_shopify_by_fivetran(rows: Rows) -> None:
    """REST says currency of the shop; GraphQL says the currency with each amount, and the total of
    a line instead of the price of one."""
    sql = """
        select order_id, currency, total_cents, financial_status, cast(ordered_at as varchar)
        from staging.stg_shopify__orders where file_name like '{}%' order by 1
    """
    rest = rows(sql.format("shopify_order_data.csv"))
    assert len(rest) == 8
    assert rest[5:] == [
        ("2669509541985", "GBP", 539, "paid", "2020-09-09 22:57:50"),
        ("2669516488801", "GBP", 379, "paid", "2020-09-09 23:01:53"),
        ("2674098602081", "GBP", 280, "paid", "2020-09-11 19:35:42"),
    ]
    graphql = rows(sql.format("shopify_gql_order_data.csv"))
    assert len(graphql) == 9
    assert graphql[0] == ("4001", "USD", 5500, "paid", "2025-07-18 09:00:00")
    assert graphql[1] == ("4002", "CAD", 5999, "authorized", "2025-07-18 11:00:00")
    assert graphql[2][:3] == ("4003", "USD", 200000)
    assert graphql[5][:3] == ("4006", "CAD", 200)
    lines = """
        select order_line_id, order_id, quantity, currency, unit_price_cents, discount_cents
        from staging.stg_shopify__order_lines where file_name like '{}%' order by 1
    """
    assert rows(lines.format("shopify_order_line_data.csv")) == [
        ("5699743678561", "2669509541985", 1, None, 440, 0),
        ("5699758784609", "2669516488801", 1, None, 280, 0),
        ("5708321914977", "2674098602081", 2, None, 280, 0),
    ]
    graphql = rows(lines.format("shopify_gql_order_line_data.csv"))
    assert len(graphql) == 10
    assert graphql[0] == ("10001", "5001", 1, "USD", 1999, 0)
    assert graphql[1] == ("10002", "5002", 2, "USD", 1500, 500)  # 29.99 / 2 = 14.995
    assert graphql[4][2:5] == (3, "USD", 333)  # 9.99 / 3


@with_samples
def test_shopify_pixel_sample(rows: Rows) -> None:
    """Prices are major units."""
    sql = f"""
        select source_event_name, amount_cents, currency, quantity, cast(occurred_at as varchar)
        from staging.stg_shopify__pixel_events where {of_file("pixel_events.jsonl")}
            and amount_cents is not null order by occurred_at
    """
    assert rows(sql) == [
        ("product_viewed", 74995, "USD", None, "2024-09-15 17:34:54.889"),
        ("cart_viewed", 125990, "USD", rows(sql)[1][3], "2024-09-15 18:25:30.125"),
        ("product_added_to_cart", 74995, "USD", 1, "2024-09-15 18:34:42.625"),
        ("product_removed_from_cart", 74995, "USD", 1, "2024-09-15 20:56:00.125"),
    ]


def test_stripe_quirks(rows: Rows) -> None:
    """Yen have no smaller unit; the newest version is by the event's time, not by the line."""
    assert rows(
        f"""
        select invoice_id, currency, total_cents, cast(created_at as varchar)
        from staging.stg_stripe__invoices where {QUIRK}
        """
    ) == [("in_yen", "JPY", 2900, "2025-03-01 10:00:00")]
    assert rows(
        f"""
        select status, is_latest, row_number_in_file
        from staging.stg_stripe__subscriptions where {QUIRK} order by 3
        """
    ) == [("canceled", True, 2), ("active", False, 3)]
    assert rows(
        f"""
        select quantity, is_latest
        from staging.stg_stripe__subscription_items where {QUIRK} order by 1
        """
    ) == [(1, False), (2, True)]


@with_samples
def test_stripe_by_fivetran(rows: Rows) -> None:
    """Amounts are minor units already. The sample's charges all failed."""
    charges = "staging.stg_stripe__charges"
    assert rows(
        f"""
        select count(*), sum(amount_cents), sum(amount_captured_cents), count_if(is_paid)
        from {charges} where {of_file("charge_data.csv")}
        """
    ) == [(16, 6677696, 0, 0)]
    assert rows(
        f"""
        select amount_cents, currency, customer_id, status, cast(created_at as varchar)
        from {charges} where charge_id = 'ch_0IMDAfig6peNXzgDJYQKfT3B'
        """
    ) == [(3293232, "USD", "cus_IRb688lkE0TnTM", "failed", "2021-02-18 14:07:57")]
    assert rows(
        f"""
        select price_id, unit_amount_cents, currency, price_type, recurring_interval
        from staging.stg_stripe__prices where {of_file("price_data.csv")} order by 1
        """
    ) == [
        ("price_1", 100000, "USD", "one_time", None),
        ("price_2", 2999, "USD", "recurring", "month"),
        ("price_3", 29990, "USD", "recurring", "year"),
        ("price_4", 8000, "EUR", "recurring", "month"),
    ]
    assert rows(
        f"""
        select invoice_id, customer_id, total_cents, amount_due_cents, amount_paid_cents, status
        from staging.stg_stripe__invoices where {of_file("invoice_data.csv")} order by 1
        """
    ) == [
        ("ab1111", "sdgfs84854", 1000, 0, 1000, "paid"),
        ("si8jo54", "dfd54654", 1000, 1000, 0, "paid"),
    ]
    assert rows(
        f"""
        select refund_id, charge_id, amount_cents, cast(created_at as varchar)
        from staging.stg_stripe__refunds where {of_file("refund_data.csv")} order by 1 limit 1
        """
    ) == [
        (
            "re_0IMJuLig6peNXzgDSLN6dNzl",
            "ch_0IBft2ig6peNXzgDv3vdM6nM",
            675000,
            "2021-02-18 21:19:33",
        )
    ]
    counts = {
        name: rows(
            f"select count(*) from staging.stg_stripe__{name} where file_name like '%.csv#%'"
        )[0][0]
        for name in ["customers", "products", "subscriptions", "subscription_items"]
    }
    # Fivetran's subscription and subscription_history hold the same two.
    assert counts == {
        "customers": 12,
        "products": 10,
        "subscriptions": 4,
        "subscription_items": 14,
    }


def test_pipedrive_quirks(rows: Rows) -> None:
    """The form's type sits under a key of 40 characters: v1 at the root, v2 in custom_fields."""
    sql = f"""
        select lead_id, form_type, currency, value_cents, cast(created_at as varchar)
        from staging.stg_pipedrive__leads where {QUIRK} order by 1
    """
    added = "2025-02-01 08:00:00"
    assert rows(sql) == [
        ("ab", None, "JPY", 700, added),
        ("ft", None, "USD", 999, added),
        ("v1", "demo", "EUR", 1250, added),
        ("v2", "trial", None, None, added),
    ]


@with_samples
def test_pipedrive_samples(rows: Rows) -> None:
    assert rows(
        f"""
        select lead_id, person_id, currency, value_cents, cast(created_at as varchar)
        from staging.stg_pipedrive__leads where {of_file("v1_leads.json")}
        """
    ) == [
        (
            "adf21080-0e10-11eb-879b-05d71fb426ec",
            "1092",
            "USD",
            99900,
            "2020-10-14 11:30:36.551",
        )
    ]
    assert rows(
        f"""
        select deal_id, lead_id, currency, value_cents, win_rate, cast(won_at as varchar)
        from staging.stg_pipedrive__deals where {of_file("v2_deals.json")}
        """
    ) == [("1", "35b0d604-eb0d-42d0-be11-eac8832051f0", "USD", 20000, 0.9, "2021-01-01 00:00:00")]


def test_google_ads_quirks(rows: Rows) -> None:
    """Millionths of the currency; hours of one day are rows of their own."""
    sql = f"""
        select campaign_id, hour_of_day, currency, cost_micros, cost_cents, conversion_count,
            is_latest, cast(stat_date as varchar)
        from staging.stg_google_ads__campaign_stats where {QUIRK} order by 1, 2
    """
    assert rows(sql) == [
        ("7", 9, None, 1500000, 150, 0.5, True, "2025-03-01"),
        ("7", 10, None, 2250000, 225, 0.5, True, "2025-03-01"),
        ("8", None, "JPY", 36500000, 37, 0.5, True, "2025-03-01"),
    ]
    assert rows(
        f"select campaign_id, campaign_name from staging.stg_google_ads__campaigns where {QUIRK}"
    ) == [("7", "Spring")]
    assert rows(
        f"select gclid, campaign_id from staging.stg_google_ads__click_views where {QUIRK}"
    ) == [("g1", "7")]


@with_samples
def test_google_ads_by_fivetran(rows: Rows) -> None:
    """Of ten files only two are ours: ad groups, ads and keywords have tables of their own."""
    assert rows(
        """
        select count(*), sum(cost_micros), sum(click_count), min(stat_date) = date '2021-01-05',
            count_if(is_latest), any_value(campaign_id), any_value(account_id)
        from staging.stg_google_ads__campaign_stats where file_name like 'campaign_stats%'
        """
    ) == [(16, 231330000, 280, True, 16, "9935249409", "2121450128")]
    assert rows(
        """
        select cost_micros, cost_cents, click_count, device
        from staging.stg_google_ads__campaign_stats where stat_date = '2021-02-01'
        """
    ) == [(36150000, 3615, 49, "MOBILE")]
    assert rows(
        """
        select count(*), count_if(is_latest),
            max(case when is_latest then cast(updated_at as varchar) end)
        from staging.stg_google_ads__campaigns where file_name like 'campaign_history%'
        """
    ) == [(10, 1, "2022-08-17 12:09:49")]


def test_meta_ads_quirks(rows: Rows) -> None:
    """Spend is in major units; people reached stand beside their ad and day, never added."""
    sql = f"""
        select ad_id, currency, cost_cents, reach_count, purchase_count,
            cast(stat_date as varchar)
        from staging.stg_meta_ads__ad_insights where {QUIRK} order by length(ad_id), 1
    """
    assert rows(sql) == [
        ("9", "USD", 123450, 40, 2, "2025-03-01"),
        ("10", "JPY", 144, 50, None, "2025-03-01"),
    ]


@with_samples
def test_meta_ads_by_fivetran(rows: Rows) -> None:
    """Of thirteen files only two are ours; the currency is in none of them."""
    table = "staging.stg_meta_ads__ad_insights"
    where = of_file("facebook_ads_basic_ad_data.csv")
    assert rows(
        f"""
        select count(*), sum(cost_cents), sum(impression_count), sum(link_click_count),
            count(currency), count_if(is_latest)
        from {table} where {where}
        """
    ) == [(10, 64363, 37275, 149, 0, 10)]
    assert rows(
        f"""
        select cast(stat_date as varchar), cost_cents, reach_count
        from {table} where {where} and ad_id = '6215304566671' order by 1
        """
    ) == [("2020-12-04", 5526, 454), ("2020-12-05", 5487, 235), ("2020-12-06", 4920, 123)]
    assert rows(
        """
        select count(*), count_if(is_latest)
        from staging.stg_meta_ads__campaigns where file_name like 'facebook_ads_campaign_history%'
        """
    ) == [(9, 4)]
