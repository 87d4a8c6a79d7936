"""Telegram: the JSON that Telegram Desktop exports, of one chat or of a whole account.

Reference: `export_output_json.cpp` of Telegram Desktop. An export is one object. `feed` cuts large ones and
passes each message as `{"telegram_chat": {…}, "message": {…}}`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from monitor.ingest.dates import to_rfc3339
from monitor.ingest.sources.json_access import first_value, id_text, mapping, nested, set_present
from monitor.ingest.sources.post_source import Document, Fields, PostSource

_CHAT_LISTS: Final = ("chats", "left_chats")
_CHAT_FIELDS: Final = frozenset({"id", "name", "type"})

# Their names are those of people.
_PERSONAL_CHATS: Final = ("personal_chat", "bot_chat")

_PEER: Final = re.compile("^(user|chat|channel)")


def _recognizes(document: Document) -> bool:
    if "telegram_chat" in document:
        return "message" in document
    # Most objects have none of these names, so this must be quick.
    if "messages" in document:
        messages = document["messages"]
        is_chat = len(_CHAT_FIELDS & document.keys()) >= 2
        return is_chat and isinstance(messages, list) and _has_messages(messages)
    has_chats = "chats" in document or "left_chats" in document
    return has_chats and any(isinstance(nested(document, name, "list"), list) for name in _CHAT_LISTS)


def _has_messages(messages: list[Any]) -> bool:
    # Other exports of chats, such as Slack's, also have a list `messages`.
    return not messages or any(
        nested(message, "date_unixtime") or nested(message, "date") for message in messages
    )


def _read(document: Document) -> Iterator[Fields]:
    if "telegram_chat" in document:
        yield from _message(document.get("message"), mapping(document["telegram_chat"]) or {})
        return
    for chat in _chats(document):
        messages = nested(chat, "messages")
        for message in messages if isinstance(messages, list) else []:
            yield from _message(message, chat)


def _chats(document: Document) -> Iterator[Document]:
    if "messages" in document or not any(name in document for name in _CHAT_LISTS):
        yield document
    for name in _CHAT_LISTS:
        chats = nested(document, name, "list")
        if isinstance(chats, list):
            yield from (chat for chat in chats if isinstance(chat, dict))


def _message(message: Any, chat: Document) -> Iterator[Fields]:
    if not isinstance(message, dict):
        yield {}
        return
    text = _text(message)
    if message.get("type") in ("service", "unsupported") or (isinstance(text, str) and not text.strip()):
        # Somebody joined, or the message is only a photo or another file.
        return
    fields: Fields = {"platform": "telegram"}
    set_present(fields, "text", text)
    chat_id = id_text(chat.get("id"))
    set_present(fields, "id", _message_id(chat_id, message.get("id")))
    author = id_text(message.get("from_id"))
    if isinstance(author, str) and author:
        fields["author_id"] = f"telegram:{author}"
    set_present(fields, "created_at", to_rfc3339(first_value(message, "date_unixtime", "date")))
    edited_at = to_rfc3339(first_value(message, "edited_unixtime", "edited"))
    # Old exports give the year 1970 to what was never edited.
    if edited_at != "0" and not (isinstance(edited_at, str) and edited_at.startswith("1970-01-01")):
        set_present(fields, "edited_at", edited_at)
    if "forwarded_from" in message or "forwarded_from_id" in message:
        fields["kind"] = "repost"
    elif (answered := message.get("reply_to_message_id")) is not None:
        fields["kind"] = "reply"
        peer = message.get("reply_to_peer_id")
        other_chat = _PEER.sub("", peer) if isinstance(peer, str) else None
        set_present(fields, "referenced_id", _message_id(other_chat or chat_id, answered))
    name = chat.get("name")
    if isinstance(name, str) and name.strip() and chat.get("type") not in _PERSONAL_CHATS:
        fields["context"] = [{"kind": "place", "text": name}]
    yield fields


def _text(message: Document) -> Any:
    """Return the whole text. It is a list if parts of it are links, mentions, bold and so on.

    The text of a poll is its question.
    """
    text = first_value(message, "text", "text_entities")
    if isinstance(text, list):
        parts = [part if isinstance(part, str) else nested(part, "text") for part in text]
        text = "".join(part for part in parts if isinstance(part, str))
    if text == "" and "poll" in message:
        return nested(message["poll"], "question") or text
    return text


def _message_id(chat_id: Any, message_id: Any) -> str | None:
    message_id = id_text(message_id)
    if not isinstance(chat_id, str) or not isinstance(message_id, str):
        return None
    return f"telegram:{chat_id}/{message_id}"


TELEGRAM = PostSource(
    "telegram",
    "Telegram Desktop export",
    _recognizes,
    _read,
    signs="`messages` with the `name`, `type` and `id` of a chat, or `chats` with a `list` of such chats",
)
