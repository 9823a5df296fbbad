"""BugSnag Data Access API v2, one file a resource. Rule: facts only, each with its source.

The vendor's reference: https://bugsnagapiv2.docs.apiary.io/
"""

REFERENCE = "https://bugsnagapiv2.docs.apiary.io/#reference"
