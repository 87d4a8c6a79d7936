"""The public names of the packages of `monitor`: explicit, complete, and quick to import."""

from __future__ import annotations

import importlib
import pkgutil
import subprocess
import sys

import pytest

import monitor

PACKAGES = [f"monitor.{info.name}" for info in pkgutil.iter_modules(monitor.__path__) if info.ispkg]

PUBLIC = {
    "monitor": [],
    "monitor.alerts": [
        "AlertFilter",
        "AlertPayload",
        "AlertRevision",
        "AlertRules",
        "PublishResult",
        "Publisher",
        "AlertReader",
        "Relay",
        "RetractionPayload",
        "Show",
        "StreamEntry",
        "follow",
        "parse_payload",
        "parse_retraction",
        "read_outbox_state",
    ],
    "monitor.connect": [
        "Activity",
        "BlueskyOpener",
        "ConnectError",
        "ConnectionLostError",
        "Delivery",
        "DrugFilter",
        "DrugList",
        "Frame",
        "Gap",
        "LiveLoop",
        "LiveSource",
        "LoopOptions",
        "MastodonOpener",
        "Position",
        "RulePlan",
        "SourceOpener",
        "StateFile",
        "Timeline",
        "UnreadableFrames",
        "XOpener",
        "read_drug_list",
        "require_libraries",
        "sync_rules",
    ],
    "monitor.ingest": [
        "DAMAGED_BATCH",
        "EXPIRED",
        "REASONS",
        "SOURCE_HEADER",
        "UNREAD_REASONS",
        "Batch",
        "Item",
        "KafkaEvent",
        "UnreadOffsets",
        "parse_json",
        "read_events",
        "read_fields",
        "read_items",
        "read_message",
        "start_batch",
        "topic_id_of",
    ],
    "monitor.compliance": [
        "ALLOWED_SECONDS",
        "AuthorKeyError",
        "ComplianceReport",
        "CopyExpiry",
        "Erasure",
        "EventExpiry",
        "EventFileError",
        "EventSummary",
        "KeyUse",
        "LetterScrubber",
        "RetentionJob",
        "RetentionResult",
        "erase",
        "event_of_id",
        "forget_key",
        "is_limited",
        "read_compliance_report",
        "read_event_file",
        "read_key_uses",
    ],
    "monitor.store": [
        "ALL_BUNDLES",
        "READER",
        "START",
        "AgeLimits",
        "AppliedEvent",
        "AuditedEvent",
        "AuditedRun",
        "AuthorKeys",
        "Filters",
        "Month",
        "OldPage",
        "RaiseAlerts",
        "ReportedEffect",
        "Store",
        "Written",
        "alert_outbox",
        "async_engine",
        "audited",
        "author_keys",
        "check_writable",
        "current_revision",
        "describe_database",
        "drop_empty_months",
        "find_effects",
        "find_old_months",
        "find_removed",
        "may_only_read",
        "missing_roles_advice",
        "new_rights_advice",
        "note_run",
        "read_roles",
        "reading_engine",
        "remove_old_posts",
        "remove_posts_of_month",
        "required_revision",
        "revision_error",
        "set_up_roles",
        "stored_progress",
        "translate_driver_errors",
        "upgrade_database",
    ],
    "monitor.stream": ["run_worker"],
}


@pytest.mark.parametrize("package", PUBLIC)
def test_each_package_of_monitor_lists_exactly_these_public_names(package: str) -> None:
    assert sorted(importlib.import_module(package).__all__) == sorted(PUBLIC[package])


@pytest.mark.parametrize("package", PACKAGES)
def test_every_public_name_can_be_imported(package: str) -> None:
    module = importlib.import_module(package)
    for name in module.__all__:
        assert getattr(module, name) is not None


def test_the_command_line_loads_no_heavy_library() -> None:
    heavy = {"torch", "transformers", "sqlalchemy", "kafka", "faust", "redis"}
    code = f"import monitor.cli.app, sys; assert not {heavy} & set(sys.modules), {heavy} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)
