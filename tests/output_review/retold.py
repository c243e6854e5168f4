"""The rules of the review told again, by hand and by status, so that a slip in the code's own table shows."""

from dataclasses import dataclass

from output_review.vocabulary import Action, Status

EVERYWHERE = {
    Action.CLAIM,
    Action.UNCLAIM,
    Action.VOTE,
    Action.COMMENT,
    Action.RETURN,
    Action.REJECT,
    Action.WITHDRAW,
    Action.WITHDRAW_FILE,
}
POSSIBLE = {
    Status.SUBMITTED: EVERYWHERE,
    Status.RESUBMITTED: EVERYWHERE,
    Status.IN_REVIEW: EVERYWHERE | {Action.APPROVE, Action.REVEAL},
    Status.REVIEWED: EVERYWHERE | {Action.APPROVE},
    Status.RETURNED: {Action.COMMENT, Action.RESUBMIT, Action.WITHDRAW, Action.EXPIRE},
    Status.APPROVED: {Action.WITHDRAW, Action.TAKE_BACK, Action.RELEASE, Action.HOLD},
    Status.RELEASED: {Action.RECALL},
    Status.REJECTED: set(),
    Status.WITHDRAWN: set(),
    Status.RECALLED: set(),
    Status.EXPIRED: set(),
}
BECOMES = {
    Action.RETURN: Status.RETURNED,
    Action.REJECT: Status.REJECTED,
    Action.WITHDRAW: Status.WITHDRAWN,
    Action.RESUBMIT: Status.RESUBMITTED,
    Action.TAKE_BACK: Status.SUBMITTED,
    Action.APPROVE: Status.APPROVED,
    Action.REVEAL: Status.REVIEWED,
    Action.RELEASE: Status.RELEASED,
    Action.HOLD: Status.RETURNED,
    Action.RECALL: Status.RECALLED,
    Action.EXPIRE: Status.EXPIRED,
}
FOR_OTHERS = {
    Action.CLAIM, Action.UNCLAIM, Action.RETURN, Action.TAKE_BACK, Action.RECALL, Action.WITHDRAW,
}  # fmt: skip
DESK_ONLY = {Action.APPROVE, Action.REVEAL, Action.HOLD, Action.EXPIRE}


@dataclass(frozen=True)
class Case:
    """Somebody beside a request: what matters. `voted` and `claimed` hold those who may judge it."""

    status: Status
    system: bool
    author: bool
    member: bool
    judge: bool
    name: str
    voted: frozenset[str]
    claimed: frozenset[str]
    reviewers: int
    by_checker: bool
    grace_over: bool
    expired: bool
    settles: Action | None
    operator: bool = False


def may(action, case):
    """Whether this is allowed."""
    if action not in POSSIBLE[case.status] or (case.operator and action not in FOR_OTHERS):
        return False
    if action in DESK_ONLY or (action is Action.RELEASE and not case.by_checker):
        person = case.system
    elif case.system:
        person = False
    elif action in (Action.WITHDRAW, Action.WITHDRAW_FILE, Action.RESUBMIT):
        person = case.author and (action is not Action.RESUBMIT or case.member)
    elif action is Action.COMMENT:
        person = case.author or case.judge
    else:
        person = case.judge
    return person and moment(action, case)


def moment(action, case):
    """Whether its time is now."""
    claimed = case.claimed - case.voted
    others = (case.voted | claimed) - {case.name}
    room = len(others) < case.reviewers
    match action:
        case Action.CLAIM:
            return case.name not in case.voted | claimed and room
        case Action.UNCLAIM:
            return case.name in claimed
        case Action.VOTE:
            return room
        case Action.RETURN:
            return room or case.status is Status.REVIEWED
        case Action.REJECT:
            return room and (case.reviewers == 1 or case.status is Status.REVIEWED)
        case Action.APPROVE | Action.REVEAL:
            return case.settles is action
        case Action.TAKE_BACK:
            return case.by_checker or not case.grace_over
        case Action.RELEASE | Action.HOLD:
            return case.grace_over
        case Action.EXPIRE:
            return case.expired
    return True
