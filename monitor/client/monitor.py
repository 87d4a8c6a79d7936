"""`Monitor`: what notebooks read from the database, as data frames."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from monitor.client.filter_values import (
    ChoiceError,
    When,
    chosen_drug,
    drug_condition,
    range_of,
    time_of,
    window_between,
)
from monitor.client.frames import Library, frame_library, frame_of, records_frame
from monitor.embedded import running_stack
from monitor.enrich.drugs import load_matcher, stored_drug
from monitor.errors import FatalError
from monitor.review.signal_corrections import with_corrections
from monitor.settings import Settings, load_settings
from monitor.signals.consensus import Criteria
from monitor.signals.indications import indications_of
from monitor.signals.report_building import read_signals
from monitor.signals.request_check import check_request
from monitor.signals.signal_pairs import SignalMethod
from monitor.signals.signal_report import WARNINGS, EventLevel, SignalPair, SignalRequest
from monitor.store import Filters, find_effects, reading_engine, translate_driver_errors
from monitor.store.audit import AuditEntry, filters_for_audit, record_audit, words_digest
from monitor.store.cases import CaseFilters, CaseStatus, find_cases
from monitor.store.group_filters import group_filters_of
from monitor.store.known_pts import require_known_pt
from monitor.store.labelled_rows import LabelledCase, LabelledEffect, labelled_cases, labelled_effects
from monitor.store.listed_effects import Listedness
from monitor.store.roles import READER

_MAY_BE_READER: Final = text(
    "SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = :reader AND pg_has_role(oid, 'MEMBER'))"
)


class SignalWarning(UserWarning):
    """What the field warns of. It comes with every table of signals."""


class Monitor:
    """Reads the database of the monitor into data frames. It never writes, except for entries of the audit.

    Args:
        settings: which database; by default the settings that commands have in this folder, with the embedded
            stack that runs there.
        frames: "pandas" or "polars"; by default the one that is installed, and pandas if both are.

    Raises:
        FrameError: neither is installed, or not the one that was asked for.
        SettingsError: a setting is wrong.
    """

    def __init__(self, settings: Settings | None = None, *, frames: Library | None = None) -> None:
        self._library = frame_library(frames)
        self._settings = settings or load_settings(fallback=running_stack).settings

    def effects(
        self,
        *,
        since: When = None,
        until: When = None,
        pt: str | None = None,
        text: str | None = None,
        drug: str | None = None,
        min_probability: float | None = None,
        min_score: float | None = None,
        bundle: str | None = None,
        coded: bool | None = None,
        soc: str | None = None,
        hlgt: str | None = None,
        hlt: str | None = None,
        smq: str | None = None,
        ime: bool = False,
        dme: bool = False,
        listedness: str | None = None,
        coding: str | None = None,
        limit: int | None = None,
    ) -> Any:
        """Return adverse effects, newest first, with the columns of `ade-monitor query --json`.

        The arguments are the options of that command. The texts are read, so the audit gets an entry.

        Raises:
            ChoiceError: a value cannot be used.
            MonitorError: the database does not have a group, a drug or a PT, is away, or refuses.
        """
        start, end = range_of(since, until)
        if pt is not None:
            require_known_pt(self._settings, pt, coding)
        filters = Filters(
            since=start,
            until=end,
            pt=pt,
            text=text,
            drug=chosen_drug(self._settings, drug),
            min_probability=min_probability,
            min_score=min_score,
            bundle=bundle,
            coded=coded,
            groups=group_filters_of(self._settings, soc=soc, hlgt=hlgt, hlt=hlt, smq=smq, ime=ime, dme=dme),
            listedness=None if listedness is None else _member(Listedness, listedness, "listedness"),
            coding=coding,
            limit=limit,
        )
        self._note({"filters": filters_for_audit(filters)})
        effects = labelled_effects(self._settings, find_effects(self._settings, filters))
        return records_frame(self._library, LabelledEffect, effects)

    def cases(
        self,
        *,
        status: str | Sequence[str] = (),
        drug: str | None = None,
        pt: str | None = None,
        owner: str | None = None,
        since: When = None,
        due_before: When = None,
        serious: bool | None = None,
        limit: int | None = None,
    ) -> Any:
        """Return cases, the latest first, with the columns of `ade-monitor cases list --json`.

        An effect without a code is words of its post, so the audit gets an entry.

        Raises:
            ChoiceError: a value cannot be used.
            MonitorError: the database is away or refuses, or nothing has the drug or the PT.
        """
        if pt is not None:
            require_known_pt(self._settings, pt)
        statuses = (status,) if isinstance(status, str) else tuple(status)
        filters = CaseFilters(
            statuses=tuple(_member(CaseStatus, each, "status") for each in statuses),
            drug=None if drug is None else stored_drug(load_matcher(self._settings.enrich), drug),
            pt=pt,
            owner=owner,
            since=time_of(since, "since"),
            due_before=time_of(due_before, "due_before"),
            serious=serious,
            limit=limit,
        )
        self._note({"dataset": "cases", "filters": filters_for_audit(filters)})
        cases = labelled_cases(self._settings, find_cases(self._settings, filters))
        return records_frame(self._library, LabelledCase, cases)

    def signals(
        self,
        *,
        since: When = None,
        until: When = None,
        by: str = "pt",
        drug: str | None = None,
        pt: str | None = None,
        platform: str | None = None,
        lang: str | None = None,
        soc: str | None = None,
        hlgt: str | None = None,
        hlt: str | None = None,
        smq: str | None = None,
        ime: bool = False,
        dme: bool = False,
        listedness: str | None = None,
        coding: str | None = None,
        min_cases: int = 3,
        method: str = "consensus",
        only_signals: bool = False,
        first_seen: bool = False,
        rising: bool = False,
        adjust: Sequence[str] = (),
        indications: Path | str | None = None,
        without_indications: bool = False,
        corrected: bool = False,
        limit: int | None = None,
    ) -> Any:
        """Return pairs of a drug and an event with their measures, as `ade-monitor signals --json`.

        The arguments are the options of that command. Times become whole days in UTC, and `until` is not
        part of the window if it is a midnight. `adjust` is "platform", "lang", or both in a list.

        Warns:
            SignalWarning: what the field says about such measures.

        Raises:
            ChoiceError: a value cannot be used.
            RequestError: arguments exclude each other.
            MonitorError: the database does not have the PT or the group, is away, or refuses, or the file of
                indications cannot be used.
        """
        request = SignalRequest(
            window=window_between(since, until, platform, lang, coding),
            by=_member(EventLevel, by, "by"),
            method=_member(SignalMethod, method, "method"),
            criteria=Criteria(cases=min_cases),
            adjust=_strata(adjust),
            indications=indications_of(self._settings, None if indications is None else Path(indications)),
            without_indications=without_indications,
            is_drug=drug_condition(self._settings, drug),
            pt=pt,
            groups=group_filters_of(self._settings, soc=soc, hlgt=hlgt, hlt=hlt, smq=smq, ime=ime, dme=dme),
            listedness=None if listedness is None else _member(Listedness, listedness, "listedness"),
            only_signals=only_signals,
            first_seen=first_seen,
            rising=rising,
            corrected=corrected,
            limit=limit,
        )
        check_request(request, str)
        report = with_corrections(self._settings, request, read_signals(self._settings, request))
        warnings.warn(" ".join(WARNINGS), SignalWarning, stacklevel=2)
        return records_frame(self._library, SignalPair, report.pairs)

    def sql(self, query: str, **parameters: Any) -> Any:
        """Return the rows of one query, best on the views of `docs/analysis.md`.

        The query runs with the rights of `ade_reader`, in a transaction that cannot write, within
        `database.statement_timeout`. Values are written `:name` and passed as arguments.

        Raises:
            RetryableError: the database is away, or the query took too long.
            ChoiceError: a parameter of the query has no value.
            FatalError: the query is wrong, or reads what readers may not.
        """
        statement = text(query)
        if missing := [name for name in statement.compile().params if name not in parameters]:
            example = ", ".join(f"{name}=..." for name in missing)
            raise ChoiceError(f"the query has no value for :{missing[0]}", f"pass it: sql(query, {example})")
        self._note({"sql": words_digest(query)})
        database = self._settings.database
        with translate_driver_errors(database), reading_engine(database).connect() as connection:
            connection.execute(text("SET TRANSACTION READ ONLY"))
            if connection.scalar(_MAY_BE_READER, {"reader": READER}):
                connection.execute(text(f"SET LOCAL ROLE {READER}"))
            # A cursor of the server takes one query, and nothing that changes the session.
            try:
                rows = connection.execution_options(stream_results=True).execute(statement, parameters)
            except ProgrammingError as error:
                raise _wrong_query(error) from None
            return frame_of(self._library, list(rows.keys()), rows)

    def _note(self, details: dict[str, Any]) -> None:
        record_audit(self._settings, AuditEntry("query", "", details={"format": "client", **details}))


def _wrong_query(error: ProgrammingError) -> FatalError:
    """Return the error for a query that the database does not accept, without the values in it."""
    diagnosis = getattr(error.orig, "diag", None)
    problem = getattr(diagnosis, "message_primary", None) or type(error.orig).__name__
    hint = getattr(diagnosis, "message_hint", None)
    return FatalError(
        f"the database refused the query: {problem}",
        hint or "docs/analysis.md lists the views and their columns, which readers may read",
    )


def _strata(adjust: Sequence[str]) -> tuple[str, ...]:
    """Return what counts are adjusted for.

    Raises:
        ChoiceError: it is neither the platform nor the language.
    """
    chosen = (adjust,) if isinstance(adjust, str) else tuple(adjust)
    if unknown := set(chosen) - {"platform", "lang"}:
        raise ChoiceError(
            f"adjust={min(unknown)!r} is not known", 'use "platform", "lang", or a list of both'
        )
    return tuple(name for name in ("platform", "lang") if name in chosen)


def _member(kind: Any, value: str, name: str) -> Any:
    """Return the member of an enumeration.

    Raises:
        ChoiceError: it has no such member.
    """
    try:
        return kind(value)
    except ValueError:
        known = ", ".join(member.value for member in kind)
        raise ChoiceError(f"{name}={value!r} is not known", f"use one of {known}") from None
