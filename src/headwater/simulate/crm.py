"""What Pipedrive knows: people, companies, leads, activities, and deals with their stages."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

import numpy as np

from headwater.simulate import company
from headwater.simulate.billing import SECONDS_PER_DAY, Ledger
from headwater.simulate.ids import mix, uniform
from headwater.simulate.people import NEVER
from headwater.simulate.plan import TRIAL_SIGNUP, Plan

STAGES = ("Qualification", "Needs Analysis", "Proposal", "Negotiation", "Closed")
STAGE_DAYS = (0, 5, 9, 12, 14)
DEMO_FORM = 1
DEMO_DEAL_DAYS = (3, 4)
FIELDS = (  # our name, Pipedrive's label
    ("form_type", "Form type"),
    ("lifecycle_stage", "Lifecycle stage"),
    ("trial_path", "Trial path"),
    ("trial_start_date", "Trial start"),
    ("sales_priority", "Sales priority"),
    ("expected_activities", "Expected activities"),
    ("product_sku", "Product SKU"),
    ("source_form_type", "Source form"),
)
ACTIVITY_KINDS = (("email", "Send introduction"), ("call", "Call"), ("meeting", "Meeting"))
COMPANY_WORDS = (
    "Alder",
    "Birch",
    "Cedar",
    "Dogwood",
    "Elm",
    "Fir",
    "Hazel",
    "Juniper",
    "Linden",
    "Maple",
)


def field_key(name: str) -> str:
    """Pipedrive's 40-character key of a custom field of this company."""
    return hashlib.sha1(f"lumen-boards:{name}".encode(), usedforsecurity=False).hexdigest()


def sell(plan: Plan, days: int, seed: int, epoch_day: int) -> Ledger:
    """Write down what the sales team sees within the horizon.

    Args:
        plan: form fills, deals and purchased leads.
        days: length of the horizon.
        seed: of the simulation.
        epoch_day: days from 1970-01-01 to the first day.
    """
    desk = _Desk(plan, days, seed, epoch_day)
    desk.set_up()
    deal_of_fill = {int(fill): number for number, fill in enumerate(plan.deals.fill) if fill >= 0}
    for fill in range(len(plan.fills.day)):
        desk.take_form(fill, deal_of_fill.get(fill))
    for day in np.repeat(np.arange(days), plan.purchased_leads):
        desk.take_purchased(int(day))
    return desk.ledger


@dataclass(frozen=True)
class _Sale:
    """What all versions of a deal have in common."""

    number: int
    opened: int
    contact: int
    lead_id: str
    title: str
    plan: company.Plan
    currency: str
    fields: dict[str, Any]


class _Desk:
    """The sales desk while it works through the forms."""

    def __init__(self, plan: Plan, days: int, seed: int, epoch_day: int) -> None:
        self.plan, self.days, self.seed, self.epoch_day = plan, days, seed, epoch_day
        self.ledger = Ledger()
        self.contacts = 0
        self.activities = 0

    def chance(self, number: int, salt: int) -> float:
        """A number in [0, 1) that depends on the arguments and the seed."""
        return float(
            uniform(np.array([number], dtype=np.int64), salt=self.seed * 100 + 50 + salt)[0]
        )

    def seconds(self, day: int, number: int) -> int:
        """A working hour of a day, in epoch seconds."""
        offset = int(mix(np.array([number]), salt=37)[0] % np.uint64(32_400)) + 28_800
        return (self.epoch_day + day) * SECONDS_PER_DAY + offset

    def set_up(self) -> None:
        """Stages, and the company's custom fields."""
        created = self.seconds(-400, 0)
        for number, name in enumerate(STAGES, start=1):
            self.ledger.add(
                "stages",
                0,
                id=number,
                name=name,
                order_nr=number,
                pipeline_id=1,
                deal_probability=min(20 * number, 100),
                add_time=created,
                update_time=created,
            )
        for name, label in FIELDS:
            self.ledger.add(
                "deal_fields",
                0,
                field_key=field_key(name),
                field_name=label,
                field_type="varchar",
                is_custom_field=True,
            )

    def contact(self, day: int, person: int | None) -> tuple[int, str, str]:
        """A person with a company; their number, name and company."""
        self.contacts += 1
        number = self.contacts
        name = f"Person {person + 100_000}" if person is not None else f"Listed {number}"
        email = (
            f"person{person + 100_000}@mail.example"
            if person is not None
            else f"listed{number}@list.example"
        )
        firm = f"{COMPANY_WORDS[number % 10]} {COMPANY_WORDS[number // 10 % 10]} {number}"
        when = self.seconds(day, number)
        self.ledger.add("organizations", day, id=number, name=firm, add_time=when, update_time=when)
        self.ledger.add(
            "persons",
            day,
            id=number,
            name=name,
            emails=json.dumps([{"value": email, "primary": True, "label": "work"}]),
            org_id=number,
            add_time=when,
            update_time=when,
        )
        return number, name, firm

    def lead(
        self, day: int, contact: tuple[int, str, str], source: str, fields: dict[str, Any]
    ) -> str:
        """A lead; its custom fields lie at the record's root under their keys, as in the v1 API."""
        number, name, firm = contact
        digest = hashlib.sha1(
            f"lead:{self.seed}:{number}".encode(), usedforsecurity=False
        ).hexdigest()
        lead_id = "-".join((digest[:8], digest[8:12], digest[12:16], digest[16:20], digest[20:32]))
        when = self.seconds(day, number)
        self.ledger.add(
            "leads",
            day,
            id=lead_id,
            title=f"{name} - {firm}",
            person_id=number,
            organization_id=number,
            source_name=source,
            origin="WebForms" if fields.get("form_type") else "Import",
            is_archived=False,
            add_time=when,
            update_time=when,
            _extra=_keyed(fields),
        )
        return lead_id

    def activity(self, day: int, offset: int, lead_id: str, number: int, rank: int) -> None:
        """One touch, due some days after the lead came; done once that day has passed."""
        self.activities += 1
        kind, subject = ACTIVITY_KINDS[rank % 3]
        due = day + offset
        is_done = due < self.days
        when = self.seconds(day, self.activities)
        self.ledger.add(
            "activities",
            min(due, self.days - 1),
            id=self.activities,
            subject=f"{subject} {rank + 1}",
            type=kind,
            lead_id=lead_id,
            person_id=number,
            org_id=number,
            due_date=self.epoch_day + due,
            done=is_done,
            add_time=when,
            update_time=self.seconds(min(due, self.days - 1), self.activities),
            marked_as_done_time=self.seconds(due, self.activities) if is_done else None,
        )

    def take_form(self, fill: int, deal: int | None) -> None:
        """A form becomes a lead, its touches, and at times a deal."""
        fills, deals = self.plan.fills, self.plan.deals
        day, form = int(fills.day[fill]), company.FORMS[fills.form[fill]]
        trial = deal if deal is not None and deals.path[deal] >= 0 else None
        touches = form.activities
        path = None
        if trial is not None:
            path = company.TRIAL_PATHS[deals.path[trial]].name
            low, high = company.SALES_ASSISTED_ACTIVITIES
            touches = (
                1 if path == "self_service" else low + int(self.chance(fill, 1) * (high - low + 1))
            )
        contact = self.contact(day, int(fills.person[fill]))
        lead_id = self.lead(
            day,
            contact,
            form.lead_source,
            {
                "form_type": form.form_type,
                "lifecycle_stage": form.lifecycle_stage,
                "trial_path": path,
                "trial_start_date": self._date(day) if trial is not None else None,
                "sales_priority": form.sales_priority,
                "expected_activities": touches,
            },
        )
        span = company.TRIAL_DAYS if touches > 1 else 1
        for rank in range(touches):
            self.activity(day, rank * span // max(touches, 1), lead_id, contact[0], rank)
        if fills.form[fill] in (TRIAL_SIGNUP, DEMO_FORM) or deal is not None:
            self.deal(fill, deal, contact, lead_id)

    def deal(
        self, fill: int, deal: int | None, contact: tuple[int, str, str], lead_id: str
    ) -> None:
        """A deal's versions, one a stage: self-service comes in as won, others walk the stages."""
        fills, deals = self.plan.fills, self.plan.deals
        day, form = int(fills.day[fill]), company.FORMS[fills.form[fill]]
        path = int(deals.path[deal]) if deal is not None else -1
        paid = int(deals.paid_day[deal]) if deal is not None else NEVER
        plan = company.PLANS[int(deals.plan[deal])] if deal is not None else company.PLANS[1]
        is_sold_at_once = path == 0 or (path < 0 and form.form_type != "demo_request")
        opened = day if path == 1 else day + DEMO_DEAL_DAYS[fill % 2]
        sale = _Sale(
            number=fill,
            opened=paid if is_sold_at_once else opened,
            contact=contact[0],
            lead_id=lead_id,
            title=f"{contact[2]} - {plan.name} Plan",
            plan=plan,
            currency="EUR" if deal is not None and deals.is_euro[deal] else "USD",
            fields={
                "product_sku": plan.sku,
                "trial_path": company.TRIAL_PATHS[path].name if path >= 0 else None,
                "source_form_type": form.form_type,
            },
        )
        if not is_sold_at_once:
            self._walk_stages(sale, paid)
        elif paid < self.days:
            self._show_deal(sale, paid, len(STAGES), "won")

    def _walk_stages(self, sale: _Sale, paid: int) -> None:
        """Stage after stage until it is won or, in the time that winning takes, lost."""
        closed = paid if paid != NEVER else sale.opened + STAGE_DAYS[-1]
        for stage, after in enumerate(STAGE_DAYS[:-1], start=1):
            if sale.opened + after < min(closed, self.days):
                self._show_deal(sale, sale.opened + after, stage, "open")
        if closed < self.days:
            self._show_deal(sale, closed, len(STAGES), "won" if paid != NEVER else "lost")

    def _show_deal(self, sale: _Sale, day: int, stage: int, status: str) -> None:
        """The deal as it is from a day on."""
        when = self.seconds(day, sale.number)
        self.ledger.add(
            "deals",
            day,
            id=sale.number + 1,
            title=sale.title,
            person_id=sale.contact,
            org_id=sale.contact,
            pipeline_id=1,
            stage_id=stage,
            value=sale.plan.monthly_cents / 100,
            currency=sale.currency,
            status=status,
            source_lead_id=sale.lead_id,
            custom_fields=_keyed(sale.fields),
            add_time=self.seconds(sale.opened, sale.number),
            update_time=when,
            stage_change_time=when,
            won_time=when if status == "won" else None,
            lost_time=when if status == "lost" else None,
            close_time=when if status != "open" else None,
        )

    def take_purchased(self, day: int) -> None:
        """A bought address: a lead without a form, touched once or twice."""
        contact = self.contact(day, None)
        source = company.PURCHASED_LISTS[contact[0] % 2]
        low, high = company.PURCHASED_ACTIVITIES
        touches = low + int(self.chance(contact[0], 2) * (high - low + 1))
        fields = {
            "lifecycle_stage": "lead",
            "sales_priority": "low",
            "expected_activities": touches,
        }
        lead_id = self.lead(day, contact, source, fields)
        for rank in range(touches):
            self.activity(day, rank * 3, lead_id, contact[0], rank)

    def _date(self, day: int) -> str:
        return str(np.datetime64(self.epoch_day + day, "D"))


def _keyed(fields: dict[str, Any]) -> str:
    named = {field_key(name): str(value) for name, value in fields.items() if value is not None}
    return json.dumps(named, separators=(",", ":"))
