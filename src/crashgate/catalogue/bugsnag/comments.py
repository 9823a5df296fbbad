"""Comments on errors. Rule: a comment's own path names neither error nor project, so it is found on its error first."""

from typing import Annotated

from pydantic import Field

from crashgate.catalogue.access import Access
from crashgate.catalogue.bugsnag import REFERENCE
from crashgate.catalogue.operation import Operation, Shape, Wording
from crashgate.catalogue.params import In, ObjectId, Params, Ref, RowsAPage
from crashgate.catalogue.provider import Provider
from crashgate.catalogue.result import Id, Link, MemberText, OptionalId, Result, Secret, Time
from crashgate.catalogue.scope import ProjectNamed, ProjectOfObject


class Author(Result):
    """Who wrote a comment, without the state of the account."""

    id: OptionalId = None
    name: MemberText | None = None
    email: MemberText | None = None
    created_at: Time = None
    show_time_in_utc: bool | None = None
    heroku: bool | None = None
    managed_by_smartbear_id: bool | None = None
    two_factor_enabled: Secret = None
    two_factor_enabled_on: Secret = None
    recovery_codes_remaining: Secret = None
    password_updated_on: Secret = None
    # Which projects a person is in says which other projects there are (THREATS row 20).
    favorite_project_ids: Secret = None
    projects_url: Secret = None


class Comment(Result):
    """A comment; older answers call the author ``user``."""

    id: Id
    message: MemberText | None = None
    created_at: Time = None
    updated_at: Time = None
    collaborator: Author | None = None
    user: Author | None = None
    url: Link = None


class ListComments(Params):
    """Parameters of listing an error's comments."""

    project_id: Annotated[Ref, In.PATH]
    error_id: Annotated[ObjectId, In.PATH]
    per_page: Annotated[int | None, In.QUERY, RowsAPage(most=100)] = None


class CreateComment(Params):
    """Parameters of commenting."""

    project_id: Annotated[Ref, In.PATH]
    error_id: Annotated[ObjectId, In.PATH]
    message: Annotated[str, In.BODY, Field(min_length=1, max_length=10_000)]


class OneComment(Params):
    """A comment, with the project and the error that it is on: those are for the gate, upstream does not take them."""

    project_id: Annotated[Ref, In.NOWHERE]
    error_id: Annotated[ObjectId, In.NOWHERE]
    comment_id: Annotated[ObjectId, In.PATH]


class UpdateComment(OneComment):
    """Parameters of changing a comment."""

    message: Annotated[str, In.BODY, Field(min_length=1, max_length=10_000)]


_ON_ITS_ERROR = ProjectOfObject(object="comment_id", read="bugsnag.comments.list")

LIST_COMMENTS = Operation(
    id="bugsnag.comments.list",
    provider=Provider.BUGSNAG,
    resource="comment",
    access=Access.READ,
    method="GET",
    path="/projects/{project_id}/errors/{error_id}/comments",
    scope=ProjectNamed(),
    params=ListComments,
    result=Comment,
    shape=Shape.MANY,
    wording=Wording(verb="list", past="listed", target="comments on error {error_id}"),
    source=f"{REFERENCE}/errors/comments/list-comments-on-an-error",
)

CREATE_COMMENT = Operation(
    id="bugsnag.comments.create",
    provider=Provider.BUGSNAG,
    resource="comment",
    access=Access.WRITE,
    method="POST",
    path="/projects/{project_id}/errors/{error_id}/comments",
    scope=ProjectNamed(),
    params=CreateComment,
    result=Comment,
    shape=Shape.ONE,
    wording=Wording(verb="comment", past="commented", target="on error {error_id}"),
    source=f"{REFERENCE}/errors/comments/create-a-comment-on-an-error",
)

UPDATE_COMMENT = Operation(
    id="bugsnag.comments.update",
    provider=Provider.BUGSNAG,
    resource="comment",
    access=Access.WRITE,
    method="PATCH",
    path="/comments/{comment_id}",
    scope=_ON_ITS_ERROR,
    params=UpdateComment,
    result=Comment,
    shape=Shape.ONE,
    wording=Wording(verb="change", past="changed", target="comment {comment_id} on error {error_id}"),
    source=f"{REFERENCE}/errors/comments/update-a-comment",
)

DELETE_COMMENT = Operation(
    id="bugsnag.comments.delete",
    provider=Provider.BUGSNAG,
    resource="comment",
    access=Access.DELETE,
    method="DELETE",
    path="/comments/{comment_id}",
    scope=_ON_ITS_ERROR,
    params=OneComment,
    result=Comment,
    shape=Shape.EMPTY,
    wording=Wording(verb="delete", past="deleted", target="comment {comment_id} on error {error_id}"),
    source=f"{REFERENCE}/errors/comments/delete-a-comment",
)

COMMENTS = (LIST_COMMENTS, CREATE_COMMENT, UPDATE_COMMENT, DELETE_COMMENT)
