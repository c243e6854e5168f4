"""The audit events of this room, about `project:<slug>` or `dataset:<name>@<version>`."""

from enum import StrEnum


class Event(StrEnum):
    """What happened; the details of each are plain JSON, written where it is recorded."""

    PROJECT_CREATED = "project.created"
    PROJECT_CHANGED = "project.changed"
    PROJECT_SUSPENDED = "project.suspended"
    PROJECT_RESUMED = "project.resumed"
    PROJECT_CLOSED = "project.closed"
    MEMBER_ADDED = "member.added"
    MEMBER_ROLE = "member.role"
    MEMBER_BOUND = "member.bound"
    MEMBER_REMOVED = "member.removed"
    DATASET_REGISTERED = "dataset.registered"
    GRANT_REQUESTED = "grant.requested"
    GRANT_APPROVED = "grant.approved"
    GRANT_REFUSED = "grant.refused"
    GRANT_REVOKED = "grant.revoked"
    UID_ALLOCATED = "workspace.uid-allocated"
