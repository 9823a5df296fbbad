"""BugSnag Session Tracking: how many sessions an app had. Rule: written, never read; the key is a project's own.

The vendor's page: https://docs.bugsnag.com/api/sessions/
"""
