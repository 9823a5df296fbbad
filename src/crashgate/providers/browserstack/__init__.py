"""BrowserStack AI Evals sessions, and Langfuse, whose interface it is: nothing here is BrowserStack's alone.

Sources: the vendor's page of the sessions interface, and https://api.reference.langfuse.com for what it leaves open.
"""

from crashgate.model.provider import CredentialForm, HealthRead, Provider
from crashgate.providers.browserstack import keys
from crashgate.providers.browserstack.field_meanings import FIELD_MEANINGS
from crashgate.providers.browserstack.new_sessions import NEW_SESSIONS
from crashgate.providers.browserstack.sessions import SESSIONS
from crashgate.providers.browserstack.tools import BROWSERSTACK_TOOLS
from crashgate.providers.browserstack.wire import BrowserStack

PROVIDER = Provider(
    name="browserstack",
    title="BrowserStack AI Evals",
    default_url="https://evals-api.browserstack.com",
    wire=BrowserStack,
    credential=CredentialForm(find_fault=keys.find_fault, description=keys.FORM, example="pk-lf-example:sk-lf-example"),
    operations=(*SESSIONS, *NEW_SESSIONS),
    tools=BROWSERSTACK_TOOLS,
    groups={"sessions": ("session",)},
    health=HealthRead(
        tool="list_sessions", arguments={"per_page": 1}, grant='environments = ["*"]\naccess.session = "read"'
    ),
    rank=40,
    field_meanings=FIELD_MEANINGS,
)
