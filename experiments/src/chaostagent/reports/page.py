"""One HTML page that opens without a network: verdicts, promises, and each run's timeline as a picture and as text. Pure."""

from __future__ import annotations

import json
from html import escape

from chaostagent.reports.picture import picture
from chaostagent.reports.words import headline, healer, outcome, seconds, times
from chaostagent.running.results import Campaign, Trial, red_line

STYLE = """
:root { color-scheme: light dark; --good: #2b8a3e; --bad: #c92a2a; --line: #8884; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 1100px; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.2rem; margin: 0; }
.good { color: var(--good); } .bad { color: var(--bad); }
@media (prefers-color-scheme: dark) { :root { --good: #69db7c; --bad: #ff8787; } }
table { border-collapse: collapse; width: 100%; margin: 0.5rem 0 1rem; }
th, td { text-align: left; padding: 0.3rem 0.6rem; border-bottom: 1px solid var(--line); vertical-align: top; }
.n { text-align: right; font-variant-numeric: tabular-nums; }
section { border: 1px solid var(--line); border-radius: 8px; padding: 1rem; margin: 1rem 0; }
code, time { font: 0.9em ui-monospace, monospace; overflow-wrap: anywhere; }
.figures { display: flex; flex-wrap: wrap; gap: 2rem; margin: 1rem 0; } .figures div { min-width: 8rem; }
.figures b { display: block; font-size: 1.5rem; }
.wide { overflow-x: auto; }
"""


def page(campaign: Campaign, plotly_js: str) -> str:
    """Return the page. `plotly_js` is the library, which it carries."""
    pictures = {
        f"t{place}": picture(trial.result.timeline) for place, trial in enumerate(campaign.trials)
    }
    # Inside a script element only `</` could end it.
    data = json.dumps(pictures).replace("</", "<\\/")
    sections = "".join(
        _section(place, trial, campaign.dashboard) for place, trial in enumerate(campaign.trials)
    )
    kind = "good" if campaign.is_green else "bad"
    mark = "✔" if campaign.is_green else "✘"
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(headline(campaign))} · Tagent chaos</title><style>{STYLE}</style></head><body>
<h1 class="{kind}">{mark} {escape(headline(campaign))}</h1>
<p>Platform <code>{escape(campaign.platform)}</code>, began <time>{escape(campaign.started_at)}</time>, took {seconds(campaign.took_s)}.</p>
{_figures(campaign)}
{_overview(campaign)}
{sections}
<script>{plotly_js}</script>
<script>const pictures = {data};
for (const [id, figure] of Object.entries(pictures)) Plotly.newPlot(id, figure.data, figure.layout, {{responsive: true, displaylogo: false}});</script>
</body></html>
"""


def _figures(campaign: Campaign) -> str:
    mttd, mttr = times(campaign.trials)
    figures = healer(campaign.trials)
    shown = [
        (str(figures.healed), "faults healed"),
        (str(figures.missed), "faults missed"),
        (str(figures.false_restarts), "false restarts"),
        (str(figures.left_alone), "rightly left alone"),
        (f"{seconds(mttd.p50_s)} / {seconds(mttd.p95_s)}", "MTTD p50 / p95"),
        (f"{seconds(mttr.p50_s)} / {seconds(mttr.p95_s)}", "MTTR p50 / p95"),
    ]
    return (
        '<div class="figures">'
        + "".join(f"<div><b>{value}</b>{what}</div>" for value, what in shown)
        + "</div>"
    )


def _overview(campaign: Campaign) -> str:
    rows = "".join(
        f'<tr><td><a href="#run{place}">{escape(_name(trial))}</a></td><td>{_verdict(trial)}</td>'
        f"<td>{escape(', '.join(trial.targets))}</td><td class=n>{trial.result.injected}</td><td class=n>{seconds(trial.took_s)}</td></tr>"
        for place, trial in enumerate(campaign.trials)
    )
    heads = "<tr><th>Experiment</th><th>Verdict</th><th>Targets</th><th class=n>Injected</th><th class=n>Took</th></tr>"
    return f'<div class="wide"><table>{heads}{rows}</table></div>'


def _name(trial: Trial) -> str:
    return trial.experiment if trial.number == 1 else f"{trial.experiment} ({trial.number})"


def _verdict(trial: Trial) -> str:
    kind, mark = ("good", "✔") if trial.is_as_wanted else ("bad", "✘")
    return f'<span class="{kind}">{mark} {escape(outcome(trial))}</span>'


def _section(place: int, trial: Trial, dashboard: str | None) -> str:
    result = trial.result
    why = "" if trial.is_as_wanted else f'<p class="bad">{escape(red_line(trial, dashboard))}</p>'
    promises = "".join(
        f"<tr><td>{_mark(promise.kept)} {escape(promise.text)}</td><td>{escape(promise.measured)}</td><td>{escape(promise.allowed)}</td></tr>"
        for promise in result.promises
    )
    entries = "".join(
        f"<tr><td><time>{escape(entry.at)}</time></td><td>{escape(entry.kind)}</td><td>{escape(entry.text)}</td></tr>"
        for entry in result.timeline
    )
    drawn = f'<div id="t{place}"></div>' if result.timeline else f'<div id="t{place}" hidden></div>'
    return f"""<section id="run{place}"><h2>{escape(_name(trial))} · {_verdict(trial)}</h2>
<p>{escape(trial.hypothesis)}</p>{why}
<div class="wide"><table><tr><th>Promise</th><th>Measured</th><th>Allowed</th></tr>{promises}</table></div>
{drawn}
<details><summary>Timeline as text ({len(result.timeline)})</summary><div class="wide"><table>{entries}</table></div></details>
<p>Again: <code>{escape(trial.again)}</code></p></section>
"""


def _mark(is_kept: bool) -> str:
    return '<span class="good">✔</span>' if is_kept else '<span class="bad">✘</span>'
