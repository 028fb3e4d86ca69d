"""The vendors: what each API offers and how it is asked. A table; the code is elsewhere."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial

from dlt.sources.helpers.rest_client.auth import APIKeyAuth, BearerTokenAuth, HttpBasicAuth

from headwater.ingest.api import BodyLink, GoogleToken, HeaderLink, LastId, body_cursor, cursor
from headwater.ingest.formats import bigquery_rows, plain_lines, whole_objects, zipped_lines
from headwater.ingest.streams import Stream, Vendor

GOOGLE_SETTINGS = {
    "GOOGLE_CLIENT_ID": None,
    "GOOGLE_CLIENT_SECRET": None,
    "GOOGLE_REFRESH_TOKEN": None,
    "GOOGLE_TOKEN_URL": "https://oauth2.googleapis.com/token",
}
GOOGLE_SECRETS = ("GOOGLE_CLIENT_SECRET", "GOOGLE_REFRESH_TOKEN")

AMPLITUDE = Vendor(
    name="amplitude",
    title="Amplitude",
    base_url="https://amplitude.com",
    settings={"AMPLITUDE_API_KEY": None, "AMPLITUDE_SECRET_KEY": None},
    secrets=("AMPLITUDE_API_KEY", "AMPLITUDE_SECRET_KEY"),
    remedy="Both keys stand in Settings > Projects > the project > General.",
    auth=lambda env: HttpBasicAuth(env["AMPLITUDE_API_KEY"], env["AMPLITUDE_SECRET_KEY"]),
    streams=(
        Stream(
            "events",
            "events",
            "/api/2/export",
            {"start": "{since:%Y%m%dT%H}", "end": "{last:%Y%m%dT%H}"},
            read=zipped_lines,
            cell="hour",
            grain="hour",
            lookback=timedelta(hours=12),
            delay=timedelta(hours=2),
            is_empty=404,
        ),
    ),
)

MIXPANEL = Vendor(
    name="mixpanel",
    title="Mixpanel",
    base_url="https://data.mixpanel.com",
    settings={
        "MIXPANEL_SERVICE_ACCOUNT": None,
        "MIXPANEL_SERVICE_SECRET": None,
        "MIXPANEL_PROJECT_ID": None,
    },
    secrets=("MIXPANEL_SERVICE_SECRET",),
    remedy="Make a service account in Organization Settings > Service Accounts, as a Consumer "
    "or more of the project.",
    auth=lambda env: HttpBasicAuth(env["MIXPANEL_SERVICE_ACCOUNT"], env["MIXPANEL_SERVICE_SECRET"]),
    streams=(
        Stream(
            "events",
            "events",
            "/api/2.0/export",
            {
                "from_date": "{since:%Y-%m-%d}",
                "to_date": "{last:%Y-%m-%d}",
                "project_id": "{MIXPANEL_PROJECT_ID}",
            },
            read=plain_lines,
            cell="day",
            grain="day",
            lookback=timedelta(days=5),
        ),
    ),
)

GA4 = Vendor(
    name="ga4",
    title="BigQuery",
    base_url="https://bigquery.googleapis.com",
    settings={**GOOGLE_SETTINGS, "GA4_BIGQUERY_PROJECT": None, "GA4_BIGQUERY_DATASET": None},
    secrets=GOOGLE_SECRETS,
    remedy="Sign in again with the scope bigquery.readonly, as someone who may read the dataset, "
    "and set GOOGLE_REFRESH_TOKEN.",
    auth=GoogleToken.of,
    denied="invalid_grant",
    streams=(
        Stream(
            "events",
            "events",
            "/bigquery/v2/projects/{GA4_BIGQUERY_PROJECT}/datasets/{GA4_BIGQUERY_DATASET}"
            "/tables/events_{since:%Y%m%d}",
            {"maxResults": 10_000},
            rows="rows",
            read=bigquery_rows,
            paginator=partial(cursor, "pageToken", "pageToken"),
            cell="day",
            grain="day",
            lookback=timedelta(days=4),
            is_empty=404,
        ),
    ),
)

POSTHOG = Vendor(
    name="posthog",
    title="PostHog",
    base_url="https://us.posthog.com",
    settings={"POSTHOG_API_KEY": None, "POSTHOG_PROJECT_ID": None},
    secrets=("POSTHOG_API_KEY",),
    remedy="Make a personal API key with the scope query:read in Settings > Personal API keys.",
    auth=lambda env: BearerTokenAuth(env["POSTHOG_API_KEY"]),
    streams=(
        Stream(
            "events",
            "events",
            "/api/projects/{POSTHOG_PROJECT_ID}/events/",
            {"after": "{after:%Y-%m-%dT%H:%M:%SZ}", "before": "{before:%Y-%m-%dT%H:%M:%SZ}"}
            | {"limit": 1_000},
            rows="results",
            paginator=partial(BodyLink, "next"),
            key=("id",),
            is_immutable=True,
            moment="timestamp",
            cell="day",
            lookback=timedelta(days=2),
        ),
    ),
)

_STRIPE_LIST = Stream(
    "",
    "",
    "",
    {"limit": 100},
    read=whole_objects,
    paginator=LastId,
    key=("id",),
)
_STRIPE_DATED = replace(
    _STRIPE_LIST,
    params={"limit": 100, "created[gte]": "{since_epoch}", "created[lt]": "{until_epoch}"},
    cell="month",
    lookback=timedelta(days=90),
)
STRIPE = Vendor(
    name="stripe",
    title="Stripe",
    base_url="https://api.stripe.com",
    settings={"STRIPE_API_KEY": None},
    secrets=("STRIPE_API_KEY",),
    remedy="Make a restricted key in Developers > API keys that may read customers, products, "
    "prices, subscriptions, invoices and charges.",
    auth=lambda env: BearerTokenAuth(env["STRIPE_API_KEY"]),
    streams=(
        replace(_STRIPE_LIST, name="customers", table="customers", path="/v1/customers"),
        replace(_STRIPE_LIST, name="products", table="products", path="/v1/products"),
        replace(_STRIPE_LIST, name="prices", table="prices", path="/v1/prices"),
        replace(
            _STRIPE_LIST,
            name="subscriptions",
            table="subscriptions",
            path="/v1/subscriptions",
            params={"limit": 100, "status": "all"},
        ),
        replace(_STRIPE_DATED, name="invoices", table="invoices", path="/v1/invoices"),
        replace(_STRIPE_DATED, name="charges", table="charges", path="/v1/charges"),
        replace(_STRIPE_DATED, name="refunds", table="refunds", path="/v1/refunds"),
    ),
)

_PIPEDRIVE_LIST = Stream(
    "",
    "",
    "",
    {"limit": 500},
    paginator=partial(cursor, "additional_data.next_cursor", "cursor"),
    key=("id",),
)
_PIPEDRIVE_DATED = replace(
    _PIPEDRIVE_LIST,
    params={
        "limit": 500,
        "sort_by": "update_time",
        "updated_since": "{after:%Y-%m-%dT%H:%M:%SZ}",
        "updated_until": "{before:%Y-%m-%dT%H:%M:%SZ}",
    },
    moment="update_time",
    cell="month",
)
_PIPEDRIVE_V1 = replace(
    _PIPEDRIVE_LIST,
    paginator=partial(cursor, "additional_data.pagination.next_start", "start"),
)
PIPEDRIVE = Vendor(
    name="pipedrive",
    title="Pipedrive",
    base_url="https://api.pipedrive.com",
    settings={"PIPEDRIVE_API_TOKEN": None},
    secrets=("PIPEDRIVE_API_TOKEN",),
    remedy="The token stands in Personal preferences > API; its user must see all leads and deals.",
    auth=lambda env: APIKeyAuth("x-api-token", env["PIPEDRIVE_API_TOKEN"]),
    streams=(
        *(
            replace(_PIPEDRIVE_DATED, name=name, table=name, path=f"/api/v2/{name}")
            for name in ("deals", "activities", "persons", "organizations")
        ),
        replace(_PIPEDRIVE_LIST, name="stages", table="stages", path="/api/v2/stages"),
        replace(_PIPEDRIVE_V1, name="leads", table="leads", path="/v1/leads"),
        replace(_PIPEDRIVE_V1, name="leads_archived", table="leads", path="/v1/leads/archived"),
        replace(
            _PIPEDRIVE_V1,
            name="deal_fields",
            table="deal_fields",
            path="/v1/dealFields",
            key=("key",),
        ),
    ),
)

_GOOGLE_ADS_QUERY = Stream(
    "",
    "",
    "/{GOOGLE_ADS_API_VERSION}/customers/{GOOGLE_ADS_CUSTOMER_ID}/googleAds:search",
    rows="results",
    paginator=partial(body_cursor, "nextPageToken", "pageToken"),
    grain="day",
)
_GOOGLE_ADS_DAYS = "segments.date between '{since:%Y-%m-%d}' and '{last:%Y-%m-%d}'"
GOOGLE_ADS = Vendor(
    name="google_ads",
    title="Google Ads",
    base_url="https://googleads.googleapis.com",
    settings={
        **GOOGLE_SETTINGS,
        "GOOGLE_ADS_DEVELOPER_TOKEN": None,
        "GOOGLE_ADS_CUSTOMER_ID": None,
        "GOOGLE_ADS_LOGIN_CUSTOMER_ID": "",
        "GOOGLE_ADS_API_VERSION": "v23",
    },
    secrets=(*GOOGLE_SECRETS, "GOOGLE_ADS_DEVELOPER_TOKEN"),
    remedy="Sign in again with the scope adwords, as a reader of the account, and set "
    "GOOGLE_REFRESH_TOKEN; the developer token stands in the manager account's API Center.",
    auth=GoogleToken.of,
    headers={
        "developer-token": "{GOOGLE_ADS_DEVELOPER_TOKEN}",
        "login-customer-id": "{GOOGLE_ADS_LOGIN_CUSTOMER_ID}",
    },
    denied="invalid_grant",
    streams=(
        replace(
            _GOOGLE_ADS_QUERY,
            name="campaigns",
            table="campaigns",
            body={
                "query": "select customer.id, campaign.id, campaign.name, campaign.status, "
                "campaign.advertising_channel_type, campaign.tracking_url_template, "
                "campaign.final_url_suffix from campaign"
            },
            key=("campaign.id",),
        ),
        replace(
            _GOOGLE_ADS_QUERY,
            name="campaign_stats",
            table="campaign_stats",
            body={
                "query": "select customer.id, customer.currency_code, customer.time_zone, "
                "campaign.id, campaign.name, campaign.status, campaign.advertising_channel_type, "
                "segments.date, segments.device, segments.ad_network_type, metrics.cost_micros, "
                "metrics.impressions, metrics.clicks, metrics.conversions, "
                "metrics.conversions_value, metrics.view_through_conversions from campaign "
                f"where {_GOOGLE_ADS_DAYS}"
            },
            key=("segments.date", "campaign.id", "segments.device", "segments.adNetworkType"),
            cell="month",
            lookback=timedelta(days=30),
        ),
        replace(
            _GOOGLE_ADS_QUERY,
            name="click_views",
            table="click_views",
            body={
                "query": "select customer.id, campaign.id, ad_group.id, click_view.gclid, "
                "click_view.keyword_info.text, click_view.keyword_info.match_type, segments.date "
                "from click_view where segments.date = '{since:%Y-%m-%d}'"
            },
            key=("clickView.gclid",),
            cell="day",
            lookback=timedelta(days=3),
        ),
    ),
)

_META_LIST = Stream("", "", "", paginator=partial(BodyLink, "paging.next"), grain="day")
_META_PATH = "/{META_API_VERSION}/act_{META_AD_ACCOUNT_ID}"
META_ADS = Vendor(
    name="meta_ads",
    title="Meta",
    base_url="https://graph.facebook.com",
    settings={
        "META_ACCESS_TOKEN": None,
        "META_AD_ACCOUNT_ID": None,
        "META_API_VERSION": "v24.0",
    },
    secrets=("META_ACCESS_TOKEN",),
    remedy="Make a system user's token with the permission ads_read for the ad account.",
    auth=lambda env: BearerTokenAuth(env["META_ACCESS_TOKEN"]),
    denied=r'"code":\s*(190|200|10)\b',
    throttled=r'"code":\s*(4|17|32|613|800\d\d)\b',
    streams=(
        replace(
            _META_LIST,
            name="campaigns",
            table="campaigns",
            path=f"{_META_PATH}/campaigns",
            params={
                "fields": "id,account_id,name,status,effective_status,objective,daily_budget,"
                "lifetime_budget,start_time,stop_time,created_time,updated_time",
                "limit": 500,
            },
            key=("id",),
        ),
        replace(
            _META_LIST,
            name="ad_insights",
            table="ad_insights",
            path=f"{_META_PATH}/insights",
            params={
                "level": "ad",
                "time_increment": 1,
                "time_range": '{{"since":"{since:%Y-%m-%d}","until":"{last:%Y-%m-%d}"}}',
                "fields": "account_id,account_name,account_currency,campaign_id,campaign_name,"
                "adset_id,adset_name,ad_id,ad_name,objective,spend,impressions,clicks,"
                "inline_link_clicks,reach,actions,action_values,date_start,date_stop",
                "limit": 500,
            },
            key=("date_start", "ad_id"),
            cell="day",
            lookback=timedelta(days=28),
        ),
    ),
)

SHOPIFY = Vendor(
    name="shopify",
    title="Shopify",
    base_url="https://{SHOPIFY_SHOP}",
    settings={
        "SHOPIFY_ACCESS_TOKEN": None,
        "SHOPIFY_SHOP": None,
        "SHOPIFY_API_VERSION": "2026-07",
    },
    secrets=("SHOPIFY_ACCESS_TOKEN",),
    remedy="Make an app of your own with the scopes read_orders and read_all_orders, install it "
    "and take its Admin API token.",
    auth=lambda env: APIKeyAuth("X-Shopify-Access-Token", env["SHOPIFY_ACCESS_TOKEN"]),
    streams=(
        Stream(
            "orders",
            "orders",
            "/admin/api/{SHOPIFY_API_VERSION}/orders.json",
            {
                "status": "any",
                "limit": 250,
                "updated_at_min": "{after:%Y-%m-%dT%H:%M:%SZ}",
                "updated_at_max": "{before:%Y-%m-%dT%H:%M:%SZ}",
            },
            rows="orders",
            paginator=HeaderLink,
            moment="updated_at",
            key=("id",),
            cell="month",
        ),
    ),
)

VENDORS = {
    vendor.name: vendor
    for vendor in (
        AMPLITUDE,
        MIXPANEL,
        GA4,
        POSTHOG,
        STRIPE,
        PIPEDRIVE,
        GOOGLE_ADS,
        META_ADS,
        SHOPIFY,
    )
}
