"""setup.sh, deploy.sh and tokens.sh against a project on disk: from nothing, again, after every interruption, refused in the middle."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from tests.fakes.terraform_provider.workshop import ROOT
from tests.integration.deploy.cloud_project import CHAT, IMAGES, NAME, CloudProject, Ended, ok

RANDOM_TOKEN = re.compile(r"[0-9a-f]{64}")
SHARES = 4
"""The interruptions are cut into as many tests, so that several processes share them."""


def test_a_fresh_project_gets_everything_by_one_command(project: CloudProject) -> None:
    said = ok(project.run("deploy.sh", *CHAT)).out
    state = project.state()
    assert {name for name in state if name.startswith("run/")} == {
        "run/chat",
        "run/tagent-dashboard",
        "run/tagent-platform",
    }
    platform = f"serviceAccount:tagent-platform@{NAME}.iam.gserviceaccount.com"
    assert state[f"policies/project.{NAME}"].splitlines() == [
        f"roles/datastore.user\t{platform}\ttagent-database",
        f"roles/logging.logWriter\t{platform}\t",
        f"roles/monitoring.metricWriter\t{platform}\t",
    ]
    assert state["policies/run.tagent-platform"].splitlines() == [
        f"roles/run.invoker\tserviceAccount:tagent-chat@{NAME}.iam.gserviceaccount.com\t",
        f"roles/run.invoker\tserviceAccount:tagent-dashboard@{NAME}.iam.gserviceaccount.com\t",
        f"roles/run.invoker\tserviceAccount:tagent-people@{NAME}.iam.gserviceaccount.com\t",
        "roles/run.invoker\tuser:you@example.com\t",
    ]
    assert f"roles/run.developer\t{platform}\t" in state["policies/run.chat"]
    assert (
        state[f"policies/account.tagent-chat@{NAME}.iam.gserviceaccount.com"]
        == f"roles/iam.serviceAccountUser\t{platform}\t"
    )
    assert {name: state[name] for name in state if name.startswith("secrets/")} == {
        "secrets/tagent-admin-token": "1 values",
        "secrets/tagent-operator-token": "1 values",
        "secrets/tagent-sidecar-chat": "1 values",
        "secrets/tagent-viewer-token": "1 values",
    }
    definitions = json.loads((ROOT / "deploy/firestore/firestore.indexes.json").read_text())
    overrides = {
        f"firestore/field.{each['collectionGroup']}.{each['fieldPath']}": each
        for each in definitions["fieldOverrides"]
    }
    assert set(overrides) | {"firestore/protected", "firestore/index.tagent_events"} <= set(state)
    kept_for_a_while = {
        name.replace("field.", "ttl.") for name, each in overrides.items() if each.get("ttl")
    }
    assert kept_for_a_while == {name for name in state if name.startswith("firestore/ttl.")}
    for url in ("tagent-platform", "tagent-dashboard", "chat"):
        assert f"https://{url}-123456789012.us-central1.run.app" in said


def test_the_same_again_changes_nothing(deployed_project: CloudProject) -> None:
    project = deployed_project
    before = project.state()
    ok(project.run("deploy.sh", *CHAT))
    ok(project.run("setup.sh"))
    assert project.changes == 0
    assert project.state() == before


def test_only_what_is_different_is_deployed_again(deployed_project: CloudProject) -> None:
    project = deployed_project
    said = ok(project.run("deploy.sh", *CHAT, "--app-env", "LEVEL=2")).out
    assert project.changes == 1
    assert "tagent-platform is as it should be" in said
    assert "deploying chat" in said


def test_a_new_image_under_the_same_tag_is_deployed(deployed_project: CloudProject) -> None:
    project = deployed_project
    project.write(
        "images",
        project.read("images").replace("platform:latest sha256:0", "platform:latest sha256:f"),
    )
    ok(project.run("deploy.sh", "--skip-setup"))
    assert project.changes == 1
    assert "platform@sha256:f000" in project.read("run/tagent-platform")


def test_no_secret_is_shown_or_an_argument(project: CloudProject) -> None:
    ended = ok(project.run("deploy.sh", *CHAT))
    ok(dry := project.run("deploy.sh", "--dry-run", *CHAT))
    for text in (ended.out, dry.out, project.read("log")):
        assert "SECRET" not in text
        assert not RANDOM_TOKEN.search(re.sub(r"sha256:[0-9a-f]{64}", "", text))
    tokens = {
        project.read(f"secrets/tagent-{role}-token") for role in ("admin", "operator", "viewer")
    }
    assert len(tokens) == 3
    assert all(RANDOM_TOKEN.fullmatch(token.strip()) for token in tokens)
    assert project.read("secrets/tagent-sidecar-chat").strip() == "SECRET-minted"


def test_values_reach_the_container_as_they_are(deployed_project: CloudProject) -> None:
    awkward = [
        "it's",
        'a "quoted" word',
        "$HOME and `id`",
        "back\\slash",
        "{a: b}, [c]",
        "# no comment",
        "tr\u00e4ge & co",
        " spaces ",
    ]
    arguments = [word for each in awkward for word in ("--app-arg", each)]
    arguments += [
        word for index, each in enumerate(awkward) for word in ("--app-env", f"V{index}={each}")
    ]
    project = deployed_project
    ok(project.run("deploy.sh", "--skip-setup", *CHAT, *arguments))
    manifest = yaml.safe_load(project.read("run/chat"))
    app = next(
        each for each in manifest["spec"]["template"]["spec"]["containers"] if each["name"] == "app"
    )
    assert app["args"] == awkward
    assert [each["value"] for each in app["env"]] == awkward


def test_a_secret_of_yours_comes_by_reference(deployed_project: CloudProject) -> None:
    project = deployed_project
    project.write("secrets/openai-key", "sk\n")
    ok(project.run("deploy.sh", "--skip-setup", *CHAT, "--app-secret", "OPENAI_API_KEY=openai-key"))
    app = yaml.safe_load(project.read("run/chat"))["spec"]["template"]["spec"]["containers"][1]
    assert app["env"] == [
        {
            "name": "OPENAI_API_KEY",
            "valueFrom": {"secretKeyRef": {"name": "openai-key", "key": "latest"}},
        }
    ]
    assert "tagent-chat@" in project.read("policies/secret.openai-key")


def test_the_platform_takes_more_settings_and_secrets(set_up: CloudProject) -> None:
    project = set_up
    project.write("secrets/webhook", "x\n")
    more = (
        "--platform-env",
        "TAGENT_WEBHOOK_URL=https://hooks.example.com/?a=b",
        "--platform-secret",
        "TAGENT_WEBHOOK_SECRET=webhook",
    )
    ok(project.run("deploy.sh", "--skip-setup", *more))
    env = yaml.safe_load(project.read("run/tagent-platform"))["spec"]["template"]["spec"][
        "containers"
    ][0]["env"]
    assert env[-2:] == [
        {"name": "TAGENT_WEBHOOK_URL", "value": "https://hooks.example.com/?a=b"},
        {
            "name": "TAGENT_WEBHOOK_SECRET",
            "valueFrom": {"secretKeyRef": {"name": "webhook", "key": "latest"}},
        },
    ]
    assert "tagent-platform@" in project.read("policies/secret.webhook")


def test_a_secret_that_is_not_there_is_named(deployed_project: CloudProject) -> None:
    ended = deployed_project.run(
        "deploy.sh", "--skip-setup", *CHAT, "--app-secret", "OPENAI_API_KEY=openai-key"
    )
    assert ended.returncode == 1
    assert "there is no secret openai-key: gcloud secrets create openai-key" in ended.err


def test_what_was_made_a_moment_ago_is_waited_for(project: CloudProject) -> None:
    project.write("slow", "")
    project.write("not-ready", "3\n")
    ok(project.run("deploy.sh", *CHAT))


def test_a_platform_that_never_gets_ready_is_told(set_up: CloudProject) -> None:
    project = set_up
    project.write("not-ready", "100000\n")
    ended = project.run("deploy.sh", "--skip-setup")
    assert ended.returncode == 1
    assert "gcloud run services logs read tagent-platform" in ended.err


def interrupted_anywhere(
    whole: CloudProject, run: Callable[[CloudProject], Ended], tmp_path: Path, share: int
) -> None:
    wanted = whole.state()
    assert whole.changes > 10
    for number in range(1 + share, whole.changes + 1, SHARES):
        again = whole.at_snapshot(number, tmp_path / f"again-{number}")
        ok(run(again))
        assert again.state() == wanted, f"interrupted before change {number}"


@pytest.mark.parametrize("share", range(SHARES))
def test_a_set_up_interrupted_anywhere_goes_on_from_there(
    set_up_once: CloudProject, tmp_path: Path, share: int
) -> None:
    interrupted_anywhere(set_up_once, lambda project: project.run("setup.sh"), tmp_path, share)


@pytest.mark.parametrize("share", range(SHARES))
def test_a_deployment_interrupted_anywhere_goes_on_from_there(
    deployed_once: CloudProject, tmp_path: Path, share: int
) -> None:
    interrupted_anywhere(
        deployed_once,
        lambda project: project.run("deploy.sh", "--skip-setup", *CHAT),
        tmp_path,
        share,
    )


REFUSALS = {
    "PERMISSION_DENIED: Permission 'x' denied": "setup.sh --check says which right is missing",
    "Quota violated: CpuAllocPerProjectRegion requested: 60000 allowed: 20000": "ask for less, with --max-replicas",
    "FAILED_PRECONDITION: Billing account for project is not found": "the project has no billing account".capitalize(),
    "One or more users named in the policy do not belong to a permitted customer.": "name people or groups of yours",
    "Reauthentication failed. cannot prompt during non-interactive execution.": "gcloud auth login",
    "something new": "something new",
}


@pytest.mark.parametrize("words", REFUSALS)
def test_a_refusal_in_the_middle_is_one_sentence_and_can_be_gone_on_from(
    project: CloudProject, set_up_once: CloudProject, words: str
) -> None:
    project.write("fail", f"12 {words}\n")
    ended = project.run("setup.sh")
    assert ended.returncode == 1
    assert "setup.sh: this failed: gcloud " in ended.err
    assert REFUSALS[words] in ended.err
    assert len(ended.err.splitlines()) == 3
    project.remove("fail")
    ok(project.run("setup.sh"))
    assert project.state() == set_up_once.state()


def as_commands(ended: Ended) -> str:
    return "\n".join(ended.out.splitlines())


@pytest.mark.parametrize(
    "arguments",
    [
        ("setup.sh",),
        (
            "deploy.sh",
            *CHAT,
            "--app-env",
            'GREETING=it\'s "so"',
            "--dashboard-public",
            "--min-replicas",
            "3",
        ),
    ],
)
def test_a_dry_run_changes_nothing_and_prints_what_would_do_the_same(
    tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    dry, real = CloudProject(tmp_path / "dry"), CloudProject(tmp_path / "real")
    before = dry.state()
    printed = ok(dry.run(*arguments, "--dry-run"))
    assert (dry.changes, dry.state()) == (0, before)
    ok(dry.shell(["bash", "-euo", "pipefail"], stdin=printed.out))
    ok(real.run(*arguments))
    assert dry.state() == real.state()
    dry.forget_calls()
    assert all(
        line.startswith(("#", "( for ATTEMPT"))
        for line in ok(dry.run(*arguments, "--dry-run")).out.splitlines()
    )


def test_tokens_fills_what_terraform_made(deployed_project: CloudProject) -> None:
    project = deployed_project
    for name in ("admin-token", "operator-token", "viewer-token", "sidecar-chat"):
        project.write(f"secrets/tagent-{name}", "" if name != "viewer-token" else "mine\n")
    for name in ("oidc-cookie-secret", "oidc-client-secret"):
        project.write(f"secrets/tagent-{name}", "")
    said = ok(project.run("tokens.sh")).out
    assert "still empty: tagent-sidecar-chat; once the platform runs:" in said
    assert "still empty: tagent-oidc-client-secret; gcloud secrets versions add" in said
    assert RANDOM_TOKEN.fullmatch(project.read("secrets/tagent-oidc-cookie-secret").strip())
    assert RANDOM_TOKEN.fullmatch(project.read("secrets/tagent-admin-token").strip())
    assert project.read("secrets/tagent-viewer-token") == "mine\n"
    assert project.read("secrets/tagent-sidecar-chat") == ""
    ok(project.run("tokens.sh", "--service", "chat"))
    assert project.read("secrets/tagent-sidecar-chat") == "SECRET-minted\n"
    project.forget_calls()
    ok(project.run("tokens.sh", "--service", "chat"))
    assert project.changes == 0


def test_tokens_names_a_secret_that_nobody_made(set_up: CloudProject) -> None:
    ended = set_up.run("tokens.sh", "--service", "chat")
    assert ended.returncode == 1
    assert "there is no secret tagent-sidecar-chat" in ended.err


def test_people_borrow_an_account_and_machines_do_not(set_up: CloudProject) -> None:
    others = (
        "--invoker",
        "group:sre@example.com",
        "--invoker",
        "serviceAccount:ci@another.example.com",
    )
    ok(set_up.run("deploy.sh", "--skip-setup", *others))
    borrowed = set_up.read(f"policies/account.tagent-people@{NAME}.iam.gserviceaccount.com")
    assert borrowed.splitlines() == [
        "roles/iam.serviceAccountTokenCreator\tuser:you@example.com\t",
        "roles/iam.serviceAccountTokenCreator\tgroup:sre@example.com\t",
    ]


def test_a_service_account_says_for_whom_its_identity_is(project: CloudProject) -> None:
    project.write("account", f"ci@{NAME}.iam.gserviceaccount.com\n")
    project.write("accounts", f"ci@{NAME}.iam.gserviceaccount.com\n")
    ok(project.run("deploy.sh"))
    assert [
        "auth",
        "print-identity-token",
        "--audiences=https://tagent-platform-123456789012.us-central1.run.app",
    ] in project.calls
    assert f"roles/run.invoker\tserviceAccount:ci@{NAME}.iam.gserviceaccount.com\t" in project.read(
        "policies/run.tagent-platform"
    )


@pytest.mark.parametrize("script", ["setup.sh", "deploy.sh", "destroy.sh", "tokens.sh"])
def test_help_names_every_option(project: CloudProject, script: str) -> None:
    said = ok(project.run(script, "--help")).out
    assert f"{script} --project ID" in said
    assert "--dry-run" in said
    assert project.calls == []


WRONG = [
    (("setup.sh", "--project", "Not A Project"), "--project must be a project's id"),
    (("setup.sh", "--region", "us-central1-a"), "--region must be a region such as us-central1"),
    (("setup.sh", "--location", "here"), "--location must be a region"),
    (("setup.sh", "--database", "x"), "--database must be"),
    (("setup.sh", "--prefix", "Tagent"), "--prefix must be"),
    (("setup.sh", "--nonsense"), "there is no option --nonsense; see --help"),
    (("setup.sh", "--region"), "--region needs a value"),
    (("setup.sh", "--region="), "--region needs a value"),
    (("deploy.sh", "--service", "chat"), "--service chat needs --app-image IMAGE"),
    (("deploy.sh", "--app-image", "x"), "--app-image needs --service NAME"),
    (("deploy.sh", "--service", "platform", "--app-image", "x"), "one of Tagent's own"),
    (("deploy.sh", "--service", "Chat", "--app-image", "x"), "--service must be"),
    (("deploy.sh", *CHAT, "--app-port", "8080"), "where the sidecar listens"),
    (("deploy.sh", *CHAT, "--app-port", "eighty"), "--app-port must be a port"),
    (("deploy.sh", *CHAT, "--health-path", "healthz"), "--health-path must be a path"),
    (("deploy.sh", *CHAT, "--instances", "3"), "--instances must be two numbers"),
    (("deploy.sh", "--invoker", "allUsers"), "never open to everybody"),
    (("deploy.sh", "--invoker", "me"), "--invoker must be"),
    (("deploy.sh", "--min-replicas", "9"), "--min-replicas 9 is more than --max-replicas 6"),
    (("tokens.sh", "--service", "a b"), "--service must be"),
    (("destroy.sh", "--nonsense"), "there is no option --nonsense"),
]


@pytest.mark.parametrize(
    ("arguments", "sentence"), WRONG, ids=[" ".join(words[1:]) for words, _ in WRONG]
)
def test_wrong_usage_is_told_before_anything_is_asked_of_google(
    project: CloudProject, arguments: tuple[str, ...], sentence: str
) -> None:
    ended = project.run(*arguments)
    assert ended.returncode == 2
    assert sentence in ended.err
    assert len(ended.err.splitlines()) == 1
    assert project.calls == []


@pytest.mark.parametrize("value", ["a\nb", "a\tb", "{{region}}"])
def test_a_value_that_no_manifest_can_hold_is_refused(
    deployed_project: CloudProject, value: str
) -> None:
    project = deployed_project
    before = project.state()
    ended = project.run("deploy.sh", "--skip-setup", *CHAT, "--app-env", f"A={value}")
    assert ended.returncode == 2
    assert "a value must not contain" in ended.err
    assert project.state() == before


def test_an_unknown_project_is_told_with_where_to_look(project: CloudProject) -> None:
    ended = project.run("setup.sh", "--project", "another-project")
    assert ended.returncode == 1
    assert "setup.sh --check" in ended.err
    assert project.changes == 0


def test_an_image_that_is_not_there_is_named(set_up: CloudProject) -> None:
    ended = set_up.run("deploy.sh", "--skip-setup", "--tag", "v9")
    assert ended.returncode == 1
    assert (
        f"there is no image {IMAGES}/platform:v9: push it first, or build it with --build"
        in ended.err
    )


def test_images_are_built_and_pushed_where_that_is_said(
    set_up: CloudProject, tmp_path: Path
) -> None:
    shutil.copytree(ROOT / "deploy", tmp_path / "deploy", dirs_exist_ok=True)
    (tmp_path / "deploy/images").mkdir(exist_ok=True)
    parts = ("platform", "dashboard", "sidecar", "samples")
    for part in parts:
        (tmp_path / f"deploy/images/{part}.Dockerfile").touch()
    script = str(tmp_path / "deploy/gcloud/deploy.sh")
    ok(set_up.shell([script, "--project", NAME, "--skip-setup", "--build", "--tag", "v2"]))
    pushed = [words[2] for words in set_up.calls if words[:2] == ["docker", "push"]]
    assert pushed == [f"{IMAGES}/{part}:v2" for part in parts]
    assert f"{IMAGES}/platform@sha256:" in set_up.read("run/tagent-platform")
