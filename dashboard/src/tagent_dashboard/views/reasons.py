"""Every reason the platform gives, in words: what it means, and what a person can do about it."""

from __future__ import annotations

from dataclasses import dataclass

from tagent_contract.faults import EndReason
from tagent_contract.health import HealthReason
from tagent_contract.incidents import Refusal
from tagent_contract.problems import ConflictReason


@dataclass(frozen=True, slots=True)
class Reason:
    """What a reason means, and what to do about it where there is something; each one sentence."""

    meaning: str
    advice: str = ""

    @property
    def text(self) -> str:
        """Both sentences."""
        return f"{self.meaning} {self.advice}".strip()


REFUSALS = {
    Refusal.MODE_OFF: Reason(
        "Healing is off for this service.",
        "Recover it yourself, or set its policy's mode to heal.",
    ),
    Refusal.MODE_CHECK: Reason(
        "Healing only says what it would do for this service.",
        "Recover it yourself, or set its policy's mode to heal.",
    ),
    Refusal.MAINTENANCE: Reason(
        "The service is in maintenance, in which nothing is healed.",
        "End the maintenance when you want it healed.",
    ),
    Refusal.HALTED: Reason(
        "Everything is halted, healing too.",
        "Release the halt when it is safe.",
    ),
    Refusal.FAULT_OBSERVED: Reason(
        "The fault behind this was injected to be watched, so healing leaves the act to you.",
        "Press Recover to end the fault and restart the service.",
    ),
    Refusal.FAULT_SUPPRESSED: Reason(
        "The fault behind this was injected to open no incident.",
        "End the fault if you want it over before its time.",
    ),
    Refusal.STORM: Reason(
        "Many services fell sick at once, which restarts here do not cure.",
        "Look for what they share: a network, a database, a deployment.",
    ),
    Refusal.TARGET_LOCKED: Reason(
        "A restart of it is under way already.",
        "Wait for its outcome.",
    ),
    Refusal.BACK_OFF: Reason(
        "It was restarted a short while ago, and the next restart waits.",
        "Wait, or press Recover, which does not wait.",
    ),
    Refusal.INTENSITY: Reason(
        "It was restarted as often as its policy allows without getting well.",
        "Find the cause; Recover restarts it once more and counts from zero again.",
    ),
    Refusal.LAST_HEALTHY: Reason(
        "A restart would leave fewer healthy instances than its policy asks for.",
        "Bring another instance back first, or press Recover to restart it all the same.",
    ),
    Refusal.SIDECAR_UNREACHABLE: Reason(
        "Its sidecar is out of contact, so nothing can be ordered.",
        "Start the sidecar again on its machine.",
    ),
    Refusal.NOT_SUPERVISED: Reason(
        "It was not started by its sidecar, so nobody here can restart it.",
        "Restart it where it was started.",
    ),
    Refusal.GAVE_UP: Reason(
        "Its sidecar restarted it as often as it may, and gave up.",
        "Read its last log lines for why it exits, then press Recover.",
    ),
    Refusal.DEGRADED_ONLY: Reason(
        "It is slow or failing in part, which a restart does not cure.",
        "Look for the load or the dependency behind it; the incident closes by itself.",
    ),
    Refusal.STARTING: Reason(
        "It is still starting, and is left alone meanwhile.",
        "Wait for its first answer.",
    ),
    Refusal.REOPENED_TOO_OFTEN: Reason(
        "It fell sick again each time it was healed, so restarts do not cure it.",
        "Find the cause, then press Recover to begin afresh.",
    ),
    Refusal.LADDER_EXHAUSTED: Reason(
        "Every remedy its runtime offers was tried or is missing.",
        "Find the cause; what is left is for a person to do.",
    ),
}

HEALTH_REASONS = {
    HealthReason.STARTING: Reason("It was started and has not answered yet.", "Wait."),
    HealthReason.HEALTHY: Reason("It answers its checks, fast enough and without errors."),
    HealthReason.EXITED: Reason(
        "Its process ended.", "Its sidecar starts it again; its last log lines may say why."
    ),
    HealthReason.GAVE_UP: Reason(
        "Its process keeps ending, and its sidecar gave up starting it.",
        "Read its last log lines, mend the cause, then press Recover.",
    ),
    HealthReason.STARTUP_TIMEOUT: Reason(
        "It was started and did not answer in time.",
        "Read its log, or give it a longer start-up time in its policy.",
    ),
    HealthReason.INSIDE_CHECK_REFUSED: Reason(
        "It accepts no connection on its own port.", "See whether it listens where it should."
    ),
    HealthReason.INSIDE_CHECK_FAILED: Reason(
        "It does not answer its own health check.", "See whether it hangs or is overloaded."
    ),
    HealthReason.OUTSIDE_CHECK_FAILED: Reason(
        "Callers get no good answer through its sidecar.",
        "If it is well inside, look for a fault that was injected.",
    ),
    HealthReason.ERROR_RATIO: Reason(
        "Too many of its answers are errors.", "Look at its log and at what it depends on."
    ),
    HealthReason.LATENCY: Reason(
        "It answers too slowly.", "Look at its load and at what it depends on."
    ),
    HealthReason.NO_CONTACT: Reason(
        "Its sidecar has not reported for a while.",
        "See whether its machine and the sidecar run and reach the platform.",
    ),
    HealthReason.NO_INSTANCES: Reason(
        "No instance of it is running or has reported.", "Start one, or forget the service."
    ),
    HealthReason.INSTANCES_DIFFER: Reason(
        "Some of its instances are well and others are not.", "Look at the ones that are not."
    ),
    HealthReason.RESTARTING: Reason(
        "It was restarted and must prove that it is well.", "Wait for the outcome."
    ),
}

END_REASONS = {
    EndReason.TTL: Reason("Its time was over."),
    EndReason.MAX_COUNT: Reason("It had affected as many requests as it was meant to."),
    EndReason.CLEARED: Reason("Somebody ended it."),
    EndReason.HALTED: Reason("Everything was halted."),
    EndReason.RESTARTED: Reason("The process it was bound to was replaced by a new one."),
    EndReason.RECOVERED: Reason("Somebody recovered the service."),
    EndReason.LEASE_LOST: Reason(
        "The sidecar lost contact with the platform and ended it to be safe.",
        "See whether the sidecar reaches the platform.",
    ),
    EndReason.SIDECAR_STOPPED: Reason("The sidecar was stopped, and ended it before it went."),
    EndReason.SIDECAR_LOST: Reason(
        "The sidecar went silent, and its lease and time are over.",
        "See whether the sidecar still runs.",
    ),
    EndReason.SUPERSEDED: Reason("A newer sidecar took the instance over."),
    EndReason.RUN_ENDED: Reason("The experiment it belonged to ended."),
    EndReason.NOT_ACKNOWLEDGED: Reason(
        "No sidecar said in time that it was in force.",
        "See whether the sidecar reaches the platform, then inject again.",
    ),
    EndReason.UNSUPPORTED: Reason(
        "The sidecar cannot do this kind of fault.",
        "Look at what the instance lacks, on the service's page.",
    ),
    EndReason.COULD_NOT_APPLY: Reason(
        "The sidecar tried and could not.", "The detail says why; mend it and inject again."
    ),
}

CONFLICTS = {
    ConflictReason.ALREADY_ACTIVE: Reason(
        "A fault of this type for the same requests is in force there.",
        "End that one first, or change the match.",
    ),
    ConflictReason.HALTED: Reason("Everything is halted.", "Release the halt first."),
    ConflictReason.UNSUPPORTED: Reason(
        "This cannot be done there.", "Look at what its instances can do, on the service's page."
    ),
    ConflictReason.NO_INSTANCES: Reason(
        "The service has no instance to do it to.", "Start one, or check the names."
    ),
    ConflictReason.END_PENDING: Reason(
        "The same fault is just ending there.", "Try again in a few seconds."
    ),
    ConflictReason.TARGET_RESERVED: Reason(
        "An instance of it is just being restarted, or an experiment has it for itself.",
        "Wait until that is over, then try again; Experiments shows which runs go on.",
    ),
    ConflictReason.RUN_ENDED: Reason(
        "The experiment it belongs to does not go on any more.", "Run the experiment again."
    ),
    ConflictReason.MAINTENANCE: Reason(
        "The service is in maintenance.", "End the maintenance first."
    ),
    ConflictReason.LAST_HEALTHY_INSTANCE: Reason(
        "It would hit the last healthy instance.",
        "Confirm that you mean it, or bring another back first.",
    ),
    ConflictReason.SUPERSEDED: Reason(
        "A newer sidecar took the instance over.", "Look at the service again."
    ),
    ConflictReason.TARGET_LOCKED: Reason(
        "A restart of it is under way.", "Wait for its outcome, then try again."
    ),
    ConflictReason.NOT_SUPERVISED: Reason(
        "It was not started by its sidecar, so nobody here can restart it.",
        "Restart it where it was started.",
    ),
    ConflictReason.SIDECAR_UNREACHABLE: Reason(
        "Its sidecar is out of contact.", "Start the sidecar again on its machine."
    ),
    ConflictReason.NOT_HALTED: Reason("Nothing is halted.", "There is nothing to release."),
    ConflictReason.INCIDENT_ENDED: Reason(
        "The incident is resolved already.", "Write a note if there is more to say."
    ),
    ConflictReason.SERVICE_LIVE: Reason(
        "The service still has live instances.", "Stop them before you forget it."
    ),
    ConflictReason.LAST_ADMIN: Reason(
        "It is the last admin token.", "Mint another before you revoke it."
    ),
    ConflictReason.IDEMPOTENCY_KEY_REUSED: Reason(
        "The same request was sent before with something else in it.", "Try again."
    ),
    ConflictReason.CHANGED_MEANWHILE: Reason(
        "Somebody changed it meanwhile.", "Look at it again, then try again."
    ),
}
