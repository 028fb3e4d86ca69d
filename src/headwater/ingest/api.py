"""Asking a vendor's API over HTTP: dlt's client and retries, and errors that say what to do."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from dlt.sources.helpers.requests import Client
from dlt.sources.helpers.rest_client.auth import OAuth2ClientCredentials
from dlt.sources.helpers.rest_client.client import RESTClient
from dlt.sources.helpers.rest_client.paginators import (
    HeaderLinkPaginator,
    JSONLinkPaginator,
    JSONResponseCursorPaginator,
    SinglePagePaginator,
)
from requests import HTTPError, Request, RequestException, Response

from headwater.ingest.spool import value_at
from headwater.ingest.streams import IngestError, Stream, Vendor, Window

BODY_SHOWN = 300
DENIED = (401, 403)


def settings_of(vendor: Vendor, environment: Mapping[str, str]) -> dict[str, str]:
    """The vendor's settings and its base URL, as `BASE_URL`, from the environment.

    Raises:
        IngestError: a variable without default is not set.
    """
    found = {name: environment.get(name) or default for name, default in vendor.settings.items()}
    if missing := [name for name, value in found.items() if value is None]:
        raise IngestError(
            f"{vendor.title} needs {' and '.join(missing)} in the environment. {vendor.remedy}"
        )
    settings = {name: value for name, value in found.items() if value is not None}
    base = environment.get(f"{vendor.name.upper()}_BASE_URL") or vendor.base_url.format(**settings)
    return settings | {"BASE_URL": base.rstrip("/")}


class Api:
    """A vendor's API under the settings of the environment."""

    def __init__(self, vendor: Vendor, environment: Mapping[str, str] = os.environ) -> None:
        self.vendor = vendor
        self.settings = settings_of(vendor, environment)
        self.client = RESTClient(
            self.settings["BASE_URL"],
            headers=self._filled(vendor.headers, {}),
            auth=vendor.auth(self.settings),
            session=Client(raise_for_status=False, retry_condition=self._is_throttled).session,
        )

    def read(self, stream: Stream, window: Window) -> Iterator[list[bytes]]:
        """The records of a window as JSON texts, page by page.

        Raises:
            IngestError: the vendor refuses, fails for good, or cannot be reached.
        """
        pages = stream.read(self, stream, window) if stream.read else self._listed(stream, window)
        try:
            for page in pages:
                yield list(page)
        except HTTPError as error:
            response = error.response
            assert response is not None  # requests gives every such error its answer
            if response.status_code != stream.is_empty:
                raise self._explained(response) from None
        except (RequestException, OSError) as error:
            raise IngestError(
                f"{self.vendor.title} broke off at {stream.name} ({type(error).__name__}): "
                f"{self._redacted(str(error))}. Run it again; it goes on from there."
            ) from None

    def pages(self, stream: Stream, window: Window, path: str | None = None) -> Iterator[list[Any]]:
        """The records of a window page by page, as parsed; `path` is asked instead of its own."""
        names = window.names()
        arguments: dict[str, Any] = {
            "path": path or self.path(stream, window),
            "params": self._filled(stream.params, names),
            "paginator": stream.paginator() if stream.paginator else SinglePagePaginator(),
            "data_selector": stream.rows,
        }
        if stream.body is not None:
            arguments |= {"method": "POST", "json": self._filled(stream.body, names)}
        yield from self.client.paginate(**arguments)

    def get(self, stream: Stream, window: Window, *, streamed: bool = False) -> Response:
        """The one answer to a stream's request; `streamed` leaves its body to be read.

        Raises:
            HTTPError: it is none of success.
        """
        response = self.client.get(
            self.path(stream, window),
            self._filled(stream.params, window.names()),
            stream=streamed,
        )
        response.raise_for_status()
        return response

    def path(self, stream: Stream, window: Window) -> str:
        """The path of a stream's request."""
        return stream.path.format(**self.settings, **window.names())

    def _listed(self, stream: Stream, window: Window) -> Iterator[list[bytes]]:
        for page in self.pages(stream, window):
            yield [
                json.dumps(record, separators=(",", ":")).encode()
                for record in page
                if stream.moment is None or window.holds(value_at(record, stream.moment))
            ]

    def _filled(self, templates: Mapping[str, Any], names: Mapping[str, Any]) -> dict[str, str]:
        filled = {
            name: str(template).format(**self.settings, **names)
            for name, template in templates.items()
        }
        return {name: value for name, value in filled.items() if value}

    def _is_throttled(self, response: Response | None, error: BaseException | None) -> bool:
        """Whether a body says what HTTP says with the status 429."""
        pattern = self.vendor.throttled
        return bool(
            pattern
            and response is not None
            and not response.ok
            and re.search(pattern, response.text)
        )

    def _explained(self, response: Response) -> IngestError:
        """What an error's answer means, and what to do about it."""
        status, pattern = response.status_code, self.vendor.denied
        if status in DENIED or (pattern and re.search(pattern, response.text)):
            return IngestError(
                f"{self.vendor.title} refused {' with '.join(self.vendor.secrets)} "
                f"(HTTP {status}): it is wrong, expired, or lacks a permission. "
                f"{self.vendor.remedy}"
            )
        address = urlsplit(response.url)
        body = self._redacted(" ".join(response.text.split()))[:BODY_SHOWN]
        return IngestError(
            f"{self.vendor.title} answered {address.netloc}{address.path} with HTTP {status}: "
            f"{body or 'no text'}. Run it again; it goes on from there."
        )

    def _redacted(self, text: str) -> str:
        for name in self.vendor.secrets:
            text = text.replace(self.settings[name], f"<{name}>")
        return re.sub(r"(https?://[^\s?]+)\?\S*", r"\1", text)


class GoogleToken(OAuth2ClientCredentials):
    """A short-lived token, fetched for a refresh token whenever the last one has run out."""

    @classmethod
    def of(cls, settings: Mapping[str, str]) -> GoogleToken:
        """The authentication that the settings ask for."""
        return cls(
            access_token_url=settings["GOOGLE_TOKEN_URL"],
            client_id=settings["GOOGLE_CLIENT_ID"],
            client_secret=settings["GOOGLE_CLIENT_SECRET"],
            access_token_request_data={
                "grant_type": "refresh_token",
                "refresh_token": settings["GOOGLE_REFRESH_TOKEN"],
            },
        )


class LastId(JSONResponseCursorPaginator):
    """Stripe's pages: the next one starts after the last record's id, while `has_more` is true."""

    def __init__(self) -> None:
        super().__init__(cursor_path="has_more", cursor_param="starting_after")

    def update_state(self, response: Response, data: list[Any] | None = None) -> None:
        """Take the last id of a page."""
        more = data and response.json().get("has_more")
        self._next_reference = data[-1]["id"] if data and more else None


class _OwnHost:
    """A link to the next page, followed on the API's base URL: no other host gets the token."""

    def init_request(self, request: Request) -> None:
        """Note where the API is."""
        super().init_request(request)  # type: ignore[misc]
        address = urlsplit(str(request.url))
        self._host = f"{address.scheme}://{address.netloc}"

    def update_request(self, request: Request) -> None:
        """Go to the next page."""
        super().update_request(request)  # type: ignore[misc]
        if request.url:
            address = urlsplit(str(request.url))
            request.url = f"{self._host}{address.path}?{address.query}"


class BodyLink(_OwnHost, JSONLinkPaginator):
    """The next page's address stands in the body."""


class HeaderLink(_OwnHost, HeaderLinkPaginator):
    """The next page's address stands in the header Link."""


def cursor(path: str, param: str) -> JSONResponseCursorPaginator:
    """The next page's cursor stands at `path` of the body and goes into a parameter."""
    return JSONResponseCursorPaginator(cursor_path=path, cursor_param=param)


def body_cursor(path: str, place: str) -> JSONResponseCursorPaginator:
    """The next page's cursor stands at `path` of the body and goes into the request's body."""
    return JSONResponseCursorPaginator(cursor_path=path, cursor_body_path=place)
