"""The acts that the simulated people do, and what each tool calls them."""

from __future__ import annotations

from enum import IntEnum


class Kind(IntEnum):
    """An act; the tools' own names for it are in NAMES."""

    VIEW = 0
    CLICK = 1
    SEARCH = 2
    SAVE = 3
    BOARD = 4
    SHARE = 5
    FEATURE = 6
    LOGIN = 7
    LOGOUT = 8
    EXPOSURE = 9
    PIPELINE_START = 10
    COLLECTED = 11
    CLEANED = 12
    LABELED = 13
    EVALUATED = 14
    PIPELINE_FAILED = 15
    TRIAL_STARTED = 16
    UPGRADE_CLICKED = 17
    SALES_CLICKED = 18
    PURCHASE = 19
    TRIAL_EXPIRED = 20
    FORM = 21
    SESSION_START = 22
    SCROLL = 23
    PRODUCT = 24
    ADD = 25
    REMOVE = 26
    CART = 27
    CHECKOUT = 28
    PAYMENT = 29
    ORDER = 30


# Which event of which tool an act becomes: (Amplitude, Mixpanel, PostHog, GA4, Shopify pixel).
NAMES: dict[Kind, tuple[str, str, str, str, str]] = {
    Kind.VIEW: ("Page Viewed", "Screen Viewed", "$pageview", "page_view", "page_viewed"),
    Kind.CLICK: ("Button Clicked", "Button Tapped", "button_clicked", "click", "clicked"),
    Kind.SEARCH: ("Searched", "Search", "search", "view_search_results", "search_submitted"),
    Kind.SAVE: ("Saved", "Save", "save", "save", ""),
    Kind.BOARD: ("Board Created", "Board Created", "board_created", "", ""),
    Kind.SHARE: ("Shared", "Share", "share", "share", ""),
    Kind.FEATURE: ("Feature Used", "Feature Used", "feature_used", "", ""),
    Kind.LOGIN: ("Logged In", "Login", "login", "login", ""),
    Kind.LOGOUT: ("Logged Out", "Logout", "logout", "", ""),
    Kind.EXPOSURE: (
        "[Experiment] Exposure",
        "$experiment_started",
        "$feature_flag_called",
        "experiment_viewed",
        "",
    ),
    Kind.PIPELINE_START: ("pipeline_start", "", "pipeline_start", "", ""),
    Kind.COLLECTED: ("collection_complete", "", "collection_complete", "", ""),
    Kind.CLEANED: ("cleaning_complete", "", "cleaning_complete", "", ""),
    Kind.LABELED: ("labeling_complete", "", "labeling_complete", "", ""),
    Kind.EVALUATED: ("evaluation_complete", "", "evaluation_complete", "", ""),
    Kind.PIPELINE_FAILED: ("pipeline_failed", "", "pipeline_failed", "", ""),
    Kind.TRIAL_STARTED: ("Trial Started", "", "", "", ""),
    Kind.UPGRADE_CLICKED: ("upgrade_button_clicked", "", "", "", ""),
    Kind.SALES_CLICKED: ("contact_sales_clicked", "", "", "", ""),
    Kind.PURCHASE: ("trial_converted", "", "", "purchase", ""),
    Kind.TRIAL_EXPIRED: ("trial_expired", "", "", "", ""),
    Kind.FORM: ("", "", "", "form", ""),  # the form's own event name replaces it
    Kind.SESSION_START: ("", "", "", "session_start", ""),
    Kind.SCROLL: ("", "", "", "scroll", ""),
    Kind.PRODUCT: ("", "", "", "", "product_viewed"),
    Kind.ADD: ("", "", "", "", "product_added_to_cart"),
    Kind.REMOVE: ("", "", "", "", "product_removed_from_cart"),
    Kind.CART: ("", "", "", "", "cart_viewed"),
    Kind.CHECKOUT: ("", "", "", "", "checkout_started"),
    Kind.PAYMENT: ("", "", "", "", "payment_info_submitted"),
    Kind.ORDER: ("", "", "", "", "checkout_completed"),
}

# The name that GA4's scrolls arrive under in the last days, unannounced.
SCROLL_RENAMED = "page_scroll"


def name_of(kind: int, tool: int) -> str:
    """What a tool calls an act; empty where the tool does not track it."""
    return NAMES[Kind(kind)][tool]
