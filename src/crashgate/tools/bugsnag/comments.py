"""The tools over comments on errors. Rule: a comment is what people read, so it is a resource of its own."""

from crashgate.catalogue.bugsnag.comments import CREATE_COMMENT, DELETE_COMMENT, LIST_COMMENTS, UPDATE_COMMENT
from crashgate.tools.tool import Always, Tool
from crashgate.tools.views.one import changed, created
from crashgate.tools.views.page import fields, rows

COMMENT_TOOLS = (
    Tool(
        name="list_comments",
        title="List comments",
        description=("Read what people wrote on an error."),
        choice=Always(operation=LIST_COMMENTS),
        view=rows("comments", fields("id", "created_at", "message", "collaborator", "user")),
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
