"""One share, as each event tool exports it; minutes count from 2025-03-01 10:00 UTC."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

DAY = "2025-03-01"
EPOCH_SECONDS = 1740823200


def ga4(minute: int, user: str) -> dict[str, Any]:
    return {
        "event_date": "20250301",
        "event_timestamp": str(EPOCH_SECONDS * 1_000_000 + minute * 60_000_000),
        "event_name": "share",
        "user_id": user,
        "user_pseudo_id": f"ga-{user}",
        "event_params": [{"key": "ga_session_id", "value": {"int_value": "1"}}],
    }


def amplitude(minute: int, user: str) -> dict[str, Any]:
    at = f"{DAY} 10:{minute:02}:05.000000"
    return {
        "uuid": f"{user}-{minute}",
        "event_type": "Shared",
        "user_id": user,
        "device_id": f"amp-{user}",
        "event_time": at,
        "server_upload_time": at,
        "app": 1,
    }


def mixpanel(minute: int, user: str) -> dict[str, Any]:
    ids = {"distinct_id": user, "$device_id": f"mp-{user}", "$user_id": user}
    time = {"time": EPOCH_SECONDS + minute * 60, "$insert_id": f"{user}{minute}"}
    return {"event": "Share", "properties": ids | time}


def posthog(minute: int, user: str) -> dict[str, Any]:
    return {
        "uuid": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{user}-{minute}")),
        "event": "share",
        "distinct_id": user,
        "timestamp": f"{DAY}T10:{minute:02}:00Z",
        "properties": {"$device_id": f"ph-{user}", "$user_id": user},
    }


def segment(minute: int, user: str) -> dict[str, Any]:
    return {
        "type": "track",
        "event": "share",
        "messageId": f"{user}-{minute}",
        "anonymousId": f"sg-{user}",
        "userId": user,
        "timestamp": f"{DAY}T10:{minute:02}:30Z",
        "properties": {},
    }


def shopify(minute: int, user: str) -> dict[str, Any]:
    return {
        "id": f"sh-{user}-{minute}",
        "clientId": f"sh-{user}",
        "name": "share",
        "timestamp": f"{DAY}T10:{minute:02}:00.000Z",
        "type": "custom",
        "context": {"document": {"location": {"href": "https://shop.example/p?utm_source=x"}}},
        "data": {},
    }


def own(minute: int, user: str) -> dict[str, Any]:
    return {
        "event_id": f"own-{user}-{minute}",
        "event_type": "share",
        "user_id": user,
        "device_id": f"own-{user}",
        "timestamp": f"{DAY}T10:{minute:02}:00Z",
    }


SHARES: dict[str, Callable[[int, str], dict[str, Any]]] = {
    "amplitude": amplitude,
    "ga4": ga4,
    "mixpanel": mixpanel,
    "own": own,
    "posthog": posthog,
    "segment": segment,
    "shopify": shopify,
}
