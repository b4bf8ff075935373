"""The table of commands: what `tagent --help` lists, and where each is found once it is called."""

from __future__ import annotations

from dataclasses import dataclass

RUN = "Run"
LOOK = "Look"
BREAK = "Break"
HEAL = "Heal"
PROVE = "Prove"
KEEP = "Access and upkeep"
EXTENSION = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """A command: its module in `commands/`, the function or Typer app in it, and its line in the help.

    One whose module is EXTENSION comes from another package, which offers it under its name as an entry point of `tagent.commands`.
    """

    module: str
    attribute: str
    summary: str
    panel: str


COMMANDS: dict[str, Entry] = {
    "up": Entry(
        "up", "up", "Run the platform and the samples behind their sidecars, until Ctrl-C.", RUN
    ),
    "attach": Entry(
        "attach", "attach", "Run your own service behind a sidecar, in any language.", RUN
    ),
    "demo": Entry(
        "demo", "demo", "Break each sample, watch it heal, show the timelines, end.", RUN
    ),
    "status": Entry("status", "status", "Show every service, or one in detail.", LOOK),
    "watch": Entry("watch", "watch", "Show every service, redrawn in place as it changes.", LOOK),
    "incidents": Entry(
        "incidents", "incidents", "List incidents, or show one with its timeline.", LOOK
    ),
    "events": Entry("events", "events", "Show what happened, and follow what happens.", LOOK),
    "logs": Entry("logs", "logs", "Show a service's latest log lines.", LOOK),
    "inject": Entry("inject", "command", "Break a service on purpose, for a limited time.", BREAK),
    "faults": Entry("faults", "faults", "List faults, or show one with its targets.", BREAK),
    "clear": Entry("faults", "clear", "End all faults of a service, or one by its id.", BREAK),
    "halt": Entry("halt", "halt", "End all faults everywhere and refuse new ones.", BREAK),
    "release": Entry("halt", "release", "Accept faults again after a halt.", BREAK),
    "recover": Entry("healing", "recover", "Clear a service's faults and restart it.", HEAL),
    "restart": Entry("healing", "restart", "Restart a service, or one of its instances.", HEAL),
    "maintenance": Entry(
        "healing", "maintenance", "Leave a service alone for a while, or end that.", HEAL
    ),
    "check": Entry("healing_pass", "check", "Say what healing would do now, and do nothing.", HEAL),
    "heal": Entry("healing_pass", "heal", "Let healing decide and act now.", HEAL),
    "ack": Entry("incidents", "ack", "Say that an incident is yours.", HEAL),
    "chaos": Entry(
        EXTENSION, "chaostoolkit-tagent", "Run experiments that prove self-healing.", PROVE
    ),
    "gate": Entry(
        "gate", "gate", "Fail a pipeline when a service has not proven resilient enough.", PROVE
    ),
    "token": Entry("token", "app", "Create, list and revoke access tokens.", KEEP),
    "doctor": Entry(
        "doctor", "doctor", "Look for what is wrong here, with what to do about it.", KEEP
    ),
    "version": Entry("version", "version", "Show the versions.", KEEP),
}
