"""Connectors: from a live platform to the topic, so that a team needs no producer of its own.

live_loop      the loop that all connectors share
delivery, backlog, state_file, unreadable, activity   its parts
live_source    what a platform is to the loop: frames and positions
contact_time   until when everything of a stream has arrived
reconnecting   the pauses between two attempts
drug_list      the names to watch for, and `drug_filter`, which finds them in posts
x_stream       X; `x_rules` and `x_rule_sync` keep its rules in line with the drug list
jetstream      Bluesky
mastodon_live  Mastodon; `mastodon_timeline` reads its REST API, and `http_stream` is shared with X
source_openers a connector from the settings

It needs the extra `sources`. The libraries are imported where they are used, so importing this is quick.
"""

from monitor.connect.activity import Activity
from monitor.connect.delivery import Delivery
from monitor.connect.drug_filter import DrugFilter
from monitor.connect.drug_list import DrugList, read_drug_list
from monitor.connect.errors import ConnectError, ConnectionLostError
from monitor.connect.live_loop import LiveLoop, LoopOptions
from monitor.connect.live_source import Frame, Gap, LiveSource, Position
from monitor.connect.mastodon_timeline import Timeline
from monitor.connect.source_openers import (
    BlueskyOpener,
    MastodonOpener,
    SourceOpener,
    XOpener,
    require_libraries,
)
from monitor.connect.state_file import StateFile
from monitor.connect.unreadable import UnreadableFrames
from monitor.connect.x_rule_sync import sync_rules
from monitor.connect.x_rules import RulePlan

__all__ = [
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
]
