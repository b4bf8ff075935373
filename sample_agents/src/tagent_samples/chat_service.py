"""chat-service: `POST /v1/chat` answers the last message of a conversation."""

from __future__ import annotations

from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tagent_samples.answering import answer_streamed, answer_whole
from tagent_samples.bodies import flag_of, read_object, text_of
from tagent_samples.problems import HANDLERS, BadInputError
from tagent_samples.providers.choice import choose_provider
from tagent_samples.providers.local_chat import LocalChat
from tagent_samples.providers.provider import Message, Prompt, Provider
from tagent_samples.serving import health_route, serve
from tagent_samples.settings import Settings

MESSAGE_LENGTH_MAX = 20_000
HISTORY_MAX = 100
INSTRUCTION = "You are a helpful assistant. Answer briefly and say so when you do not know."


def create_app(settings: Settings, provider: Provider | None = None) -> Starlette:
    """Build the application."""
    answering = provider or choose_provider(settings, LocalChat())

    async def chat(request: Request) -> Response:
        fields = await read_object(request)
        prompt = _prompt(fields)
        if flag_of(fields, "stream"):
            return await answer_streamed(answering, prompt)
        return await answer_whole(answering, prompt, "answer")

    routes = [
        Route("/v1/chat", chat, methods=["POST"]),
        health_route("chat-service", answering.name),
    ]
    return Starlette(routes=routes, exception_handlers=HANDLERS)


def _prompt(fields: dict[str, Any]) -> Prompt:
    history = fields.get("history", [])
    if not isinstance(history, list) or len(history) > HISTORY_MAX:
        raise BadInputError(f"`history` must be a list of at most {HISTORY_MAX} turns")
    message = text_of(fields, "message", length_max=MESSAGE_LENGTH_MAX)
    turns = tuple(_turn(entry) for entry in history)
    return Prompt(INSTRUCTION, (*turns, Message("user", message)))


def _turn(entry: object) -> Message:
    if not isinstance(entry, dict):
        raise BadInputError('a turn of `history` must be {"author": ..., "text": ...}')
    text = text_of(entry, "text", length_max=MESSAGE_LENGTH_MAX)
    match entry.get("author"):
        case "user":
            return Message("user", text)
        case "assistant":
            return Message("assistant", text)
        case _:
            raise BadInputError("a turn's `author` must be user or assistant")


if __name__ == "__main__":
    serve("chat-service", create_app, default_port=8101)
