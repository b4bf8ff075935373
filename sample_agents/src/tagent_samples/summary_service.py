"""summary-service: `POST /v1/summary` shortens a text to a few sentences."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tagent_samples.answering import answer_streamed, answer_whole
from tagent_samples.bodies import count_of, flag_of, read_object, text_of
from tagent_samples.problems import HANDLERS
from tagent_samples.providers.choice import choose_provider
from tagent_samples.providers.local_summary import LocalSummary
from tagent_samples.providers.provider import Message, Prompt, Provider
from tagent_samples.serving import health_route, serve
from tagent_samples.settings import Settings

TEXT_LENGTH_MAX = 200_000


def create_app(settings: Settings, provider: Provider | None = None) -> Starlette:
    """Build the application."""
    answering = provider or choose_provider(settings, LocalSummary())

    async def summary(request: Request) -> Response:
        fields = await read_object(request)
        count = count_of(fields, "sentences", 3, low=1, high=50)
        prompt = Prompt(
            f"Summarise the text you are given in at most {count} sentences, without a preface.",
            (Message("user", text_of(fields, "text", length_max=TEXT_LENGTH_MAX)),),
            sentences_max=count,
        )
        if flag_of(fields, "stream"):
            return await answer_streamed(answering, prompt)
        return await answer_whole(answering, prompt, "summary")

    routes = [
        Route("/v1/summary", summary, methods=["POST"]),
        health_route("summary-service", answering.name),
    ]
    return Starlette(routes=routes, exception_handlers=HANDLERS)


if __name__ == "__main__":
    serve("summary-service", create_app, default_port=8102)
