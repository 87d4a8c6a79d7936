"""`ade-monitor notify`: takes each alert and retraction of the Redis Stream to its routes, at least once.

notifier         all routes of a process
route_runner     the thread of a route; route_lease gives it the right to serve the route
route_worker     takes up what is new, sends what is due, waits while the receiver is away
route_queue      what waits for the route: the pending entries of its consumer group
routing          which alerts a route gets
schedule         when an alert is due: digests and quiet hours
dispatch         one message, and the protocol `RouteSender`
senders          webhook_sender, email_sender and chat_sender behind that protocol
cloud_events     the body of a webhook; written_messages has the text for people
set_aside        alerts that a receiver refuses for good
route_states     what `ade-monitor doctor` reads about a route
message_preview  what would be sent
"""

from monitor.notify.dispatch import Dispatch, RoutedEntry, RouteSender
from monitor.notify.errors import RefusedError, RouteAwayError
from monitor.notify.message_preview import (
    MessagePreview,
    newest_alerts,
    preview_messages,
    reason_for_none,
)
from monitor.notify.notifier import Notifier, open_routes
from monitor.notify.route_states import CONSUMER, RouteKeys, RouteState, read_state
from monitor.notify.senders import new_senders
from monitor.notify.set_aside import RefusedAlerts

__all__ = [
    "CONSUMER",
    "Dispatch",
    "MessagePreview",
    "Notifier",
    "RefusedAlerts",
    "RefusedError",
    "RouteAwayError",
    "RouteKeys",
    "RouteSender",
    "RouteState",
    "RoutedEntry",
    "new_senders",
    "newest_alerts",
    "open_routes",
    "preview_messages",
    "read_state",
    "reason_for_none",
]
