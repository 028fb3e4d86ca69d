"""Lumen Boards, the simulated company: its catalogue, its volumes and its shares.

Volumes are those of a year at scale 1.0. Where the briefs that this company comes from contradict
each other, docs/simulated-company.md says what was decided.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

DAYS_PER_YEAR = 365
ACTIVE_PER_DAY = 50_000
NEW_PER_DAY = 8_000
SESSION_COUNT_SHARES = (0.64, 0.25, 0.08, 0.03)  # 1, 2, 3, 4 sessions a day: 1.5 on average
FORM_FILLS_PER_YEAR = 82_000
PURCHASED_LEADS_PER_YEAR = 10_000
ANONYMOUS_PURCHASES_PER_YEAR = 1_000
OTHER_FORM_PURCHASES_PER_YEAR = 2_000

# --- what people are
INTENTS = ("Browser", "Planner", "Actor", "Curator")
INTENT_SHARES = (0.45, 0.25, 0.18, 0.12)
CATEGORIES = ("interiors", "fashion", "travel", "food", "branding", "weddings", "gardens", "art")
CATEGORY_SHARES = (0.20, 0.17, 0.15, 0.13, 0.11, 0.09, 0.08, 0.07)
SURFACES = ("Home", "Search", "Boards", "Profile")
SURFACE_SHARES = (0.40, 0.25, 0.28, 0.07)
COUNTRIES = (  # name, code, hours east of UTC, share
    ("United States", "US", -6, 0.38),
    ("Germany", "DE", 1, 0.14),
    ("United Kingdom", "GB", 0, 0.13),
    ("Brazil", "BR", -3, 0.09),
    ("India", "IN", 5, 0.10),
    ("Japan", "JP", 9, 0.08),
    ("Australia", "AU", 10, 0.08),
)
LIFETIMES = (  # class, share of new people, mean days until they leave, chance of a visit a day
    ("once", 0.70, 0.0, 0.0),
    ("casual", 0.20, 20.0, 0.20),
    ("regular", 0.08, 80.0, 0.30),
    ("core", 0.02, 250.0, 0.50),
)
REGISTERED_SHARES = (0.25, 0.70, 0.95, 1.0)  # by class, in the order of LIFETIMES

# --- tools
WEB, PHONE, DESKTOP, SITE, SHOP = range(5)
TOOLS = ("amplitude", "mixpanel", "posthog", "ga4", "shopify")
TOOL_TABLES = ("events", "events", "events", "events", "pixel_events")


@dataclass(frozen=True)
class Plan:
    """One product of the catalogue; price in cents of a month."""

    sku: str
    name: str
    monthly_cents: int
    self_service_share: float
    sales_assisted_share: float

    @property
    def yearly_cents(self) -> int:
        """Ten months' price buys a year."""
        return self.monthly_cents * 10


PLANS = (
    Plan("STARTER", "Starter", 2_900, 0.50, 0.15),
    Plan("PRO", "Professional", 5_900, 0.35, 0.40),
    Plan("BUSINESS", "Business", 13_900, 0.14, 0.23),
    Plan("ENTERPRISE", "Enterprise", 39_900, 0.01, 0.22),
)
YEARLY_SHARE = 0.15
TRIAL_DAYS = 14


@dataclass(frozen=True)
class TrialPath:
    """How a trial is sold."""

    name: str
    share: float
    conversion: float
    conversion_day: float  # mean day of the trial on which it converts; standard deviation 2


TRIAL_PATHS = (
    TrialPath("self_service", 0.65, 0.28, 12.0),
    TrialPath("sales_assisted", 0.35, 0.45, 14.0),
)


@dataclass(frozen=True)
class Form:
    """One of the six forms of the site."""

    form_type: str
    event_name: str
    share: float
    lead_source: str
    lifecycle_stage: str
    sales_priority: str
    activities: int


FORMS = (
    Form("trial_signup", "trial_started", 0.35, "Trial Signup Form", "trial", "high", 1),
    Form("demo_request", "demo_requested", 0.25, "Demo Request Form", "demo", "high", 8),
    Form(
        "pricing_inquiry", "pricing_form_submit", 0.15, "Pricing Inquiry Form", "sql", "medium", 1
    ),
    Form("contact_us", "contact_form_submit", 0.15, "Contact Us Form", "mql", "medium", 1),
    Form("whitepaper_download", "content_download", 0.07, "Content Download", "mql", "low", 1),
    Form("newsletter_signup", "newsletter_subscribe", 0.03, "Newsletter Signup", "lead", "low", 1),
)
PURCHASED_LISTS = ("Purchased List - BookYourData", "Purchased List - UpLead")
SALES_ASSISTED_ACTIVITIES = (10, 12)  # inclusive range
PURCHASED_ACTIVITIES = (1, 2)


@dataclass(frozen=True)
class Channel:
    """A traffic source of the site; `campaign_id` 0 is no campaign.

    `pull` is its share of the visits that cause a trial; without one it only is on the way.
    """

    source: str
    medium: str
    campaign_id: int
    campaign: str
    share: float
    targeting: str = "all"  # all, new_users or returning_users
    pull: float = 0.0


CHANNELS = (
    Channel("(direct)", "(none)", 0, "", 0.26),
    Channel("google", "organic", 0, "", 0.24, pull=0.15),
    Channel("google", "cpc", 1001, "acq-trial-signup", 0.11, "new_users", pull=0.35),
    Channel("facebook", "cpc", 1002, "acq-free-boards", 0.08, "new_users"),
    Channel("google", "cpc", 1003, "acq-brand-search", 0.05),
    Channel("facebook", "cpc", 1004, "acq-print-shop", 0.04),
    Channel("google", "cpc", 1005, "acq-desktop-app", 0.03, "new_users"),
    Channel("newsletter", "email", 1006, "nurture-inspiration", 0.06, pull=0.15),
    Channel("newsletter", "email", 1007, "reeng-winback", 0.03, "returning_users"),
    Channel("google", "cpc", 1008, "reeng-lapsed-users", 0.03, "returning_users"),
    Channel("designblog.example", "referral", 0, "", 0.07, pull=0.35),
)
# People who begin a trial and could be won for it by a visit to the site on an earlier day, and the
# chance that such a visit does; without it there were no trial. The others would have come anyway.
CAUSED_TRIAL_SHARE, CAUSE_CHANCE = 0.9, 0.5

FEATURES = ("ai_labeling", "palette_match", "board_export", "collage_templates", "voice_notes")
CAUSAL_FEATURE, CORRELATED_FEATURE = 0, 1
# Chance points that adopting ai_labeling in the trial adds to converting; palette_match adds none.
CAUSAL_CONVERSION_LIFT = 0.15


@dataclass(frozen=True)
class Experiment:
    """A planted experiment; `effects[variant][(intent or '*', event)]` multiplies a rate."""

    experiment_id: str
    variants: tuple[str, ...]
    start_share: float  # of the horizon
    effects: dict[str, dict[tuple[str, str], float]]
    lost_share: float = 0.0  # of the second variant's units, never exposed: a ratio mismatch
    deal: int = 0  # another number deals the variants out anew; no seed does


EXPERIMENTS = (
    Experiment(
        "board_layout",
        ("control", "treatment"),
        0.30,
        {
            "treatment": {
                ("Planner", "save"): 1.15,
                ("Planner", "click"): 0.95,
                ("Actor", "save"): 0.90,
                ("Actor", "click"): 1.20,
            }
        },
    ),
    Experiment("aa_check", ("control", "treatment"), 0.30, {}),
    Experiment("onboarding_tour", ("control", "treatment"), 0.30, {}, lost_share=0.12),
    Experiment(
        "search_ranking",
        ("control", "b", "c", "d", "e"),
        0.55,
        {
            "c": {("*", "save"): 1.05},
            "d": {("*", "save"): 1.10},
            "e": {("*", "click"): 0.92},
        },
    ),
)
EXPERIMENT_DAYS = 14


def experiment_days(experiment: Experiment, days: int) -> range:
    """Days of the horizon on which an experiment runs."""
    first = round(experiment.start_share * days)
    return range(first, min(first + EXPERIMENT_DAYS, days))


OUTAGE_START_SHARE, OUTAGE_DAYS = 0.6, 3  # Android's saves are not tracked: a release broke them
RENAMED_DAYS = 3  # the last ones: a new tag on the site gave the scrolls another name

SHOP_CURRENCY = "USD"
EUR_SHARE = 0.15  # of subscriptions billed in euro
GOOGLE_CURRENCY, META_CURRENCY = "USD", "EUR"

WEEKDAY_FACTORS = np.array([1.06, 1.08, 1.07, 1.05, 1.00, 0.86, 0.88])  # Monday first; mean 1


def season(days: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Traffic of days relative to the year's average.

    Args:
        days: days since 1970-01-01, shape (n,).

    Returns:
        Factors with mean 1 over a year: a weekly pattern times a yearly wave that peaks in
        mid-January, shape (n,).
    """
    weekly = WEEKDAY_FACTORS[(days + 3) % 7]
    return np.asarray(weekly * (1 + 0.08 * np.cos(2 * np.pi * (days - 14) / 365.25)))
