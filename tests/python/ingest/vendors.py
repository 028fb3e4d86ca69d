"""The vendors' APIs in small, and the records they hold; pages are of two records.

Each API checks the credentials of every request, as the vendor does.
"""

from __future__ import annotations

import copy
import gzip
import io
import json
import re
import zipfile
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.python.ingest.mock_api import Answer, Request

PAGE = 2
SINCE = datetime(2025, 3, 1, tzinfo=UTC)
NOW = datetime(2025, 3, 3, 6, 30, tzinfo=UTC)

Records = dict[str, list[dict[str, Any]]]


@dataclass
class Case:
    """A vendor's API with what it holds.

    `records` are by the path's last part. `change` changes one record, gives it the new field
    `brand_new`, and adds another; `landed` and `changed` are the rows by table that land at first
    and by the change. `denial` is what the API answers to an expired token, `remedy` the variable
    that the message must name; `streams` are read where all of them would teach no more.
    """

    source: str
    environment: dict[str, str]
    answer: Callable[[Case, Request], Answer]
    records: Records
    change: Callable[[Records], None]
    landed: dict[str, int]
    changed: dict[str, int]
    remedy: str
    denial: Answer = field(default_factory=lambda: Answer({"error": "expired"}, 401))
    is_expired: bool = False
    since: datetime = SINCE
    streams: tuple[str, ...] = ()

    def respond(self, request: Request) -> Answer:
        return self.denial if self.is_expired else self.answer(self, request)

    def fresh(self) -> Case:
        return Case(**{**self.__dict__, "records": copy.deepcopy(self.records)})


def page_of(found: list[Any], start: int) -> tuple[list[Any], int | None]:
    """A page, and where the next one starts."""
    end = start + PAGE
    return found[start:end], end if end < len(found) else None


def basic(user: str, password: str) -> str:
    return "Basic " + b64encode(f"{user}:{password}".encode()).decode()


REFUSED = Answer({"error": "no such credentials"}, 401)
NOT_FOUND = Answer({"error": "not found"}, 404)


# Amplitude: a zip an hour; an hour without events is not found.
def amplitude(case: Case, request: Request) -> Answer:
    if request.headers["authorization"] != basic("key", "sesame"):
        return REFUSED
    assert request.path == "/api/2/export" and request.params["start"] == request.params["end"]
    hour = datetime.strptime(request.params["start"], "%Y%m%dT%H").strftime("%Y-%m-%d %H")
    events = [e for e in case.records["events"] if e["server_upload_time"].startswith(hour)]
    if not events:
        return NOT_FOUND
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for number, event in enumerate(events):
            line = gzip.compress(json.dumps(event).encode() + b"\n")
            archive.writestr(f"100/100_{hour}#{number}.json.gz", line)
    return Answer(packed.getvalue())


def amplitude_event(number: int, hour: int) -> dict[str, Any]:
    return {
        "uuid": f"u{number}",
        "$insert_id": f"i{number}",
        "event_type": "save",
        "device_id": "d1",
        "event_time": f"2025-03-03 0{hour}:10:00.123456",
        "server_upload_time": f"2025-03-03 0{hour}:12:00.000000",
        "event_properties": {"amount": 12345678901234567890, "ratio": 1.10},
    }


def change_amplitude(records: Records) -> None:
    late = amplitude_event(9, 2)
    records["events"].append(late | {"brand_new": {"a": 1}})


# Mixpanel: the lines of a day; exports repeat events.
def mixpanel(case: Case, request: Request) -> Answer:
    if request.headers["authorization"] != basic("robot", "sesame"):
        return REFUSED
    assert request.path == "/api/2.0/export" and request.params["project_id"] == "77"
    assert request.params["from_date"] == request.params["to_date"]
    day = request.params["from_date"]
    lines = [json.dumps(e["line"]) + "\n" for e in case.records["events"] if e["day"] == day]
    return Answer("".join(lines).encode())


def mixpanel_event(number: int, day: int) -> dict[str, Any]:
    moment = int(datetime(2025, 3, day, 12, tzinfo=UTC).timestamp())
    properties = {"time": moment, "distinct_id": "d1", "$insert_id": f"i{number}"}
    return {"day": f"2025-03-0{day}", "line": {"event": "open", "properties": properties}}


def change_mixpanel(records: Records) -> None:
    late = mixpanel_event(9, 1)
    late["line"]["brand_new"] = {"a": 1}
    records["events"].append(late)


# BigQuery: a table a day, with its schema; values are texts.
GA4_FIELDS = [
    {"name": "event_date", "type": "STRING"},
    {"name": "event_timestamp", "type": "INTEGER"},
    {"name": "event_name", "type": "STRING"},
    {"name": "user_pseudo_id", "type": "STRING"},
    {
        "name": "event_params",
        "type": "RECORD",
        "mode": "REPEATED",
        "fields": [
            {"name": "key", "type": "STRING"},
            {
                "name": "value",
                "type": "RECORD",
                "fields": [
                    {"name": "string_value", "type": "STRING"},
                    {"name": "int_value", "type": "INTEGER"},
                ],
            },
        ],
    },
    {"name": "brand_new", "type": "RECORD", "fields": [{"name": "a", "type": "INTEGER"}]},
]


def google_token(request: Request) -> Answer | None:
    """Google's answer to a refresh token, if that is asked for."""
    if request.path != "/token":
        return None
    form = request.form
    assert form["grant_type"] == "refresh_token" and form["client_id"] == "client"
    assert (form["client_secret"], form["refresh_token"]) == ("sesame", "fresh")
    return Answer({"access_token": "short-lived", "expires_in": 3600, "token_type": "Bearer"})


def ga4(case: Case, request: Request) -> Answer:
    if token := google_token(request):
        return token
    if request.headers["authorization"] != "Bearer short-lived":
        return REFUSED
    named = re.fullmatch(
        r"/bigquery/v2/projects/acme/datasets/analytics_1/tables/events_(\d{8})(/data)?",
        request.path,
    )
    assert named
    events = [e for e in case.records["events"] if e["event_date"] == named[1]]
    if not events:
        return NOT_FOUND
    if not named[2]:
        return Answer({"kind": "bigquery#table", "schema": {"fields": GA4_FIELDS}})
    found, following = page_of(events, int(request.params.get("pageToken", 0)))
    body = {"rows": [bigquery_row(event, GA4_FIELDS) for event in found]}
    return Answer(body | ({"pageToken": str(following)} if following else {}))


def bigquery_row(record: dict[str, Any], fields: list[dict[str, Any]]) -> dict[str, Any]:
    def value(content: Any, column: dict[str, Any]) -> Any:
        if content is None:
            return None
        return bigquery_row(content, column["fields"]) if "fields" in column else str(content)

    cells = []
    for column in fields:
        content = record.get(column["name"])
        if column.get("mode") == "REPEATED":
            cells.append({"v": [{"v": value(part, column)} for part in content or []]})
        else:
            cells.append({"v": value(content, column)})
    return {"f": cells}


def ga4_event(number: int, day: int) -> dict[str, Any]:
    moment = int(datetime(2025, 3, day, 12, 0, number, tzinfo=UTC).timestamp())
    return {
        "event_date": f"2025030{day}",
        "event_timestamp": moment * 1_000_000,
        "event_name": "page_view",
        "user_pseudo_id": "p1",
        "event_params": [
            {"key": "ga_session_id", "value": {"int_value": number}},
            {"key": "page_title", "value": {"string_value": "Home"}},
        ],
    }


def change_ga4(records: Records) -> None:
    records["events"][0]["brand_new"] = {"a": 1}
    records["events"].append(ga4_event(9, 1))


# PostHog: newest first; both bounds are outside; the next link is one of PostHog's own host.
def posthog(case: Case, request: Request) -> Answer:
    if request.headers["authorization"] != "Bearer sesame":
        return REFUSED
    assert request.path == "/api/projects/7/events/"
    after, before = (
        datetime.fromisoformat(request.params[name]).replace(tzinfo=UTC)
        for name in ("after", "before")
    )
    found = [
        event
        for event in reversed(case.records["events"])
        if after < datetime.fromisoformat(event["timestamp"]) < before
    ]
    page, following = page_of(found, int(request.params.get("offset", 0)))
    bounds = f"after={request.params['after']}&before={request.params['before']}"
    link = f"https://us.posthog.com{request.path}?{bounds}&offset={following}"
    return Answer({"results": page, "next": link if following else None})


def posthog_event(number: int, moment: str) -> dict[str, Any]:
    return {
        "id": f"e{number}",
        "event": "$pageview",
        "distinct_id": "d1",
        "timestamp": f"2025-03-0{moment}+00:00",
        "properties": {"$current_url": "https://example.com/"},
        "person": {"uuid": "p1", "properties": {}},
    }


def change_posthog(records: Records) -> None:
    records["events"][0]["person"]["properties"]["plan"] = "pro"  # not a change of the event
    late = posthog_event(9, "2T13:00:00.000001")
    records["events"].append(late | {"brand_new": {"a": 1}})


# Stripe: newest first, from behind an id.
def stripe(case: Case, request: Request) -> Answer:
    if request.headers["authorization"] != "Bearer sesame":
        return REFUSED
    if inner := re.fullmatch(r"/v1/invoices/(\w+)/lines", request.path):
        found = case.records["lines of " + inner[1]]
    else:
        found = case.records.get(request.path.rpartition("/")[2], [])
        assert request.path.endswith("subscriptions") == (request.params.get("status") == "all")
        low = int(request.params.get("created[gte]", 0))
        high = int(request.params.get("created[lt]", 2**40))
        found = [
            r for r in sorted(found, key=lambda r: -r["created"]) if low <= r["created"] < high
        ]
    ids = [record["id"] for record in found]
    after = request.params.get("starting_after")
    page, following = page_of(found, ids.index(after) + 1 if after else 0)
    return Answer({"object": "list", "data": page, "has_more": following is not None})


def stripe_object(kind: str, number: int, **fields: Any) -> dict[str, Any]:
    created = int(datetime(2025, 3, 1, number, tzinfo=UTC).timestamp())
    record = {"id": f"{kind[:2]}_{number}", "object": kind, "created": created, "livemode": True}
    return record | fields


def line_item(number: int) -> dict[str, Any]:
    return {"id": f"il_{number}", "object": "line_item", "amount": number, "currency": "eur"}


def long_invoice() -> dict[str, Any]:
    lines = {"object": "list", "data": [line_item(1)], "has_more": True}
    return stripe_object("invoice", 1, lines=lines | {"url": "/v1/invoices/in_1/lines"})


def change_stripe(records: Records) -> None:
    records["customers"][0] |= {"email": "new@example.com", "brand_new": {"a": 1}}
    records["customers"].append(stripe_object("customer", 9))


# Pipedrive: v2 by cursor, v1 by start.
def pipedrive(case: Case, request: Request) -> Answer:
    if request.headers["x-api-token"] != "sesame":
        return REFUSED
    name = "leads_archived" if request.path == "/v1/leads/archived" else request.path.split("/")[-1]
    found = case.records.get(name, [])
    if "updated_since" in request.params:
        low, high = request.params["updated_since"], request.params["updated_until"]
        found = [record for record in found if low <= record["update_time"] < high]
    is_new = request.path.startswith("/api/v2/")
    assert is_new or request.path.startswith("/v1/")
    page, following = page_of(found, int(request.params.get("cursor" if is_new else "start", 0)))
    if is_new:
        more: dict[str, Any] = {"next_cursor": str(following) if following else None}
    else:
        pages = {"start": 0, "limit": PAGE, "more_items_in_collection": following is not None}
        more = {"pagination": pages | ({"next_start": following} if following else {})}
    return Answer({"success": True, "data": page or None, "additional_data": more})


def deal(number: int, day: int = 1) -> dict[str, Any]:
    return {
        "id": number,
        "title": f"Deal {number}",
        "stage_id": 1,
        "pipeline_id": 1,
        "status": "open",
        "value": 10.5,
        "custom_fields": {"a" * 40: number},
        "add_time": f"2025-03-0{day}T0{number}:00:00Z",
        "update_time": f"2025-03-0{day}T0{number}:00:00Z",
    }


def lead(number: int) -> dict[str, Any]:
    return {
        "id": f"lead-{number}",
        "title": "Lead",
        "source_name": "API",
        "was_seen": False,
        "value": {"amount": 5, "currency": "EUR"},
        "update_time": "2025-03-01T00:00:00.000Z",
    }


def change_pipedrive(records: Records) -> None:
    records["deals"][0] |= {
        "status": "won",
        "update_time": "2025-03-03T06:00:00Z",
        "brand_new": {"a": 1},
    }
    records["deals"].append(deal(6, day=3) | {"update_time": "2025-03-03T06:10:00Z"})


# Google Ads: rows of a query, by page token.
def google_ads(case: Case, request: Request) -> Answer:
    if token := google_token(request):
        return token
    known = (request.headers["authorization"], request.headers["developer-token"])
    if known != ("Bearer short-lived", "dev"):
        return REFUSED
    assert request.path == "/v23/customers/42/googleAds:search"
    query = request.json["query"]
    dates = re.findall(r"'(\d{4}-\d\d-\d\d)'", query)
    kind = "click_views" if "from click_view" in query else "stats" if dates else "campaigns"
    rows = [
        row
        for row in case.records[kind]
        if not dates or dates[0] <= row["segments"]["date"] <= dates[-1]
    ]
    page, following = page_of(rows, int(request.json.get("pageToken", 0)))
    body: dict[str, Any] = {"results": page, "fieldMask": "campaign.id"}
    return Answer(body | ({"nextPageToken": str(following)} if following else {}))


def ad_day(day: int, device: str = "DESKTOP") -> dict[str, Any]:
    return {
        "customer": {"id": "42", "currencyCode": "EUR"},
        "campaign": {"id": "7", "name": "Spring"},
        "segments": {"date": f"2025-03-0{day}", "device": device, "adNetworkType": "SEARCH"},
        "metrics": {
            "costMicros": "1500000",
            "impressions": "10",
            "clicks": "2",
            "conversions": 0.5,
        },
    }


def click(number: int, day: int) -> dict[str, Any]:
    return {
        "customer": {"id": "42"},
        "clickView": {"gclid": f"g{number}"},
        "segments": {"date": f"2025-03-0{day}"},
    }


def change_google_ads(records: Records) -> None:
    records["stats"][0]["metrics"]["conversions"] = 1.5
    records["stats"][0]["brand_new"] = {"a": 1}
    records["stats"].append(ad_day(2, "TABLET"))


# Meta: the link to the next page holds the token and Meta's own host.
def meta_ads(case: Case, request: Request) -> Answer:
    if request.headers["authorization"] != "Bearer sesame":
        return REFUSED
    assert request.path.startswith("/v24.0/act_42/")
    name = request.path.rpartition("/")[2]
    found = case.records[name]
    if span := request.params.get("time_range"):
        low, high = json.loads(span)["since"], json.loads(span)["until"]
        found = [row for row in found if low <= row["date_start"] <= high]
    page, following = page_of(found, int(request.params.get("after", 0)))
    paging: dict[str, Any] = {"cursors": {"after": str(following)}}
    if following:
        bounds = f"&time_range={span}" if span else ""
        host = f"https://graph.facebook.com{request.path}"
        paging["next"] = f"{host}?access_token=sesame&after={following}{bounds}"
    return Answer({"data": page, "paging": paging})


def insight(ad: int, day: int) -> dict[str, Any]:
    date = f"2025-03-0{day}"
    numbers = {"spend": "1.25", "impressions": "10", "actions": []}
    return {"date_start": date, "date_stop": date, "account_id": "42", "ad_id": f"{ad}", **numbers}


def change_meta_ads(records: Records) -> None:
    records["insights"][0] |= {"spend": "1.50", "brand_new": {"a": 1}}
    records["insights"].append(insight(9, 2))


# Shopify: the link to the next page stands in a header and names the shop's own host.
def shopify(case: Case, request: Request) -> Answer:
    if request.headers["x-shopify-access-token"] != "sesame":
        return REFUSED
    assert request.path == "/admin/api/2026-07/orders.json"
    if "page_info" in request.params:
        assert "status" not in request.params  # Shopify refuses filters beside page_info
        low, high, start = request.params["page_info"].split("|")
    else:
        assert request.params["status"] == "any"
        low, high, start = *(request.params[f"updated_at_{end}"] for end in ("min", "max")), "0"
    found = [
        order
        for order in case.records["orders"]
        if low <= order["updated_at"].replace("+00:00", "Z") <= high
    ]
    page, following = page_of(found, int(start))
    address = f"https://acme.myshopify.com{request.path}?limit=2&page_info={low}%7C{high}%7C"
    link = {"Link": f'<{address}{following}>; rel="next"'} if following else {}
    return Answer({"orders": page}, headers=link)


def order(number: int, moment: str) -> dict[str, Any]:
    return {
        "id": number,
        "order_number": number,
        "financial_status": "paid",
        "currency": "EUR",
        "total_price": "10.00",
        "updated_at": f"2025-03-0{moment}+00:00",
        "line_items": [{"id": number * 10, "variant_id": 1, "quantity": 1, "price": "10.00"}],
    }


def change_shopify(records: Records) -> None:
    records["orders"][0] |= {
        "financial_status": "refunded",
        "updated_at": "2025-03-03T06:00:00+00:00",
        "brand_new": {"a": 1},
    }
    records["orders"].append(order(9, "3T06:10:00"))


GOOGLE = {
    "GOOGLE_CLIENT_ID": "client",
    "GOOGLE_CLIENT_SECRET": "sesame",
    "GOOGLE_REFRESH_TOKEN": "fresh",
}
GOOGLE_DENIAL = Answer({"error": "invalid_grant", "error_description": "Token expired."}, 400)

CASES = {
    case.source: case
    for case in (
        Case(
            source="amplitude",
            environment={"AMPLITUDE_API_KEY": "key", "AMPLITUDE_SECRET_KEY": "sesame"},
            answer=amplitude,
            since=datetime(2025, 3, 3, 2, tzinfo=UTC),
            # hour 3 has no events; hour 2 holds the same event twice
            records={"events": [amplitude_event(n, 2) for n in (0, 1, 2, 2, 3)]},
            change=change_amplitude,
            landed={"events": 5},
            changed={"events": 1},
            remedy="AMPLITUDE_SECRET_KEY",
        ),
        Case(
            source="mixpanel",
            environment={
                "MIXPANEL_SERVICE_ACCOUNT": "robot",
                "MIXPANEL_SERVICE_SECRET": "sesame",
                "MIXPANEL_PROJECT_ID": "77",
            },
            answer=mixpanel,
            # the copy of event 1 is in the export, so it lands
            records={"events": [mixpanel_event(n, d) for n, d in ((1, 1), (1, 1), (2, 1), (3, 2))]},
            change=change_mixpanel,
            landed={"events": 4},
            changed={"events": 1},
            remedy="MIXPANEL_SERVICE_SECRET",
        ),
        Case(
            source="ga4",
            environment=GOOGLE
            | {"GA4_BIGQUERY_PROJECT": "acme", "GA4_BIGQUERY_DATASET": "analytics_1"},
            answer=ga4,
            records={"events": [ga4_event(n, d) for n, d in ((1, 1), (1, 1), (2, 1), (3, 2))]},
            change=change_ga4,
            landed={"events": 4},
            changed={"events": 2},
            remedy="GOOGLE_REFRESH_TOKEN",
            denial=GOOGLE_DENIAL,
        ),
        Case(
            source="posthog",
            environment={"POSTHOG_API_KEY": "sesame", "POSTHOG_PROJECT_ID": "7"},
            answer=posthog,
            # the second and the last lie on the bounds of a day
            records={
                "events": [
                    posthog_event(number, moment)
                    for number, moment in enumerate(
                        (
                            "1T12:00:00.000001",
                            "2T00:00:00.000000",
                            "2T12:00:00.000001",
                            "2T23:59:59.999999",
                            "3T00:00:00.000000",
                        )
                    )
                ]
            },
            change=change_posthog,
            landed={"events": 5},
            changed={"events": 1},
            remedy="POSTHOG_API_KEY",
        ),
        Case(
            source="stripe",
            environment={"STRIPE_API_KEY": "sesame"},
            answer=stripe,
            records={
                "customers": [stripe_object("customer", n, email="a@b.c") for n in (1, 2, 3)],
                "invoices": [long_invoice(), *(stripe_object("invoice", n) for n in (2, 3))],
                "lines of in_1": [line_item(n) for n in (1, 2, 3)],
                "charges": [stripe_object("charge", 1, amount=100)],
            },
            change=change_stripe,
            landed={"customers": 3, "invoices": 3, "invoice_lines": 3, "charges": 1},
            changed={"customers": 2},
            remedy="STRIPE_API_KEY",
            streams=("customers", "invoices"),
        ),
        Case(
            source="pipedrive",
            environment={"PIPEDRIVE_API_TOKEN": "sesame"},
            answer=pipedrive,
            records={
                "deals": [deal(n) for n in (1, 2, 3, 4)],
                "leads": [lead(n) for n in (1, 2, 3)],
                "leads_archived": [lead(4)],
                "dealFields": [
                    {"key": "a" * 40, "name": "Size", "field_type": "enum", "options": None}
                ],
            },
            change=change_pipedrive,
            landed={"deals": 4, "leads": 4, "deal_fields": 1},
            changed={"deals": 2},
            remedy="PIPEDRIVE_API_TOKEN",
            streams=("deals", "leads"),
        ),
        Case(
            source="google_ads",
            environment=GOOGLE
            | {"GOOGLE_ADS_DEVELOPER_TOKEN": "dev", "GOOGLE_ADS_CUSTOMER_ID": "42"},
            answer=google_ads,
            records={
                "campaigns": [{"campaign": {"id": f"{n}", "name": "Spring"}} for n in (7, 8)],
                "stats": [ad_day(1), ad_day(1, "MOBILE"), ad_day(2)],
                "click_views": [click(1, 1), click(2, 1), click(3, 1), click(4, 2)],
            },
            change=change_google_ads,
            landed={"campaigns": 2, "campaign_stats": 3, "click_views": 4},
            changed={"campaign_stats": 2},
            remedy="GOOGLE_REFRESH_TOKEN",
            streams=("campaigns", "campaign_stats"),
            denial=GOOGLE_DENIAL,
        ),
        Case(
            source="meta_ads",
            environment={"META_ACCESS_TOKEN": "sesame", "META_AD_ACCOUNT_ID": "42"},
            answer=meta_ads,
            records={
                "campaigns": [{"id": "1", "objective": "SALES", "status": "ACTIVE"}],
                "insights": [insight(1, 1), insight(2, 1), insight(1, 2), insight(2, 2)],
            },
            change=change_meta_ads,
            landed={"campaigns": 1, "ad_insights": 4},
            changed={"ad_insights": 2},
            remedy="META_ACCESS_TOKEN",
            denial=Answer({"error": {"type": "OAuthException", "code": 190}}, 400),
        ),
        Case(
            source="shopify",
            environment={"SHOPIFY_ACCESS_TOKEN": "sesame", "SHOPIFY_SHOP": "acme.myshopify.com"},
            answer=shopify,
            records={"orders": [order(n, f"1T0{n}:00:00") for n in (1, 2, 3)]},
            change=change_shopify,
            landed={"orders": 3, "order_lines": 3},
            changed={"orders": 2, "order_lines": 2},
            remedy="SHOPIFY_ACCESS_TOKEN",
        ),
    )
}
