"""What colleagues write under errors. Rule: invented; some of it quotes an attacker, as people do."""

from crashgate_sandbox.world.content.hostile import HOSTILE

REMARKS = (
    "Same as the one from last sprint? The stack looks familiar.",
    "Only on the newest release, so it is ours.",
    "Could not reproduce on a device here. Asking support for steps.",
    "Provider had an incident at that time, see their status page.",
    "Fix is in review.",
    "Customer wrote to us about this: cannot pay since this morning.",
    "Seen in staging first, we should have caught it there.",
    "Raised the timeout, let us see whether it calms down.",
    f'A customer pasted this into the form: "{HOSTILE[0]}"',
)
