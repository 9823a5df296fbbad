"""Comments on errors. Rule: a comment's own path names neither error nor project, so it is found on its error first.

The tools over comments on errors. Rule: a comment is what people read, so it is a resource of its own.
"""

from typing import Annotated

from pydantic import Field

from crashgate.model.access import Access
from crashgate.model.field_table import PERSONAL, ROW
from crashgate.model.operation import Operation, Shape, Wording
from crashgate.model.params import In, ObjectId, Params, Ref, RowsAPage
from crashgate.model.result import Id, Link, MemberText, OptionalId, Result, Secret, Time
from crashgate.model.scope import ProjectNamed, ProjectOfObject
from crashgate.model.tool import Always, Tool
from crashgate.providers.bugsnag.conventions import REFERENCE
from crashgate.views.rows import changed, created, rows


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

    id: Annotated[Id, ROW]
    message: Annotated[MemberText | None, ROW] = None
    created_at: Annotated[Time, ROW] = None
    updated_at: Time = None
    collaborator: Annotated[Author | None, PERSONAL, ROW] = None
    user: Annotated[Author | None, PERSONAL, ROW] = None
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
    provider="bugsnag",
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
    provider="bugsnag",
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
    provider="bugsnag",
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
    provider="bugsnag",
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


COMMENT_TOOLS = (
    Tool(
        name="list_comments",
        title="List comments",
        description=("Read what people wrote on an error."),
        choice=Always(operation=LIST_COMMENTS),
        view=rows("comments"),
        holds=("comments", "array"),
        pages=True,
    ),
    Tool(
        name="create_comment",
        title="Comment on an error",
        description=("Write a comment that people see on the error."),
        choice=Always(operation=CREATE_COMMENT),
        view=created("comment", "Commented"),
        holds=("comment", "object"),
    ),
    Tool(
        name="update_comment",
        title="Change a comment",
        description=("Replace the text of a comment."),
        choice=Always(operation=UPDATE_COMMENT),
        view=created("comment", "Changed"),
        holds=("comment", "object"),
    ),
    Tool(
        name="delete_comment",
        title="Delete a comment",
        description=("Delete a comment. Cannot be undone."),
        choice=Always(operation=DELETE_COMMENT),
        view=changed("comment", "Deleted"),
        holds=("comment", "object"),
    ),
)
