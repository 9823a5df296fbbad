"""BrowserStack AI Evals sessions, and Langfuse, whose interface it is: nothing here is BrowserStack's alone.

Sources: the vendor's page of the sessions interface, and https://api.reference.langfuse.com for what it leaves open.
"""

from crashgate.model.provider import Provider
from crashgate.providers.browserstack.new_sessions import NEW_SESSIONS
from crashgate.providers.browserstack.sessions import SESSIONS

PROVIDER = Provider(name="browserstack", title="BrowserStack AI Evals", operations=(*SESSIONS, *NEW_SESSIONS))
